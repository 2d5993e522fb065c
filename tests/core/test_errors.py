"""The one shape of messages: given, expected, remedy."""

import numpy as np
import pytest

from brainfit_fast.core import errors


def test_bad_value_names_given_expected_and_remedy():
    error = errors.bad_value(
        'weights', given=np.zeros((3, 2)), expected='a square matrix', remedy='Pass [N, N].'
    )
    assert isinstance(error, ValueError)
    expected = (
        'weights: given float64 array of shape (3, 2), expected a square matrix. Pass [N, N].'
    )
    assert str(error) == expected


def test_bad_type_is_a_type_error():
    assert isinstance(errors.bad_type('x', given=1, expected='a string'), TypeError)


def test_long_values_are_cut():
    assert len(errors.describe('x' * 500)) == 80


def test_check_choice():
    assert errors.check_choice('name', 'a', ['a', 'b']) == 'a'
    with pytest.raises(ValueError, match="name: given 'c', expected one of 'a', 'b'"):
        errors.check_choice('name', 'c', ['a', 'b'])
    with pytest.raises(TypeError, match='name: given None'):
        errors.check_choice('name', None, ['a', 'b'])


@pytest.mark.parametrize(
    ('error', 'bases'),
    [
        (errors.ImplementationError, (errors.BrainfitError, RuntimeError)),
        (errors.ForwardModeError, (errors.DifferentiationError, TypeError)),
        (errors.HigherOrderError, (errors.DifferentiationError, TypeError)),
    ],
)
def test_hierarchy(error, bases):
    assert issubclass(error, bases[0]) and issubclass(error, bases[1])
    assert issubclass(error, errors.BrainfitError)
