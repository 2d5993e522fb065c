"""From a NetworkProgram to what native code needs: a preparation in JAX, a step graph and its adjoint."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Jaxpr, JaxprEqn, Literal

from ..program.network_program import NetworkProgram
from ..program.piece import Piece
from ..program.primitives import KINDS, equations
from .graph import FLOATS, Graph
from .inline import part_of, retraced, unrolled_size
from .lower import Keys, Unsupported, lower
from .reciprocals import with_reciprocals
from .transpose import transpose

__all__ = ['Node', 'Unsupported', 'node_of']

_FREE = frozenset({'copy', 'copy_p', 'stop_gradient'})

#: Equations of a step, with its loops unrolled, up to which it is compiled. g++ 12 took 13 s for 20 sub-steps
#: of a Jansen-Rit node with noise (2820), and the time grows with the square.
LARGEST = 3000


@dataclass(frozen=True, eq=False)
class Node:
    """One step of a network for one lane, and its adjoint.

    What does not change from step to step is computed once, in JAX, by ``prepare``; the graphs read its
    results as ``parameter<k>``.

    Attributes
    ----------
    dtype : str
        Of every floating array.
    prepare : Piece
        Inputs: parameters, constants of every piece, in-degrees, ``dt``. Outputs: the parameters of the
        graphs, each of one element or one per region.
    n_parameters, n_sums, n_inputs : int
        Numbers of operands; each row of an external input is one.
    states : tuple of int
        Positions of the floating states among the program's states, tracked ones last.
    keys : tuple of int
        Positions of the random keys.
    observables : tuple of int
        For each observable the floating state that it is, or -1 where it is computed.
    advance : Graph
        Outputs ``state<k>``, ``feature<k>`` of the channels that emit, ``key<k>.0`` and ``key<k>.1``.
    advance_sampled : Graph
        The same and ``observable<k>`` of those that are computed.
    adjoint, adjoint_sampled : Graph or None
        Cotangents ``state<k>.bar``, ``sum<k>.bar``, ``input<k>.bar``, ``parameter<k>.bar`` from inputs
        ``state<k>.after``, ``feature<k>.after`` and ``observable<k>.after``. None where the model has no
        derivative in this form; ``no_adjoint`` says why.
    no_adjoint : str
    tracked : dict of str to Graph
        The same four by name for the steps after which tracked states are updated, where those are not all;
        the four above then pass these states on.
    track_every : int
        Steps between two updates.
    """

    dtype: str
    prepare: Piece
    n_parameters: int
    n_sums: int
    n_inputs: int
    states: tuple[int, ...]
    keys: tuple[int, ...]
    observables: tuple[int, ...]
    advance: Graph
    advance_sampled: Graph
    adjoint: Graph | None
    adjoint_sampled: Graph | None
    no_adjoint: str
    tracked: dict[str, Graph]
    track_every: int


@functools.lru_cache(maxsize=64)
def node_of(program: NetworkProgram) -> Node:
    """Lower a program.

    Parameters
    ----------
    program : NetworkProgram

    Returns
    -------
    Node

    Raises
    ------
    Unsupported
        With a clause that says what has no native form.
    """
    return _Lowering(program).node()


class _Lowering:
    """The steps from a program to its Node."""

    def __init__(self, program: NetworkProgram):
        self.program = program
        node = program.node
        self.region_shape = node.region_shape
        self.size = int(np.prod(self.region_shape, dtype=int))
        if len(self.region_shape) > 1:
            raise Unsupported(f'its states have a batch axis (shape {self.region_shape})')
        invars = node.step.invars
        n_params, n_sums = node.n_params, len(program.sums)
        self.params = [v.aval for v in invars[:n_params]]
        rest = invars[n_params:]
        self.sums = [v.aval for v in rest[:n_sums]]
        n_clock = n_sums + sum(not s.local for s in program.sums)
        self.degrees = [v.aval for v in rest[n_sums:n_clock]]
        self.dt, self.i, _ = (v.aval for v in rest[n_clock : n_clock + 3])
        rest = rest[n_clock + 3 :]
        self.inputs = [v.aval for v in rest[: node.n_inputs]]
        self.states = [v.aval for v in rest[node.n_inputs :]]
        if node.track is not None:
            self.states += [v.aval for v in node.track.update.invars[-node.n_tracked :]]
        self.n_inputs = sum(node.input_rows(v.shape) or 1 for v in self.inputs)
        self.keys = node.keys
        self.floating = tuple(k for k in range(len(self.states)) if k not in self.keys)
        #: Tracked states that a step may pass on.
        self.passed: list[int] = []
        if node.track is not None and node.track.every > 1:
            self.passed = list(range(len(self.floating)))[-node.n_tracked :]
        self.dtype = self._one_dtype()

    def _one_dtype(self) -> str:
        dtypes = set()
        for k in self.floating:
            aval = self.states[k]
            if not jnp.issubdtype(aval.dtype, jnp.floating):
                raise Unsupported(f'a state has the dtype {aval.dtype}')
            if int(np.prod(aval.shape, dtype=int)) != self.size:
                raise Unsupported(
                    f'a state has the shape {aval.shape} among regions of shape {self.region_shape}'
                )
            dtypes.add(np.dtype(aval.dtype).name)
        for k in self.keys:
            if self.states[k].shape or 'fry' not in str(self.states[k].dtype):
                raise Unsupported(
                    f'its random state is {self.states[k].str_short()}, not one Threefry key'
                )
        dtypes |= {np.dtype(a.dtype).name for a in (*self.sums, *self.inputs)}
        if len(dtypes) != 1 or not dtypes <= set(FLOATS):
            raise Unsupported(
                f'its states, sums and inputs have the dtypes {", ".join(sorted(dtypes)) or "none"}, '
                'not one of float32 and float64'
            )
        return dtypes.pop()

    def node(self) -> Node:
        """Trace, split, lower, differentiate and transpose."""
        equations_of_step = sum(unrolled_size(piece.jaxpr) for piece in self.program.pieces)
        if equations_of_step > LARGEST:
            raise Unsupported(
                f'its step comes to {equations_of_step} operations with its loops unrolled, and '
                f'{LARGEST} are compiled at most'
            )
        fixed, moving = self._arguments()
        first = len(fixed) + 1 + len(self.sums)
        rows = {first + k: self.program.node.input_rows(v.shape) for k, v in enumerate(self.inputs)}
        whole = with_reciprocals(retraced(self._step, (*fixed, *moving), rows), len(fixed))
        prepare, varying, frontier = _hoist(whole, len(fixed), self.size)
        for aval in frontier:
            size = int(np.prod(aval.shape, dtype=int))
            if size not in (1, self.size):
                raise Unsupported(f'the step uses an array of shape {aval.shape}')
            if jnp.issubdtype(aval.dtype, jax.dtypes.prng_key):
                raise Unsupported('the step uses a random key that is no state of it')
            # a narrower float goes through the states' dtype unchanged
            if np.dtype(aval.dtype).name not in (self.dtype, 'bool', 'float32'):
                raise Unsupported(f'the step uses a parameter of dtype {aval.dtype}')
        forward = self._forward(varying, len(frontier))
        observables = self._observable_sources(forward)
        computed = [k for k, source in enumerate(observables) if source < 0]
        forms = {'': False, '_tracked': True} if self.passed else {'': True}
        results = {
            f'{sampled}{form}': self._results(tracked, computed if sampled else [])
            for form, tracked in forms.items()
            for sampled in ('', '_sampled')
        }
        graphs = {f'advance{form}': _chosen(forward, names) for form, names in results.items()}
        track, no_adjoint = self.program.node.track, ''
        try:
            tangent = self._tangent(varying, frontier)
            graphs.update(
                {
                    f'adjoint{form}': self._adjoint(tangent, len(frontier), names)
                    for form, names in results.items()
                }
            )
        except Unsupported as reason:
            no_adjoint = str(reason)
        return Node(
            dtype=self.dtype,
            prepare=Piece(prepare),
            n_parameters=len(frontier),
            n_sums=len(self.sums),
            n_inputs=self.n_inputs,
            states=self.floating,
            keys=self.keys,
            observables=observables,
            advance=graphs.pop('advance'),
            advance_sampled=graphs.pop('advance_sampled'),
            adjoint=graphs.pop('adjoint', None),
            adjoint_sampled=graphs.pop('adjoint_sampled', None),
            no_adjoint=no_adjoint,
            tracked=graphs,
            track_every=track.every if track is not None and track.every > 1 else 0,
        )

    # -- the step as one function ---------------------------------------------------------------

    def _arguments(self) -> tuple[list[Any], list[Any]]:
        consts = [v.aval for piece in self.program.pieces for v in piece.constvars]
        fixed = [*self.params, *consts, *self.degrees, self.dt]
        moving = [self.i, *self.sums, *self.inputs, *self.states]
        return fixed, moving

    def _step(self, *leaves: Any) -> list[Any]:
        """States, features of the channels that emit, observables; with the tracked states updated.

        Where they are not at every step, also they as they were and the observables with these.
        """
        program, node = self.program, self.program.node
        take = iter(leaves)

        def some(n: int) -> list[Any]:
            return [next(take) for _ in range(n)]

        params = some(len(self.params))
        consts = [some(len(piece.constvars)) for piece in program.pieces]
        degrees, (dt, i) = some(len(self.degrees)), some(2)
        sums, inputs = some(len(self.sums)), some(len(self.inputs))
        states, tracked = some(node.n_states), some(node.n_tracked)
        t = i * dt
        out = node.step(consts[0], *params, *sums, *degrees, dt, i, t, *inputs, *states)
        returns = out[: node.n_returns]
        new = [
            value if k in self.keys else jnp.broadcast_to(jnp.asarray(value, old.dtype), old.shape)
            for k, (value, old) in enumerate(zip(out[node.n_returns :], states, strict=True))
        ]
        clock = (i, t, *returns, *new)
        kept = list(tracked)
        if node.track is not None:
            given = (*params, node.track.every * dt, *clock, *tracked)
            tracked = [
                jnp.broadcast_to(jnp.asarray(value, old.dtype), old.shape)
                for value, old in zip(node.track.update(consts[-1], *given), tracked, strict=True)
            ]
        observables = node.observe(consts[1], *params, dt, *clock, *tracked)
        emits = [(c.emit, c.state) for c in program.channels if c.emit is not None]
        features = [
            emit(own, *params, new[state])[0]
            for (emit, state), own in zip(emits, consts[2 : 2 + len(emits)], strict=True)
        ]
        results = [*new, *tracked, *features, *observables]
        if self.passed:
            results += [*kept, *node.observe(consts[1], *params, dt, *clock, *kept)]
        return results

    # -- graphs -----------------------------------------------------------------------------------

    def _names(self) -> tuple[list[str], list[str]]:
        """Names of the moving arguments and of the results; a key is ``key<k>``."""
        number = {k: f'state{n}' for n, k in enumerate(self.floating)}
        number.update({k: f'key{n}' for n, k in enumerate(self.keys)})
        states = [number[k] for k in range(len(self.states))]
        emits = [k for k, c in enumerate(self.program.channels) if c.emit is not None]
        arguments = [
            'i',
            *(f'sum{k}' for k in range(len(self.sums))),
            *(f'input{k}' for k in range(self.n_inputs)),
            *states,
        ]
        n_observables = self.program.node.n_observables
        results = [
            *states,
            *(f'feature{k}' for k in emits),
            *(f'observable{k}' for k in range(n_observables)),
        ]
        if self.passed:
            results += [f'kept{k}' for k in self.passed]
            results += [f'early{k}' for k in range(n_observables)]
        return arguments, results

    def _results(self, tracked: bool, computed: Sequence[int]) -> dict[str, str]:
        """Name of each output of one form of the step -> which result it is."""
        kept = [] if tracked else self.passed
        states = {
            f'state{n}': f'kept{n}' if n in kept else f'state{n}' for n in range(len(self.floating))
        }
        emits = [f'feature{k}' for k, c in enumerate(self.program.channels) if c.emit is not None]
        observable = 'observable' if tracked else 'early'
        observables = {f'observable{k}': f'{observable}{k}' for k in computed}
        return {**states, **{name: name for name in emits}, **observables}

    def _reads(self, graph: Graph, names: Sequence[str], avals: Sequence[Any]) -> list[Any]:
        values: list[Any] = []
        for name, aval in zip(names, avals, strict=True):
            if name.startswith('key'):
                words = (graph.input(f'{name}.0', 'uint32'), graph.input(f'{name}.1', 'uint32'))
                values.append(Keys((), (words,)))
            elif str(aval.dtype) == 'bool':
                given = graph.input(name, self.dtype)
                values.append(graph.op('ne', 'bool', given, graph.const(0, self.dtype)))
            else:
                values.append(self._read(graph, name, aval))
        return values

    def _read(self, graph: Graph, name: str, aval: Any) -> int:
        """An operand; floating ones are stored in the dtype of the states."""
        dtype = np.dtype(aval.dtype).name
        stored = self.dtype if dtype in FLOATS else dtype
        return graph.op('convert', dtype, graph.input(name, stored))

    def _forward(self, varying: Jaxpr, n_parameters: int) -> Graph:
        graph = Graph()
        arguments, results = self._names()
        names = [*(f'parameter{k}' for k in range(n_parameters)), *arguments]
        values = self._reads(graph, names, [v.aval for v in varying.invars])
        for name, value in zip(
            results, lower(graph, varying, (), values, self.region_shape), strict=True
        ):
            if isinstance(value, Keys):
                graph.outputs[f'{name}.0'], graph.outputs[f'{name}.1'] = value.words[0]
            elif graph.dtype(value) == self.dtype:
                graph.outputs[name] = value
            else:
                raise Unsupported(f'{name.rstrip("0123456789")} has the dtype {graph.dtype(value)}')
        return graph.pruned()

    def _observable_sources(self, forward: Graph) -> tuple[int, ...]:
        """Which state each observable is; -1 where it is none."""
        states = {forward.outputs[f'state{n}']: n for n in reversed(range(len(self.floating)))}
        count = self.program.node.n_observables
        return tuple(states.get(forward.outputs[f'observable{k}'], -1) for k in range(count))

    def _tangent(self, varying: Jaxpr, frontier: Sequence[Any]) -> Graph:
        """The derivative along tangents of everything that has one."""
        if any(eqn.primitive.name.startswith('custom_vjp') for eqn in equations(varying)):
            raise Unsupported('it has a custom_vjp, whose rule is written for whole arrays')
        arguments, results = self._names()
        names = [*(f'parameter{k}' for k in range(len(frontier))), *arguments]
        avals = [v.aval for v in varying.invars]
        moving = [k for k, aval in enumerate(avals) if _is_float(aval)]
        outputs = [k for k, v in enumerate(varying.outvars) if _is_float(v.aval)]

        def derivative(primals: Any, tangents: Any) -> Any:
            def along(*values: Any) -> Any:
                full = list(primals)
                for k, value in zip(moving, values, strict=True):
                    full[k] = value
                out = jax.core.eval_jaxpr(varying, (), *full)
                return [out[k] for k in outputs]

            _, out = jax.jvp(along, tuple(primals[k] for k in moving), tuple(tangents))
            return out

        given = [_struct(aval) for aval in avals]
        traced = jax.make_jaxpr(derivative)(given, [given[k] for k in moving])
        flat = retraced(
            lambda *leaves: jax.core.eval_jaxpr(traced.jaxpr, traced.consts, *leaves),
            [v.aval for v in traced.jaxpr.invars],
        )
        graph = Graph()
        values = self._reads(graph, names, avals)
        values += [self._read(graph, f'{names[k]}.tangent', avals[k]) for k in moving]
        for k, value in zip(
            outputs, lower(graph, flat, (), values, self.region_shape), strict=True
        ):
            graph.outputs[f'{results[k]}.tangent'] = value
        return graph.pruned()

    def _adjoint(self, tangent: Graph, n_parameters: int, results: Mapping[str, str]) -> Graph:
        names = [f'state{n}' for n in range(len(self.floating))]
        names += [f'sum{k}' for k in range(len(self.sums))]
        names += [f'input{k}' for k in range(self.n_inputs)]
        names += [f'parameter{k}' for k in range(n_parameters)]
        return transpose(
            tangent,
            {f'{name}.tangent': f'{name}.bar' for name in names},
            {f'{source}.tangent': f'{name}.after' for name, source in results.items()},
            self.dtype,
        )


def _chosen(graph: Graph, names: Mapping[str, str]) -> Graph:
    """The graph of some of its outputs, under other names; words of the random keys are always among them."""
    name_of = {source: name for name, source in names.items()}
    outputs = {
        name_of.get(source, source): value
        for source, value in graph.outputs.items()
        if source in name_of or source.startswith('key')
    }
    return Graph(graph.ops, outputs).pruned()


def _is_float(aval: Any) -> bool:
    return jnp.issubdtype(aval.dtype, jnp.floating)


def _struct(aval: Any) -> Any:
    return jax.ShapeDtypeStruct(aval.shape, aval.dtype)


def _hoist(whole: Jaxpr, n_fixed: int, size: int) -> tuple[Jaxpr, Jaxpr, list[Any]]:
    """Split into what is the same at every step and what is not; ``size`` is the number of lanes.

    Returns
    -------
    prepare : Jaxpr
        From the first ``n_fixed`` inputs to the values at the frontier.
    varying : Jaxpr
        From those values and the other inputs to the outputs.
    frontier : list
        Types of the values between the two.
    """
    fixed, moving = whole.invars[:n_fixed], whole.invars[n_fixed:]
    same: dict[Any, JaxprEqn | None] = dict.fromkeys(fixed)
    # what depends on literals too, or on them alone, is left to the lanes where they can compute it
    literal: dict[Any, JaxprEqn] = {}
    hoisted: set[int] = set()

    def hoist(eqn: JaxprEqn) -> None:
        hoisted.add(id(eqn))
        for a in _variables(eqn):
            if a in literal:
                hoist(literal[a])

    after = []
    for eqn in whole.eqns:
        inputs = _variables(eqn)
        if not all(a in same or a in literal for a in inputs):
            after.append(eqn)
        elif (inputs and all(a in same for a in inputs)) or not _has_lane_form(eqn, size):
            hoist(eqn)
            same.update(dict.fromkeys(eqn.outvars, eqn))
        else:
            after.append(eqn)
            literal.update(dict.fromkeys(eqn.outvars, eqn))
    before = [eqn for eqn in whole.eqns if id(eqn) in hoisted]
    # what only hoisted equations read is not left in the lanes as well
    read = {a for a in whole.outvars if not isinstance(a, Literal)}
    lanes = []
    for eqn in reversed(after):
        if id(eqn) not in hoisted or any(v in read for v in eqn.outvars):
            lanes.append(eqn)
            read.update(_variables(eqn))
    after = lanes[::-1]

    frontier: dict[Any, None] = {}
    repeated: dict[int, JaxprEqn] = {}

    def demand(var: Any) -> None:
        producer = same[var]
        if producer is not None and _is_free(producer):
            repeated[id(producer)] = producer
            demand(producer.invars[0])
        else:
            frontier[var] = None

    used = [a for eqn in after for a in eqn.invars] + list(whole.outvars)
    for var in used:
        if not isinstance(var, Literal) and var in same:
            demand(var)
    values = list(frontier)
    order = [eqn for eqn in before if id(eqn) in repeated] + after
    prepare = part_of(whole, list(fixed), before, values)
    varying = part_of(whole, [*values, *moving], order, list(whole.outvars))
    return prepare, varying, [v.aval for v in values]


def _variables(eqn: JaxprEqn) -> list[Any]:
    return [a for a in eqn.invars if not isinstance(a, Literal)]


def _has_lane_form(eqn: JaxprEqn, size: int) -> bool:
    sizes = {int(np.prod(v.aval.shape, dtype=int)) for v in eqn.outvars}
    return eqn.primitive.name in KINDS and sizes <= {1, size}


def _is_free(eqn: JaxprEqn) -> bool:
    """Whether an equation costs nothing in a lane, so that its operand serves as well."""
    name = eqn.primitive.name
    if not eqn.invars or isinstance(eqn.invars[0], Literal):
        return False
    if name == 'convert_element_type':
        return eqn.invars[0].aval.dtype == eqn.outvars[0].aval.dtype
    return KINDS.get(name) == 'layout' or name in _FREE
