"""Every example of the docstrings, the README and the docs pages runs as written."""

import doctest
import importlib
import inspect
import os
import pkgutil
import re
from pathlib import Path

import pytest

import brainfit_fast
from brainfit_fast.datasets import registry

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages(brainfit_fast.__path__, 'brainfit_fast.')
    if not info.name.endswith('libbrainfit_fast')  # the native library
)
PAGES = sorted(
    page
    for page in [ROOT / 'README.md', *(ROOT / 'docs').rglob('*.md')]
    if '```python\n' in page.read_text(encoding='utf-8')
)


@pytest.mark.parametrize('name', MODULES)
def test_docstrings(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, '_REGISTRY', dict(registry._REGISTRY))
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0


def test_there_are_docstring_examples():
    attempted = [
        doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name))
        for name in MODULES
    ]
    assert sum(len(test.examples) for tests in attempted for test in tests) > 100


@pytest.mark.parametrize('page', PAGES, ids=lambda page: os.path.relpath(page, ROOT))
def test_pages(page, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r'^```python\n(.*?)^```', page.read_text(encoding='utf-8'), re.M | re.S)
    names: dict = {}
    for block in blocks:
        exec(compile(block, str(page), 'exec'), names)


PUBLIC = [
    name
    for name, item in vars(brainfit_fast).items()
    if name[0] != '_' and (inspect.isclass(item) or inspect.isroutine(item))
]


@pytest.mark.parametrize('name', PUBLIC)
def test_public_names_say_what_they_are(name):
    item = getattr(brainfit_fast, name)
    assert item.__doc__ and item.__doc__.strip()
