"""Regional parameters made of brain maps: a bias and one coefficient for each map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import brainunit as u
import jax.numpy as jnp
import numpy as np
from brainstate.nn import Const, IdentityT, Param, Transform

from .core.errors import bad_type, bad_value, check_choice, count_bad

__all__ = ['MapParam']


class MapParam(Param):
    r"""A parameter of each region, as a linear combination of brain maps.

    .. math:: p_i = t\Bigl(b + \sum_k c_k\, m_{ki}\Bigr)

    with a bias :math:`b` and coefficients :math:`c_k` of maps :math:`m_k` (T1w/T2w, gene expression, a
    gradient of FC). It goes wherever a node model takes a parameter; what is fitted are its coefficients.

    Sources: Demirtaş et al. (2019), Neuron 101:1181; Kong et al. (2021), Nat. Commun. 12:6373.

    Parameters
    ----------
    maps : array or mapping of str to array
        ``(n_maps, N)``, ``(N,)`` for one map, or ``{name: (N,)}``.
    bias : number, Quantity or Param
        A scalar; fitted if it is a ``Param`` with ``fit=True``.
    scale : number, array, Quantity, Param or mapping
        Coefficients in the unit of ``bias``, of shape ``(n_maps,)``, for one map also ``()``. Where maps have
        names, ``{name: scalar}`` with the same names; each name is then part of its parameter's.
    t : brainstate.nn.Transform, optional
        Applied to the sum, for instance ``SoftplusT(0.0)`` to keep a rate positive. It sees numbers, which are
        in its own unit, or in that of ``bias`` if it has none; the value has this unit.
    normalize : {None, 'minmax', 'zscore'}
        Keep maps as they are; scale each one to [0, 1]; or to mean 0 and standard deviation 1 (divided by N).
    relative : bool
        Coefficients are shares of the bias, :math:`t(b\,(1 + \sum_k c_k\, m_{ki}))`, numbers without unit.

    Attributes
    ----------
    bias : Param
        The bias.
    scale : Param or dict of str to Param
        The coefficients.

    Raises
    ------
    ValueError
        If a map is constant, not finite or of another shape, a coefficient of another shape or unit, or names
        differ.
    TypeError
        If a coefficient is no number or ``Param``, or ``t`` no transform.

    Notes
    -----
    What peers do: Demirtaş et al. scale one T1w/T2w map to [0, 1] and turn it around
    (``normalize='minmax'`` of its negative). Kong et al. combine maps as they are given. cuBNM multiplies,
    ``relative=True``; it loads its maps scaled to [0, 1] or z-scored.

    ``Fitter`` and ``Simulator.run(candidates=...)`` list the coefficients as parameters, ``'a.bias'`` and
    ``'a.scale'`` or ``'a.scale.myelin'``.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> from brainstate.nn import Param
    >>> a = bf.MapParam({'myelin': [0.0, 1.0, 4.0]}, bias=Param(0.1), scale={'myelin': Param(0.2)})
    >>> node = bf.HopfStep(3, a=a)
    >>> [round(float(value), 3) for value in node.a.value()]
    [0.1, 0.3, 0.9]
    """

    def __init__(
        self,
        maps: Any,
        *,
        bias: Any,
        scale: Any,
        t: Transform | None = None,
        normalize: str | None = None,
        relative: bool = False,
    ):
        if normalize is not None:
            check_choice('normalize', normalize, _NORMALIZE)
        named = isinstance(maps, Mapping)
        values = _checked(list(maps.values()) if named else maps)
        if normalize is not None:
            values = _NORMALIZE[normalize](values)
        if t is not None and not isinstance(t, Transform):
            raise bad_type('t', given=t, expected='a brainstate.nn.Transform or None')
        super().__init__(values, fit=False)
        self._names = tuple(maps) if named else ()  # a copy sorts the keys of a mapping
        self.t = IdentityT() if t is None else t
        self.bias = _coefficient('bias', bias, ((),))
        unit = u.get_unit(self.bias.value())
        self.relative = bool(relative)
        unit_of_scale = u.UNITLESS if self.relative else unit
        if named:
            self.scale = _named(scale, list(maps), unit_of_scale, not self.relative)
        else:
            n = len(values)
            self.scale = _coefficient(
                'scale',
                scale,
                ((n,), ()) if n == 1 else ((n,),),
                unit_of_scale,
                not self.relative,
            )
        self._t_unit = u.get_unit(self.t.forward(jnp.zeros(values.shape[1], self.val.dtype)))
        own, dim = u.get_dim(self._t_unit), u.get_dim(unit)
        if own != dim and u.DIMENSIONLESS not in (own, dim):
            raise bad_value(
                't',
                given=f'{self.t}, of unit {self._t_unit}',
                expected=f'a transform in the unit of bias, {unit}',
            )

    def value(self) -> Any:
        """Values of the regions ``(N,)``."""
        maps, bias = self.val, self.bias.value()
        total: Any = 1.0 if self.relative else bias
        if isinstance(self.scale, dict):
            for name, values in zip(self._names, maps, strict=True):
                total = total + self.scale[name].value() * values
        elif len(maps) == 1:
            total = total + self.scale.value() * maps[0]
        else:
            total = total + self.scale.value() @ maps
        if self.relative:
            total = bias * total
        if not isinstance(total, u.Quantity):
            return self.t.forward(total)
        unit = u.get_unit(total) if self._t_unit.is_unitless else self._t_unit
        value = self.t.forward(total.to(unit).mantissa)
        return value if isinstance(value, u.Quantity) else u.Quantity(value, unit=unit)

    def cache(self) -> Any:
        """Values of the regions; none are kept, since the coefficients change on their own."""
        return self.value()

    def set_value(self, value: Any) -> None:
        """Refuse: the coefficients hold the values.

        Raises
        ------
        TypeError
            Always.
        """
        raise bad_type(
            'MapParam.set_value',
            given=value,
            expected='values of its coefficients',
            remedy='Set bias and scale: param.bias.set_value(...).',
        )


def _checked(maps: Any) -> np.ndarray:
    """The maps as numbers ``(n_maps, N)``."""
    expected = 'numbers (n_maps, N), (N,) for one map, or {name: (N,)}'
    try:
        values = np.asarray(maps, float)
    except (TypeError, ValueError) as error:
        raise bad_value(
            'maps', given=f'values that make no array ({error})', expected=expected
        ) from error
    values = values[None] if values.ndim == 1 else values
    if values.ndim != 2 or not values.size:
        raise bad_value('maps', given=values, expected=expected)
    if not np.isfinite(values).all():
        raise bad_value(
            'maps',
            given=count_bad(~np.isfinite(values), 'values that are NaN or infinite'),
            expected='finite values',
        )
    constant = np.ptp(values, axis=1) == 0
    if constant.any():
        raise bad_value(
            'maps',
            given=count_bad(constant, 'maps with the same value in all regions'),
            expected='maps that differ between regions',
            remedy='A constant is what bias is for.',
        )
    return values


def _minmax(maps: np.ndarray) -> np.ndarray:
    return (maps - maps.min(1, keepdims=True)) / np.ptp(maps, axis=1, keepdims=True)


def _zscore(maps: np.ndarray) -> np.ndarray:
    return (maps - maps.mean(1, keepdims=True)) / maps.std(1, keepdims=True)


_NORMALIZE = {'minmax': _minmax, 'zscore': _zscore}


def _coefficient(
    name: str,
    given: Any,
    shapes: tuple[tuple[int, ...], ...],
    unit: Any = None,
    of_bias: bool = True,
) -> Param:
    """A fixed or fitted coefficient, of one of the shapes and, if given, of a unit."""
    try:
        param = given if isinstance(given, Param) else Const(given)
    except (TypeError, ValueError):
        param = None
    if param is None or given is None:
        raise bad_type(
            name,
            given=repr(given),
            expected='a number, an array, a Quantity or a brainstate.nn.Param',
        )
    value = param.value()
    if u.math.shape(value) not in shapes:
        raise bad_value(
            name,
            given=f'shape {u.math.shape(value)}',
            expected=f'shape {" or ".join(map(str, shapes))}',
        )
    if unit is not None and u.get_dim(value) != u.get_dim(unit):
        raise bad_value(
            name,
            given=f'unit {u.get_unit(value)}',
            expected=f'the unit of bias, {unit}' if of_bias else 'no unit, as shares of the bias',
        )
    return param


def _named(scale: Any, names: list[str], unit: Any, of_bias: bool) -> dict[str, Param]:
    """One coefficient for each name, in the order of the maps."""
    if not isinstance(scale, Mapping) or set(scale) != set(names):
        given = f'the names {list(scale)}' if isinstance(scale, Mapping) else scale
        raise bad_value(
            'scale',
            given=given,
            expected=f'one coefficient for each name of maps, {names}',
            remedy='For example scale={name: Param(0.0) for name in maps}.',
        )
    return {
        name: _coefficient(f'scale[{name!r}]', scale[name], ((),), unit, of_bias) for name in names
    }
