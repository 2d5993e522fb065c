"""Node models and the noise that drives them. Each equation is written once, in its own file."""

from .base import NodeModel, Parameter, integrators
from .fitzhugh_nagumo import FitzHughNagumoStep
from .hopf import HopfStep
from .montbrio import MontbrioPazoRoxinStep
from .noise import BrownianNoise, GaussianNoise, Noise, OUProcess, WhiteNoise
from .wilson_cowan import WilsonCowanStep
from .wong_wang import ReducedWongWangStep
from .wong_wang_exc_inh import WongWangExcInhStep

__all__ = [
    'BrownianNoise',
    'FitzHughNagumoStep',
    'GaussianNoise',
    'HopfStep',
    'MontbrioPazoRoxinStep',
    'NodeModel',
    'Noise',
    'OUProcess',
    'Parameter',
    'ReducedWongWangStep',
    'WhiteNoise',
    'WilsonCowanStep',
    'WongWangExcInhStep',
    'integrators',
]
