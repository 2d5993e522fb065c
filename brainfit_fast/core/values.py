"""Values with units and random keys as plain arrays and a description, and back."""

from __future__ import annotations

from typing import Any

import brainunit as u
import jax
import numpy as np

from .errors import bad_type, bad_value

__all__ = ['pack', 'unpack']


def pack(name: str, value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Take a value apart into arrays and what JSON can hold.

    Parameters
    ----------
    name : str
        Name of its array; parts of a container have longer ones.
    value : object
        None, text, a number, an array, a Quantity, a random key, or dicts, lists and tuples of such.
    arrays : dict
        Gains the arrays.

    Returns
    -------
    object
        The description, for :func:`unpack`.

    Raises
    ------
    TypeError
        For anything else.
    ValueError
        For a unit that cannot be read back from its text.

    Examples
    --------
    >>> import brainunit as u
    >>> import numpy as np
    >>> from brainfit_fast.core.values import pack, unpack
    >>> arrays = {}
    >>> about = pack('tau', np.array([10.0, 12.0]) * u.ms, arrays)
    >>> about, arrays['tau'].tolist()
    ({'array': 'tau', 'unit': 'ms'}, [10.0, 12.0])
    >>> unpack(about, arrays).unit == u.ms
    True
    """
    if value is None or isinstance(value, (bool, int, str)):
        return {'value': value}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {'dict': {key: pack(f'{name}/{key}', v, arrays) for key, v in value.items()}}
    if type(value) in (list, tuple):
        parts = [pack(f'{name}/{k}', v, arrays) for k, v in enumerate(value)]
        return {type(value).__name__: parts}
    while name in arrays:  # a key may hold what stands between keys
        name += "'"
    about = {'array': name}
    if isinstance(value, u.Quantity):
        about['unit'] = _text(name, u.get_unit(value))
        value = u.get_mantissa(value)
    elif isinstance(value, jax.Array) and jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
        about['key'] = str(jax.random.key_impl(value))
        value = jax.random.key_data(value)
    elif isinstance(value, float):
        about['number'] = 'float'
    elif not isinstance(value, (np.ndarray, np.generic, jax.Array)):
        raise bad_type(
            name,
            given=value,
            expected='arrays, Quantities, random keys, numbers, text, or dicts, lists and tuples of these',
        )
    arrays[name] = np.asarray(value)
    return about


def unpack(about: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Put a value of :func:`pack` together again; its arrays are NumPy's."""
    if 'value' in about:
        return about['value']
    if 'dict' in about:
        return {key: unpack(part, arrays) for key, part in about['dict'].items()}
    for kind in (list, tuple):
        if kind.__name__ in about:
            return kind(unpack(part, arrays) for part in about[kind.__name__])
    array = arrays[about['array']]
    if 'unit' in about:
        return u.Quantity(array, unit=u.parse_unit(about['unit']))
    if 'key' in about:
        return jax.random.wrap_key_data(jax.numpy.asarray(array), impl=about['key'])
    return float(array) if 'number' in about else array


def _text(name: str, unit: u.Unit) -> str:
    text = str(unit)
    try:
        if u.parse_unit(text) == unit:
            return text
    except ValueError:
        pass
    raise bad_value(
        name,
        given=f'the unit {text}',
        expected='a unit that brainunit reads back from its text',
        remedy='Convert it to a named unit first.',
    )
