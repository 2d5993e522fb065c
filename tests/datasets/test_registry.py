"""The table of named datasets."""

import numpy as np
import pytest

from brainfit_fast import datasets
from brainfit_fast.datasets import registry


@pytest.fixture
def scratch(monkeypatch):
    """A registry that forgets what a test adds."""
    monkeypatch.setattr(registry, '_REGISTRY', dict(registry._REGISTRY))


def test_builtin_names_are_listed_in_order_with_descriptions():
    listing = datasets.list_datasets()
    assert [name for name, _ in listing] == sorted(name for name, _ in listing)
    assert {'example_connectome', 'example_signal', 'delayed_match_task', 'hcp_schaefer100'} <= {
        name for name, _ in listing
    }
    assert all(isinstance(text, str) and text for _, text in listing)


def test_loader_runs_at_each_load_and_not_before(scratch):
    calls = []
    datasets.register_dataset('mine', lambda: calls.append(1) or len(calls), description='counts')
    assert calls == []
    assert [datasets.load_dataset('mine'), datasets.load_dataset('mine')] == [1, 2]
    assert ('mine', 'counts') in datasets.list_datasets()


def test_description_defaults_to_empty(scratch):
    datasets.register_dataset('mine', dict)
    assert ('mine', '') in datasets.list_datasets()


def test_loader_must_be_callable(scratch):
    with pytest.raises(TypeError, match=r"'mine'.*is a ndarray.*callable.*lambda"):
        datasets.register_dataset('mine', np.zeros(3))
    assert 'mine' not in dict(datasets.list_datasets())


def test_name_must_be_free(scratch):
    with pytest.raises(ValueError, match=r"'example_signal'.*already registered"):
        datasets.register_dataset('example_signal', dict)


def test_unknown_name_lists_what_exists():
    with pytest.raises(KeyError) as caught:
        datasets.load_dataset('nowhere')
    assert "'nowhere'" in str(caught.value)
    for name, _ in datasets.list_datasets():
        assert name in str(caught.value)
