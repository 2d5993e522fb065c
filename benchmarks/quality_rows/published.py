"""The three fits that cuBNM's documentation publishes: parameters, bounds, what was found and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from brainstate.nn import Param

from .data import Data
from .models import BOUNDS, COEFFICIENTS, MAPS, REGIONAL, by_maps, by_network

__all__ = ['PUBLISHED', 'Published']

#: In the order of cuBNM's groups, that of Yeo et al. (2011).
_NETWORKS = ('Vis', 'SomMot', 'DorsAttn', 'SalVentAttn', 'Limbic', 'Cont', 'Default')


@dataclass(frozen=True)
class Published:
    """One of cuBNM's fits.

    Attributes
    ----------
    work : str
        What a reader is told.
    parameters : callable
        ``parameters(data, make)`` for :func:`network`; ``make(name)`` makes a number of ``G``, ``w_p`` or
        ``J_N`` that is fitted.
    space : callable
        ``space(data)``: bounds by parameter.
    n_parameters, evaluations : int
        Numbers that are fitted, and evaluations that cuBNM made.
    fc, ks, minutes : float
        Its lowest cost, with the noise of its search, and its time on an A100.
    found : dict
        Where that was, by the names of ``space``.
    """

    work: str
    parameters: Callable[[Data, Callable[[str], Param]], dict[str, Any]]
    space: Callable[[Data], dict[str, tuple[float, float]]]
    n_parameters: int
    evaluations: int
    fc: float
    ks: float
    minutes: float
    found: dict[str, float]


def _plain(data: Data, make: Callable[[str], Param]) -> dict[str, Any]:
    return {name: make(name) for name in BOUNDS}


def _plain_space(data: Data) -> dict[str, tuple[float, float]]:
    return {f'node.{name}': pair for name, pair in BOUNDS.items()}


def _map_space(data: Data) -> dict[str, tuple[float, float]]:
    coefficients = {f'node.{p}.scale.{m}': COEFFICIENTS for p in REGIONAL for m in MAPS}
    return {
        'node.G': BOUNDS['G'],
        **{f'node.{name}.bias': BOUNDS[name] for name in REGIONAL},
        **coefficients,
    }


def _network_space(data: Data) -> dict[str, tuple[float, float]]:
    names = sorted(set(data.networks))
    groups = {f'node.{p}.scale.{key}': BOUNDS[p] for p in REGIONAL for key in names}
    return {'node.G': BOUNDS['G'], **groups}


def _of_networks(name: str, *values: float) -> dict[str, float]:
    return {f'node.{name}.scale.{key}': v for key, v in zip(_NETWORKS, values, strict=True)}


#: From the documentation of cuBNM, tutorials cmaes_homo, cmaes_het and cmaes_yeo.
PUBLISHED = {
    'homogeneous': Published(
        'homogeneous', _plain, _plain_space, 3, 3457, 0.299, 0.140, 20,
        {'node.G': 1.53994, 'node.w_p': 0.005954, 'node.J_N': 0.40844},
    ),
    'maps': Published(
        'two maps', by_maps, _map_space, 7, 7937, 0.511, 0.198, 45,
        {
            'node.G': 1.044188, 'node.w_p.bias': 1.869521, 'node.J_N.bias': 0.113597,
            'node.w_p.scale.myelinmap': -0.129708, 'node.w_p.scale.fcgradient01': -4.220957,
            'node.J_N.scale.myelinmap': 4.994532, 'node.J_N.scale.fcgradient01': -4.746477,
        },
    ),
    'yeo': Published(
        'Yeo-7', by_network, _network_space, 15, 15360, 0.521, 0.170, 85,
        {
            'node.G': 1.269645,
            **_of_networks('w_p', 0.000148, 1.246829, 1.158930, 0.248856, 0.062078, 1.340652, 0.000150),
            **_of_networks('J_N', 0.265309, 0.321135, 0.306838, 0.468090, 0.002287, 0.088601, 0.068751),
        },
    ),
}  # fmt: skip
