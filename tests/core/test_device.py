"""Device facts follow the device that a computation would run on."""

import jax
import pytest

from brainfit_fast.core import device


class FakeDevice:
    device_kind = 'NVIDIA H100 80GB HBM3'

    def __init__(self, platform, capability):
        self.platform, self.compute_capability = platform, capability


def test_facts_of_the_default_device():
    facts = device.facts()
    assert facts.platform == device.platform() == jax.default_backend()
    assert (facts.compute_capability is None) == (facts.platform != 'gpu')


def test_default_device_is_respected():
    with jax.default_device(jax.devices('cpu')[0]):
        assert device.platform() == 'cpu'


@pytest.mark.parametrize(
    ('platform', 'capability', 'expected'),
    [
        ('gpu', '9.0', ('gpu', (9, 0))),
        ('cuda', '12.1', ('gpu', (12, 1))),
        ('tpu', None, ('tpu', None)),
    ],
)
def test_capability_is_parsed(platform, capability, expected):
    facts = device._facts_of(FakeDevice(platform, capability))
    assert (facts.platform, facts.compute_capability) == expected
