"""The API pages have every public name, and every public name has an example."""

import importlib
import inspect
import re
import types
from pathlib import Path

import pytest

import brainfit_fast

DOCS = Path(__file__).parents[2] / 'docs'
SUBMODULES = (
    'callbacks',
    'coupling',
    'core.errors',
    'datasets',
    'fic',
    'models',
    'objectives',
    'objectives.targets',
    'observation',
    'ops.fc',
    'ops.simulate',
    'testing',
    'viz',
)


def exported(module) -> dict:
    """Name: object of what a module offers, modules aside."""
    names = getattr(module, '__all__', None) or [n for n in vars(module) if n[0] != '_']
    found = {f'{module.__name__}.{name}': getattr(module, name) for name in names}
    return {name: item for name, item in found.items() if not isinstance(item, types.ModuleType)}


def item(path: str):
    """The object at a dotted path, where a module and a name in it may be called the same."""
    parent, _, name = path.rpartition('.')
    try:
        return getattr(importlib.import_module(parent), name)
    except (AttributeError, ImportError):
        return importlib.import_module(path)


def documented() -> list:
    """What the ``:::`` lines of the API pages show: objects, and the public names of modules."""
    shown = []
    for page in [DOCS / 'api.md', *(DOCS / 'api').glob('*.md')]:
        for path in re.findall(r'^::: (\S+)$', page.read_text(encoding='utf-8'), re.M):
            found = item(path)
            is_module = isinstance(found, types.ModuleType)
            shown += exported(found).values() if is_module else [found]
    return shown


PUBLIC = exported(brainfit_fast)
for _name in SUBMODULES:
    PUBLIC |= exported(importlib.import_module(f'brainfit_fast.{_name}'))


def test_every_public_name_is_on_a_page():
    shown = {id(each) for each in documented()}
    assert not [name for name, each in PUBLIC.items() if id(each) not in shown]


def test_submodules_are_all_there_is():
    """Whoever adds a public module adds it here and to the pages: a page shows no other modules."""
    pages = [DOCS / 'api.md', *(DOCS / 'api').glob('*.md')]
    paths = re.findall(r'^::: (\S+)$', '\n'.join(page.read_text() for page in pages), re.M)
    modules = {path for path in paths if isinstance(item(path), types.ModuleType)}
    assert modules == {f'brainfit_fast.{name}' for name in SUBMODULES}


EXAMPLES = {name for name, each in PUBLIC.items() if '\n>>> ' in (inspect.getdoc(each) or '')}
ROLE = re.compile(r':(?:class|func|meth):`~?([^`]+)`')


@pytest.mark.parametrize(
    'name', [n for n, each in PUBLIC.items() if inspect.isclass(each) or inspect.isroutine(each)]
)
def test_an_example(name):
    """Of its own, or of what makes or takes it and is named in its docstring."""
    named = tuple(f'.{path}' for path in ROLE.findall(inspect.getdoc(PUBLIC[name])))
    assert name in EXAMPLES or any(each.endswith(named) for each in EXAMPLES)
