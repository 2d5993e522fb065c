"""Facts about the devices at hand: platform, GPU compute capability, CPU level."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

import jax

__all__ = ['DeviceFacts', 'facts', 'platform']


class DeviceFacts(NamedTuple):
    """What a choice between implementations may depend on.

    Attributes
    ----------
    platform : str
        ``'cpu'``, ``'gpu'`` or ``'tpu'``.
    kind : str
        The vendor's name of the device.
    compute_capability : tuple of int or None
        ``(major, minor)`` of a CUDA device, otherwise None.
    """

    platform: str
    kind: str
    compute_capability: tuple[int, int] | None


def _default_device() -> jax.Device:
    """The device that an uncommitted computation would run on."""
    chosen = jax.config.jax_default_device  # type: ignore[attr-defined]
    if chosen is None:
        return jax.devices()[0]
    if isinstance(chosen, str):
        return jax.devices(chosen)[0]
    return chosen


@functools.cache
def _facts_of(device: jax.Device) -> DeviceFacts:
    """Facts of one device; a device does not change, so they are read once."""
    name = device.platform
    if name in ('cuda', 'rocm'):
        name = 'gpu'
    numbers = re.match(r'(\d+)\.(\d+)', str(getattr(device, 'compute_capability', '') or ''))
    capability = (int(numbers[1]), int(numbers[2])) if numbers else None
    return DeviceFacts(name, device.device_kind, capability)


def facts() -> DeviceFacts:
    """Facts about the device that a computation started now would run on.

    Returns
    -------
    DeviceFacts
        Platform, kind and compute capability.

    Examples
    --------
    >>> from brainfit_fast.core import device
    >>> device.facts().platform in ('cpu', 'gpu', 'tpu')
    True
    """
    return _facts_of(_default_device())


def platform() -> str:
    """The platform that a computation started now would run on.

    Returns
    -------
    str
        ``'cpu'``, ``'gpu'`` or ``'tpu'``; ``jax.default_device`` is respected.

    Examples
    --------
    >>> from brainfit_fast.core import device
    >>> device.platform() in ('cpu', 'gpu', 'tpu')
    True
    """
    return facts().platform
