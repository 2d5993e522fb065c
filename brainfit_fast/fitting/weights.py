"""Trainable values of a model by name, and a model with given ones."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import brainstate
import jax
import numpy as np
from brainstate.nn import Param

from ..core.errors import bad_type, bad_value
from ..program.tracing import parameters

__all__ = ['model_at', 'require_trainable', 'trainable', 'weight_states']


def trainable(model: Any) -> dict[str, Param]:
    """Trainable parameters by dotted path."""
    return {name: param for name, param in parameters(model).items() if param.fit}


def require_trainable(model: Any) -> None:
    """Raise ValueError for a model without trainable parameters."""
    if not model.states(brainstate.ParamState):
        raise bad_value(
            'model',
            given=f'{type(model).__name__} without trainable parameters',
            expected='at least one Param with fit=True',
            remedy='Wrap what is to be fitted: HopfStep(N, a=Param(0.1)).',
        )


def weight_states(model: Any) -> dict[str, brainstate.State]:
    """Trainable states by name: that of their parameter, or a dotted path."""
    by_state = {id(param.val): name for name, param in trainable(model).items()}
    return {
        by_state.get(
            id(state), '.'.join(map(str, path if isinstance(path, tuple) else (path,)))
        ): state
        for path, state in model.states(brainstate.ParamState).items()
    }


def model_at(model: Any, weights: Mapping[str, Any]) -> Any:
    """Copy a model and give its trainable states other values.

    Parameters
    ----------
    model : brainstate.nn.Module
        Stays as it is.
    weights : mapping of str to array
        What the states store, by name.

    Returns
    -------
    brainstate.nn.Module

    Raises
    ------
    TypeError
        If ``model`` is not a module.
    ValueError
        If its trainable states have other names or shapes.
    """
    if not isinstance(model, brainstate.nn.Module):
        raise bad_type('model', given=model, expected='a brainstate.nn.Module')
    copied = copy.deepcopy(model)
    states = weight_states(copied)
    if set(states) != set(weights):
        raise bad_value(
            'model',
            given=f'a model that fits {_listed(states)}',
            expected=f'one that fits {_listed(weights)}',
            remedy='Build it as the one that was fitted.',
        )
    for name, state in states.items():
        given, own = _shapes(weights[name]), _shapes(state.value)
        if given != own:
            raise bad_value(
                'model',
                given=f'{name!r} of shape {own}',
                expected=f'{given} as fitted',
                remedy='Build it as the one that was fitted.',
            )
        state.value = jax.tree.map(jax.numpy.asarray, weights[name])
    return copied


def _listed(names: Any) -> str:
    return ', '.join(map(repr, sorted(names))) or 'nothing'


def _shapes(tree: Any) -> Any:
    shapes = [np.shape(leaf) for leaf in jax.tree.leaves(tree)]
    return shapes[0] if len(shapes) == 1 else shapes
