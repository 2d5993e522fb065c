"""Values taken apart for a file: units, random keys, containers, dtypes."""

import json

import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brainfit_fast.core.values import pack, unpack


def through_a_file(value):
    arrays = {}
    about = json.loads(json.dumps(pack('x', value, arrays)))
    return unpack(about, arrays)


@pytest.mark.parametrize(
    'unit',
    [
        u.mV, u.ms, u.Hz, u.mV / u.ms, u.get_unit(1 / u.ms), u.UNITLESS, u.mm / u.ms, u.nA * u.mV,
        u.siemens / u.meter**2, u.get_unit((2 * u.ms) ** -0.5), u.minute, u.degree,
        u.get_unit(1 / (u.mV * u.ms)),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize('dtype', ['float32', 'float64', 'int32'])
def test_units_and_dtypes(unit, dtype):
    value = u.Quantity(np.array([1, 2], dtype), unit=unit)
    back = through_a_file(value)
    assert back.unit == unit and back.mantissa.dtype == dtype
    np.testing.assert_array_equal(back.mantissa, value.mantissa)


def test_a_unit_that_cannot_be_read_back(monkeypatch):
    monkeypatch.setattr(u, 'parse_unit', lambda text: u.mV)
    with pytest.raises(ValueError, match='tau: given the unit ms, expected a unit that'):
        pack('tau', 3.0 * u.ms, {})


@pytest.mark.parametrize('impl', ['threefry2x32', 'rbg'])
def test_random_keys(impl):
    keys = jax.random.split(jax.random.key(3, impl=impl), 2)
    back = through_a_file(keys)
    assert back.dtype == keys.dtype
    np.testing.assert_array_equal(jax.random.bits(back[1]), jax.random.bits(keys[1]))


def test_containers_and_plain_values():
    value = {
        'none': None, 'yes': True, 'n': 3, 'text': 'ms', 'inf': float('inf'), 'list': [1, 2.5, (3 * u.ms,)],
    }  # fmt: skip
    back = through_a_file(value)
    assert back == value
    assert [type(v) for v in back.values()] == [type(v) for v in value.values()]


def test_keys_that_look_like_paths():
    back = through_a_file({'a': {'b': jnp.array(1.0)}, 'a/b': jnp.array(2.0)})
    assert float(back['a']['b']) == 1.0 and float(back['a/b']) == 2.0


def test_objects_are_refused():
    with pytest.raises(TypeError, match=r'x/1: given <object.*expected arrays, Quantities'):
        pack('x', [1, object()], {})
