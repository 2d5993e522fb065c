"""Tables, files and the figure of a job."""

from __future__ import annotations

import json
import math
import os
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jax
import numpy as np

from .build import Problem, fitted_knobs
from .settings import Settings

__all__ = ['Clock', 'draw', 'result_rows', 'save_fit', 'save_result', 'settings_rows', 'show']

_PACKAGES = (
    'brainfit_fast',
    'jax',
    'jaxlib',
    'brainstate',
    'braintools',
    'brainunit',
    'optax',
    'numpy',
    'matplotlib',
)


class Clock:
    """Wall time of a command.

    Parameters
    ----------
    from_process_start : bool
        Count from the start of the process, imports included, where the system tells it.

    Attributes
    ----------
    start : float
        Seconds that had passed before the command began.
    """

    def __init__(self, from_process_start: bool):
        self.start = _process_age() if from_process_start else 0.0
        self._began = time.perf_counter() - self.start

    def total(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._began


def _process_age() -> float:
    """Seconds since this process was started; 0 where the system does not tell (not Linux)."""
    try:
        ticks = int(Path('/proc/self/stat').read_text().rpartition(')')[2].split()[19])
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf('SC_CLK_TCK'))
    except (OSError, AttributeError, ValueError, IndexError):
        return 0.0


def show(title: str, rows: list[tuple[str, str]]) -> None:
    """Print two aligned columns."""
    width = max(len(name) for name, _ in rows)
    print(f'\n{title}')
    for name, value in rows:
        print(f'  {name:<{width}}  {value}')
    sys.stdout.flush()


def settings_rows(problem: Problem, settings: Settings) -> list[tuple[str, str]]:
    """What is going to be run."""
    knobs = fitted_knobs(problem, settings)
    counts = {name: _count(name, problem, settings) for name in knobs}
    rows = [
        ('data', f'{problem.title}, {problem.n} regions'),
        (
            'model',
            f'{settings.recipe.title}, {settings.recipe.coupling} coupling in {settings.recipe.coupled_var}',
        ),
        ('weights', f'{settings.scale_weights}, divided by the mean strength'),
        ('delays', _delays(problem, settings)),
        *settings.table(),
        ('parameters', f'{sum(counts.values())} fitted'),
    ]
    for name, knob in knobs.items():
        rows.append(
            (
                f'  {name}',
                f'{counts[name]} x {knob.title}, {knob.low:g} to {knob.high:.3g} {knob.unit}, '
                f'from {knob.start:.3g}'.rstrip(),
            )
        )
    return [
        *rows,
        (
            'optimizer',
            f'Adam, learning rate {settings.learning_rate:g}, {settings.steps} steps, '
            f'{settings.noise_seeds} noise seeds per step',
        ),
        ('seed', str(settings.seed)),
    ]


def result_rows(outcome: Any) -> list[tuple[str, str]]:
    """What came out."""
    results, checks, seconds, fit = outcome.results, outcome.checks, outcome.seconds, outcome.fit
    n_seeds = results['fc_r']['n_seeds']
    rows = [
        ('FC r, all pairs', f'{_spread(results["fc_r"])} ({n_seeds} unseen seeds)'),
        ('raw weights and FC', f'r = {results["sc_fc_r"]:.3f} (no model)'),
    ]
    if results['replicate'] is not None:
        rows.append(
            (
                'replicate group',
                f'{_spread(results["replicate"]["fc_r"])} ({results["replicate"]["note"]})',
            )
        )
    if checks['held_out'] is not None:
        held = checks['held_out']
        rows += [
            (
                'held-out pairs',
                f'{_spread(held["fc_r_held_out"])} on {held["n_pairs_held_out"]} pairs left out, '
                f'{_spread(held["fc_r_fitted"])} on the {held["n_pairs_fitted"]} fitted',
            ),
            ('', f'raw weights on the pairs left out: r = {held["sc_fc_r_held_out"]:.3f}'),
        ]
    if checks['recovery'] is not None:
        found = [_recovered(name, one) for name, one in checks['recovery']['parameters'].items()]
        rows.append(('recovery of known', ', '.join(found)))
    rows += [
        ('implementation', f'{fit.implementation} on {jax.default_backend()}'),
        (
            'wall time',
            f'start {seconds["start"]:.1f} s, compile {seconds["trace"] + seconds["compile"]:.1f} s, '
            f'fit {seconds["fit"]:.1f} s ({fit.n_steps} steps), '
            f'unseen seeds {seconds["unseen_seeds"]:.1f} s, figure {seconds["figure"]:.1f} s',
        ),
    ]
    if 'held_out' in seconds:
        later = ', '.join(
            f'{name.replace("_", "-")} {seconds[name]:.1f} s' for name in checks if name in seconds
        )
        rows.append(('', later))
    rows.append(
        ('', f'total {seconds["total"]:.1f} s; to the figure {seconds["start_to_figure"]:.1f} s')
    )
    return rows


