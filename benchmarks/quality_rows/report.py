"""What benchmarks/quality.py found, for people: a line per fit, Markdown tables, a figure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from peers.facts import heading
from peers.pages import put

from .published import PUBLISHED
from .rescore import SEARCHED
from .richer import RICHER

__all__ = ['brief', 'figure', 'on_page', 'slim', 'table']

#: What ``--figure`` draws for a page.
_FIGURE = (
    '![FC of the data and of middle fits; below, distributions of FCD values](figures/quality.png)'
)

#: Ours with the parameters of one of cuBNM's, and whose they are.
_SAME = {**{name: name for name in PUBLISHED}, 'maps-gradient': 'maps', 'yeo-gradient': 'yeo'}

#: All that is fitted.
_FITS = {**PUBLISHED, **RICHER}

Row = dict[str, Any]


def brief(row: Row) -> str:
    """One row in one line."""
    if row['row'] == 'steps':
        return f'steps of {row["dt_ms"]:g} ms: {row["seconds"]:.0f} s'
    if row['row'] == 'published':
        parts = [f'published, {row["fit"]}', f'{row["cubnm"]["seconds_of_all"]} s']
        parts.append(f'KS in cuBNM {row["cubnm"]["ks_train"]}')
    else:
        parts = [f'{row["row"]}, seed {row["seed"]}', f'{row["seconds"]:.0f} s']
        parts.append(f'loss {row["search_cost"]:.3f}')
    if 'scores' in row:
        parts.append(f'FC {score(row, "fc_within_train"):.3f}, KS {score(row, "ks_train"):.3f}')
    return ', '.join(parts)


def score(row: Row, name: str) -> float:
    """Mean over noise seeds."""
    return float(np.mean(row['scores'][name]))


def _cost(row: Row) -> float:
    """Mean of cuBNM's cost over noise seeds."""
    return score(row, 'penalty') - score(row, 'fc_within_train') + score(row, 'ks_train')


def table(report: dict[str, Any]) -> str:
    """The report as Markdown: cuBNM's rows, richer models beside them, steps."""
    rows: dict[str, list[Row]] = {}
    for row in report['rows']:
        rows.setdefault(row['row'], []).append(row)
    scored = {name: [r for r in found if 'scores' in r] for name, found in rows.items()}
    structure = report['structure']
    parts = [
        heading(report),
        f'The weights themselves correlate with FC at {structure["within"]:.3f} within hemispheres and at '
        f'{structure["all"]:.3f} over all pairs.',
        _published(scored),
        _all(scored),
        _steps(rows.get('steps', [])),
        _missing(rows, scored),
    ]
    return '\n\n'.join(part for part in parts if part)


def on_page(page: str, report: dict[str, Any]) -> str:
    """The page with the tables of this report in their place."""
    drawn = any('scores' in row for row in report['rows'])
    return put(page, 'quality.py', _FIGURE if drawn else None, table(report))


def _published(scored: dict[str, list[Row]]) -> str:
    lines = [
        '| fit | parameters | cuBNM: FC r, FCD KS | with other noise | scored as ours: cost, r, KS '
        '| evaluations | time, A100 | ours: cost | FC r | FCD KS | evaluations, steps '
        '| processor time, two cores | reached: cost, r, KS |',
        '|---|---|---|---|---|---|---|---|---|---|---|---|---|',
    ]
    points = {row['fit']: row for row in scored.get('published', [])}
    for name, of in _SAME.items():
        found, fit, point = scored.get(name), PUBLISHED[of], points.get(of)
        if not found:
            continue
        costs = [_cost(row) for row in found]
        fc = [score(row, 'fc_within_train') for row in found]
        ks = [score(row, 'ks_train') for row in found]
        other = own = reached = '–'
        if point:
            aim = _cost(point), score(point, 'fc_within_train'), score(point, 'ks_train')
            own = ', '.join(f'{value:.3f}' for value in aim)
            other = f'{_unseen(point, "fc_within_train"):.3f}, {_unseen(point, "ks_train"):.3f}'
            ours = (float(np.median(values)) for values in (costs, fc, ks))
            signs = (-1, 1, -1)
            met = (s * value >= s * goal for s, value, goal in zip(signs, ours, aim, strict=True))
            reached = ', '.join(map(_word, met))
        lines.append(
            f'| {_FITS[name].work} | {fit.n_parameters} | {fit.fc:.3f}, {fit.ks:.3f} | {other} | {own} '
            f'| {fit.evaluations} | {fit.minutes:g} min | {_spread(costs)} | {_spread(fc)} | {_spread(ks)} '
            f'| {_range([row.get("evaluations", row.get("steps")) for row in found])} '
            f'| {_minutes(found)} | {reached} |'
        )
    return '\n'.join(lines) if len(lines) > 2 else ''


