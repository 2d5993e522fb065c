"""The scripts of the gallery run, and the page has what they print."""

import importlib
import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('matplotlib')

GALLERY = Path(__file__).parents[2] / 'docs' / 'gallery'
PAGE = GALLERY.with_suffix('.md')
SCRIPTS = sorted(path.stem for path in GALLERY.glob('*.py') if path.stem[0] != '_')
LIMIT = 150_000  # bytes of a figure
#: How far a number may be from the page's where sums are added in another order: r to two digits.
TOLERANCE = {'rtol': 0.05, 'atol': 0.03}


def script(name, monkeypatch):
    monkeypatch.syspath_prepend(str(GALLERY))
    return importlib.import_module(name)


def table(name) -> dict[str, str]:
    """What the page says of one script."""
    text = PAGE.read_text(encoding='utf-8')
    block = re.search(f'<!-- {name}: begin -->\n(.*?)<!-- {name}: end -->', text, re.S)[1]
    rows = [line.strip('|').split(' | ') for line in block.splitlines()[2:]]
    return {row[0].strip(): row[1].strip() for row in rows}


def decimals(text: str) -> list[float]:
    return [float(number) for number in re.findall(r'-?\d+\.\d+', text)]


def test_page_and_scripts_agree():
    text = PAGE.read_text(encoding='utf-8')
    assert len(SCRIPTS) == 6 and sorted(path.stem for path in GALLERY.glob('*.png')) == SCRIPTS
    for name in SCRIPTS:
        assert f'](gallery/{name}.png)' in text and f'](gallery/{name}.py)' in text
        assert (GALLERY / f'{name}.png').stat().st_size < LIMIT
        assert 'seconds, two cores' in table(name)


def test_a_short_fit(monkeypatch, tmp_path):
    """The code of a figure with smaller settings; all figures are made anew by the slow test."""
    name = 'hopf_fc'
    figure, numbers = script(name, monkeypatch).main(samples=60, n_steps=2, n_noise_seeds=2)
    figure.savefig(tmp_path / 'figure.png')
    assert set(numbers) == set(table(name)) - {'seconds, two cores'}


@pytest.mark.slow
@pytest.mark.parametrize('name', SCRIPTS)
def test_figure_and_numbers_are_those_of_the_page(name, monkeypatch, tmp_path):
    module = script(name, monkeypatch)
    figure, numbers = module.main()
    figure.savefig(tmp_path / 'figure.png')
    assert (tmp_path / 'figure.png').stat().st_size < LIMIT
    shown = table(name)
    for key, value in numbers.items():
        if not key.endswith(', s'):
            written, expected = (decimals(each) for each in (f'{value}', shown[key]))
            np.testing.assert_allclose(written, expected, **TOLERANCE, err_msg=key)
