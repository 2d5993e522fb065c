"""Rewrite a loss so that its simulations stream statistics and no trajectory is stored."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal

from ..core.errors import ImplementationError
from ..objectives._streamed import correlations, plain_correlations
from ..ops.simulate.api import choose, run_named
from ..ops.simulate.args import Plan, check
from ..ops.simulate.label import Call
from ..ops.simulate.streams import native
from ..program.network_program import NetworkProgram
from ..program.piece import Piece
from .inline import alone, examples
from .uses import Site, Use, find_sites, live_equations
from .views import View

__all__ = ['Fusion', 'fuse']


@dataclass(frozen=True)
class Fusion:
    """What became of a loss.

    Attributes
    ----------
    closed : jax.extend.core.ClosedJaxpr or None
        The rewritten loss; None where it was left alone.
    note : str
        What is streamed, or why nothing is; a clause.
    """

    closed: ClosedJaxpr | None
    note: str


@dataclass(frozen=True)
class _Run:
    """A simulation that streams: one observable for each distinct statistic."""

    site: Site
    program: NetworkProgram
    plan: Plan
    streams: dict[Any, Use]


def fuse(jaxpr: Jaxpr, weights: Collection[Any], wanted: bool | None = None) -> Fusion:
    """Fuse simulations with the statistics that a loss makes of their samples.

    Parameters
    ----------
    jaxpr : jax.extend.core.Jaxpr
        The loss, inlined, without outputs that are not needed.
    weights : collection of Var
        Inputs with respect to which it is differentiated.
    wanted : bool or None
        None fuses where the implementation streams by itself; True fuses whatever the
        implementation; False never.

    Returns
    -------
    Fusion
        With a jaxpr of the same inputs and outputs, equal to rounding.
    """
    if wanted is False:
        return Fusion(None, 'fusion is switched off')
    sites = find_sites(jaxpr, weights)
    if not sites:
        return Fusion(None, 'the loss has no simulation on the op')
    runs = {}
    for site in sites:
        run = None if site.refused else _run(site, wanted)
        if isinstance(run, _Run):
            runs[id(site.eqn)] = run
        else:
            site.refused = site.refused or run
    if not runs:
        reasons = dict.fromkeys(str(site.refused) for site in sites)
        return Fusion(None, 'the simulation keeps its samples: ' + '; '.join(reasons))
    order = _ordered(jaxpr, runs)
    if order is None:
        return Fusion(None, 'a target is made by an equation with side effects')
    kinds = dict.fromkeys(kind for run in runs.values() for kind in run.plan.streams)
    note = f'{len(runs)} of {len(sites)} simulations stream {" and ".join(kinds)}'
    return Fusion(_rebuilt(jaxpr, order, runs), note)


def _stream(use: Use) -> tuple[Any, ...]:
    """What a use needs; uses that need the same share it."""
    if use.kind == 'squares':
        return use.view.observable, 'squares', id(use.target), use.view.axes
    return use.view.observable, 'moments'


def _run(site: Site, wanted: bool | None) -> _Run | str:
    """Return the streaming run that serves all uses of a site, or why there is none."""
    call = site.call
    assert call is not None
    if wanted is None and not native(call.name):
        return f'the implementation {call.name!r} does not stream'
    streams = {_stream(use): use for use in site.uses}
    program = _with_observables(call.program, [observable for observable, *_ in streams])
    view = site.uses[0].view
    plan = Plan(
        call.plan.n_steps,
        call.plan.first + view.start * call.plan.every,
        call.plan.every * view.step,
        tuple(kind for _, kind, *_ in streams),
        memory=call.plan.memory,
    )
    try:
        choose(program, plan, call.name)
    except ImplementationError as error:
        return f'streaming is refused ({error})'
    return _Run(site, program, plan, streams)


def _with_observables(program: NetworkProgram, selected: list[int]) -> NetworkProgram:
    """``program`` with these of its observables, which may repeat."""
    node = program.node
    if selected == list(range(node.n_observables)):
        return program
    jaxpr = node.observe.jaxpr
    observe = Piece(
        jaxpr.replace(
            outvars=[jaxpr.outvars[k] for k in selected],
            debug_info=jaxpr.debug_info._replace(result_paths=None),
        ),
        node.observe.n_consts,
    )
    return replace(program, node=replace(node, observe=observe, n_observables=len(selected)))


def _ordered(jaxpr: Jaxpr, runs: dict[int, _Run]) -> list[JaxprEqn] | None:
    """Equations in order, with those that targets need before the simulations; None for side effects."""
    equations = live_equations(jaxpr)
    maker = {var: eqn for eqn in equations for var in eqn.outvars}
    done: set[int] = set()
    order: list[JaxprEqn] = []

    def put(eqn: JaxprEqn) -> None:
        if id(eqn) not in done:
            done.add(id(eqn))
            order.append(eqn)

    def put_ancestors(atom: Any) -> bool:
        eqn = None if isinstance(atom, Literal) else maker.get(atom)
        if eqn is None or id(eqn) in done:
            return True
        if eqn.effects or not all(map(put_ancestors, eqn.invars)):
            return False
        put(eqn)
        return True

    for eqn in equations:
        run = runs.get(id(eqn))
        targets = [] if run is None else [use.target for use in _squares(run)]
        if not all(map(put_ancestors, targets)):
            return None
        put(eqn)
    return order


def _squares(run: _Run) -> list[Use]:
    """The uses that have a target, in the order of the streams."""
    return [use for use in run.streams.values() if use.kind == 'squares']


def _rebuilt(jaxpr: Jaxpr, order: list[JaxprEqn], runs: dict[int, _Run]) -> ClosedJaxpr:
    uses = {id(use.eqn): (run, use) for run in runs.values() for use in run.site.uses}
    variables = (*jaxpr.constvars, *jaxpr.invars)

    def evaluate(*args: Any) -> list[Any]:
        env: dict[Any, Any] = dict(zip(variables, args, strict=True))
        statistics: dict[int, dict[Any, Any]] = {}

        def read(atom: Any) -> Any:
            return atom.val if isinstance(atom, Literal) else env[atom]

        for eqn in order:
            if id(eqn) in runs:
                run = runs[id(eqn)]
                statistics[id(run)], rest = _simulate(run, read)
                n_observables = run.site.call.program.node.n_observables  # type: ignore[union-attr]
                env.update(zip(eqn.outvars[n_observables:], rest, strict=True))
            elif id(eqn) in uses:
                run, use = uses[id(eqn)]
                value = _finished(use, statistics[id(run)][_stream(use)])
                out: Any = eqn.outvars[0].aval
                env[eqn.outvars[0]] = value.reshape(out.shape).astype(out.dtype)
            else:
                single = alone(jaxpr, eqn)
                if all(v in env for v in single.invars):  # else it only moves samples about
                    values = jax.core.eval_jaxpr(single, (), *(env[v] for v in single.invars))
                    env.update(zip(eqn.outvars, values, strict=True))
        return [read(v) for v in jaxpr.outvars]

    return jax.make_jaxpr(evaluate)(*examples(variables))


def _simulate(run: _Run, read: Callable[[Any], Any]) -> tuple[dict[Any, Any], list[Any]]:
    """Run; return the statistics by stream, and the leaves of the result after the samples."""
    call: Call = run.site.call  # type: ignore[assignment]
    args = jax.tree.unflatten(call.tree, [jnp.asarray(read(v)) for v in run.site.eqn.invars])
    targets = (_as_samples(read(use.target), use.view, run) for use in _squares(run))
    args = args._replace(targets=tuple(targets))
    check(run.program, run.plan, args)
    result = run_named(run.program, run.plan, call.name, args)
    statistics = dict(zip(run.streams, result.samples, strict=True))
    return statistics, jax.tree.leaves(result[1:])


def _as_samples(target: Any, view: View, run: _Run) -> Any:
    """Lay a target out as the samples are: ``(1 or C, n_samples, N)``."""
    target = jnp.asarray(target)
    length, n = run.plan.n_samples, run.program.n_regions
    if not target.shape:
        return jnp.full((1, length, n), target)
    ones = tuple(k for k, axis in enumerate(view.axes) if axis == 'one')
    axes = tuple(axis for axis in view.axes if axis != 'one')
    wanted = ('candidate', 'time', 'region') if 'candidate' in axes else ('time', 'region')
    target = target.squeeze(ones).transpose([axes.index(axis) for axis in wanted])
    target = target.reshape(-1, *target.shape[-2:])
    return jnp.broadcast_to(target, (len(target), length, n))


def _finished(use: Use, statistic: Any) -> Any:
    """What the use's equation gives, from streamed statistics; its shape but for axes of size one."""
    view = use.view
    if use.kind == 'corrcoef':
        return plain_correlations(statistic.comoment[0], view.n_samples)
    if use.kind == 'fc':
        # the candidates, if there are several, are the only axis in front that is longer than one
        return correlations(statistic.comoment)
    return _summed(view, statistic, use.eqn.params['axes'])


def _summed(view: View, squares: Any, reduced: tuple[int, ...]) -> Any:
    """Sum squared errors ``(C, N)`` over the reduced axes; the others in the order of the view."""
    kept = [a for k, a in enumerate(view.axes) if k not in reduced and a in ('candidate', 'region')]
    gone = [k for k, axis in enumerate(('candidate', 'region')) if axis not in kept]
    total = squares.sum(axis=tuple(gone)) if gone else squares
    return total.T if kept == ['region', 'candidate'] else total
