"""Every example of the docstrings, the README and the docs pages runs as written."""

import doctest
import importlib
import inspect
import os
import pkgutil
import re
import shlex
from pathlib import Path

import pytest

import brainfit_fast
from brainfit_fast.cli.options import parser
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


#: Where a block is marked ``notest``, and why it may be.
NOT_RUN = {
    'docs/datasets.md': 'the wheel of cubnm is downloaded; tests/datasets/test_hcp.py reads one',
    'docs/demo.md': 'tests/cli/test_demo.py runs it on the folder of a demo',
}


def test_blocks_that_are_not_run_have_a_reason():
    texts = {page: page.read_text(encoding='utf-8') for page in ROOT.glob('*.md')}
    texts |= {page: page.read_text(encoding='utf-8') for page in (ROOT / 'docs').rglob('*.md')}
    marked = [
        str(page.relative_to(ROOT))
        for page, text in texts.items()
        for language in re.findall(r'^```(\S.*)$', text, re.M)
        if language not in ('python', 'bash')
    ]
    assert sorted(marked) == sorted(NOT_RUN)


@pytest.mark.parametrize('page', ['docs/cli.md', 'docs/demo.md', 'docs/datasets.md'])
def test_commands_are_understood(page):
    """Options of ``brainfit-fast`` in shell blocks; tests/cli runs such commands."""
    text = (ROOT / page).read_text(encoding='utf-8')
    blocks = ''.join(re.findall(r'^```bash\n(.*?)^```', text, re.M | re.S)).replace('\\\n', ' ')
    commands = [shlex.split(line) for line in blocks.splitlines()]
    assert commands
    for program, *arguments in commands:
        assert program in ('brainfit-fast', 'pip')
        if program == 'brainfit-fast':
            parser().parse_args(arguments)


PUBLIC = [
    name
    for name, item in vars(brainfit_fast).items()
    if name[0] != '_' and (inspect.isclass(item) or inspect.isroutine(item))
]


@pytest.mark.parametrize('name', PUBLIC)
def test_public_names_say_what_they_are(name):
    item = getattr(brainfit_fast, name)
    assert item.__doc__ and item.__doc__.strip()
