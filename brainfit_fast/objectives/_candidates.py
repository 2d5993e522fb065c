"""Bounded memory under ``jax.vmap`` over candidates."""

from __future__ import annotations

from collections.abc import Callable

import jax
from jax.custom_batching import custom_vmap

from brainfit_fast.core.autodiff import reverse_only

__all__ = ['BUDGET', 'in_chunks']

BUDGET = 2**28
"""Bytes of intermediate arrays that candidates which are evaluated together may take."""


def in_chunks(
    function: Callable[[jax.Array], jax.Array], n_bytes: int, *, on_kernel: bool
) -> Callable[[jax.Array], jax.Array]:
    """Return ``function``, evaluated for some candidates after the other under ``jax.vmap``.

    Values only: where it is differentiated, all candidates are evaluated together, since what the
    backward pass needs is kept for each of them anyway.

    Parameters
    ----------
    function : callable
        Of one array, of any shape.
    n_bytes : int
        What one candidate takes.
    on_kernel : bool
        Whether ``function`` goes through a kernel, which has no forward mode.

    Returns
    -------
    callable
    """
    batch_size = max(1, BUDGET // max(1, n_bytes))

    @custom_vmap
    def candidates(xs: jax.Array) -> jax.Array:
        return jax.lax.map(function, xs, batch_size=batch_size)

    @candidates.def_vmap
    def flatten(size: int, batched: list, xs: jax.Array) -> tuple[jax.Array, bool]:
        out = candidates(xs.reshape(-1, *xs.shape[2:]))
        return out.reshape(size, -1, *out.shape[1:]), True

    @custom_vmap
    def one(x: jax.Array) -> jax.Array:
        return function(x)

    @one.def_vmap
    def several(size: int, batched: list, xs: jax.Array) -> tuple[jax.Array, bool]:
        return candidates(xs), True

    # The rule of a kernel cannot be batched inside of a custom_jvp, and custom_vjp has no forward
    # mode, which the reference has.
    if on_kernel:
        reverse = jax.custom_vjp(one)
        reverse.defvjp(lambda x: jax.vjp(function, x), lambda pull, cotangent: pull(cotangent))
        return lambda x: reverse(reverse_only(x, 'fc'))
    every = jax.custom_jvp(one)
    every.defjvp(lambda primals, tangents: jax.jvp(function, primals, tangents))
    return every
