"""Vector: the proposals of nevergrad's Dict of Scalar, which brainmass searches with."""

import numpy as np
import pytest

ng = pytest.importorskip('nevergrad')
from brainfit_fast.fitting.proposals import METHODS, Vector, fits  # noqa: E402

BOUNDS = {'a': (-0.5, 0.5), 'k': (0.0, 2.3), 'w.rate': (0.17, 7.9)}


def scalars():
    return ng.p.Dict(**{name: ng.p.Scalar(lower=a, upper=b) for name, (a, b) in BOUNDS.items()})


def proposed(method, parametrization, *, count, generations=5, **options):
    """Every proposal and the recommendation of a search on a float32 loss, seeded by 3."""
    optimizer = ng.optimizers.registry[method](parametrization=parametrization, **options)
    optimizer.parametrization.random_state.seed(3)
    found = []
    for _ in range(generations):
        candidates = [optimizer.ask() for _ in range(count)]
        found += [candidate.value for candidate in candidates]
        for candidate in candidates:
            loss = sum((value - 0.2) ** 2 for value in candidate.value.values())
            optimizer.tell(candidate, np.float32(loss))
    return [*found, optimizer.provide_recommendation().value]


@pytest.mark.parametrize('method', sorted(METHODS))
@pytest.mark.parametrize('options', [{}, {'budget': 48, 'num_workers': 12}])
def test_a_vector_proposes_what_scalars_do(method, options):
    """To the bit, and all between the bounds; more candidates than a population has as well."""
    for count, generations in ((8, 5), (40, 2)):
        settings = {'count': count, 'generations': generations, **options}
        vector = proposed(method, Vector(BOUNDS), **settings)
        assert vector == proposed(method, scalars(), **settings)
        assert all(a <= v[name] <= b for v in vector for name, (a, b) in BOUNDS.items())


def test_a_value_is_a_dict():
    vector, point = Vector(BOUNDS), {'a': 0.25, 'k': 2.0, 'w.rate': 0.5}
    assert vector.value == scalars().value
    child = vector.spawn_child(new_value=point)
    assert child.value == point
    assert vector.copy().value == vector.value != point


@pytest.mark.parametrize(
    ('method', 'bounds', 'expected'),
    [
        ('DE', BOUNDS, True),
        ('ES', BOUNDS, False),
        ('DE', {'k': (0.0, 1.0), 'a': (0.0, 1.0)}, False),
        ('DE', {'a': (np.zeros(2), np.ones(2)), 'k': (0.0, 1.0)}, False),
    ],
)
def test_what_a_vector_stands_for(method, bounds, expected):
    assert fits(method, bounds) is expected


def test_scalars_that_mutate_are_not_proposed_by_a_vector():
    """Why METHODS is a list: an evolution strategy mutates step sizes, which a vector does not have."""
    settings = {'count': 8, 'generations': 8}
    assert proposed('ES', Vector(BOUNDS), **settings) != proposed('ES', scalars(), **settings)