def _recovered(name: str, one: dict[str, Any]) -> str:
    if 'r' in one:
        return f'{name}: r = {one["r"]:.2f}'
    return f'{name}: {one["recovered"]:.3g} for {one["true"]:.3g} {one["unit"]}'.rstrip()


def _spread(numbers: dict[str, Any]) -> str:
    return f'r = {numbers["mean"]:.3f} ± {numbers["sd"]:.3f}'


def _count(name: str, problem: Problem, settings: Settings) -> int:
    return 1 if name == 'k' and 'gain' not in settings.fitted else problem.n


def _delays(problem: Problem, settings: Settings) -> str:
    if settings.speed is None:
        return 'none'
    longest = float(np.max(problem.lengths.mantissa)) / float(settings.as_dict()['speed']['value'])
    return f'up to {longest:.3g} ms (speed {settings.as_dict()["speed"]["value"]:g} mm/ms)'


def save_fit(outcome: Any, folder: Path) -> None:
    """Write ``fit.npz``: parameters in their units, losses, functional connectivity."""
    np.savez_compressed(
        folder / 'fit.npz',
        **{f'param_{name}': value for name, value in outcome.values.items()},
        history=np.asarray(outcome.fit.history),
        fc_empirical=outcome.problem.fc,
        fc_simulated=outcome.fc,
        weights=outcome.problem.weights,
        labels=np.asarray(outcome.problem.labels),
    )


def save_result(outcome: Any, folder: Path) -> None:
    """Write ``result.json``: all numbers, settings with units, versions, seeds, command."""
    problem, settings, fit = outcome.problem, outcome.settings, outcome.fit
    knobs = fitted_knobs(problem, settings)
    parameters = {
        name: {
            'title': knob.title,
            'unit': knob.unit,
            'shape': list(np.shape(outcome.values[name])),
            'bounds': [knob.low, knob.high],
            'start': knob.start,
            'model_attribute': knob.attribute,
            'model_value': f'value * {knob.factor!r}',
            'min': float(np.min(outcome.values[name])),
            'median': float(np.median(outcome.values[name])),
            'max': float(np.max(outcome.values[name])),
        }
        for name, knob in knobs.items()
    }
    content = {
        'schema': 1,
        'command': outcome.command,
        'data': {
            'title': problem.title,
            'n_regions': problem.n,
            **{key: problem.info[key] for key in sorted(problem.info)},
        },
        'notes': list(problem.notes),
        'settings': settings.as_dict(),
        'parameters': parameters,
        'n_parameters': sum(_count(name, problem, settings) for name in knobs),
        'fit': {
            'status': fit.status,
            'message': fit.message,
            'n_steps': fit.n_steps,
            'best_step': fit.best_step,
            'best_loss': fit.best_loss,
            'loss': '1 - FC r, averaged over the noise seeds',
            'history': list(fit.history),
            'implementation': fit.implementation,
        },
        'results': {**outcome.results, **outcome.checks},
        'seconds': outcome.seconds,
        'machine': {
            'backend': jax.default_backend(),
            'device': jax.devices()[0].device_kind,
            'cpu_count': os.cpu_count(),
            'platform': platform.platform(),
            'python': platform.python_version(),
        },
        'versions': {name: _version(name) for name in _PACKAGES},
    }
    text = json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / 'result.json').write_text(text + '\n', encoding='utf-8')


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _plain(value: Any) -> Any:
    """JSON has no NaN, no arrays and no tuples."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (np.generic, np.ndarray)):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def draw(outcome: Any, folder: Path) -> None:
    """Write ``figure.png``; without matplotlib say how to get it."""
    from ..viz import MatplotlibMissing, fit_figure

    problem, settings, results = outcome.problem, outcome.settings, outcome.results
    knobs = fitted_knobs(problem, settings)
    try:
        figure = fit_figure(
            history=outcome.fit.history,
            empirical=problem.fc,
            simulated=outcome.fc[0],
            parameters={
                knob.label: (outcome.values[name], (knob.low, knob.high), knob.start)
                for name, knob in knobs.items()
            },
            networks=problem.networks,
            title=f'{settings.recipe.title[0].upper()}{settings.recipe.title[1:]} fitted to {problem.title}',
            subtitle=f'FC r = {results["fc_r"]["mean"]:.3f} ± {results["fc_r"]["sd"]:.3f} (mean ± sd over '
            f'{results["fc_r"]["n_seeds"]} unseen noise seeds); raw weights r = {results["sc_fc_r"]:.2f}',
        )
    except MatplotlibMissing as error:
        print(f'No figure: {error}', file=sys.stderr)
        return
    figure.savefig(folder / 'figure.png', dpi=150)
