"""What brainmass's guides do, run with the import changed: the same loss histories, gradients and sweeps.

Each guide is a function of the library. In float64 the two histories agree to 1e-6; in float32 they
differ by at most three times what brainmass itself differs when the start value moves by one ulp.
"""

import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param, SigmoidT, SoftplusT

import brainfit_fast as bf

brainmass = pytest.importorskip('brainmass')

DT = 0.1 * u.ms
WEIGHTS = np.array([[0.0, 0.8, 0.2], [0.8, 0.0, 0.5], [0.2, 0.5, 0.0]])
LENGTHS = np.array([[0.0, 22.0, 41.0], [22.0, 0.0, 13.0], [41.0, 13.0, 0.0]]) * u.mm


def number(value):
    """A start value in the precision of the test."""
    return np.asarray(value, brainstate.environ.dftype())


def rms_amplitude(x):
    """Amplitude of a sinusoid of the same power."""
    return jnp.sqrt(2.0 * jnp.mean(u.get_magnitude(x) ** 2))


def oscillator(lib, a, n=1):
    return lib.HopfStep(in_size=n, a=a, w=0.3, init_x=braintools.init.Constant(0.5))


def settled(lib, node, duration=90.0, transient=40.0):
    sim = lib.Simulator(node, dt=DT)
    return sim.run(duration * u.ms, monitors=['x'], transient=transient * u.ms)['x']


def squared_amplitude_error(lib, target):
    """A loss that owns everything: the model goes in, the loss and an auxiliary value come out."""

    def loss_fn(model):
        amplitude = rms_amplitude(settled(lib, model))
        return (amplitude - target) ** 2, amplitude

    return loss_fn


# ------------------------------------------------------------------ fits: library, start value -> history


def gradients_through_the_solve(lib, start):
    """Recover the bifurcation parameter from the amplitude of the limit cycle."""
    target = float(rms_amplitude(settled(lib, oscillator(lib, 1.5))))
    node = oscillator(lib, Param(start, t=SoftplusT(0.0), fit=True))
    optimizer = braintools.optim.Adam(lr=0.1)
    fitter = lib.Fitter(
        node, optimizer, loss_fn=squared_amplitude_error(lib, target), backend='grad'
    )
    return fitter.fit(n_steps=20, verbose=False).history


def custom_amplitude_objective(lib, start):
    """A hand-written objective with its target closed over."""

    def objective(target):
        def loss(prediction):
            amplitude = rms_amplitude(prediction)
            return (amplitude - target) ** 2, amplitude

        return loss

    score = objective(1.2)
    node = oscillator(lib, Param(start, fit=True))
    fitter = lib.Fitter(
        node, braintools.optim.Adam(lr=0.05), loss_fn=lambda m: score(settled(lib, m))
    )
    return fitter.fit(n_steps=20).history


def amplitude_of_a_recording(lib, start):
    """Match the standard deviation of one channel of a recording."""
    recording = np.random.default_rng(5).normal(0.3, 0.7, 400)
    target = jnp.asarray(float(recording.std()))
    node = lib.HopfStep(
        in_size=1, a=Param(start, fit=True), w=0.3, beta=1.0, init_x=braintools.init.Constant(0.5)
    )

    def loss_fn(model):
        x = settled(lib, model)[:, 0]
        spread = jnp.sqrt(jnp.mean((x - jnp.mean(x)) ** 2))
        return (spread - target) ** 2, spread

    return lib.Fitter(node, braintools.optim.Adam(lr=0.05), loss_fn=loss_fn).fit(n_steps=20).history


def noisy_network(lib, k):
    noise = lib.OUProcess(3, sigma=0.3, tau=10.0 * u.ms)
    node = lib.HopfStep(in_size=3, a=0.5, w=0.3, noise_x=noise)
    return lib.Network(node, conn=WEIGHTS, coupling='diffusive', coupled_var='x', k=k)


def connectivity_of_a_noisy_network(lib, start):
    """Coupling strength from functional connectivity, driven by noise."""

    def predict(net):
        sim = lib.Simulator(net, dt=DT)
        run = sim.run(120.0 * u.ms, monitors=lambda m: m.node.x.value, transient=40.0 * u.ms)
        return run['output']

    brainstate.random.seed(1)
    target = predict(noisy_network(lib, 1.0))
    brainstate.random.seed(1)
    net = noisy_network(lib, Param(start, t=SoftplusT(0.0), fit=True))
    fitter = lib.Fitter(
        net,
        braintools.optim.Adam(lr=0.2),
        predict=predict,
        objective=lib.objectives.fc_corr(as_loss=True),
        backend='grad',
    )
    return fitter.fit(target=target, n_steps=15).history


