"""What was measured, for people: one line while it runs, a Markdown table afterwards."""

from __future__ import annotations

from typing import Any

from .facts import heading
from .rows import OURS

__all__ = ['brief', 'table']

_SIGNS = {'us_per_step': 'µs', 'ms': 'ms', 'seconds': 's'}


def brief(found: dict[str, Any]) -> str:
    """One row in one line."""
    if 'error' in found:
        return 'FAILED ' + found['error']
    if 'share' in found:
        return f'{found["coupling_gflops"]["median"]} GFLOP/s, share {found["share"]["median"]}'
    if 'limit' in found:
        growth = {n: round(c['growth_mb']['median'], 1) for n, c in found['contenders'].items()}
        return ', '.join(f'{name} {mb} MB' for name, mb in growth.items())
    parts = []
    for name, contender in found['contenders'].items():
        value = contender.get('us_per_step') or contender.get('ms') or contender['seconds']
        parts.append(f'{name} {value["median"]}')
    for ratio in found['ratios']:
        parts.append(f'x{ratio["ratio"]["median"]} of {ratio["peer"]} (goal {ratio["goal"]})')
    return '; '.join(parts)


def table(report: dict[str, Any]) -> str:
    """The report as Markdown: goals in float32, then float64 beside float32."""
    lines = [
        heading(report),
        '',
        '| work | ours | peer | peer ÷ ours (p20–p80) | goal | met |',
        '|---|---|---|---|---|---|',
    ]
    for found in report['rows']:
        if found['dtype'] == 'float32':
            lines += _lines(found)
    wide = {f['name']: f for f in report['rows'] if f['dtype'] == 'float64' and 'error' not in f}
    narrow = {f['name']: f for f in report['rows'] if f['dtype'] == 'float32' and 'error' not in f}
    shared = [name for name in narrow if name in wide and 'ratios' in narrow[name]]
    if shared:
        lines += [
            '',
            '| work, exponential Euler, µs per step | ours float32 | ours float64 | scan float64 |',
        ]
        lines.append('|---|---|---|---|')
    for name in shared:
        cells = []
        for report_row, who in ((narrow, OURS), (wide, OURS), (wide, 'scan')):
            contender = report_row[name]['contenders'].get(f'{who}/exp_euler')
            cells.append(_number(contender['us_per_step']['median']) if contender else '–')
        lines.append(f'| {narrow[name]["work"]} | ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


def _lines(found: dict[str, Any]) -> list[str]:
    """The Markdown rows of one figure."""
    if 'error' in found:
        return [f'| {found["work"]} | failed | | | | |']
    if 'share' in found:
        share = found['share']
        return [
            f'| {found["work"]} | {found["coupling_gflops"]["median"]:.0f} GFLOP/s | '
            f'{found["peak_gflops"]["median"]:.0f} GFLOP/s at most | share {share["median"]:.2f} '
            f'({share["p20"]:.2f}–{share["p80"]:.2f}) | {found["limit"]} | {_word(found["met"])} |'
        ]
    if 'limit' in found:
        growth = {n: f'{c["growth_mb"]["median"]:.0f} MB' for n, c in found['contenders'].items()}
        own = growth.pop(OURS)
        others = ', '.join(f'{name} {mb}' for name, mb in growth.items())
        limit = f'< {found["limit"]:.0f} MB'
        return [f'| {found["work"]} | {own} | {others} | | {limit} | {_word(found["met"])} |']
    lines = []
    for ratio in found['ratios']:
        method = ratio['method']
        ours = found['contenders'][f'{OURS}/{method}']
        theirs = found['contenders'][ratio['peer']]
        unit = next(name for name in _SIGNS if name in ours)
        sign = _SIGNS[unit]
        value, goal = ratio['ratio'], ratio['goal']
        lines.append(
            f'| {found["work"]} | {_number(ours[unit]["median"])} {sign} | '
            f'{ratio["peer"].replace("/", ", ")} {_number(theirs[unit]["median"])} {sign} | '
            f'{_number(value["median"])} ({_number(value["p20"])}–{_number(value["p80"])}) | '
            f'{goal or "–"} | {_word(value["median"] >= goal) if goal else "–"} |'
        )
    return lines


def _number(value: float) -> str:
    return f'{value:.3g}' if value < 1000 else f'{value:.0f}'


def _word(met: bool) -> str:
    return 'yes' if met else '**no**'
