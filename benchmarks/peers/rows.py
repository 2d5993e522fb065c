"""The figures: what is compared in each, and how much faster brainfit_fast should be."""

from __future__ import annotations

from dataclasses import dataclass

from .problem import Problem

__all__ = ['OURS', 'ROWS', 'Goal', 'Row']

OURS = 'brainfit_fast'


@dataclass(frozen=True)
class Goal:
    """At least this many times as fast as a peer, both with one integrator.

    Attributes
    ----------
    peer : str
        ``'brainmass'``, ``'scan'``, or ``'fastest'`` for the faster of scan and tvboptim; ``'bare step'``, or
        ``'one by one'``, of our own.
    method : str
        The integrator.
    times : float or None
        None is shown without a goal.
    """

    peer: str
    method: str
    times: float | None = None


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes
    ----------
    name, work : str
        What ``--rows`` calls it, and what a reader is told.
    kind : {'forward', 'gradient', 'fit', 'steady', 'restarts', 'subjects', 'search', 'search-fit', 'memory',
    'roofline'}
    problem : Problem
        With the steps of a full run; of a search its candidates are those of a generation, of restarts and
        subjects the runs that advance together.
    goals : tuple of Goal
    conn : bool
        Whether the gradient includes the weights.
    limit : float or None
        Of the other kinds: MB at most, or share at least.
    """

    name: str
    work: str
    kind: str
    problem: Problem
    goals: tuple[Goal, ...] = ()
    conn: bool = False
    limit: float | None = None


def _goals(
    brainmass: float | None, fastest: float | None, scan_exponential: float | None = None
) -> tuple[Goal, ...]:
    return (
        Goal('brainmass', 'exp_euler', brainmass),
        Goal('fastest', 'euler', fastest),
        Goal('scan', 'exp_euler', scan_exponential),
    )


_LATE = {'delay': True}
_MANY = {'candidates': 64}

ROWS = {
    row.name: row
    for row in (
        Row('forward', 'forward, N=100', 'forward', Problem(100, 20000), _goals(30, 2.2)),
        Row(
            'forward-delays',
            'forward, N=100, delays',
            'forward',
            Problem(100, 10000, **_LATE),
            _goals(25, 20),
        ),
        Row(
            'forward-delays-uniform',
            'forward, N=100, delays uniform in 0..150 steps',
            'forward',
            Problem(100, 10000, lengths='uniform', **_LATE),
            (Goal('brainmass', 'exp_euler'), Goal('fastest', 'euler')),
        ),
        Row('forward-400', 'forward, N=400', 'forward', Problem(400, 4000), _goals(25, 1.5)),
        Row(
            'forward-400-delays',
            'forward, N=400, delays',
            'forward',
            Problem(400, 2000, **_LATE),
            _goals(25, 30),
        ),
        Row(
            'forward-64',
            'forward, N=100, 64 candidates',
            'forward',
            Problem(100, 1000, **_MANY),
            _goals(80, 4.5),
        ),
        Row(
            'forward-64-sparse',
            'forward, N=100, 64 candidates, every 10th step kept',
            'forward',
            Problem(100, 1000, every=10, **_MANY),
            _goals(None, None),
        ),
        Row(
            'forward-64-delays',
            'forward, N=100, 64 candidates, delays',
            'forward',
            Problem(100, 1000, **_MANY, **_LATE),
            _goals(45, 60),
        ),
        Row(
            'noise',
            'forward, N=100, two normal draws per region and step',
            'forward',
            Problem(100, 10000, noise=True),
            _goals(25, 5),
        ),
        Row(
            'gradient',
            'value and gradient of a and k, N=100',
            'gradient',
            Problem(100, 2000),
            _goals(50, 3.5, 8),
        ),
        Row(
            'gradient-delays',
            'value and gradient of a and k, N=100, delays',
            'gradient',
            Problem(100, 2000, **_LATE),
            _goals(35, 15),
        ),
        Row(
            'gradient-conn-delays',
            'value and gradient incl. weights, N=100, delays',
            'gradient',
            Problem(100, 2000, **_LATE),
            _goals(30, 30),
            conn=True,
        ),
        Row(
            'gradient-conn-400-delays',
            'value and gradient incl. weights, N=400, delays',
            'gradient',
            Problem(400, 500, **_LATE),
            _goals(60, 30),
            conn=True,
        ),
        Row(
            'gradient-64',
            'value and gradient of a and k, N=100, 64 candidates',
            'gradient',
            Problem(100, 500, **_MANY),
            _goals(100, 8),
        ),
        Row(
            'fit',
            'Fitter.fit(n_steps=50), FC loss, T=2000, N=100, compile included',
            'fit',
            Problem(100, 2000),
            (Goal('brainmass', 'exp_euler', 8), Goal('fastest', 'euler', 1)),
        ),
        Row(
            'fit-steady',
            'a step of Fitter, beside its value, gradient and update alone; FC loss, T=2000, N=100',
            'steady',
            Problem(100, 2000, noise=True),
            (Goal('bare step', 'exp_euler', 0.9),),
        ),
        Row(
            'fit-32-restarts',
            'a step of 32 restarts, beside 32 steps of one; FC loss, T=2000, N=100',
            'restarts',
            Problem(100, 2000, noise=True, candidates=32),
            (Goal('one by one', 'exp_euler', 2),),
        ),
        Row(
            'fit-16-subjects',
            'a step of 16 subjects, beside 16 steps of one; FC loss, T=2000, N=100',
            'subjects',
            Problem(100, 2000, noise=True, candidates=16),
            (Goal('one by one', 'exp_euler', 1.6),),
        ),
        *(
            Row(
                f'search-{count}',
                f'search: loss of a candidate, {count} per generation, FC, T=2000, N=100',
                'search',
                Problem(100, 2000, candidates=count),
                (Goal('scan', 'euler', times), Goal('scan', 'exp_euler')),
            )
            for count, times in ((8, 2.6), (64, 4.3))
        ),
        Row(
            'search-fit',
            'Fitter.fit, nevergrad, 5 generations of 8, FC loss, T=2000, N=100, compile included',
            'search-fit',
            Problem(100, 2000, candidates=8),
            (Goal('brainmass', 'exp_euler', 20),),
        ),
        Row(
            'memory',
            'peak memory of a gradient, N=100, T=64,000 above T=1,000',
            'memory',
            Problem(100, 64000),
            limit=20.0,
        ),
        Row(
            'roofline',
            'coupling of 64 candidates, N=100, one thread',
            'roofline',
            Problem(100, 1, **_MANY),
            limit=0.7,
        ),
    )
}
