"""Simulate a delay-coupled network: one op, several implementations."""

from .api import simulate
from .args import Plan, SimulateArgs, SimulateResult

__all__ = ['Plan', 'SimulateArgs', 'SimulateResult', 'simulate']
