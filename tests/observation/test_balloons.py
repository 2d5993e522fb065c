"""Constants of the balloon model: by hand, and against BOLD that cuBNM 0.1.0 and TVB 2.10.0 gave once.

Activity is a ramp at two regions, 12 s in steps of 1 ms; float64.
"""

import brainstate
import brainunit as u
import numpy as np
import pytest

from brainfit_fast.observation import BOLD, Balloon
from brainfit_fast.observation.bold import BALLOONS

STEPS = np.arange(1, 12001)[:, None]
RAMP = np.array([0.2, 0.5]) + STEPS * np.array([2e-4, -3e-5])

#: ``KuramotoSimGroup`` of cuBNM without coupling and noise, whose phases are the ramp; TR 1 s, ``bw_dt`` 1 ms.
CUBNM = {
    'cubnm-friston2003': (
        [0.07202176, 0.41239656, 0.84083699, 1.19534754, 1.48720363, 1.75202892,
         1.99716165, 2.22078792, 2.42442555, 2.61125293, 2.7836329, 2.94314406],
        [0.1402032, 0.58865277, 0.8475376, 0.84345813, 0.76623415, 0.7089813,
         0.66445506, 0.61516091, 0.56056725, 0.50482764, 0.44903471, 0.392531],
    ),
    'cubnm-heinzle2016-3T': (
        [0.02888246, 0.26634965, 0.6181142, 0.92158977, 1.16979107, 1.39445577,
         1.60422174, 1.79719757, 1.97393945, 2.13691537, 2.28807268, 2.42865831],
        [0.0614824, 0.40794519, 0.66210215, 0.68433207, 0.62310693, 0.5732104,
         0.53693058, 0.49827512, 0.45487707, 0.41018116, 0.36554863, 0.32054336],
    ),
}  # fmt: skip

#: ``BalloonModel`` of TVB with its defaults (Heun), one sample per second.
TVB = (
    [0.01376937, 0.44038802, 1.47320012, 2.61084935, 3.46779774, 4.02891761,
     4.40549247, 4.68960595, 4.93071327, 5.14717709, 5.34182489, 5.51356195],
    [0.04102879, 0.74936968, 1.80194548, 2.44870603, 2.59841709, 2.4247734,
     2.10808635, 1.79117304, 1.5588529, 1.42242544, 1.33839272, 1.25301332],
)  # fmt: skip


def bold(z, **settings):
    observer = BOLD('z', **settings)
    with brainstate.environ.context(dt=1.0 * u.ms, precision=64):
        observer.start(z[0])

        def step(own):
            observer.update(own)
            return observer.read()

        return np.asarray(brainstate.transform.for_loop(step, z))


def by_hand(z, kappa, gamma, tau, alpha, rho, V0, k1, k2, k3, from_ahead=False):
    """Euler steps; ``from_ahead`` as cuBNM: flow from the new signal, deoxyhemoglobin from the new volume."""
    x, f, v, q = np.zeros(2), np.ones(2), np.ones(2), np.ones(2)
    seen = []
    for own in z:
        new_x = x + 1e-3 * (own - kappa * x - gamma * (f - 1))
        new_v = v + 1e-3 * (f - v ** (1 / alpha)) / tau
        w = new_v if from_ahead else v
        q = q + 1e-3 * (f * (1 - (1 - rho) ** (1 / f)) / rho - w ** (1 / alpha) * q / w) / tau
        f = f + 1e-3 * (new_x if from_ahead else x)
        x, v = new_x, new_v
        seen.append(V0 * (k1 * (1 - q) + k2 * (1 - q / v) + k3 * (1 - v)))
    return np.array(seen)


#: kappa, gamma, tau, alpha, rho, V0, k1, k2, k3
NUMBERS = {
    'friston2003': (0.65, 0.41, 0.98, 0.32, 0.34, 0.02, 2.38, 2.0, 0.48),
    'cubnm-friston2003': (1 / 0.65, 1 / 0.41, 0.98, 0.32, 0.34, 2.0, 2.38, 2.0, 0.48),
    'cubnm-heinzle2016-3T': (1 / 0.65, 1 / 0.41, 0.98, 0.32, 0.34, 2.0, 3.72, 0.527, 0.53),
    'tvb': (1 / 1.54, 1 / 1.44, 0.98, 0.32, 0.4, 4.0, 2.77264, 0.2, 0.5),
}


@pytest.mark.parametrize('name', BALLOONS)
def test_equations_with_each_set(name):
    expected = by_hand(RAMP, *NUMBERS[name])
    np.testing.assert_allclose(
        bold(RAMP, constants=name), expected, rtol=1e-9, atol=1e-12 * expected.max()
    )


@pytest.mark.parametrize('name', CUBNM)
def test_cubnm(name):
    """Its own steps to the figures' digits; ours take no value from ahead, which is 1 ms of 1 s."""
    figures = np.array(CUBNM[name]).T
    stepped = by_hand(RAMP, *NUMBERS[name], from_ahead=True)[999::1000]
    np.testing.assert_allclose(stepped, figures, atol=1e-8)
    np.testing.assert_allclose(bold(RAMP, constants=name)[999::1000], figures, atol=3e-3)


def test_tvb():
    found = bold(RAMP, constants='tvb', method='rk2')[999::1000]
    np.testing.assert_allclose(found, np.transpose(TVB), atol=1e-8)


def test_constants_of_ones_own():
    own = Balloon(kappa=1 / 1.54, gamma=1 / 1.44, rho=0.4, V0=4.0, k1=2.77264, k2=0.2, k3=0.5)
    np.testing.assert_allclose(
        bold(RAMP[:500], constants=own), bold(RAMP[:500], constants='tvb'), rtol=1e-12
    )


def test_unknown_constants():
    with pytest.raises(ValueError, match='cubnm-heinzle2016-3T'):
        BOLD('z', constants='heinzle')
