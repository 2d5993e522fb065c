"""Runs an example of the gallery; writes its figure, and its numbers into docs/gallery.md."""

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

matplotlib.rcParams.update(
    {
        'axes.spines.right': False,
        'axes.spines.top': False,
        'axes.titlesize': 10,
        'font.size': 9,
        'legend.frameon': False,
        'svg.fonttype': 'none',
    }
)
# Okabe and Ito (2008)
BLUE, VERMILLION, GREEN, GREY = '#0072B2', '#D55E00', '#009E73', '#777777'
PAGE = Path(__file__).parents[1] / 'gallery.md'
Numbers = dict[str, object]


def canvas(height: float = 2.7) -> Figure:
    return Figure(figsize=(9.0, height), layout='constrained', dpi=110)


def written(value: object) -> str:
    return f'{value:.3g}' if isinstance(value, float) else str(value)


def publish(script: str, main: Callable[[], tuple[Figure, Numbers]]) -> None:
    """Run ``main``; save the figure beside the script and put its numbers on the page."""
    name, start = Path(script).stem, time.perf_counter()
    figure, numbers = main()
    numbers['seconds, two cores'] = round(time.perf_counter() - start, 1)
    figure.savefig(Path(script).with_suffix('.png'))
    rows = ''.join(f'| {key} | {written(value)} |\n' for key, value in numbers.items())
    sys.stdout.write(rows)
    begin, end = f'<!-- {name}: begin -->\n', f'<!-- {name}: end -->'
    text = PAGE.read_text(encoding='utf-8')
    block = re.escape(begin) + '.*?' + re.escape(end)
    text, found = re.subn(
        block, lambda _: f'{begin}| | |\n|---|---|\n{rows}{end}', text, flags=re.S
    )
    if found != 1:
        raise SystemExit(f'{PAGE} has {found} places for {name}: add {begin.strip()} and {end}')
    PAGE.write_text(text, encoding='utf-8')
