"""The adjoint of a run, segment by segment from the last.

Each segment is run again from its checkpoint, keeping what the kernel that walks back reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ....codegen.node import node_of
from ....program.network_program import NetworkProgram
from ..lanes import Operands, Raw, Wanted
from .delays import history_of, lengthened, rows_of, weight_bars
from .kernel import Common, Links, Segment, deep_channels
from .keys import advance_keys
from .parts import Call, Fixed, joined, parts, scan
from .segments import run, walk_back
from .step import Which

__all__ = ['backward']


class _Bars(NamedTuple):
    """Between two segments, walking back; ``sums`` are histories of the cotangents of delayed sums."""

    states: tuple[Any, ...]
    features: tuple[Any, ...]
    sums: tuple[Any, ...]
    parameters: tuple[Any, ...]
    weights: tuple[Any, ...]


class _Kept(NamedTuple):
    """A checkpoint."""

    states: list[Any]
    features: list[Any]
    keys: Any
    pasts: list[Any]


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
    program = call.program
    fixed = Fixed.of(call, given)
    padded = fixed.padded
    walk = _Walk(
        call,
        wanted,
        given,
        fixed,
        Links.of(program, given.weights, given.delays, fixed.block, transposed=True),
        _sample_bars(call, given, moments, cotangent),
        tuple(padded.all(cotangent.pasts[k], 'constant') for k in deep_channels(program)),
    )
    bars = walk.first(cotangent)
    input_bars = []
    segments = list(parts(call, fixed.block))
    position = sum(part.repeats for part in segments)
    for part in reversed(segments):
        position -= part.repeats
        own = [jnp.moveaxis(leaf[:, position : position + part.repeats], 1, 0) for leaf in kept]
        series = walk.sources.series if part.segment.every else []
        xs = (
            part.starts(given.start),
            [part.rows(padded.shared(leaf)) for leaf in given.inputs],
            walk.checkpoint(own),
            [part.sample_rows(leaf) for leaf in series],
        )
        bars, ys = scan(walk.body(part.segment), bars, xs, part.repeats, back=True)
        input_bars.append([joined(leaf) for leaf in ys])
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
        _past_bars(call, given, fixed, bars, cotangent.pasts),
        tuple(next(weights) if want else None for want in wanted.weights),
        (None,) * len(given.delays),
        (),
        None,
    )


# -- cotangents of samples -------------------------------------------------------------------------------


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
    gemm
        Precision of the products with the maps.
    """

    streams: list[str]
    series: list[Any]
    statistics: list[tuple[Any, ...]]
    gemm: Any

    def bars(self, samples: list[Any], rows: list[Any]) -> list[Any]:
        """Those of a segment ``(C, n_samples, N)``, whose rows of the series are given."""
        take = iter(rows)
        found = []
        for stream, x, own in zip(self.streams, samples, self.statistics, strict=True):
            if stream == 'samples':
                found.append(next(take))
            elif stream == 'squares':
                (twice,) = own
                found.append(twice[:, None] * (x - next(take)))
            else:
                both, mean, share = own
                bar = jnp.einsum('ctj,cij->cti', x - mean[:, None], both, precision=self.gemm)
                found.append(bar + share[:, None])
        return found


def _sample_bars(call: Call, given: Operands, moments: tuple[Any, ...], cotangent: Raw) -> _Sources:
    plan, n, c = call.plan, call.program.n_regions, call.n_candidates
    means, targets = iter(moments), iter(given.targets)
    sources = _Sources([], [], [], call.gemm)
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


