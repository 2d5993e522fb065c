"""Whether contenders compute the same: BOLD without noise, and mean functional connectivity with it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .workloads import CONTENDERS

__all__ = ['compare_means', 'difference', 'undecided', 'verdict']

#: Largest difference of BOLD without noise, by norm: cuBNM updates volume after flow, convolutions have
#: grids of their own, and volume may be stored as one plus little in float32.
SILENT_LIMIT = 1e-2
#: How many standard errors of their difference two means may be apart.
STANDARD_ERRORS = 2.0
#: The same for how much BOLD varies in time, mostly because of the noise: correlations do not tell how
#: strong it is.
SPREAD_ERRORS = 3.0
#: Largest difference of mean FC at one seed, where the draws are the same.
SEED_LIMIT = 1e-3


def difference(value: np.ndarray, expected: np.ndarray) -> float:
    """Difference of two arrays by norm, relative to the second."""
    if value.shape != expected.shape:
        raise ValueError(f'shapes {value.shape} and {expected.shape}')
    return float(f'{np.linalg.norm(value - expected) / np.linalg.norm(expected):.3g}')


def compare_means(theirs: list[float], ours: list[float], same_noise: bool) -> dict[str, Any]:
    """Mean FC over seeds: within two standard errors, or seed by seed where the noise is the same.

    Parameters
    ----------
    theirs, ours : list of float
        Mean FC for each seed; with the same noise, theirs may be of the first seeds only.
    same_noise : bool
        Whether seeds give the same draws.
    """
    if same_noise:
        ours = ours[: len(theirs)]
    found: dict[str, Any] = {
        'mean_fc': float(f'{np.mean(theirs):.5g}'),
        'our_mean_fc': float(f'{np.mean(ours):.5g}'),
    }
    if same_noise:
        apart = float(np.abs(np.subtract(theirs, ours)).max())
        return {**found, 'largest_by_seed': float(f'{apart:.2g}'), 'agrees': apart < SEED_LIMIT}
    error = float(np.hypot(*(np.std(x, ddof=1) / np.sqrt(len(x)) for x in (theirs, ours))))
    apart = abs(float(np.mean(theirs) - np.mean(ours))) / error
    return {
        **found,
        'standard_errors': float(f'{apart:.3g}'),
        'agrees': apart <= STANDARD_ERRORS,
    }


def undecided(name: str, beside: str, found: dict[str, dict[str, Any]]) -> bool:
    """Whether means over seeds are too far apart, as one in twenty is by chance: others decide."""
    known, answers = CONTENDERS[name], (found[name], found[beside])
    if known.same_noise or known.peer == 'brainfit_fast' or any('error' in a for a in answers):
        return False
    return not compare_means(*(a['mean_fc'] for a in answers), same_noise=False)['agrees']


def verdict(
    name: str,
    beside: str,
    found: dict[str, dict[str, Any]],
    more: dict[str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """What is written of a contender's check; an ``'error'`` where it computed something else.

    Parameters
    ----------
    name, beside : str
        Of the contender, and of ours that does the same work.
    found : dict of str to dict
        Answers of all workers to the task 'check', with their ``'seeds'`` and, by run, their ``'bold'``.
    more : dict of str to dict, optional
        Answers with other seeds, where those are undecided: they decide, and both are written.
    """
    known, own = CONTENDERS[name], found[name]
    ours = found[beside]
    second = [(more or {})[n] for n in (name, beside)] if name in (more or {}) else []
    for answer in (own, ours, *second):
        if 'error' in answer:
            return {'error': answer['error']}
    mine = known.peer == 'brainfit_fast'
    ratio, error = _spreads(own['bold_spread'], ours['bold_spread'][: len(own['seeds'])])
    silent = difference(own['bold']['silent'], ours['bold']['silent'])
    slow = None
    if 'slow' in ours['bold']:
        _require_effect(ours['bold'])
        slow = difference(own['bold']['slow'], ours['bold']['slow'])
    means = compare_means(own['mean_fc'], ours['mean_fc'], known.same_noise or mine)
    if second and undecided(name, beside, found):
        again = compare_means(*(a['mean_fc'] for a in second), same_noise=False)
        first = {'standard_errors_first': means['standard_errors']}
        means = {**again, **first, 'seeds_that_decide': len(second[0]['seeds'])}
    problems = [
        text
        for failed, text in (
            (not own['finite'], 'something is not finite'),
            (not silent < SILENT_LIMIT, f'BOLD without noise differs by {silent:.1e}'),
            (
                slow is not None and not slow < SILENT_LIMIT,
                f'BOLD without noise, with delays twenty times as long, differs by {slow}',
            ),
            (
                not abs(ratio - 1) <= SPREAD_ERRORS * error,
                f'BOLD varies {ratio:.3f} times as much, standard error {error:.1g}',
            ),
            (not means['agrees'], f'mean FC over seeds: {means}'),
            (mine and not own['repeats_equal'], 'two runs of one seed differ'),
        )
        if failed
    ]
    said = {
        'silent_bold_difference': silent,
        **({} if slow is None else {'slow_bold_difference': slow}),
        'bold_spread': float(f'{ratio:.4f}'),
        'bold_spread_error': float(f'{error:.2g}'),
        'repeats_equal': own['repeats_equal'],
        'seeds': own['seeds'],
        **means,
    }
    return {**said, **({'error': f'{name}: {"; ".join(problems)}'} if problems else {})}


def _require_effect(bold: dict[str, np.ndarray]) -> None:
    """Refuse a comparison in which delays do not show."""
    effect = difference(bold['slow'], bold['silent'])
    if not effect > 2 * SILENT_LIMIT:
        raise ValueError(f'delays twenty times as long change BOLD by {effect:.1e} alone')


def _spreads(theirs: list[float], ours: list[float]) -> tuple[float, float]:
    """Ratio of two means over seeds, and its standard error."""
    means = [float(np.mean(x)) for x in (theirs, ours)]
    errors = [float(np.std(x, ddof=1)) / np.sqrt(len(x)) for x in (theirs, ours)]
    ratio = means[0] / means[1]
    return ratio, float(abs(ratio) * np.hypot(errors[0] / means[0], errors[1] / means[1]))
