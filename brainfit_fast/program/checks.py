"""Refuse parameter values that no run can use."""

from __future__ import annotations

import brainstate
import brainunit as u
import jax
import numpy as np

from ..core.errors import bad_value, count_bad
from .tracing import parameters

__all__ = ['require_finite']


def require_finite(model: brainstate.nn.Module) -> None:
    """Raise ValueError where a parameter of ``model`` holds NaN or infinity; tracers pass."""
    for name, param in parameters(model).items():
        for leaf in jax.tree.leaves(u.get_mantissa(param.value())):
            if isinstance(leaf, jax.core.Tracer):
                continue
            values = np.asarray(leaf)
            if values.dtype.kind not in 'fc' or np.isfinite(values).all():
                continue
            raise bad_value(
                name,
                given=count_bad(~np.isfinite(values), 'values that are NaN or infinite'),
                expected='finite values',
                remedy=f'Set the parameter before the run: model.{name}.set_value(...).',
            )
