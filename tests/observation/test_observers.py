"""Observers among the monitors of a run: against the same measurement of the stored trajectory.

Seed 3; float32 unless named; the noise of a run is that of the model alone, observers draw none.
"""

import tracemalloc

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param

import brainfit_fast as bf
from brainfit_fast.observation import BOLD, Observer, TemporalAverage

DT = 0.1 * u.ms
N = 5


def network(k=0.1, delayed=True):
    rng = np.random.default_rng(0)
    conn = rng.uniform(0, 1, (N, N)) * (1 - np.eye(N))
    noise = bf.OUProcess(N, sigma=0.1, tau=10.0 * u.ms)
    node = bf.HopfStep(N, a=-0.1, noise_x=noise)
    where = {'distance': conn * 10 * u.mm, 'speed': 8.0 * u.mm / u.ms} if delayed else {}
    return bf.Network(node, conn=conn, coupled_var='x', k=k, **where)


def run(net, monitors, duration=200.0 * u.ms, **options):
    brainstate.random.seed(3)
    return bf.Simulator(net, dt=DT).run(duration, monitors=monitors, **options)


def activity(net):
    return net.node.x.value


def by_hand(observer, series, step, every):
    """The observer on a stored series, called once per update."""
    observer.start(series[0])
    seen = []
    with brainstate.environ.context(dt=step):
        for z in series:
            observer.update(jnp.asarray(z))
            seen.append(observer.read())
    return np.array(seen)[every - 1 :: every]


