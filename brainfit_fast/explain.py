"""Say in one sentence how a model will run, and why."""

from __future__ import annotations

from typing import Any

import brainstate

from .core.fallback import told_otherwise
from .monitors import measurement
from .ops.simulate.api import choose
from .ops.simulate.args import Plan
from .program.build import Unrecognised, build
from .program.inputs import input_rows
from .program.recognise import refresh_delays
from .program.snapshot import preserved
from .timing import resolve_dt

__all__ = ['explain']


def explain(model: Any, *, dt: Any = None, monitors: Any = None, inputs: Any = None) -> str:
    """Say in one sentence which implementation will simulate ``model``, or why it runs step by step.

    Nothing is run, and the model and the random key are left as they were.

    Parameters
    ----------
    model : brainstate.nn.Module
        A node or a network.
    dt : Quantity or float, optional
        Time step; None reads ``brainstate.environ``.
    monitors, inputs : optional
        As they will be given to :meth:`Simulator.run`, since they can decide.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If ``dt`` is unset.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> bf.explain(bf.HopfStep(4, a=0.1), dt=0.1 * u.ms)
    "HopfStep runs on the op 'simulate', implementation '...': 4 regions, no coupling."
    """
    dt = resolve_dt(dt)
    name = type(model).__name__
    with preserved(model), brainstate.environ.context(dt=dt):
        refresh_delays(model)
        brainstate.nn.init_all_states(model)
        try:
            example, _ = input_rows(
                inputs, 1 if callable(inputs) or inputs is None else len(inputs), dt
            )
            built = build(model, measurement(model, monitors), example, dt)
        except Unrecognised as reason:
            return f'{name} runs step by step on the generic path, because {reason}.'
    program = built.program
    with told_otherwise():
        choice = choose(program, Plan(1))
    sums = [
        f'{type(site.module).__name__} '
        + (
            f'with delays up to {site.history.max_length - 1} steps'
            if site.delayed
            else 'without delay'
        )
        for site in built.sites
    ]
    sums = sums if sums or built.separated is not None else ['no coupling']
    if built.local:
        longest = max(int(read.delay_steps.max()) for read in built.local)
        sums.append(f'{len(built.local)} reads of the own past up to {longest} steps back')
    others = [] if built.separated is None else [own.source for own in built.separated.sums]
    own = [built.reads[k] for kind, k in others if kind == 'read']
    if others:
        longest = max((read.history.max_length - 1 for read in own if read.delayed), default=0)
        sums.append(
            f'{len(others)} {"sum" if len(others) == 1 else "sums"} of its own '
            + (f'with delays up to {longest} steps' if longest else 'without delay')
        )
    # what only would be slower is no news
    missed = choice.skipped if choice.fallback else ()
    skipped = ''.join(f'; {other} is not used: {why}' for other, why in missed)
    return (
        f"{name} runs on the op 'simulate', implementation {choice.name!r}: {program.n_regions} regions, "
        f'{", ".join(sums)}{skipped}.'
    )
