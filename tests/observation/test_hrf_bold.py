"""BOLD by convolution: kernels and trajectories against brainmass 0.1.1, the monitor against the trajectory.

Seed 3 for runs, 0 and 1 for series; float32 unless named.
"""

import brainmass
import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param

import brainfit_fast as bf

KERNELS = {
    'FirstOrderVolterraHRFKernel': {'tau_s': 0.9, 'tau_f': 0.5, 'scaling': 0.4},
    'GammaHRFKernel': {'tau': 1.2, 'n': 4.0, 'a': 0.3},
    'DoubleExponentialHRFKernel': {
        'tau_1': 6.0, 'tau_2': 8.0, 'f_1': 0.04, 'f_2': 0.1, 'amp_1': 0.2, 'amp_2': 0.3, 'a': 0.7,
    },
    'MixtureOfGammasHRFKernel': {'a_1': 5.0, 'a_2': 12.0, 'l': 1.1, 'c': 0.3},
}  # fmt: skip


@pytest.fixture(params=['float32', 'float64'])
def rtol(request):
    """Rounding of sums of some hundred terms."""
    with jax.enable_x64(request.param == 'float64'):
        yield {'float32': 1e-5, 'float64': 1e-12}[request.param]


def close(found, expected, rtol):
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    scale = np.max(np.abs(np.asarray(expected)), initial=1e-3)
    np.testing.assert_allclose(found, expected, rtol=0, atol=rtol * scale)


@pytest.mark.parametrize('given', [False, True], ids=['default', 'given'])
@pytest.mark.parametrize('name', KERNELS)
def test_kernels_are_brainmasss(name, given, rtol):
    settings = KERNELS[name] if given else {}
    own, other = getattr(bf, name)(**settings), getattr(brainmass, name)(**settings)
    assert own.duration == other.duration
    milliseconds = jnp.linspace(0.0, 2e4, 257)
    for t in (milliseconds, milliseconds * u.ms, milliseconds / 1e3 * u.second, milliseconds[1:2]):
        close(own(t), other(t), rtol)
    close(own(milliseconds.reshape(1, -1)), other(milliseconds.reshape(1, -1)), rtol)


@pytest.mark.parametrize('name', KERNELS)
def test_arguments_of_kernels_stand_in_brainmasss_order(name):
    values = [0.5, 0.9, 1.1, 0.2, 0.3, 0.6, 0.7][: len(KERNELS[name])]
    if name == 'GammaHRFKernel':
        values[1] = 2.0
    args = (*values, 7.0 * u.second)
    assert vars(getattr(bf, name)(*args)) == vars(getattr(brainmass, name)(*args))


def test_a_kernel_without_peak_is_not_divided():
    for library in (bf, brainmass):
        assert library.GammaHRFKernel()(jnp.zeros(3)).tolist() == [0, 0, 0]


def test_the_base_kernel_says_nothing():
    with pytest.raises(NotImplementedError):
        bf.HRFKernel()(jnp.zeros(3))


def series(shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).uniform(0, 2, shape))


@pytest.mark.parametrize('method', ['fft', 'direct'])
@pytest.mark.parametrize('mode', ['valid', 'same', 'full'])
@pytest.mark.parametrize('shape', [(2000,), (2000, 1), (1999, 3), (900, 2, 3), (150, 2)])
def test_bold_of_a_trajectory_is_brainmasss(shape, mode, method, rtol):
    signal = series(shape)

    def of(library):
        kernel = library.GammaHRFKernel(duration=410.0 * u.ms, tau=0.05)
        return library.HRFBold(
            4.0, 0.03, 200.0 * u.ms, 4.0 * u.ms, kernel, convolution_mode=mode, method=method
        )(signal, 1.0 * u.ms)

    close(of(bf), of(brainmass), rtol)


@pytest.mark.parametrize('length', [1, 100, 103, 130])
def test_history_before_a_trajectory(length, rtol):
    signal, history = series((2000, 3)), series((length, 3), 1)

    def of(library, history):
        kernel = library.MixtureOfGammasHRFKernel(duration=0.41 * u.second, l=20.0)
        return library.HRFBold(period=200.0 * u.ms, kernel=kernel, history=history)(
            signal, 1.0 * u.ms
        )

    close(of(bf, history), of(brainmass, history), rtol)
    close(of(bf, history * u.mV), of(brainmass, history), rtol)


