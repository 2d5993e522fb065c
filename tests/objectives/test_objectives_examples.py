"""The examples of the docstrings and of the docs page run as written."""

import doctest
import re
from pathlib import Path

import pytest

from brainfit_fast.objectives import (
    combined,
    connectivity,
    distances,
    distribution,
    dynamics,
    series,
    targets,
)

MODULES = [combined, connectivity, distances, distribution, dynamics, series, targets]
PAGE = Path(__file__).parents[2] / 'docs' / 'objectives.md'


@pytest.mark.parametrize('module', MODULES, ids=lambda m: m.__name__.rpartition('.')[2])
def test_docstrings(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_page():
    blocks = re.findall(r'```python\n(.*?)```', PAGE.read_text(), flags=re.S)
    assert len(blocks) >= 5
    names = {}
    for block in blocks:
        exec(compile(block, str(PAGE), 'exec'), names)