def connectivity_of_a_delayed_network(lib, start):
    """The same without noise and with conduction delays; the history is drawn anew at each step."""

    def build(k):
        w = np.array([0.25, 0.3, 0.45])
        node = lib.HopfStep(in_size=3, a=0.3, w=w, init_x=braintools.init.Constant(0.3))
        return lib.Network(
            node,
            conn=WEIGHTS,
            distance=LENGTHS,
            speed=10 * u.mm / u.ms,
            coupling='diffusive',
            coupled_var='x',
            k=k,
        )

    def simulate(net):
        sim = lib.Simulator(net, dt=DT)
        return sim.run(100 * u.ms, monitors=lambda m: m.node.x.value, transient=30 * u.ms)['output']

    target = simulate(build(1.0))
    fitter = lib.Fitter(
        build(Param(start, fit=True)),
        braintools.optim.Adam(lr=0.05),
        objective=lib.objectives.fc_corr(as_loss=True),
        predict=simulate,
    )
    return fitter.fit(target=target, n_steps=15).history


class GainPopulation(brainstate.nn.Dynamics):
    """A leaky rate population with a trainable gain: a node that no library ships."""

    def __init__(self, in_size, g=1.0, tau=10.0 * u.ms):
        super().__init__(in_size)
        self.tau = tau
        self.g = Param(g, fit=True)

    def init_state(self, batch_size=None):
        zero = braintools.init.Constant(0.0)
        self.r = brainstate.HiddenState(braintools.init.param(zero, self.varshape, batch_size))

    def update(self, drive=0.0):
        rate = (self.g.value() * jnp.tanh(drive) - self.r.value) / self.tau
        self.r.value = self.r.value + rate * brainstate.environ.get_dt()
        return self.r.value


def steady_state(n_tail=50):
    def loss(prediction, target):
        return (jnp.mean(u.get_magnitude(prediction[-n_tail:])) - target) ** 2

    return loss


def rates(lib):
    def predict(model):
        sim = lib.Simulator(model, dt=DT)
        return sim.run(60.0 * u.ms, inputs=lambda i, t: 1.0, monitors=['r'])['r']

    return predict


def settled_rate(lib):
    """The level that a population of gain 2 settles on."""
    return jnp.mean(u.get_magnitude(rates(lib)(GainPopulation(1, g=2.0))[-50:]))


def data_driven_population(lib, start):
    """A model of one's own, a loss of one's own."""
    fitter = lib.Fitter(
        GainPopulation(1, g=start),
        braintools.optim.Adam(lr=0.1),
        objective=steady_state(),
        predict=rates(lib),
    )
    return fitter.fit(target=settled_rate(lib), n_steps=25).history


def data_driven_loop(lib, start):
    """The same loop written by hand around brainstate's gradient."""
    model, target, predict = GainPopulation(1, g=start), settled_rate(lib), rates(lib)
    weights = model.states(brainstate.ParamState)
    optimizer = braintools.optim.Adam(lr=0.1)
    optimizer.register_trainable_weights(weights)

    def loss():
        with model.param_precompute():
            return steady_state()(predict(model), target) + model.reg_loss()

    @brainstate.transform.jit
    def train():
        gradients, value = brainstate.transform.grad(loss, weights, return_value=True)()
        optimizer.step(gradients)
        return value

    return [float(train()) for _ in range(15)]


def variance_match(prediction, target):
    """Squared difference of the overall variances."""
    return (jnp.var(u.get_magnitude(prediction)) - jnp.var(u.get_magnitude(target))) ** 2


def variance_in_a_box(lib, start):
    """A parameter bounded by a sigmoid."""
    target = settled(lib, oscillator(lib, 1.0, 3))
    node = oscillator(lib, Param(start, t=SigmoidT(0.1, 2.0)), 3)
    fitter = lib.Fitter(
        node,
        braintools.optim.Adam(lr=0.05),
        objective=variance_match,
        predict=lambda m: settled(lib, m),
        backend='grad',
    )
    return fitter.fit(target=target, n_steps=20).history


def combined_objectives(lib, start):
    """Shipped and hand-written terms in one weighted sum."""
    objectives = lib.objectives
    loss = objectives.combine(
        (1.0, objectives.fc_corr(as_loss=True)),
        (0.5, variance_match),
        (0.25, objectives.timeseries_rmse()),
    )

    def predict(net):
        sim = lib.Simulator(net, dt=DT)
        return sim.run(60.0 * u.ms, monitors=lambda m: m.node.x.value, sample_every=5)['output']

    target = jnp.asarray(np.random.default_rng(2).standard_normal((120, 3)))
    net = noisy_network(lib, Param(start, fit=True))
    fitter = lib.Fitter(
        net, braintools.optim.Adam(lr=0.05), predict=predict, objective=loss, transient=20
    )
    return fitter.fit(target=target[20:], n_steps=15).history


