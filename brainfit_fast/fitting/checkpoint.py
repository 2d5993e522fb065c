"""A fit on disk, to go on with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..core.errors import bad_value
from ..core.files import read_arrays, write_arrays

__all__ = ['Saved', 'check_optimizer', 'packed', 'read', 'restore_callbacks', 'unpacked', 'write']

_CONTENT = 'fit checkpoint'


class Saved:
    """What a checkpoint holds.

    Parameters
    ----------
    path : str or path
    arrays : dict
        State of the backend.
    meta : dict
        ``backend``, ``request``, ``digest``, ``callbacks`` and what the backend adds.
    """

    def __init__(self, path: Any, arrays: dict[str, np.ndarray], meta: dict[str, Any]):
        self.path, self.arrays, self.meta = path, arrays, meta


def write(
    path: Any, arrays: dict[str, np.ndarray], meta: dict[str, Any], callbacks: Sequence[Any]
) -> None:
    """Write a checkpoint; an older file stays until the new one is whole."""
    states = [{'type': type(c).__name__, 'state': c.state()} for c in callbacks if _has_state(c)]
    write_arrays(path, arrays, {'content': _CONTENT, 'callbacks': states, **meta})


def read(path: Any, backend: str) -> Saved:
    """Read a checkpoint.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If the file is no whole checkpoint, or of another backend.
    """
    arrays, meta = read_arrays(path)
    if meta.get('content') != _CONTENT:
        raise bad_value(
            'resume', given=f'{str(path)!r}, which holds no checkpoint', expected=f'a {_CONTENT}'
        )
    if meta['backend'] != backend:
        raise bad_value(
            'resume',
            given=f'a checkpoint of backend={meta["backend"]!r}',
            expected=f'one of this Fitter, whose backend is {backend!r}',
        )
    return Saved(path, arrays, meta)


def restore_callbacks(saved: Saved, callbacks: Sequence[Any]) -> None:
    """Let callbacks go on where they were, by their order and type."""
    own = [c for c in callbacks if _has_state(c)]
    states = saved.meta['callbacks']
    given = [type(c).__name__ for c in own]
    if given != [entry['type'] for entry in states]:
        raise bad_value(
            'callbacks',
            given=', '.join(given) or 'none',
            expected='those of the checkpoint, in its order: '
            + (', '.join(entry['type'] for entry in states) or 'none'),
        )
    for callback, entry in zip(own, states, strict=True):
        callback.restore(entry['state'])


def check_optimizer(saved: Saved, optimizer: Any) -> None:
    """Refuse another optimizer, whose state may have the same form."""
    given, expected = saved.meta['optimizer'], type(optimizer).__name__
    if given != expected:
        raise bad_value(
            'resume',
            given=f'a checkpoint of the optimizer {given!r}',
            expected=f'one of this Fitter, whose optimizer is {expected!r}',
        )


def packed(tree: Any) -> dict[str, np.ndarray]:
    """Leaves by their place in a tree."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {jax.tree_util.keystr(place): _plain(leaf) for place, leaf in leaves}


def unpacked(tree: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Leaves put back into a tree of the same form.

    Parameters
    ----------
    tree : pytree
        As it is now.
    arrays : dict
        From :func:`packed`.

    Raises
    ------
    ValueError
        Where the checkpoint lacks a leaf or has one too many, or with another shape or dtype: another model or
        optimizer.
    """
    remedy = 'Build the Fitter as it was: model, optimizer, precision.'
    present = packed(tree)
    spare = sorted(set(arrays) - set(present))
    if spare:
        raise bad_value(
            'resume',
            given=f'a checkpoint with {spare[0]}, that this fit has no place for',
            expected='one of the same parameters and optimizer',
            remedy=remedy,
        )

    def back(place: Any, leaf: Any) -> Any:
        name = jax.tree_util.keystr(place)
        now, saved = present[name], arrays.get(name)
        if saved is None or saved.shape != now.shape or saved.dtype != now.dtype:
            found = 'nothing' if saved is None else f'{saved.dtype}{list(saved.shape)}'
            raise bad_value(
                'resume',
                given=f'a checkpoint with {found} for {name}',
                expected=f'{now.dtype}{list(now.shape)}',
                remedy=remedy,
            )
        if _is_key(leaf):
            return jax.random.wrap_key_data(jnp.asarray(saved), impl=jax.random.key_impl(leaf))
        return jnp.asarray(saved)

    return jax.tree_util.tree_map_with_path(back, tree)


def _has_state(callback: Any) -> bool:
    return all(callable(getattr(callback, name, None)) for name in ('state', 'restore'))


def _is_key(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _plain(leaf: Any) -> np.ndarray:
    return np.asarray(jax.random.key_data(leaf) if _is_key(leaf) else leaf)
