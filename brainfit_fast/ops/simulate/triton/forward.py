"""A run, segment by segment.

Between segments the state goes through memory, statistics of samples are taken as one product of matrices,
and for a gradient a checkpoint is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ....program.network_program import NetworkProgram
from ..lanes import Operands, Raw
from ..streams import moments as moments_of
from ..streams import squares
from .delays import history_of, lengthened, rows_of
from .kernel import Common, Segment, deep_channels
from .keys import advance_keys
from .parts import Call, Fixed, Padded, joined, parts, scan
from .segments import run

__all__ = ['forward']


def forward(call: Call, given: Operands, *, checkpointed: bool) -> tuple[Raw, tuple[Any, ...]]:
    """Run every step of every candidate.

    Parameters
    ----------
    call : Call
    given : Operands
    checkpointed : bool
        Whether to keep what :func:`backward` needs.

    Returns
    -------
    raw : Raw
    kept : tuple of jax.Array
        States, features, pasts and keys before each segment, ``(C, segments, ...)``; empty unless
        ``checkpointed``.
    """
    plan, node = call.plan, call.node
    fixed = Fixed.of(call, given)
    block, padded = fixed.block, fixed.padded
    streams = [plan.stream(k) for k in range(len(node.observables))]
    dtype = jnp.dtype(node.dtype)
    targets = iter(given.targets)
    target_of = [next(targets) if stream == 'squares' else None for stream in streams]
    carry = _Carry(
        tuple(padded.all(given.states[:, k]) for k in range(len(node.states))),
        tuple(padded.all(past[:, -1]) for past in given.pasts),
        tuple(
            history_of(padded.all(given.pasts[k][:, :-1]), block)
            for k in deep_channels(call.program)
        ),
        padded.candidates(given.keys),
        jnp.zeros((padded.wide, block.regions), dtype),
        tuple(_initial(stream, padded, dtype) for stream in streams),
    )
    collected: list[list[Any]] = [[] for _ in streams]
    checkpoints = []
    for part in parts(call, block):
        carry, (samples, kept) = scan(
            _advance(part.segment, streams, fixed, call.gemm, checkpointed=checkpointed),
            carry,
            (
                part.starts(given.start),
                [part.rows(padded.shared(leaf)) for leaf in given.inputs],
                [
                    None if t is None or not part.segment.every else part.sample_rows(t)
                    for t in target_of
                ],
            ),
            part.repeats,
        )
        for k, leaf in enumerate(samples):
            if leaf is not None:
                collected[k].append(joined(leaf))
        checkpoints.append(kept)
    observables = tuple(
        _observable(stream, rows, total)
        for stream, rows, total in zip(streams, collected, carry.totals, strict=True)
    )
    states = jnp.stack([padded.back(s) for s in carry.states], axis=1)
    raw = Raw(
        observables,
        states,
        jnp.broadcast_to(
            carry.keys[: call.n_candidates], (call.n_candidates, *carry.keys.shape[1:])
        ),
        _pasts(call.program, carry, fixed),
        (padded.back(carry.flag) == 0).all(axis=1),
    )
    return raw, tuple(_by_candidate(call, checkpoints)) if checkpointed else ()


class _Moments(NamedTuple):
    """Statistics of samples so far, about the first one."""

    shift: Any
    mean: Any
    comoment: Any
    count: Any

    @classmethod
    def none(cls, c: int, n: int, dtype: Any) -> _Moments:
        row = jnp.zeros((c, n), dtype)
        return cls(row, row, jnp.zeros((c, n, n), dtype), jnp.zeros((), dtype))

    def with_samples(self, x: Any, gemm: Any) -> _Moments:
        """Join a block of samples ``(C, m, n)`` (Chan, Golub, LeVeque 1983)."""
        shift = jnp.where(self.count == 0, x[:, 0], self.shift)
        m = jnp.asarray(x.shape[1], x.dtype)
        here = moments_of(x - shift[:, None], gemm)
        step = here.mean - self.mean
        share = m / (self.count + m)
        joining = self.count * share * step[:, :, None] * step[:, None, :]
        comoment = self.comoment + here.comoment + joining
        return _Moments(shift, self.mean + share * step, comoment, self.count + m)

    def result(self) -> Any:
        """Mean and comoment in one row per candidate."""
        c = len(self.mean)
        return jnp.concatenate([self.shift + self.mean, self.comoment.reshape(c, -1)], axis=1)


class _Carry(NamedTuple):
    """Between two segments."""

    states: tuple[Any, ...]
    features: tuple[Any, ...]
    pasts: tuple[Any, ...]
    keys: Any
    flag: Any
    totals: tuple[Any, ...]


def _initial(stream: str, padded: Padded, dtype: Any) -> Any:
    if stream == 'moments':
        return _Moments.none(padded.c, padded.n, dtype)
    return jnp.zeros((padded.c, padded.n), dtype) if stream == 'squares' else ()


def _advance(
    segment: Segment, streams: list[str], fixed: Fixed, gemm: Any, *, checkpointed: bool
) -> Callable[[_Carry, Any], Any]:
    padded, block = fixed.padded, fixed.block
    own = segment.n_steps * block.candidates

    def body(carry: _Carry, xs: Any) -> Any:
        start, inputs, targets = xs
        words, keys = advance_keys(segment, carry.keys, start)
        common = Common(fixed.parameters, fixed.links, words, inputs, start.reshape(1))
        histories = [lengthened(past, own) for past in carry.pasts]
        out = run(segment, common, carry.states, carry.features, histories=histories, kept=False)
        totals, samples = [], []
        for k, stream in enumerate(streams):
            x = padded.back(out['samples'][k]) if segment.every else None
            total = carry.totals[k]
            if x is not None and stream == 'moments':
                total = total.with_samples(x, gemm)
            elif x is not None and stream == 'squares':
                total = total + squares(x, targets[k])
            totals.append(total)
            samples.append(x if stream == 'samples' else None)
        flag = carry.flag + out['flag'][0]
        after = _Carry(
            tuple(out['states']),
            tuple(out['features']),
            tuple(line[:, :, own:] for line in out['histories']),
            keys,
            flag,
            tuple(totals),
        )
        pasts = (rows_of(past, block) for past in carry.pasts)
        rows = [padded.back(x) for x in (*carry.states, *carry.features, *pasts)]
        return after, (samples, (rows, carry.keys) if checkpointed else ())

    return body


def _pasts(program: NetworkProgram, carry: _Carry, fixed: Fixed) -> tuple[Any, ...]:
    """What each channel ended with, in the order of time."""
    lines = iter(carry.pasts)
    pasts = []
    for channel, feature in zip(program.channels, carry.features, strict=True):
        rows = feature[:, None]
        if channel.depth > 1:
            rows = jnp.concatenate([rows_of(next(lines), fixed.block), rows], axis=1)
        pasts.append(fixed.padded.back(rows))
    return tuple(pasts)


def _observable(stream: str, rows: list[Any], total: Any) -> Any:
    if stream == 'moments':
        return total.result()
    return total if stream == 'squares' else jnp.concatenate(rows, axis=1)


def _by_candidate(call: Call, checkpoints: list[Any]) -> Iterator[Any]:
    """Checkpoints of all parts with the candidates first."""
    for leaves in zip(*map(jax.tree.leaves, checkpoints), strict=True):
        rows = jnp.moveaxis(jnp.concatenate(leaves), 0, 1)[: call.n_candidates]
        yield jnp.broadcast_to(rows, (call.n_candidates, *rows.shape[1:]))
