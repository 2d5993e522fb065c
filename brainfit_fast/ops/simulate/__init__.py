"""Simulate a delay-coupled network: one op, several implementations."""

from .api import simulate
from .args import Moments, Plan, SimulateArgs, SimulateResult

__all__ = ['Moments', 'Plan', 'SimulateArgs', 'SimulateResult', 'simulate']
