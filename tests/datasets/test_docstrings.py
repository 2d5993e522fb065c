"""The examples in the docstrings run as written."""

import doctest

import pytest

from brainfit_fast.datasets import cubnm, examples, files, hcp, registry, subject, task


@pytest.mark.parametrize(
    'module', [cubnm, examples, files, hcp, registry, subject, task], ids=lambda m: m.__name__
)
def test_examples(module, monkeypatch):
    monkeypatch.setattr(registry, '_REGISTRY', dict(registry._REGISTRY))
    result = doctest.testmod(module)
    assert result.attempted > 0 and result.failed == 0
