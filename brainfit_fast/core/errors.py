"""Exceptions of the library, and one shape for every message: given, expected, remedy."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

__all__ = [
    'BrainfitError',
    'DifferentiationError',
    'ForwardModeError',
    'HigherOrderError',
    'ImplementationError',
    'bad_type',
    'bad_value',
    'check_choice',
    'count_bad',
    'describe',
]


class BrainfitError(Exception):
    """Base class of the errors that only this library raises.

    Examples
    --------
    See :class:`ForwardModeError`.
    """


class ImplementationError(BrainfitError, RuntimeError):
    """An implementation that was asked for by name cannot serve the call.

    Examples
    --------
    >>> import brainfit_fast as bf, jax.numpy as jnp
    >>> from brainfit_fast.ops.fc import functional_connectivity
    >>> x = jnp.ones((5, 2), jnp.bfloat16)
    >>> functional_connectivity(x, implementation='pallas_triton')
    Traceback (most recent call last):
        ...
    brainfit_fast.core.errors.ImplementationError: ...
    """


class DifferentiationError(BrainfitError, TypeError):
    """A derivative was asked for that the chosen implementation does not have.

    Examples
    --------
    See :class:`ForwardModeError`.
    """


class ForwardModeError(DifferentiationError):
    """Forward-mode differentiation (jvp, jacfwd, linearize) went through a kernel.

    Examples
    --------
    >>> import brainfit_fast as bf, brainunit as u, jax
    >>> def last(k):
    ...     net = bf.Network(bf.HopfStep(2, a=0.1), conn=[[0, 1], [1, 0]], coupled_var='x', k=k)
    ...     return bf.Simulator(net, dt=0.1 * u.ms).run(1.0 * u.ms, monitors='node.x')['node.x'][-1]
    >>> with bf.use(simulate='xla'):
    ...     jax.jvp(last, (0.5,), (1.0,))
    Traceback (most recent call last):
        ...
    brainfit_fast.core.errors.ForwardModeError: ...
    """


class HigherOrderError(DifferentiationError):
    """A second derivative (hessian, grad of grad) went through a kernel.

    Examples
    --------
    As :class:`ForwardModeError`, of a kernel with ``jax.hessian``.
    """


def describe(value: object) -> str:
    """Say what was given: shape and dtype for arrays, a short ``repr`` for the rest.

    Parameters
    ----------
    value : object
        Anything that was passed to the library.

    Returns
    -------
    str
        Text for an error message.

    Examples
    --------
    >>> import numpy as np
    >>> from brainfit_fast.core.errors import describe
    >>> describe(np.zeros((3, 2), np.float32))
    'float32 array of shape (3, 2)'
    >>> describe(-1)
    '-1'
    """
    shape, dtype = getattr(value, 'shape', None), getattr(value, 'dtype', None)
    if shape is not None and dtype is not None:
        return f'{dtype} array of shape {tuple(shape)}'
    text = repr(value)
    if len(text) > 80:
        text = text[:77] + '...'
    return text


def count_bad(bad: np.ndarray, what: str) -> str:
    """Say how many values are bad and where the first one is.

    Parameters
    ----------
    bad : bool array
        True where a value cannot be used; at least one of them.
    what : str
        What the bad values are called.

    Returns
    -------
    str
        Text for an error message.

    Examples
    --------
    >>> import numpy as np
    >>> from brainfit_fast.core.errors import count_bad
    >>> count_bad(np.isnan([[0.0, np.nan], [np.nan, 1.0]]), 'missing values')
    '2 missing values (the first at index (0, 1))'
    """
    where = np.argwhere(bad)
    place = f' (the first at index {tuple(map(int, where[0]))})' if np.ndim(bad) else ''
    return f'{len(where)} {what}{place}'


def _message(name: str, given: object, expected: str, remedy: str) -> str:
    """One sentence for the fact, one for the way out."""
    if not isinstance(given, str):
        given = describe(given)
    text = f'{name}: given {given}, expected {expected}.'
    return f'{text} {remedy}' if remedy else text


def bad_value(name: str, *, given: object, expected: str, remedy: str = '') -> ValueError:
    """Build the ``ValueError`` for an argument whose value cannot be used.

    Parameters
    ----------
    name : str
        The argument, as the caller wrote it.
    given : object
        What was given; a string is taken as the description itself.
    expected : str
        What would have been accepted.
    remedy : str, optional
        How to mend it: a full sentence.

    Returns
    -------
    ValueError
        To be raised by the caller, so that the traceback ends where the check is.

    Examples
    --------
    >>> from brainfit_fast.core.errors import bad_value
    >>> raise bad_value('n_steps', given=0, expected='an integer >= 1')
    Traceback (most recent call last):
        ...
    ValueError: n_steps: given 0, expected an integer >= 1.
    """
    return ValueError(_message(name, given, expected, remedy))


def bad_type(name: str, *, given: object, expected: str, remedy: str = '') -> TypeError:
    """Build the ``TypeError`` for an argument of a type that cannot be used.

    Parameters and Returns are those of :func:`bad_value`.

    Examples
    --------
    >>> from brainfit_fast.core.errors import bad_type
    >>> raise bad_type('node', given=3, expected='a brainstate.nn.Dynamics')
    Traceback (most recent call last):
        ...
    TypeError: node: given 3, expected a brainstate.nn.Dynamics.
    """
    return TypeError(_message(name, given, expected, remedy))


def check_choice(name: str, value: object, choices: Iterable[str]) -> str:
    """Return ``value`` when it is one of ``choices``; raise with the list otherwise.

    Parameters
    ----------
    name : str
        The argument, as the caller wrote it.
    value : object
        What was given.
    choices : iterable of str
        What is accepted.

    Returns
    -------
    str
        ``value`` unchanged.

    Raises
    ------
    TypeError
        If ``value`` is not a string.
    ValueError
        If it is a string that is not among the choices.

    Examples
    --------
    >>> from brainfit_fast.core.errors import check_choice
    >>> check_choice('coupling', 'additive', ('additive', 'diffusive'))
    'additive'
    """
    choices = tuple(choices)
    expected = 'one of ' + ', '.join(repr(c) for c in choices)
    if not isinstance(value, str):
        raise bad_type(name, given=value, expected=expected)
    if value not in choices:
        raise bad_value(name, given=repr(value), expected=expected)
    return value