@pytest.mark.parametrize('name', ['reference', 'xla', 'fastest'])
@pytest.mark.parametrize('step', [None, 1.0 * u.ms], ids=['each', 'tenth'])
def test_bold_is_that_of_the_trajectory(name, step, request):
    name = request.getfixturevalue(name) if name == 'fastest' else name
    net = network()
    stored = np.asarray(run(net, activity)['output'])
    with bf.use(name):
        result = run(
            net, {'bold': BOLD(activity, period=5.0 * u.ms, step=step), 'x': activity},
            transient=10.0 * u.ms,
        )  # fmt: skip
    assert result.implementation == name
    stride = 1 if step is None else 10
    expected = by_hand(BOLD(activity), stored[stride - 1 :: stride], step or DT, 50 // stride)[2:]
    assert result['bold'].shape == (38, N)
    np.testing.assert_allclose(result['bold'], expected, atol=2e-5 * np.abs(expected).max())
    np.testing.assert_allclose(result['x'], stored[149::50], atol=1e-6)
    np.testing.assert_allclose(u.get_magnitude(result['ts'])[:2], [15.0, 20.0], rtol=1e-6)


@pytest.mark.parametrize('name', ['reference', 'xla', 'fastest'])
def test_average_is_that_of_the_trajectory(name, request):
    name = request.getfixturevalue(name) if name == 'fastest' else name
    net, average = network(), TemporalAverage(4.0 * u.ms, activity)
    stored = run(net, activity)['output']
    with bf.use(name):
        result = run(net, average, transient=8.0 * u.ms)
    assert result.implementation == name
    np.testing.assert_allclose(result['output'], average(stored, DT)[2:], atol=1e-6)


def test_average_of_every_tenth_step():
    net, average = network(), TemporalAverage(4.0 * u.ms, activity, step=1.0 * u.ms)
    stored = np.asarray(run(net, activity)['output'])
    means = stored[9::10].reshape(-1, 4, N).mean(1)
    np.testing.assert_allclose(run(net, average)['output'], means, atol=1e-6)


def test_a_run_goes_on_where_it_ended():
    net, bold = network(), BOLD(activity, period=5.0 * u.ms, step=1.0 * u.ms)
    whole = run(net, bold, 100.0 * u.ms)['output']
    first = run(net, bold, 50.0 * u.ms)['output']
    rest = bf.Simulator(net, dt=DT).run(50.0 * u.ms, monitors=bold, init_states=False)['output']
    np.testing.assert_allclose(np.concatenate([first, rest]), whole, atol=1e-9)


@pytest.mark.parametrize('dt', [0.1 * u.ms, 0.05 * u.ms], ids=['same', 'finer'])
def test_windows_begin_with_the_run(dt):
    """float64, no noise: the run before ended in the middle of a window, or had another step."""
    with brainstate.environ.context(precision=64):
        net = bf.HopfStep(N, a=-0.1, w=0.5)
        average = TemporalAverage(4.0 * u.ms, lambda node: node.x.value)
        hrf = bf.HRFBold(
            period=8.0 * u.ms, downsample_period=4.0 * u.ms, source=average.source,
            kernel=bf.GammaHRFKernel(duration=40.0 * u.ms),
        )  # fmt: skip
        for observer, period in ((average, 4), (hrf, 8)):
            bf.Simulator(net, dt=DT).run(
                2.0 * period * u.ms + 0.5 * period * u.ms, monitors=observer
            )
            states = {name: state.value for name, state in net.states().items()}
            goes_on = bf.Simulator(net, dt=dt).run(
                40.0 * u.ms, monitors=observer, init_states=False
            )
            for name, state in net.states().items():
                state.value = states[name]
            stored = bf.Simulator(net, dt=dt).run(
                40.0 * u.ms, monitors=average.source, init_states=False
            )
            np.testing.assert_allclose(
                goes_on['output'], observer(stored['output'], dt), rtol=0, atol=1e-12
            )


def test_one_observer_under_two_names():
    net, bold = network(), BOLD(activity, period=5.0 * u.ms)
    alone = run(net, bold)['output']
    both = run(net, {'a': bold, 'b': bold})
    np.testing.assert_array_equal(both['a'], alone)
    np.testing.assert_array_equal(both['b'], alone)


def test_hrf_beside_bold_with_a_step():
    """The activity is averaged over every tenth step."""
    net, step = network(), 1.0 * u.ms
    kernel = bf.GammaHRFKernel(duration=40.0 * u.ms)
    hrf = bf.HRFBold(period=20.0 * u.ms, kernel=kernel, source=activity, step=step)
    result = run(net, {'hrf': hrf, 'bold': BOLD(activity, period=20.0 * u.ms, step=step)})
    stored = np.asarray(run(net, activity)['output'])
    np.testing.assert_allclose(result['hrf'], hrf(stored[9::10], step), rtol=0, atol=1e-6)


def test_a_second_run_is_not_traced_again(monkeypatch):
    net, bold = network(), BOLD(activity, period=5.0 * u.ms)
    first = run(net, bold)['output']
    from brainfit_fast.program import build

    def refuse(*args):
        raise AssertionError('traced again')

    monkeypatch.setattr(build, '_build', refuse)
    np.testing.assert_array_equal(run(net, bold)['output'], first)


def test_nothing_is_kept_for_each_step():
    """Two million steps, 10 samples: an integer for each step would be 16 MB."""
    bold = BOLD(activity, period=20.0 * u.second, step=1.0 * u.ms)
    net = bf.Network(bf.HopfStep(N, a=-0.1), conn=np.ones((N, N)), coupled_var='x')
    run(net, bold, 20.0 * u.second)  # traced
    tracemalloc.start()
    try:
        result = run(net, bold, 200.0 * u.second)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_allclose(result['ts'] / u.ms, 20e3 * np.arange(1, 11))
    assert peak < 12e6


def test_candidates_are_runs_alone():
    bold = BOLD(activity, period=5.0 * u.ms, step=1.0 * u.ms)
    many = run(network(), bold, candidates={'k': np.array([0.05, 0.1, 0.4])})['output']
    for index, k in enumerate([0.05, 0.1, 0.4]):
        alone = run(network(k), bold)['output']
        np.testing.assert_allclose(many[:, index], alone, atol=3e-5 * np.abs(alone).max())


@pytest.mark.parametrize('name', ['reference', 'fastest'])
def test_gradient_of_fc_of_bold_by_differences(name, request):
    """float64; the statistics of the BOLD samples are streamed by the kernel."""
    name = request.getfixturevalue(name) if name == 'fastest' else name
    with brainstate.environ.context(precision=64), bf.use(name):
        target = np.random.default_rng(1).normal(size=(40, N))
        bold = BOLD(activity, period=5.0 * u.ms, step=1.0 * u.ms)

        def loss(k):
            result = run(network(k), bold)
            assert result.implementation == name
            return bf.objectives.fc_rmse()(result['output'], target)

        _, slope = jax.value_and_grad(loss)(jnp.asarray(0.1))
        h = 1e-5
        difference = (loss(0.1 + h) - loss(0.1 - h)) / (2 * h)
    np.testing.assert_allclose(slope, difference, rtol=1e-6)


def test_a_fit_streams_the_moments_of_bold(fastest):
    net = network(Param(0.3))
    bold = BOLD(activity, period=5.0 * u.ms, step=1.0 * u.ms)
    target = np.asarray(run(network(0.1), bold)['output'])
    fitter = bf.Fitter(
        net, braintools.optim.Adam(0.02),
        predict=bf.Predict(200.0 * u.ms, dt=DT, monitors=bold),
        objective=bf.objectives.fc_corr(as_loss=True),
    )  # fmt: skip
    result = fitter.fit(target, 15, seed=3)
    assert min(result.history) < result.history[0]
    if fastest == 'cpu_ffi':
        assert result.fusion == '1 of 1 simulations stream moments'


class Steady(Observer):
    """An observer of one's own."""

    def start(self, z):
        self.peak = brainstate.HiddenState(jnp.zeros_like(z))

    def update(self, z):
        self.peak.value = jnp.maximum(self.peak.value, z)

    def read(self):
        return self.peak.value


def test_an_observer_of_ones_own():
    net = network()
    stored = np.asarray(run(net, activity)['output'])
    result = run(net, {'peak': Steady(activity, period=10.0 * u.ms)})
    np.testing.assert_allclose(
        result['peak'], np.maximum.accumulate(np.maximum(stored, 0))[99::100], atol=1e-6
    )


class Mixing(Steady):
    def update(self, z):
        self.peak.value = self.peak.value + z.mean()


@pytest.mark.parametrize(
    ('monitors', 'options', 'message'),
    [
        ([BOLD(activity, period=5.04 * u.ms)], {}, 'whole steps'),
        ({'a': BOLD(activity, period=5.0 * u.ms), 'b': TemporalAverage(4.0 * u.ms, activity)}, {},
         '40 and 50'),
        ({'a': BOLD(activity, period=5.0 * u.ms, step=1.0 * u.ms),
          'b': TemporalAverage(5.0 * u.ms, activity)}, {}, 'one step for all observers'),
        (BOLD(activity, period=5.0 * u.ms), {'sample_every': 20}, '20 and 50'),
        (BOLD(activity, period=5.0 * u.ms, step=1.0 * u.ms), {'transient': 10.5 * u.ms}, 'multiple of 10'),
        (TemporalAverage(5.0 * u.ms, activity), {'transient': 7.0 * u.ms}, 'multiple of 50'),
        (TemporalAverage(5.0 * u.mV, activity), {}, 'two times'),
        (activity, {'sample_every': 2.5}, 'sample_every: given 2.5'),
        (BOLD('node.z', period=5.0 * u.ms), {}, 'node.z'),
        (Mixing(activity, period=5.0 * u.ms), {}, 'not elementwise'),
    ],
)  # fmt: skip
def test_bad_input(monitors, options, message):
    if isinstance(monitors, list):
        monitors = {'a': monitors[0]}
    with pytest.raises(ValueError, match=message):
        run(network(), monitors, **options)


def test_bold_by_its_equations():
    """Euler steps of the equations as they are written, float64."""
    rho, alpha, tau = 0.34, 0.32, 0.98
    z = np.random.default_rng(2).uniform(0, 2, (3000, 2))
    x, f, v, q = np.zeros(2), np.ones(2), np.ones(2), np.ones(2)
    expected = []
    for own in z:
        slopes = (
            own - 0.65 * x - 0.41 * (f - 1),
            x,
            (f - v ** (1 / alpha)) / tau,
            (f * (1 - (1 - rho) ** (1 / f)) / rho - v ** (1 / alpha) * q / v) / tau,
        )
        x, f, v, q = (s + 1e-3 * d for s, d in zip((x, f, v, q), slopes, strict=True))
        expected.append(0.02 * (7 * rho * (1 - q) + 2 * (1 - q / v) + (2 * rho - 0.2) * (1 - v)))
    with brainstate.environ.context(precision=64):
        found = by_hand(BOLD(activity), z, 1.0 * u.ms, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize(
    ('error', 'build', 'message'),
    [
        (ValueError, lambda: BOLD(activity, constants='friston'), 'friston2003'),
        (TypeError, lambda: BOLD(activity, constants=3), 'a Balloon'),
        (ValueError, lambda: BOLD(activity, method='nonsense'), 'method: given nonsense'),
        (ValueError, lambda: BOLD(activity, method='expeuler'), 'explicit'),
        (TypeError, lambda: bf.HRFBold(kernel='gamma'), 'an HRFKernel'),
        (ValueError, lambda: bf.GammaHRFKernel(duration=20.0), 'duration: given 20.0'),
        (ValueError, lambda: TemporalAverage(5.0 * u.mV)(np.ones((9, 2)), DT), 'two times'),
    ],
)
def test_settings_out_of_range(error, build, message):
    with pytest.raises(error, match=message):
        build()
