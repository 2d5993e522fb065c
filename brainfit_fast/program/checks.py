"""Refuse parameter values that no run can use."""

from __future__ import annotations

import brainstate
import brainunit as u
import jax
import numpy as np

from ..core.errors import bad_value
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
            bad = np.argwhere(~np.isfinite(values))
            where = f' (the first at {tuple(map(int, bad[0]))})' if values.ndim else ''
            raise bad_value(
                name,
                given=f'{len(bad)} values that are NaN or infinite{where}',
                expected='finite values',
                remedy='Set the parameter before the run: model.' + name + '.set_value(...).',
            )
