"""What benchmarks/peers.py measured, for people: a line while it runs, Markdown tables, a figure of ratios."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .facts import heading
from .pages import put

__all__ = ['brief', 'figure', 'on_page', 'table']

_DTYPES = ('float32', 'float64')
#: What ``--figure`` draws for a page.
_FIGURE = '![Time of each peer over ours, by workload](figures/peers.svg)'

Row = dict[str, Any]


def brief(row: Row) -> str:
    """One row in one line."""
    if 'error' in row:
        return f'FAILED {row["error"]}'
    parts = [row['contender']]
    if 'seconds' in row:
        parts += [f'{row["seconds"]["median"]:.3g} s', f'{row["memory_mb"]:.0f} MB']
    if 'ratio' in row:
        parts.append(f'{_spread(row["ratio"])} times ours')
    if 'met' in row:
        wanted = f'goal {row["goal"]}' if 'goal' in row else f'limit {row["limit"]} MB'
        parts.append(f'{wanted} {_word(row["met"])}')
    check = row.get('check') or {}
    if 'standard_errors' in check:
        parts.append(f'FC {check["standard_errors"]} s.e. apart')
    if 'silent_bold_difference' in check:
        parts.append(f'BOLD {check["silent_bold_difference"]:.0e} apart')
    return ', '.join(parts)


def table(report: dict[str, Any]) -> str:
    """The report as Markdown: ratios, then what else was measured, then who is slower than a peer."""
    timed = _paired(report, lambda row: 'ratio' in row)
    lines = [heading(report), '']
    if timed:
        lines += [
            '| work | peer | ours, s | peer, s | peer ÷ ours, float32 | float64 | goal | met |',
            '|---|---|---|---|---|---|---|---|',
        ]
    for pair in timed:
        first = next(iter(pair.values()))
        own = {dtype: row['our_seconds'] for dtype, row in pair.items()}
        lines.append(
            f'| {first["work"]} | {first["contender"]} | '
            f'{_both(own, _median)} | {_both({d: r["seconds"] for d, r in pair.items()}, _median)} | '
            + ' | '.join(_spread(pair[d]['ratio']) if d in pair else '–' for d in _DTYPES)
            + f' | {first["goal"]:g} | {_both(pair, lambda row: _word(row["met"]))} |'
        )
    lines += ['', *_rest(report), '', *_memory(report), '', *_notes(report)]
    errors = [row for row in report['rows'] if 'error' in row]
    lines += [f'- failed: {row["workload"]}, {row["dtype"]}: {row["error"]}' for row in errors]
    return '\n'.join(line for line in lines if line is not None).strip()


def on_page(page: str, report: dict[str, Any]) -> str:
    """The page with the tables of this report in their place."""
    drawn = any('ratio' in row for row in report['rows'])
    return put(page, 'peers.py', _FIGURE if drawn else None, table(report))


def _rest(report: dict[str, Any]) -> list[str]:
    """Compilation, memory and agreement."""
    lines = [
        '| work | contender | first call, s | memory, MB | BOLD, silent | BOLD varies, times '
        '| mean FC: ours, theirs | apart |',
        '|---|---|---|---|---|---|---|---|',
    ]
    for pair in _paired(report, lambda row: bool(row.get('check')) and 'error' not in row):
        first = next(iter(pair.values()))
        checks = {dtype: row['check'] for dtype, row in pair.items()}
        cells = (
            _both(pair, _first_call),
            _both(pair, _mb),
            _both(checks, _silent),
            _both(checks, lambda check: format(check['bold_spread'], '.3f')),
            _both(checks, _means, '; '),
            _both(checks, _apart),
        )
        lines.append(f'| {first["work"]} | {first["contender"]} | {" | ".join(cells)} |')
    return lines


def _memory(report: dict[str, Any]) -> list[str]:
    """The rows of peak memory alone."""
    pairs = _paired(report, lambda row: row['workload'] == 'memory' and 'error' not in row)
    if not pairs:
        return []
    lines = [
        '| work | contender | MB above the imports | s | limit, MB | met |',
        '|---|---|---|---|---|---|',
    ]
    for pair in pairs:
        first = next(iter(pair.values()))
        limit = f'{first["limit"]:g}' if 'limit' in first else '–'
        met = _both(pair, lambda row: _word(row['met'])) if 'limit' in first else '–'
        lines.append(
            f'| {first["work"]} | {first["contender"]} | '
            f'{_both(pair, _mb)} | '
            f'{_both({d: r["seconds"] for d, r in pair.items()}, _median)} | {limit} | {met} |'
        )
    return lines


def _notes(report: dict[str, Any]) -> list[str]:
    """What each contender does otherwise, and where one is faster than we are."""
    notes = {row['contender']: row['note'] for row in report['rows'] if row.get('note')}
    lines = [f'- {name}: {note}.' for name, note in notes.items()]
    faster = [
        f'{row["contender"]} in {row["work"]}, {row["dtype"]} ({row["ratio"]["median"]:.2f})'
        for row in report['rows']
        if 'goal' in row and 'ratio' in row and row['ratio']['median'] < 1
    ]
    if any('ratio' in row for row in report['rows']):
        lines.append(f'- Faster than we are: {"; ".join(faster) or "none"}.')
    return lines


def figure(report: dict[str, Any], path: Path) -> None:
    """Ratios as points on a logarithmic axis, one line for each peer and workload; goals as bars across."""
    import matplotlib

    matplotlib.use('Agg')
    # letters as letters, and the same file from the same figures
    matplotlib.rcParams.update({'svg.hashsalt': 'brainfit_fast', 'svg.fonttype': 'none'})
    from matplotlib import pyplot as plt

    pairs = _paired(report, lambda row: 'ratio' in row and 'goal' in row)[::-1]
    fig, axes = plt.subplots(figsize=(8, 1 + 0.24 * len(pairs)), layout='constrained')
    first = [next(iter(pair.values())) for pair in pairs]
    names = [f'{row["work"]} · {row["contender"]}' for row in first]
    for dtype, colour, shift in (('float32', '#1b6ca8', 0.14), ('float64', '#d1662c', -0.14)):
        drawn = [(k, pair[dtype]) for k, pair in enumerate(pairs) if dtype in pair]
        middle = [row['ratio']['median'] for _, row in drawn]
        ends = [
            [row['ratio']['median'] - row['ratio']['p20'] for _, row in drawn],
            [row['ratio']['p80'] - row['ratio']['median'] for _, row in drawn],
        ]
        places = [k + shift for k, _ in drawn]
        axes.errorbar(middle, places, xerr=ends, fmt='o', ms=4, color=colour, label=dtype)
    for k, pair in enumerate(pairs):
        goal = next(iter(pair.values()))['goal']
        axes.plot([goal, goal], [k - 0.35, k + 0.35], color='0.35', lw=1.5)
    axes.axvline(1, color='0.7', lw=0.8, zorder=0)
    axes.set_xscale('log')
    axes.set_yticks(range(len(pairs)), names, fontsize=8)
    axes.set_ylim(-0.6, len(pairs) - 0.4)
    axes.set_xlabel('time of the peer ÷ ours (p20 to p80; grey: goal)')
    axes.legend(loc='best', fontsize=8, frameon=False)
    axes.spines[['top', 'right']].set_visible(False)
    fig.savefig(path, metadata={'Date': None} if path.suffix == '.svg' else None)
    plt.close(fig)


def _paired(report: dict[str, Any], wanted: Callable[[Row], bool]) -> list[dict[str, Row]]:
    """Rows of one workload and contender together, by precision."""
    pairs: dict[tuple[str, str], dict[str, Row]] = {}
    for row in report['rows']:
        if wanted(row):
            pairs.setdefault((row['workload'], row['contender']), {})[row['dtype']] = row
    return list(pairs.values())


def _both(values: dict[str, Any], show: Callable[[Any], str], between: str = ', ') -> str:
    """What stands for float32, then for float64; once where both are the same."""
    shown = [show(values[dtype]) for dtype in _DTYPES if dtype in values]
    return between.join(dict.fromkeys(shown))


def _first_call(row: Row) -> str:
    return format(row['first_call_s'], '.3g') if 'first_call_s' in row else '–'


def _mb(row: Row) -> str:
    return format(row['memory_mb'], '.0f') if 'memory_mb' in row else '–'


def _means(check: dict[str, Any]) -> str:
    return f'{check["our_mean_fc"]:.3g}, {check["mean_fc"]:.3g}'


def _silent(check: dict[str, Any]) -> str:
    both = (check.get(f'{kind}_bold_difference') for kind in ('silent', 'slow'))
    return ' / '.join(format(found, '.0e') for found in both if found is not None)


def _apart(check: dict[str, Any]) -> str:
    if 'seeds_that_decide' in check:
        first, seeds = check['standard_errors_first'], check['seeds_that_decide']
        return f'{check["standard_errors"]:.2g} s.e. of {seeds} seeds (of the first {first:.2g})'
    if 'standard_errors' in check:
        return f'{check["standard_errors"]:.2g} s.e.'
    return f'{check["largest_by_seed"]:.0e} by seed'


def _median(spread: dict[str, float]) -> str:
    return f'{spread["median"]:.3g}'


def _spread(value: dict[str, float]) -> str:
    return f'{value["median"]:.3g} ({value["p20"]:.3g}–{value["p80"]:.3g})'


def _word(met: bool) -> str:
    return 'yes' if met else '**no**'
