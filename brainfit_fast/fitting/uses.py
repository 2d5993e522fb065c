"""Find simulations in a loss whose samples serve nothing but statistics that can be streamed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Jaxpr, JaxprEqn, Literal

from ..ops.simulate.label import EQUATION, Call, call_of
from ..program.signature import signature
from .inline import CORRCOEF, FC, is_call, known
from .views import Difference, Tracked, View, follow

__all__ = ['Site', 'Use', 'find_sites', 'live_equations']


@dataclass(frozen=True)
class Use:
    """An equation that reduces samples over time.

    Attributes
    ----------
    eqn : jax.extend.core.JaxprEqn
        The equation.
    kind : {'fc', 'corrcoef', 'squares'}
        Functional connectivity; ``jnp.corrcoef``; a sum of squared errors.
    view : View
        The samples that it reads, as it reads them.
    target : object
        Of ``'squares'``: variable or literal.
    """

    eqn: JaxprEqn
    kind: str
    view: View
    target: Any = None


@dataclass
class Site:
    """One simulation of a loss.

    Attributes
    ----------
    eqn : jax.extend.core.JaxprEqn
        Its equation.
    call : Call or None
        What it runs; None where it is mapped over by ``jax.vmap``.
    uses : list of Use
        What is made of its samples.
    refused : str or None
        Why the samples are needed.
    """

    eqn: JaxprEqn
    call: Call | None
    uses: list[Use] = field(default_factory=list)
    refused: str | None = None


def live_equations(jaxpr: Jaxpr) -> list[JaxprEqn]:
    """Equations that the outputs depend on, or that have effects, in order."""
    needed = {v for v in jaxpr.outvars if not isinstance(v, Literal)}
    kept = []
    for eqn in reversed(jaxpr.eqns):
        if eqn.effects or any(v in needed for v in eqn.outvars):
            kept.append(eqn)
            needed.update(v for v in eqn.invars if not isinstance(v, Literal))
    return kept[::-1]


def find_sites(jaxpr: Jaxpr, weights: Collection[Any]) -> list[Site]:
    """Follow the samples of every simulation of a loss to where they are reduced.

    Parameters
    ----------
    jaxpr : jax.extend.core.Jaxpr
        The loss, inlined; what its outputs do not need does not count.
    weights : collection of Var
        Inputs with respect to which the loss is differentiated.

    Returns
    -------
    list of Site
        One per simulation; ``refused`` says why one has to keep its samples.
    """
    sites: list[Site] = []
    held: dict[Any, Tracked] = {}
    #: Variables that depend on weights or on a simulation: no targets.
    moving = set(weights)

    def tracked(atom: Any) -> Tracked | None:
        return held[atom] if known(held, atom) else None

    def refuse(values: list[Tracked | None], why: str) -> None:
        for value in values:
            if value is not None:
                site = sites[_view(value).site]
                site.refused = site.refused or why

    for eqn in live_equations(jaxpr):
        is_moving = any(known(moving, v) for v in eqn.invars)
        if eqn.params.get('name') == EQUATION:
            sites.append(_site(eqn))
            if sites[-1].call is not None:
                held.update(_samples(len(sites) - 1, sites[-1]))
            is_moving = True
        elif any(tracked(v) is not None for v in eqn.invars):
            values = [tracked(v) for v in eqn.invars]
            use = _use(eqn, values)
            if use is not None and known(moving, use.target):
                refuse(values, 'the target depends on the parameters or on a simulation')
            elif use is not None:
                sites[use.view.site].uses.append(use)
            else:
                made = follow(eqn, tracked)
                if made is None:
                    refuse(values, f'its samples are used by {_describe(eqn)}')
                else:
                    held[eqn.outvars[0]] = made
        if is_moving:
            moving.update(eqn.outvars)
    refuse([tracked(v) for v in jaxpr.outvars], 'its samples are kept in a state')
    for site in sites:
        site.refused = site.refused or _disagreement(site)
    return sites


def _site(eqn: JaxprEqn) -> Site:
    call = call_of(eqn)
    if call is None:
        return Site(eqn, None, refused='it is mapped over by jax.vmap')
    program = call.program
    if call.plan.streams:
        return Site(eqn, call, refused='it streams already')
    if call.plan.window:
        return Site(eqn, call, refused='its gradient has a window')
    if program.node.region_shape != (program.n_regions,):
        return Site(eqn, call, refused='it has a batch of initial states')
    return Site(eqn, call)


def _samples(index: int, site: Site) -> dict[Any, View]:
    """Views of the observables; a scalar one that is used is refused as whatever uses it."""
    assert site.call is not None
    node = site.call.program.node
    views = {}
    for k, var in enumerate(site.eqn.outvars[: node.n_observables]):
        aval: Any = var.aval
        wanted = (site.call.plan.n_samples, site.call.program.n_regions)
        if aval.shape[1:] == wanted and jnp.issubdtype(aval.dtype, jnp.floating):
            views[var] = View(index, k, ('candidate', 'time', 'region'), aval.shape)
        else:
            site.refused = site.refused or f'its observable {k} is {aval.str_short()}'
    return views


def _view(value: Tracked) -> View:
    return value.view if isinstance(value, Difference) else value


def _use(eqn: JaxprEqn, values: list[Tracked | None]) -> Use | None:
    value, name = values[0], eqn.params.get('name')
    if len(eqn.outvars) != 1 or any(other is not None for other in values[1:]):
        return None
    out: Any = eqn.outvars[0].aval
    if isinstance(value, Difference) and value.squared and eqn.primitive.name == 'reduce_sum':
        reduced = eqn.params['axes']
        target: Any = value.target.aval
        if value.view.axes.index('time') not in reduced or out.dtype != target.dtype:
            return None
        return Use(eqn, 'squares', value.view, value.target)
    if not isinstance(value, View) or not is_call(eqn):
        return None
    if name == FC and value.axes[-2:] == ('time', 'region') and len(value.shape) > 2:
        lead, n = value.shape[:-2], value.shape[-1]
        # under vmap the equation does not say which axis it maps: only its result does, if time
        # is of another size than what could be mistaken for it
        told_apart = len(lead) == 1 or value.n_samples not in lead
        return Use(eqn, 'fc', value) if told_apart and out.shape == (*lead, n, n) else None
    if name == CORRCOEF and len(eqn.invars) == 1 and _is_corrcoef(eqn, value):
        return Use(eqn, 'corrcoef', value)
    return None


def _is_corrcoef(eqn: JaxprEqn, view: View) -> bool:
    """Whether a function of that name is ``jnp.corrcoef`` over time."""
    if set(view.axes) != {'time', 'region'} or len(view.axes) != 2 or 1 in view.shape:
        return False

    def pattern(x: jax.Array) -> jax.Array:
        return jnp.corrcoef(x, rowvar=view.axes[0] == 'region')

    aval: Any = eqn.invars[0].aval
    ours = jax.make_jaxpr(pattern)(jax.ShapeDtypeStruct(aval.shape, aval.dtype)).jaxpr.eqns[-1]
    return is_call(ours) and signature(ours.params['jaxpr'].jaxpr) == signature(
        eqn.params['jaxpr'].jaxpr
    )


def _disagreement(site: Site) -> str | None:
    """Why the uses of a site cannot be served by one run without samples."""
    if not site.uses:
        return 'nothing is made of its samples'
    assert site.call is not None
    plan = site.call.plan
    slices = {(use.view.start, use.view.step, use.view.n_samples) for use in site.uses}
    if len(slices) > 1:
        return 'its samples are sliced in more than one way'
    ((start, step, count),) = slices
    if count < 1 or count != -(-(plan.n_samples - start) // step):
        return 'its last samples are cut off, or all'
    return None


def _describe(eqn: JaxprEqn) -> str:
    name = eqn.params.get('name')
    return repr(name if isinstance(name, str) and name else eqn.primitive.name)
