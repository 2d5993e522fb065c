"""A result as a report of some lines."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from .tables import numbers

if TYPE_CHECKING:
    from .result import FitResult

__all__ = ['text']

_WIDTH = 78


def text(result: FitResult) -> str:
    """See :meth:`FitResult.summary`."""
    blocks = [_fit(result), _parameters(result)]
    if result.restarts is not None:
        blocks.append(_restarts(result))
    blocks.append(_run(result))
    line = '=' * _WIDTH
    body = f'\n{"-" * _WIDTH}\n'.join('\n'.join(block) for block in blocks)
    return f'{"Fit".center(_WIDTH).rstrip()}\n{line}\n{body}\n{line}'


def _rows(rows: list[tuple[str, Any]]) -> list[str]:
    return [
        line
        for name, value in rows
        if value not in (None, '')
        for line in _wrapped(f'{name:<18}', str(value))
    ]


def _wrapped(head: str, value: str) -> list[str]:
    return textwrap.wrap(
        value,
        _WIDTH,
        initial_indent=head,
        subsequent_indent=' ' * len(head),
        break_long_words=False,
    )


def _fit(result: FitResult) -> list[str]:
    best = 'no finite loss'
    if result.best_step is not None:
        best = f'{result.best_loss:.6g} at step {result.best_step}'
    count = None if result.evaluations is None else len(result.evaluations.losses)
    return _rows(
        [
            ('backend', result.backend),
            ('optimizer', None if result.optimizer is None else type(result.optimizer).__name__),
            ('status', result.status),
            ('message', result.message),
            ('steps', result.n_steps),
            ('evaluations', count),
            ('first loss', f'{result.history[0]:.6g}' if result.history else None),
            ('best loss', best),
        ]
    )


def _parameters(result: FitResult) -> list[str]:
    errors = {} if result.uncertainty is None else result.uncertainty.values
    width = max([len('parameter'), *map(len, result.best_params)])
    heads = ['value', 'sd', 'min', 'max'] + (['std err'] if errors else [])
    lines = [f'{"parameter":<{width}}' + ''.join(f'{head:>11}' for head in heads) + '  unit']
    for name, value in result.best_params.items():
        array, unit = numbers(value)
        cells = [f'{array.mean():.4g}', '', '', '']
        if array.size > 1:
            spread = (array.std(ddof=1), array.min(), array.max())
            cells = [f'{array.mean():.4g}', *(f'{x:.4g}' for x in spread)]
        if errors:
            cells.append(f'{numbers(errors[name])[0].mean():.3g}')
        count = f'  ({array.size} values)' if array.size > 1 else ''
        row = f'{name:<{width}}' + ''.join(f'{cell:>11}' for cell in cells)
        lines.append(f'{row}  {unit or "1"}{count}')
    found = result.uncertainty
    if found is not None:
        lines += _wrapped('std err: ', 'valid' if found.valid else f'not valid: {found.reason}')
    return lines


def _restarts(result: FitResult) -> list[str]:
    found, best = result.restarts, result.best_restart
    assert found is not None and best is not None
    losses = found.best_losses[np.isfinite(found.best_losses)]
    spread = 'none finite'
    if len(losses):
        spread = f'{losses.min():.6g} to {losses.max():.6g}, median {np.median(losses):.6g}'
    ended = ', '.join(
        f'{found.statuses.count(status)} {status}' for status in dict.fromkeys(found.statuses)
    )
    return _rows(
        [('restarts', len(found.best_losses)), ('best', f'number {best}'), ('losses', spread), ('ended', ended)]
    )  # fmt: skip


def _run(result: FitResult) -> list[str]:
    seconds = {name: value for name, value in result.timings.items() if name != 'per_step'}
    times = [f'{name} {value:.3g} s' for name, value in seconds.items()]
    if 'per_step' in result.timings:
        times.append(f'{1e3 * result.timings["per_step"]:.3g} ms per step')
    packages = ('python', 'platform', 'device')
    return _rows(
        [
            ('time', ', '.join(times)),
            ('memory', ', '.join(f'{k} {v / 2**20:.3g} MiB' for k, v in result.memory.items())),
            ('implementation', result.implementation),
            ('streamed', result.fusion),
            ('seed', result.seed),
            ('versions', ', '.join(f'{k} {v}' for k, v in result.versions.items() if k not in packages)),
            *((name, result.versions.get(name)) for name in packages),
        ]
    )  # fmt: skip