def test_default_bold_of_a_trajectory(rtol):
    signal = series((6000, 2))
    close(bf.HRFBold()(signal * u.mV, 1.0 * u.ms), brainmass.HRFBold()(signal, 1.0 * u.ms), rtol)


@pytest.mark.parametrize('period', [1.0 * u.ms, 4.0 * u.ms, 4.3 * u.ms, 0.1 * u.second])
@pytest.mark.parametrize('shape', [(103,), (103, 1), (20, 2, 3)])
def test_averages_are_brainmasss(shape, period, rtol):
    signal = series(shape) * u.mV
    found = bf.TemporalAverage(period)(signal, 0.5 * u.ms)
    expected = brainmass.TemporalAverage(period)(signal, 0.5 * u.ms)
    assert u.get_unit(found) == u.mV
    close(u.get_magnitude(found), u.get_magnitude(expected), rtol)


@pytest.mark.parametrize(
    'settings', [{'convolution_mode': 'causal'}, {'method': 'fast'}, {'period': 1.0 * u.ms}]
)
def test_bad_settings(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        bf.HRFBold(**settings)


# as a monitor of a run

DT = 0.5 * u.ms
SETTINGS = {'period': 40.0 * u.ms, 'downsample_period': 2.0 * u.ms}


def network(n=5, k=0.1):
    conn = np.random.default_rng(0).uniform(0, 1, (n, n)) * (1 - np.eye(n))
    node = bf.HopfStep(n, a=-0.1, noise_x=bf.OUProcess(n, sigma=0.1, tau=10.0 * u.ms))
    return bf.Network(
        node, conn=conn, coupled_var='x', k=k, distance=conn * 10 * u.mm, speed=8.0 * u.mm / u.ms
    )


def activity(net):
    return net.node.x.value


def bold(kernel='GammaHRFKernel', duration=130.0 * u.ms, library=bf, **settings):
    scale = {'tau': 0.02} if kernel == 'GammaHRFKernel' else {}
    source = {'source': activity} if library is bf else {}
    kernel = getattr(library, kernel)(duration=duration, **scale)
    return library.HRFBold(kernel=kernel, **{**SETTINGS, **source, **settings})


def run(net, monitors, duration=500.0 * u.ms, **options):
    brainstate.random.seed(3)
    return bf.Simulator(net, dt=DT).run(duration, monitors=monitors, **options)


@pytest.mark.parametrize('name', ['reference', 'xla', 'fastest'])
@pytest.mark.parametrize('n', [1, 2, 33])
def test_monitor_is_brainmass_on_the_trajectory(name, n, request):
    name = request.getfixturevalue(name) if name == 'fastest' else name
    net = network(n)
    stored = run(net, activity, transient=6.0 * u.ms)['output']
    expected = bold(library=brainmass)(stored, DT)
    with bf.use(name):
        result = run(net, {'bold': bold(), 'x': activity}, transient=6.0 * u.ms)
    assert result.implementation == name
    assert result['bold'].shape == (12, n)
    np.testing.assert_allclose(result['bold'], expected, atol=1e-6 * np.abs(expected).max() + 1e-6)
    np.testing.assert_allclose(result['x'], stored[79::80], atol=1e-6)
    np.testing.assert_allclose(u.get_magnitude(result['ts']), 6 + 40 * np.arange(1, 13), rtol=1e-6)


@pytest.mark.parametrize('duration', [0.5, 2.0, 38.0, 40.0, 41.0, 80.0, 500.0, 900.0])
@pytest.mark.parametrize('kernel', KERNELS)
def test_kernels_of_any_length(kernel, duration):
    """Shorter and longer than a TR and than the run, and no whole number of TRs; float64."""
    with brainstate.environ.context(precision=64):
        net, duration = network(2), duration * u.ms
        stored = run(net, activity)['output']
        found = run(net, bold(kernel, duration))['output']
        expected = bold(kernel, duration, brainmass, method='direct')(stored, DT)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_windows_as_long_as_the_period():
    net = network()
    stored = run(net, activity)['output']
    each = {'period': 2.0 * u.ms, 'downsample_period': 2.0 * u.ms}
    found = run(net, bold(**each))['output']
    np.testing.assert_allclose(found, bold(library=brainmass, **each)(stored, DT), atol=1e-6)


def test_observers_of_one_period():
    """Two convolutions with other windows, the balloon model and a mean, each as alone."""
    net = network()
    period = SETTINGS['period']
    monitors = {
        'a': bold(),
        'b': bold(downsample_period=5.0 * u.ms),
        'balloon': bf.BOLD(activity, period=period),
        'mean': bf.TemporalAverage(period, activity),
    }
    together = run(net, monitors, sample_every=80)
    for name, monitor in monitors.items():
        alone = run(net, monitor)
        np.testing.assert_allclose(together[name], alone['output'], atol=1e-7)
        np.testing.assert_array_equal(*(u.get_magnitude(r['ts']) for r in (together, alone)))


def test_candidates_and_batches_are_runs_alone():
    values = [0.05, 0.1, 0.4]
    many = run(network(), {'bold': bold()}, candidates={'k': np.array(values)})
    assert many['bold'].shape == (12, 3, 5)
    for index, k in enumerate(values):
        alone = run(network(k=k), bold())['output']
        np.testing.assert_allclose(many['bold'][:, index], alone, atol=1e-6)
    with bf.use('reference'):
        batch = run(network(), bold(), batch_size=2)['output']
        stored = run(network(), activity, batch_size=2)['output']
    np.testing.assert_allclose(batch, bold(library=brainmass)(stored, DT), atol=1e-6)


@pytest.mark.parametrize('name', ['reference', 'fastest'])
def test_gradient_by_differences(name, request):
    """float64, of the coupling and of a parameter of the kernel."""
    name = request.getfixturevalue(name) if name == 'fastest' else name
    with brainstate.environ.context(precision=64), bf.use(name):
        target = np.random.default_rng(1).normal(size=(12, 5))

        def loss(k, tau):
            kernel = bf.GammaHRFKernel(tau=tau, duration=130.0 * u.ms)
            result = run(network(k=k), bf.HRFBold(kernel=kernel, source=activity, **SETTINGS))
            assert result.implementation == name
            return jnp.mean((result['output'] - target) ** 2)

        point = jnp.asarray([0.1, 0.02])
        slopes = jax.grad(lambda p: loss(*p))(point)
        h = 1e-6
        steps = h * jnp.eye(2)
        differences = [(loss(*(point + s)) - loss(*(point - s))) / (2 * h) for s in steps]
    np.testing.assert_allclose(slopes, differences, rtol=1e-6)


def test_a_fit_of_bold_by_convolution():
    target = np.asarray(run(network(k=0.1), bold())['output'])
    predict = bf.Predict(500.0 * u.ms, dt=DT, monitors=bold())
    assert predict.n_samples == 12
    fitter = bf.Fitter(
        network(k=Param(0.3)), braintools.optim.Adam(0.02), predict=predict,
        objective=bf.objectives.timeseries_rmse(),
    )  # fmt: skip
    result = fitter.fit(target, 8, seed=3)
    assert result.prediction.shape == target.shape
    assert min(result.history) < result.history[0]


@pytest.mark.parametrize(
    ('monitors', 'options', 'message'),
    [
        (lambda: bold(convolution_mode='same'), {}, "convolution_mode='same'"),
        (lambda: bold(history=np.zeros((65, 5))), {}, 'with a history'),
        (lambda: bold(period=10.0 * u.ms, downsample_period=7.0 * u.ms), {}, 'whole windows'),
        (lambda: bold(downsample_period=1.25 * u.ms), {}, 'windows of whole steps'),
        (lambda: {'a': bold(), 'b': bf.TemporalAverage(20.0 * u.ms, activity)}, {}, '40 and 80'),
        (lambda: {'a': bold(), 'b': bold(period=80.0 * u.ms)}, {}, '80 and 160'),
        (bold, {'sample_every': 4}, '4 and 80'),
        (bold, {'transient': 3.0 * u.ms}, 'a multiple of 4 steps'),
        (lambda: {'a': bold(), 'b': bf.TemporalAverage(40.0 * u.ms, activity)},
         {'transient': 6.0 * u.ms}, 'a multiple of 80 steps'),
        (bold, {'transient': 462.0 * u.ms}, 'Nothing would be recorded'),
        (lambda: bf.HRFBold(**SETTINGS), {}, 'source of HRFBold'),
    ],
)  # fmt: skip
def test_bad_input(monitors, options, message):
    with pytest.raises(ValueError, match=message):
        run(network(), monitors(), **options)


def test_a_list_of_observers_has_no_names():
    with pytest.raises(TypeError, match='a dict of several by name'):
        run(network(), [bold()])