def _unseen(point: Row, key: str) -> float:
    """Mean of cuBNM's own scores over the noise seeds that its search did not have."""
    scores = zip(point['cubnm']['seeds'], point['cubnm'][key], strict=True)
    return float(np.mean([value for seed, value in scores if seed != SEARCHED]))


def _all(scored: dict[str, list[Row]]) -> str:
    lines = [
        '| model | parameters | seeds | FC r within hemispheres: train, test | over all pairs: train, test '
        '| FCD KS: train, test | mean rates, Hz | processor time |',
        '|---|---|---|---|---|---|---|---|',
    ]
    for name, model in _FITS.items():
        found = scored.get(name)
        if not found:
            continue

        def both(key: str, found: list[Row] = found) -> str:
            return ', '.join(
                f'{np.median([score(r, f"{key}_{group}") for r in found]):.3f}'
                for group in ('train', 'test')
            )

        rates = '–'
        if 'least_rate' in found[0]['scores']:
            ends = [
                np.median([score(r, f'{end}_rate') for r in found]) for end in ('least', 'largest')
            ]
            rates = f'{ends[0]:.1f}–{ends[1]:.1f}'
        lines.append(
            f'| {model.work} | {model.n_parameters} | {len(found)} | {both("fc_within")} | {both("fc_all")} '
            f'| {both("ks")} | {rates} | {_minutes(found)} |'
        )
    return '\n'.join(lines) if len(lines) > 2 else ''


def _steps(rows: list[Row]) -> str:
    if not rows:
        return ''
    fine = rows[0]
    lines = [
        '| steps, of BOLD, ms | FC r: mean difference, root mean square, between noise seeds, correlation '
        '| FCD KS: the same |',
        '|---|---|---|',
    ]
    for row in rows:
        cells = (_apart(row[key], fine[key]) for key in ('fc_within_train', 'ks_train'))
        lines.append(f'| {row["dt_ms"]:g}, {row["bold_step_ms"]:g} | {" | ".join(cells)} |')
    return '\n'.join(lines)


def _apart(values: list[list[float]], fine: list[list[float]]) -> str:
    """Scores ``(seeds, points)`` beside those of the finest steps."""
    own, best = np.array(values), np.array(fine)
    seeds = np.sqrt(np.mean(np.var(own, 0, ddof=1)))
    if own is best or np.array_equal(own, best):
        return f'–, –, {seeds:.3f}, –'
    apart = own.mean(0) - best.mean(0)
    r = np.corrcoef(own.mean(0), best.mean(0))[0, 1]
    return f'{apart.mean():+.3f}, {np.sqrt((apart**2).mean()):.3f}, {seeds:.3f}, {r:.4f}'


def _missing(rows: dict[str, list[Row]], scored: dict[str, list[Row]]) -> str:
    """What is not there, with the command that makes it."""
    names = [name for name in _FITS if not scored.get(name)]
    found = [name for name in names if rows.get(name)]
    lines = []
    if found:
        lines.append(f'Not evaluated: {", ".join(found)}; `--part evaluate` does it.')
    absent = [name for name in names if name not in found]
    if absent:
        lines.append(f'Not fitted: `python benchmarks/quality.py --only {",".join(absent)}`.')
    return ' '.join(lines)