class Gain(brainstate.nn.Module):
    """A model whose output is its parameter."""

    def __init__(self, gain):
        super().__init__()
        self.gain = gain

    def update(self):
        return self.gain.value()


def toy(lib, param, optimizer):
    def predict(model):
        return jnp.mean(lib.Simulator(model, dt=DT).run(1.0 * u.ms, monitors=None)['output'])

    fitter = lib.Fitter(
        Gain(param), optimizer, predict=predict, objective=lib.objectives.timeseries_rmse()
    )
    return fitter.fit(target=jnp.asarray(2.0), n_steps=30).history


def toy_in_a_box(lib, start):
    return toy(lib, Param(start, t=SigmoidT(0.5, 3.0)), braintools.optim.Adam(lr=0.1))


def toy_gain(lib, start):
    return toy(lib, Param(start, fit=True), braintools.optim.Adam(lr=0.2))


def eeg_amplitude(lib, start):
    """The connectivity constant of a Jansen-Rit column, a brainmass node in either library's loop."""

    def amplitude(column):
        run = lib.Simulator(column, dt=DT).run(
            120.0 * u.ms,
            inputs=lambda i, t: (0.0 * u.mV, 220.0 * u.Hz, 0.0 * u.mV),
            monitors=lambda m: m.eeg(),
            transient=40.0 * u.ms,
        )
        x = u.get_magnitude(run['output'])
        return jnp.sqrt(jnp.mean((x - jnp.mean(x)) ** 2))

    brainstate.random.seed(7)
    target = amplitude(brainmass.JansenRitStep(in_size=1, C=150.0))
    brainstate.random.seed(0)
    column = brainmass.JansenRitStep(in_size=1, C=Param(start, fit=True))

    def loss_fn(model):
        value = amplitude(model)
        return (value - target) ** 2, value

    return (
        lib.Fitter(column, braintools.optim.Adam(lr=2.0), loss_fn=loss_fn).fit(n_steps=12).history
    )


FITS = [
    (gradients_through_the_solve, 0.1),
    (custom_amplitude_objective, 0.1),
    (amplitude_of_a_recording, 0.05),
    (connectivity_of_a_noisy_network, 0.1),
    (connectivity_of_a_delayed_network, 0.3),
    (data_driven_population, 0.5),
    (data_driven_loop, 0.5),
    (variance_in_a_box, 0.3),
    (combined_objectives, 0.2),
    (toy_in_a_box, 1.0),
    (toy_gain, 0.1),
    (eeg_amplitude, 115.0),
]
each_fit = pytest.mark.parametrize(
    ('guide', 'start'), FITS, ids=[guide.__name__ for guide, _ in FITS]
)


def history(guide, lib, start, precision):
    with brainstate.environ.context(dt=DT, precision=precision):
        brainstate.random.seed(0)
        return np.asarray(guide(lib, number(start)))


@each_fit
def test_float64_history(guide, start, x64):
    theirs = history(guide, brainmass, start, 64)
    ours = history(guide, bf, start, 64)
    assert np.ptp(theirs) > 1e-3 * np.abs(theirs).max(), 'the fit moves'
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


HEAVY = {
    connectivity_of_a_noisy_network,
    connectivity_of_a_delayed_network,
    combined_objectives,
    eeg_amplitude,
}


@pytest.mark.parametrize(
    ('guide', 'start'),
    [
        pytest.param(guide, start, marks=[pytest.mark.slow] if guide in HEAVY else [])
        for guide, start in FITS
    ],
    ids=[guide.__name__ for guide, _ in FITS],
)
def test_float32_history(guide, start):
    start = np.float32(start)
    theirs = history(guide, brainmass, start, 32)
    ours = history(guide, bf, start, 32)
    # one ulp in one direction can vanish in rounding: the larger of both
    drift = 0.0
    for direction in (1, -1):
        moved = history(guide, brainmass, np.nextafter(start, start + direction), 32)
        drift = max(drift, np.abs(moved - theirs).max())
    # what a step itself rounds, by the square root of their number
    rounding = np.finfo('float32').eps * np.sqrt(len(theirs)) * np.abs(theirs).max()
    assert np.abs(ours - theirs).max() <= max(3 * drift, rounding)