# -- one segment -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Walk:
    """What all segments share.

    Attributes
    ----------
    call, wanted, given
        Of :func:`backward`.
    fixed : Fixed
    transposed : Links
        For walking back.
    sources : _Sources
    ends : tuple of jax.Array
        Cotangents of what each channel with a past ended with.
    """

    call: Call
    wanted: Wanted
    given: Operands
    fixed: Fixed
    transposed: Links
    sources: _Sources
    ends: tuple[Any, ...]

    def first(self, cotangent: Raw) -> _Bars:
        """After the last step."""
        given, wanted, program = self.given, self.wanted, self.call.program
        padded = self.fixed.padded
        n, block, dtype = program.n_regions, self.fixed.block, jnp.dtype(self.call.node.dtype)
        row = jnp.zeros((padded.wide, block.regions), dtype)
        lines = (padded.wide // block.candidates, block.regions)
        return _Bars(
            tuple(
                padded.all(cotangent.states[:, k], 'constant')
                for k in range(len(self.call.node.states))
            ),
            tuple(padded.all(past[:, -1], 'constant') for past in cotangent.pasts),
            tuple(
                jnp.zeros(
                    (*lines, (program.channels[s.channel].depth - 1) * block.candidates), dtype
                )
                for s in program.sums
                if s.delayed
            ),
            tuple(row for want in wanted.parameters if want),
            tuple(
                jnp.zeros((len(weight), n, n), dtype)
                for weight, want in zip(given.weights, wanted.weights, strict=True)
                if want
            ),
        )

    def checkpoint(self, own: list[Any]) -> _Kept:
        """Leaves ``(count, C, ...)`` as the kernels read them."""
        *rows, keys = own
        one_key = self.given.keys.shape[0] == 1 < self.call.n_candidates
        padded = self.fixed.padded
        rows = list(map(jax.vmap(padded.all), rows))
        n_states = len(self.call.node.states)
        first_past = n_states + len(self.call.program.channels)
        return _Kept(
            rows[:n_states],
            rows[n_states:first_past],
            keys[:, :1] if one_key else jax.vmap(padded.candidates)(keys),
            [
                jax.vmap(lambda x: history_of(x, self.fixed.block))(past)
                for past in rows[first_past:]
            ],
        )

    def body(self, segment: Segment) -> Callable[[_Bars, Any], Any]:
        """Of the scan over segments of one length."""
        wanted, padded, program = self.wanted, self.fixed.padded, segment.program
        own = segment.n_steps * self.fixed.block.candidates
        dense = tuple(
            want and not s.delayed for want, s in zip(wanted.weights, program.sums, strict=True)
        )
        which = Which(wanted.parameters, wanted.inputs, dense)

        def walk(bars: _Bars, xs: Any) -> Any:
            start, inputs, kept, series = xs
            words, _ = advance_keys(segment, kept.keys, start)
            common = Common(
                self.fixed.parameters, self.fixed.links, words, inputs, start.reshape(1)
            )
            histories = [lengthened(past, own) for past in kept.pasts]
            out = run(segment, common, kept.states, kept.features, histories=histories, kept=True)
            sample_bars: list[Any] = []
            if segment.every:
                sample_bars = self.sources.bars([padded.back(x) for x in out['samples']], series)
            back = walk_back(
                segment, common._replace(links=self.transposed), out['before'], out['sums'],
                [padded.all(bar, 'constant') for bar in sample_bars], bars.states, bars.features,
                past_bars=self._end_bars(segment, start),
                histories=[lengthened(line, own, before=True) for line in bars.sums], which=which,
            )  # fmt: skip
            weights = self._weight_bars(segment, kept.features, out, back)
            moved = _Bars(
                tuple(back['state_bars']),
                tuple(back['feature_bars']),
                tuple(
                    line[:, :, : before.shape[2]]
                    for line, before in zip(back['histories'], bars.sums, strict=True)
                ),
                tuple(map(jnp.add, bars.parameters, back['parameter_bars'])),
                tuple(map(jnp.add, bars.weights, weights)),
            )
            return moved, back['input_bars']

        return walk

    def _end_bars(self, segment: Segment, start: Any) -> list[Any]:
        """What the features before each step owe to the past that the run ended with."""
        first = start - self.given.start
        found = []
        for end in self.ends:
            row = first + jnp.arange(segment.n_steps) - self.call.plan.n_steps + end.shape[1] - 1
            rows = end[:, jnp.maximum(row, 0)]
            found.append(jnp.where(row[:, None] >= 0, rows, 0))
        return found

    def _weight_bars(
        self,
        segment: Segment,
        features: list[Any],
        out: dict[str, list[Any]],
        back: dict[str, list[Any]],
    ) -> list[Any]:
        """Of the wanted weights, over one segment."""
        program, padded = segment.program, self.fixed.padded
        deep = deep_channels(program)
        later = _later_features(program, out)
        sum_bars, histories = iter(back['sum_bars']), iter(back['histories'])
        delays = iter(self.given.delays)
        found = []
        for k, s in enumerate(program.sums):
            alike = len(self.given.weights[k]) == 1
            if s.delayed:
                line, delay = next(histories), next(delays)
                if self.wanted.weights[k]:
                    bar = weight_bars(
                        self.fixed.block, segment.n_steps, padded.n, line,
                        out['histories'][deep.index(s.channel)], delay, segment.maths,
                        interpret=segment.interpret,
                    )  # fmt: skip
                    found.append(bar.sum(axis=0, keepdims=True) if alike else bar)
            elif self.wanted.weights[k]:
                read = jnp.concatenate([features[s.channel][None], later[s.channel]])
                bar = jnp.einsum(
                    'tci,tcj->ij' if alike else 'tci,tcj->cij',
                    next(sum_bars)[:, : padded.c, : padded.n],
                    read[:, : padded.c, : padded.n],
                    precision=self.call.gemm,
                )
                found.append(bar[None] if alike else bar)
        return found


def _later_features(program: NetworkProgram, out: dict[str, list[Any]]) -> list[Any]:
    """What each channel carries after every step of a segment but the last, ``(n_steps - 1, C, regions)``."""
    node, emitted = node_of(program), iter(out['emitted'])
    return [
        out['before'][node.states.index(channel.state)][1:]
        if channel.emit is None
        else next(emitted)[:-1]
        for channel in program.channels
    ]


# -- the past that the run began with --------------------------------------------------------------------


def _past_bars(
    call: Call, given: Operands, fixed: Fixed, bars: _Bars, ends: tuple[Any, ...]
) -> tuple[Any, ...]:
    """Cotangents of what each channel began with, ``(C, depth, N)``."""
    program, back, n_steps = call.program, fixed.padded.back, call.plan.n_steps
    found = [back(bar)[:, None] for bar in bars.features]
    for k in deep_channels(program):
        longest = program.channels[k].depth - 1
        earlier = jnp.zeros_like(ends[k][:, :longest])
        # rows that the end of the run still holds
        still = max(longest - n_steps, 0)
        earlier = earlier.at[:, longest - still :].set(ends[k][:, :still])
        found[k] = jnp.concatenate([earlier, found[k]], axis=1)
    delays, lines = iter(given.delays), iter(bars.sums)
    for s, weight in zip(program.sums, given.weights, strict=True):
        if s.delayed:
            rows, longest = back(rows_of(next(lines), fixed.block)), found[s.channel].shape[1] - 1
            owed = _before_first(weight, next(delays), rows, longest)
            found[s.channel] = found[s.channel].at[:, :longest].add(owed)
    return tuple(found)


def _before_first(weight: Any, delay: Any, bars: Any, longest: int) -> Any:
    """``sum_i W_ij bar_i(d_ij - m)`` for ``m = longest ... 1``, ``(C, longest, N)``."""
    extent = (len(bars), *weight.shape[1:])
    series = bars.mT

    def at(m: Any) -> Any:
        step = delay - m
        found = jnp.take_along_axis(series, jnp.broadcast_to(jnp.maximum(step, 0), extent), axis=2)
        return (jnp.where(step < 0, 0, weight) * found).sum(axis=1)

    return jnp.moveaxis(lax.map(at, jnp.arange(longest, 0, -1)), 0, 1)
