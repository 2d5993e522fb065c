"""The tables of docs/models.md tell the defaults."""

import inspect
import pathlib
import re

import brainunit as u
import pytest

from brainfit_fast import models

PAGE = pathlib.Path(__file__).parents[2] / 'docs' / 'models.md'
NODES = [name for name in models.__all__ if name.endswith('Step')]


@pytest.mark.parametrize('name', NODES)
def test_page_tells_the_defaults(name):
    """Each parameter stands in the table of its model, with its default."""
    page = PAGE.read_text(encoding='utf-8')
    section = page.split(f'## {name}\n')[1].split('\n## ')[0]
    table = {}
    for row in re.findall(r'^\| (`.*?) \| (.*?) \|', section, re.M):
        keys = re.findall(r'`(\w+)`', row[0])
        values = row[1].split(', ')
        table |= dict(zip(keys, values * (len(keys) if len(values) == 1 else 1), strict=True))
    checked = 0
    for key, parameter in inspect.signature(getattr(models, name).__init__).parameters.items():
        if isinstance(parameter.default, float | u.Quantity):
            number, _, unit = table[key].replace('−', '-').partition(' ')
            top, _, bottom = number.partition('/')
            value = float(top) / float(bottom or 1)
            assert u.get_mantissa(parameter.default) == pytest.approx(value, rel=1e-12)
            assert str(u.get_unit(parameter.default)) == (unit or '1')
            checked += 1
    assert checked >= 3