def _spread(values: list[float]) -> str:
    return f'{np.median(values):.3f} ({min(values):.3f} to {max(values):.3f})'


def _range(values: list[int]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f'{low}–{high}'


def _minutes(rows: list[Row]) -> str:
    """Processor time of whole fits; one that was gone on with has that of its last part."""
    whole = [row['processor_seconds'] for row in rows if not row.get('resumed')]
    return f'{np.median(whole) / 60:.1f} min' if whole else '–'


def _word(met: bool) -> str:
    return 'yes' if met else '**no**'


def middle(found: list[Row]) -> Row:
    """The fit with the median FC correlation."""
    order = sorted(found, key=lambda row: score(row, 'fc_within_train'))
    return order[len(order) // 2]


def slim(rows: list[Row]) -> list[Row]:
    """The rows without FC and FCD but for the middle fits, which a figure shows."""
    pictured: dict[str, list[Row]] = {}
    for row in rows:
        if 'fc' in row:
            pictured.setdefault(row['row'], []).append(row)
    kept = [middle(found) for name, found in pictured.items() if name != 'published']
    return [
        row if row in kept else {k: v for k, v in row.items() if k not in ('fc', 'fcd')}
        for row in rows
    ]


def figure(report: dict[str, Any], path: Path) -> None:
    """Empirical FC beside that of the middle fit of each row; below it their distributions of FCD values."""
    import matplotlib

    matplotlib.use('Agg')
    from matplotlib import pyplot as plt

    shown: dict[str, Row] = {}
    for name in _FITS:
        found = [row for row in report['rows'] if row['row'] == name and 'fc' in row]
        if found:
            shown[name] = middle(found)
    titles: dict[str, Callable[[Row], str]] = {
        name: lambda row, work=fill(model.work, 28): (
            f'{work}\nr = {score(row, "fc_within_train"):.2f}'
        )
        for name, model in _FITS.items()
    }
    empirical = report['empirical']
    n = round((1 + np.sqrt(1 + 8 * len(empirical['fc']))) / 2)
    columns = 1 + len(shown)
    fig, axes = plt.subplots(
        2, columns, figsize=(2.3 * columns, 4.4), height_ratios=(1.3, 1), layout='constrained'
    )
    centres = np.linspace(-0.2, 1.0, 61)[:-1] + 0.01

    def draw(column: int, title: str, fc: list[float], fcd: list[int], colour: str) -> None:
        matrix = np.eye(n)
        matrix[np.triu_indices(n, 1)] = fc
        matrix = np.maximum(matrix, matrix.T)
        axes[0, column].imshow(matrix, vmin=0, vmax=0.8, cmap='viridis', interpolation='nearest')
        axes[0, column].set_title(title, fontsize=8)
        axes[0, column].set_xticks([])
        axes[0, column].set_yticks([])
        axes[1, column].plot(centres, np.array(fcd) / sum(fcd) / 0.02, color=colour, lw=1.2)
        axes[1, column].spines[['top', 'right']].set_visible(False)
        axes[1, column].set_yticks([])
        axes[1, column].tick_params(labelsize=7)

    draw(0, 'data\n', empirical['fc'], empirical['fcd'], '0.35')
    data = np.array(empirical['fcd']) / sum(empirical['fcd']) / 0.02
    for column, (name, row) in enumerate(shown.items(), start=1):
        axes[1, column].fill_between(centres, data, color='0.85')
        draw(column, titles[name](row), row['fc'], row['fcd'], '#1b6ca8')
        axes[1, column].set_xlabel(f'FCD, KS {score(row, "ks_train"):.2f}', fontsize=8)
    axes[1, 0].set_xlabel('FCD', fontsize=8)
    fig.savefig(path, dpi=110, metadata={'Software': None})
    plt.close(fig)
