"""``simulate`` by Pallas kernels through the Triton lowering, segment by segment.

The kernels (``triton_segment.py``) run the steps of one segment; between segments the state goes through
memory, statistics of samples are taken as one product of matrices, and a gradient keeps a checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ...codegen.blocks import EVALUATED
from ...codegen.node import Node, node_of
from ...core import device, pallas
from ...core.errors import ImplementationError
from ...program.network_program import NetworkProgram
from .args import Plan
from .lanes import Operands, Raw, Wanted, why_no_lanes
from .streams import moments as moments_of
from .streams import squares
from .triton_heuristics import LARGEST, Block, block_of
from .triton_parts import Padded, parts
from .triton_products import pack_weights
from .triton_segment import Segment, advance_keys, run, walk_back

__all__ = ['Call', 'backward', 'declines', 'forward', 'static', 'supports']


def declines(call: tuple[NetworkProgram, Plan]) -> tuple[str, ...]:
    """Why the kernel is not the first choice although it could serve."""
    if device.platform() != 'gpu':
        return ('needs a GPU; elsewhere it runs in interpret mode, when asked for by name',)
    return ('has not yet run on a GPU; ask for it by name',)


def supports(call: tuple[NetworkProgram, Plan]) -> tuple[str, ...]:
    """Why the kernel cannot serve a program."""
    program, _ = call
    reasons = []
    ok, why = pallas.available()
    if not ok:
        reasons.append(why)
    if program.observers:
        reasons.append('observers run on the reference')
    if any(s.delayed for s in program.sums) or any(c.depth > 1 for c in program.channels):
        reasons.append('delays run on the reference')
    if program.n_regions > LARGEST:
        reasons.append(f'holds up to {LARGEST} regions, not {program.n_regions}')
    facts = device.facts()
    if facts.platform == 'gpu' and (facts.compute_capability or (0, 0)) < (8, 0):
        reasons.append(f'needs compute capability 8.0 or later, not that of {facts.kind}')
    lowering = why_no_lanes(program, 'kernel')
    if lowering:
        return (*reasons, *lowering)
    node = node_of(program)
    if not node.states:
        reasons.append('the model has no state')
    if facts.platform == 'gpu' and node.dtype != 'float32':
        reasons.append(f'takes float32, not {node.dtype}')
    graphs = [node.advance_sampled, node.adjoint_sampled]
    names = {op.name for g in graphs if g is not None for op in g.ops}
    reasons += [
        f'the primitive {name!r} has no form in a kernel'
        for name in sorted(names - EVALUATED - {'input', 'const'})
    ]
    return tuple(reasons)


@dataclass(frozen=True)
class Call:
    """What is static in a call.

    Attributes
    ----------
    program, plan
        What is simulated.
    n_candidates : int
        The candidate extent C.
    block : Block
        Candidates and regions of one program.
    interpret : bool
        Whether XLA evaluates the kernels, on a device they are not written for.
    """

    program: NetworkProgram
    plan: Plan
    n_candidates: int
    block: Block
    interpret: bool

    @property
    def node(self) -> Node:
        """The lowered program."""
        return node_of(self.program)


def static(program: NetworkProgram, plan: Plan, n_candidates: int) -> Call:
    """Describe a call."""
    block = block_of(program.n_regions, n_candidates)
    return Call(program, plan, n_candidates, block, device.platform() != 'gpu')


# -- forward ---------------------------------------------------------------------------------------------


def _padding(call: Call) -> Padded:
    return Padded(call.program.n_regions, call.n_candidates, call.block)


class _Fixed(NamedTuple):
    """What all segments share."""

    parameters: list[Any]
    weights: list[Any]


def _fixed(call: Call, given: Operands, padded: Padded) -> _Fixed:
    weights = _packed(call, given, transposed=False)
    return _Fixed([padded.shared(leaf) for leaf in given.parameters], weights)


def _packed(call: Call, given: Operands, *, transposed: bool) -> list[Any]:
    return [pack_weights(leaf, call.block, transposed=transposed) for leaf in given.weights]


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

    def with_samples(self, x: Any) -> _Moments:
        """Join a block of samples ``(C, m, n)`` (Chan, Golub, LeVeque 1983)."""
        shift = jnp.where(self.count == 0, x[:, 0], self.shift)
        m = jnp.asarray(x.shape[1], x.dtype)
        here = moments_of(x - shift[:, None])
        step = here.mean - self.mean
        share = m / (self.count + m)
        joining = self.count * share * step[:, :, None] * step[:, None, :]
        comoment = self.comoment + here.comoment + joining
        return _Moments(shift, self.mean + share * step, comoment, self.count + m)

    def result(self) -> Any:
        """Mean and comoment in one row per candidate."""
        c = len(self.mean)
        return jnp.concatenate([self.shift + self.mean, self.comoment.reshape(c, -1)], axis=1)


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
        States, features and keys before each segment, ``(C, segments, ...)``; empty unless
        ``checkpointed``.
    """
    if call.block.candidates > 1 and any(len(weight) > 1 for weight in given.weights):
        raise ImplementationError(
            "simulate: weights that differ by candidate run on the reference: use('reference')."
        )
    plan, node = call.plan, call.node
    padded = _padding(call)
    fixed = _fixed(call, given, padded)
    streams = [plan.stream(k) for k in range(len(node.observables))]
    dtype = jnp.dtype(node.dtype)
    targets = iter(given.targets)
    target_of = [next(targets) if stream == 'squares' else None for stream in streams]
    carry = _Carry(
        tuple(padded.all(given.states[:, k]) for k in range(len(node.states))),
        tuple(padded.all(past[:, -1]) for past in given.pasts),
        given.keys,
        jnp.zeros((padded.wide, call.block.regions), dtype),
        tuple(_initial(stream, padded, dtype) for stream in streams),
    )
    collected: list[list[Any]] = [[] for _ in streams]
    checkpoints = []
    for part in parts(call.program, call.plan, call.block, call.interpret):
        carry, (samples, kept) = _scan(
            _advance(part.segment, streams, fixed, padded, checkpointed),
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
                collected[k].append(_joined(leaf))
        checkpoints.append(kept)
    observables = tuple(
        _observable(stream, rows, total)
        for stream, rows, total in zip(streams, collected, carry.totals, strict=True)
    )
    states = jnp.stack([padded.back(s) for s in carry.states], axis=1)
    raw = Raw(
        observables,
        states,
        jnp.broadcast_to(carry.keys, (call.n_candidates, *carry.keys.shape[1:])),
        tuple(padded.back(f)[:, None] for f in carry.features),
        (padded.back(carry.flag) == 0).all(axis=1),
    )
    return raw, tuple(_by_candidate(call, checkpoints)) if checkpointed else ()


class _Carry(NamedTuple):
    """Between two segments."""

    states: tuple[Any, ...]
    features: tuple[Any, ...]
    keys: Any
    flag: Any
    totals: tuple[Any, ...]


def _initial(stream: str, padded: Padded, dtype: Any) -> Any:
    if stream == 'moments':
        return _Moments.none(padded.c, padded.n, dtype)
    return jnp.zeros((padded.c, padded.n), dtype) if stream == 'squares' else ()


def _advance(
    segment: Segment, streams: list[str], fixed: _Fixed, padded: Padded, checkpointed: bool
) -> Callable[[_Carry, Any], Any]:
    def body(carry: _Carry, xs: Any) -> Any:
        start, inputs, targets = xs
        words, keys = advance_keys(segment, carry.keys, start)
        out = run(
            segment, fixed.parameters, fixed.weights, words, inputs, carry.states, carry.features,
            start.reshape(1), kept=False,
        )  # fmt: skip
        totals, samples = [], []
        for k, stream in enumerate(streams):
            x = padded.back(out['samples'][k]) if segment.every else None
            total = carry.totals[k]
            if x is not None and stream == 'moments':
                total = total.with_samples(x)
            elif x is not None and stream == 'squares':
                total = total + squares(x, targets[k])
            totals.append(total)
            samples.append(x if stream == 'samples' else None)
        flag = carry.flag + out['flag'][0]
        after = _Carry(tuple(out['states']), tuple(out['features']), keys, flag, tuple(totals))
        kept = (carry.states, carry.features, carry.keys) if checkpointed else ()
        return after, (samples, kept)

    return body


def _observable(stream: str, rows: list[Any], total: Any) -> Any:
    if stream == 'moments':
        return total.result()
    return total if stream == 'squares' else jnp.concatenate(rows, axis=1)


def _joined(segments: Any) -> Any:
    """``(count, C, m, ...)`` as ``(C, count * m, ...)``."""
    moved = jnp.moveaxis(segments, 0, 1)
    return moved.reshape(len(moved), -1, *segments.shape[3:])


def _scan(
    body: Callable[[Any, Any], Any], carry: Any, xs: Any, count: int, *, back: bool = False
) -> Any:
    """``lax.scan``, without a loop around a single segment."""
    if count > 1:
        return lax.scan(body, carry, xs, length=count, reverse=back)
    carry, ys = body(carry, jax.tree.map(lambda leaf: leaf[0], xs))
    return carry, jax.tree.map(lambda leaf: leaf[None], ys)


def _by_candidate(call: Call, checkpoints: list[Any]) -> Iterator[Any]:
    """Checkpoints of all parts with the candidates first."""
    for leaves in zip(*map(jax.tree.leaves, checkpoints), strict=True):
        rows = jnp.moveaxis(jnp.concatenate(leaves), 0, 1)[: call.n_candidates]
        yield jnp.broadcast_to(rows, (call.n_candidates, *rows.shape[1:]))


# -- the adjoint -----------------------------------------------------------------------------------------


class _Bars(NamedTuple):
    """Between two segments, walking back."""

    states: tuple[Any, ...]
    features: tuple[Any, ...]
    parameters: tuple[Any, ...]
    weights: tuple[Any, ...]


def backward(
    call: Call,
    wanted: Wanted,
    given: Operands,
    kept: tuple[Any, ...],
    moments: tuple[Any, ...],
    cotangent: Raw,
) -> Operands:
    """Cotangents of the operands, each with a candidate axis of extent C; None where there is none.

    That of weights has the extent of the weights. The arguments are those of the native kernels,
    :func:`brainfit_fast.ops.simulate.cpu_ffi.backward`.
    """
    node, n = call.node, call.program.n_regions
    padded = _padding(call)
    fixed = _fixed(call, given, padded)
    transposed = _packed(call, given, transposed=True)
    dtype = jnp.dtype(node.dtype)
    n_states, n_channels = len(node.states), len(call.program.channels)
    row = jnp.zeros((padded.wide, call.block.regions), dtype)
    bars = _Bars(
        tuple(padded.all(cotangent.states[:, k], 'constant') for k in range(n_states)),
        tuple(padded.all(past[:, -1], 'constant') for past in cotangent.pasts),
        tuple(row for want in wanted.parameters if want),
        tuple(
            jnp.zeros((len(weight), n, n), dtype)
            for weight, want in zip(given.weights, wanted.weights, strict=True)
            if want
        ),
    )
    sources = _sample_bars(call, given, moments, cotangent)
    input_bars = []
    segments = list(parts(call.program, call.plan, call.block, call.interpret))
    position = sum(part.repeats for part in segments)
    for part in reversed(segments):
        position -= part.repeats
        own = [jnp.moveaxis(leaf[:, position : position + part.repeats], 1, 0) for leaf in kept]
        states, features = own[:n_states], own[n_states : n_states + n_channels]
        keys = own[-1] if given.keys.shape[0] > 1 or call.n_candidates == 1 else own[-1][:, :1]
        segment = part.segment
        body = _walk(segment, wanted, fixed, transposed, padded, sources)
        bars, ys = _scan(
            body,
            bars,
            (
                part.starts(given.start),
                [part.rows(padded.shared(leaf)) for leaf in given.inputs],
                [
                    [jax.vmap(padded.candidates)(leaf) for leaf in leaves]
                    for leaves in (states, features)
                ],
                keys,
                [part.sample_rows(leaf) for leaf in sources.series] if segment.every else [],
            ),
            part.repeats,
            back=True,
        )
        input_bars.append([_joined(leaf) for leaf in ys])
    inputs = iter(zip(*reversed(input_bars), strict=True))
    weights, parameters = iter(bars.weights), iter(bars.parameters)
    return Operands(
        tuple(padded.back(next(parameters)) if want else None for want in wanted.parameters),
        jnp.stack([padded.back(bar) for bar in bars.states], axis=1),
        None,
        tuple(
            padded.back(jnp.concatenate(next(inputs), axis=1)) if want else None
            for want in wanted.inputs
        ),
        tuple(padded.back(bar)[:, None] for bar in bars.features),
        tuple(next(weights) if want else None for want in wanted.weights),
        (),
        (),
        None,
    )


@dataclass(frozen=True)
class _Sources:
    """Where the cotangents of samples come from.

    Attributes
    ----------
    streams : list of str
    series : list of jax.Array
        One row per sample: cotangents of samples, or targets.
    statistics : list of tuple
        Of each observable: ``()``; the map ``G + G^T``, the mean and its cotangent by sample; or the
        cotangent of the squares.
    """

    streams: list[str]
    series: list[Any]
    statistics: list[tuple[Any, ...]]


def _sample_bars(call: Call, given: Operands, moments: tuple[Any, ...], cotangent: Raw) -> _Sources:
    plan, n, c = call.plan, call.program.n_regions, call.n_candidates
    means, targets = iter(moments), iter(given.targets)
    sources = _Sources([], [], [])
    for k, bar in enumerate(cotangent.observables):
        stream = plan.stream(k)
        sources.streams.append(stream)
        if stream == 'samples':
            sources.series.append(bar)
            sources.statistics.append(())
        elif stream == 'squares':
            sources.series.append(next(targets))
            sources.statistics.append((2 * bar,))
        else:
            matrix = bar[:, n:].reshape(c, n, n)
            share = bar[:, :n] / plan.n_samples
            sources.statistics.append((matrix + matrix.mT, next(means)[:, :n], share))
    return sources


def _walk(
    segment: Segment,
    wanted: Wanted,
    fixed: _Fixed,
    transposed: list[Any],
    padded: Padded,
    sources: _Sources,
) -> Callable[[_Bars, Any], Any]:
    program = segment.program

    def body(bars: _Bars, xs: Any) -> Any:
        start, inputs, (states, features), keys, series = xs
        start = start.reshape(1)
        words, _ = advance_keys(segment, keys, start[0])
        out = run(
            segment, fixed.parameters, fixed.weights, words, inputs, states, features, start, kept=True
        )  # fmt: skip
        rows = iter(series)
        sample_bars = []
        for k, stream in enumerate(sources.streams if segment.every else ()):
            x = padded.back(out['samples'][k])
            if stream == 'samples':
                bar = next(rows)
            elif stream == 'squares':
                (twice,) = sources.statistics[k]
                bar = twice[:, None] * (x - next(rows))
            else:
                both, mean, share = sources.statistics[k]
                bar = jnp.einsum(
                    'ctj,cij->cti', x - mean[:, None], both, precision=lax.Precision.HIGHEST
                )
                bar = bar + share[:, None]
            sample_bars.append(padded.all(bar, 'constant'))
        back = walk_back(
            segment, fixed.parameters, transposed, words, inputs, out['before'], out['sums'],
            sample_bars, bars.states, bars.features, start,
            wanted=wanted.parameters, wanted_inputs=wanted.inputs, keep_sum_bars=any(wanted.weights),
        )  # fmt: skip
        weights = iter(bars.weights)
        later = _later_features(program, out)
        after = []
        for k, s in enumerate(program.sums):
            if wanted.weights[k]:
                read = jnp.concatenate([features[s.channel][None], later[s.channel]])
                total = next(weights)
                product = jnp.einsum(
                    'tci,tcj->cij' if len(total) > 1 else 'tci,tcj->ij',
                    back['sum_bars'][k][:, : padded.c, : padded.n],
                    read[:, : padded.c, : padded.n],
                    precision=lax.Precision.HIGHEST,
                )
                after.append(total + product)
        parameters = tuple(
            a + b for a, b in zip(bars.parameters, back['parameter_bars'], strict=True)
        )
        moved = _Bars(
            tuple(back['state_bars']), tuple(back['feature_bars']), parameters, tuple(after)
        )
        return moved, back['input_bars']

    return body


def _later_features(program: NetworkProgram, out: dict[str, list[Any]]) -> list[Any]:
    """What each channel carries after every step of a segment but the last, ``(n_steps - 1, C, regions)``."""
    node, emitted = node_of(program), iter(out['emitted'])
    return [
        out['before'][node.states.index(channel.state)][1:]
        if channel.emit is None
        else next(emitted)[:-1]
        for channel in program.channels
    ]
