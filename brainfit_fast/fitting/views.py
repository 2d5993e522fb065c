"""What a loss makes of samples, as long as it only selects and reorders them, or squares an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jax.extend.core import JaxprEqn

__all__ = ['Difference', 'View', 'follow']


@dataclass(frozen=True)
class View:
    """Samples of one observable, sliced in time, with their axes in some order.

    Attributes
    ----------
    site : int
        Which simulation.
    observable : int
        Which of its observables.
    axes : tuple of str
        ``'time'``, ``'region'``, ``'candidate'`` (where it has not been squeezed) and ``'one'``.
    shape : tuple of int
        Sizes of the axes.
    start, step : int
        The slice ``[start::step]`` of the samples; where it ends follows from the shape.
    """

    site: int
    observable: int
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    start: int = 0
    step: int = 1

    @property
    def n_samples(self) -> int:
        """Number of samples in the slice."""
        return self.shape[self.axes.index('time')]


@dataclass(frozen=True)
class Difference:
    """Samples minus a target, or the square of that.

    Attributes
    ----------
    view : View
        The samples.
    target : object
        Variable or literal of the target: a scalar, or with the axes of the view, some of size one.
    squared : bool
        Whether it is squared already.
    """

    view: View
    target: Any
    squared: bool = False


Tracked = View | Difference


def follow(eqn: JaxprEqn, tracked: Callable[[Any], Tracked | None]) -> Tracked | None:
    """Return what an equation makes of tracked inputs; None where it is more than a view or an error.

    Parameters
    ----------
    eqn : jax.extend.core.JaxprEqn
        With one output.
    tracked : callable
        ``tracked(atom)``: what a variable holds; None for anything but samples.
    """
    if len(eqn.outvars) != 1:
        return None
    own = [tracked(atom) for atom in eqn.invars]
    out: Any = eqn.outvars[0].aval
    rule = eqn.primitive.name
    if rule == 'sub':
        return _difference(eqn, own, out)
    first = own[0]
    if isinstance(first, Difference):
        is_square = (
            rule == 'square'
            or (rule == 'integer_pow' and eqn.params['y'] == 2)
            or (rule == 'mul' and eqn.invars[0] is eqn.invars[1])
        )
        return replace(first, squared=True) if is_square and not first.squared else None
    if not isinstance(first, View) or any(other is not None for other in own[1:]):
        return None
    if rule in ('copy', 'copy_p', 'convert_element_type'):
        given: Any = eqn.invars[0].aval
        return first if out.dtype == given.dtype else None
    move = _MOVES.get(rule)
    moved = None if move is None else move(first, eqn.params)
    return moved if moved is not None and moved.shape == out.shape else None


def _difference(eqn: JaxprEqn, own: list[Tracked | None], out: Any) -> Difference | None:
    for view, other in zip(own, reversed(eqn.invars), strict=True):
        if isinstance(view, View) and sum(v is not None for v in own) == 1:
            aval: Any = other.aval
            fits = not aval.shape or len(aval.shape) == len(view.shape)
            # the result has the samples' shape: the target was spread to it, if anything was
            return Difference(view, other) if fits and out.shape == view.shape else None
    return None


def _transpose(view: View, params: dict[str, Any]) -> View:
    order = params['permutation']
    return replace(
        view,
        axes=tuple(view.axes[k] for k in order),
        shape=tuple(view.shape[k] for k in order),
    )


def _squeeze(view: View, params: dict[str, Any]) -> View | None:
    return _without(view, {k % len(view.shape) for k in params['dimensions']})


def _without(view: View, gone: set[int]) -> View | None:
    kept = [k for k in range(len(view.axes)) if k not in gone]
    axes = tuple(view.axes[k] for k in kept)
    if 'time' not in axes or 'region' not in axes:
        return None
    return replace(view, axes=axes, shape=tuple(view.shape[k] for k in kept))


def _expand(view: View, params: dict[str, Any]) -> View | None:
    shape, places = params['shape'], params['broadcast_dimensions']
    axes = ['one'] * len(shape)
    for k, place in enumerate(places):
        axes[place] = view.axes[k]
        if shape[place] != view.shape[k]:
            return None
    if any(size != 1 for size, axis in zip(shape, axes, strict=True) if axis == 'one'):
        return None
    return replace(view, axes=tuple(axes), shape=tuple(shape))


def _reshape(view: View, params: dict[str, Any]) -> View | None:
    """Axes of size one come and go; where time or region is one of them it cannot be told which."""
    if params.get('dimensions') is not None:
        return None
    small = {k for k, size in enumerate(view.shape) if size == 1}
    rest = _without(view, small)
    new = params['new_sizes']
    places = [k for k, size in enumerate(new) if size != 1]
    if rest is None or tuple(new[k] for k in places) != rest.shape:
        return None
    return _expand(rest, {'shape': new, 'broadcast_dimensions': places})


def _slice(view: View, params: dict[str, Any]) -> View | None:
    starts, limits = params['start_indices'], params['limit_indices']
    strides = params['strides'] or (1,) * len(starts)
    time = view.axes.index('time')
    for k, size in enumerate(view.shape):
        if k != time and (starts[k], limits[k], strides[k]) != (0, size, 1):
            return None
    count = -(-(limits[time] - starts[time]) // strides[time])
    shape = tuple(int(n) for n in np.where(np.arange(len(starts)) == time, count, view.shape))
    return replace(
        view,
        shape=shape,
        start=view.start + starts[time] * view.step,
        step=view.step * strides[time],
    )


_MOVES: dict[str, Callable[[View, dict[str, Any]], View | None]] = {
    'transpose': _transpose,
    'squeeze': _squeeze,
    'broadcast_in_dim': _expand,
    'reshape': _reshape,
    'slice': _slice,
}
