"""What the node models share: parameters, states, integrators and input noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

import brainstate
import braintools
import brainunit as u
from brainstate import HiddenState
from brainstate.nn import Dynamics, Module, Param
from brainstate.typing import ArrayLike, Size

from ..core.errors import bad_type, bad_value, check_choice

__all__ = ['NodeModel', 'Parameter', 'integrators']

Parameter: TypeAlias = Callable | ArrayLike | Param
"""What a parameter of a model may be given as: a number, array or Quantity, an initializer, a ``Param``."""

# A number, array or Quantity inside an equation; whether units agree is known at run time.
Value = Any

# Default initializers: silence, and a small random start.
ZERO = braintools.init.Constant(0.0)
SMALL = braintools.init.Uniform(0, 0.05)

_PREFIX, _SUFFIX = 'ode_', '_step'


def integrators() -> tuple[str, ...]:
    """Names that the ``method`` argument of every node model accepts.

    ``'exp_euler'`` is the exponential Euler step of brainstate (exact for the part of each rate
    that is linear in its own state). The others are the explicit steps of ``braintools.quad``.

    Returns
    -------
    tuple of str
        ``'exp_euler'`` first, the rest in alphabetical order.

    Examples
    --------
    >>> from brainfit_fast.models import integrators
    >>> {'exp_euler', 'euler', 'heun', 'rk4'} <= set(integrators())
    True
    """
    names = (
        name[len(_PREFIX) : -len(_SUFFIX)]
        for name in dir(braintools.quad)
        if name.startswith(_PREFIX) and name.endswith(_SUFFIX)
    )
    # braintools' own exponential Euler steps one array, never several states together.
    return ('exp_euler', *sorted(name for name in names if name != 'expeuler'))


class NodeModel(Dynamics):
    r"""Base of the node models: an elementwise system of ordinary differential equations.

    A subclass names its states in ``state_names`` and writes the rate of a state ``x`` as the
    method ``dx(x, *other_states, *inputs)``, in units of the state per time. The base advances
    all states together, from their values before the step.

    Parameters
    ----------
    in_size : int or tuple of int
        Number of regions, or shape of the node.
    method : str
        One of :func:`integrators`.
    noise : dict
        Attribute name to noise process or ``None``.
    init : dict
        Attribute name to initializer, one per state and in the order of ``state_names``.

    Raises
    ------
    ValueError
        If ``method`` is unknown or a parameter does not fit the shape.
    TypeError
        If a noise process has no ``update()``, an initializer is not callable or a parameter is
        of another type.
    """

    state_names: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        in_size: Size,
        *,
        method: str,
        noise: dict[str, Module | None],
        init: dict[str, Callable],
    ):
        super().__init__(in_size)
        model = type(self).__name__
        check_choice(f'{model}: method', method, integrators())
        for name, process in noise.items():
            _check_noise(model, name, process)
            setattr(self, name, process)
        for name, initializer in init.items():
            if not callable(initializer):
                raise bad_type(
                    f'{model}: {name}',
                    given=initializer,
                    expected='a callable that takes a shape',
                    remedy='Wrap a value as braintools.init.Constant(value).',
                )
            setattr(self, name, initializer)
        self.method = method
        self._initializers = tuple(init)

    def set_parameters(self, **values: Parameter) -> None:
        """Store each value as an attribute: a ``Param`` that broadcasts to the node's shape.

        Parameters
        ----------
        **values : Parameter
            Attribute name to number, array, Quantity, initializer or ``Param``.

        Raises
        ------
        ValueError, TypeError
            If a value does not fit the shape or is of another type.
        """
        for name, value in values.items():
            setattr(self, name, parameter(self, name, value))

    def init_state(self, batch_size: int | None = None, **kwargs: Any) -> None:
        """Allocate the states, with a leading batch axis if ``batch_size`` is given.

        Parameters
        ----------
        batch_size : int or None
            Size of the leading batch axis; ``None`` for none.
        **kwargs
            Ignored, so that nodes of different kinds can be initialised together.
        """
        for state, initializer in zip(self.state_names, self._initializers, strict=True):
            value = getattr(self, initializer)
            setattr(self, state, allocate(value, self.varshape, batch_size))

    def derivative(self, state: tuple, t: Value, *inputs: Value) -> tuple:
        """Rates of all states.

        Parameters
        ----------
        state : tuple of array
            State values in the order of ``state_names``.
        t : Quantity
            Time; the models are autonomous and do not read it.
        *inputs : array
            With ``n`` states, state ``i`` receives ``inputs[i::n]``.

        Returns
        -------
        tuple of Quantity
            One rate per state, per time.
        """
        return tuple(
            rate(*arguments)
            for rate, arguments in zip(self._rates(), self._arguments(state, inputs), strict=True)
        )

    def _rates(self) -> list[Callable]:
        """The rate methods in the order of the states."""
        return [getattr(self, f'd{state}') for state in self.state_names]

    def _inputs(self, inputs: tuple) -> list[tuple]:
        """For each state its inputs."""
        n = len(self.state_names)
        return [inputs[i::n] for i in range(n)]

    def _arguments(self, state: tuple, inputs: tuple) -> list[tuple]:
        """For each state: its own value, the other values, its inputs."""
        return [
            (state[i], *state[:i], *state[i + 1 :], *own)
            for i, own in enumerate(self._inputs(inputs))
        ]

    def advance(self, *inputs: Value) -> tuple:
        """Step all states together by dt, with the inputs held constant.

        Parameters
        ----------
        *inputs : array
            With ``n`` states, state ``i`` receives ``inputs[i::n]``.

        Returns
        -------
        tuple of array
            New values, in the order of ``state_names``.
        """
        holders = [getattr(self, name) for name in self.state_names]
        state = tuple(holder.value for holder in holders)
        if self.method == 'exp_euler':
            new = tuple(
                brainstate.nn.exp_euler_step(rate, *arguments)
                for rate, arguments in zip(
                    self._rates(), self._arguments(state, inputs), strict=True
                )
            )
        else:
            step = getattr(braintools.quad, f'{_PREFIX}{self.method}{_SUFFIX}')
            new = step(self.derivative, state, brainstate.environ.get('t', 0.0 * u.ms), *inputs)
        for holder, value in zip(holders, new, strict=True):
            holder.value = value
        return new


def _check_noise(model: str, name: str, process: Module | None) -> None:
    """A noise process is any brainstate module with ``update()``, whoever wrote it."""
    if process is None or (
        isinstance(process, Module) and type(process).update is not Module.update
    ):
        return
    raise bad_type(
        f'{model}: {name}',
        given=f'a {type(process).__name__}' if isinstance(process, Module) else process,
        expected='None, a noise process such as GaussianNoise or OUProcess, or any '
        'brainstate.nn.Module whose update() returns one sample',
    )


def parameter(owner: Dynamics, name: str, value: Parameter) -> Param:
    """A ``Param`` that broadcasts to the owner's shape."""
    try:
        return Param.init(value, owner.varshape, allow_none=False)
    except (TypeError, ValueError) as error:
        bad = bad_type if isinstance(error, TypeError) else bad_value
        raise bad(
            f'{type(owner).__name__}: {name}',
            given=value,
            expected=f'a number, an array or Quantity that broadcasts to {owner.varshape}, an '
            'initializer or a brainstate.nn.Param',
            remedy=f'({error})',
        ) from error


def allocate(initializer: Callable, shape: tuple[int, ...], batch_size: Any) -> HiddenState:
    """A state of a shape, behind a batch axis unless ``batch_size`` is None."""
    return HiddenState.init(initializer, shape, batch_size)


def driven(inp: ArrayLike | None, noise: Module | None, zero: ArrayLike = 0.0) -> Value:
    """The input of one state: what was given, or ``zero``, plus a noise sample."""
    inp = zero if inp is None else inp
    return inp if noise is None else inp + noise()
