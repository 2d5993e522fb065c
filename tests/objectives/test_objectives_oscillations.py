"""Envelopes, phases and spectra: equal to SciPy and NumPy by hand, with their gradients."""

import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal
from jax.extend.core import jaxprs_in_params

from brainfit_fast import objectives as ours
from brainfit_fast.core.errors import DifferentiationError
from brainfit_fast.objectives import targets

DT = 5 * u.ms
FS = 200.0
ALPHA = ours.bandpass(8 * u.Hz, 13 * u.Hz, TR=DT)
SLOW = ours.bandpass(high=2 * u.Hz, TR=DT)

OBJECTIVES = {
    'aec': ours.aec_corr(ALPHA, as_loss=True),
    'aec_log_smooth': ours.aec_rmse(ALPHA, log=True, smooth=SLOW),
    'aec_orthogonalised': ours.aec_corr(ALPHA, orthogonalised=True, smooth=SLOW),
    'plv': ours.plv_corr(ALPHA, as_loss=True),
    'plv_rmse': ours.plv_rmse(),
    'synchrony': ours.synchrony(ALPHA),
    'metastability': ours.metastability(ALPHA),
    'spectrum': ours.spectrum_corr(DT, 100, as_loss=True),
    'spectrum_rmse': ours.spectrum_rmse(DT, 100, log=False, average=True),
    'spectrum_of_average': ours.spectrum_corr(DT, 100, average=True),
    'peak': ours.peak_frequency(DT, 100, low=4 * u.Hz, high=40 * u.Hz),
    'peak_of_average': ours.peak_frequency(DT, 100, sharpness=1.0, average=True),
}


def oscillations(dtype='float64', n_time=401, n_regions=5, seed=0):
    """Alpha rhythms of drifting phase and amplitude that share a part, in noise about a mean."""
    rng = np.random.default_rng(seed)
    time = np.arange(n_time)[:, None] / FS

    def slow(n):
        kernel = np.hanning(81) / np.hanning(81).sum()
        noise = rng.standard_normal((n_time + 80, n))
        return np.stack([np.convolve(c, kernel, 'valid') for c in noise.T], axis=1)

    phase = 4.0 * slow(1) + 9.0 * slow(n_regions)
    amplitude = 1.0 + 3.0 * np.abs(slow(1) + 0.7 * slow(n_regions))
    x = amplitude * np.cos(2 * np.pi * 10.0 * time + phase)
    return jnp.asarray(5.0 + x + 0.5 * rng.standard_normal(x.shape), dtype)


def analytic(x, band=(8.0, 13.0)):
    x = np.asarray(x, 'float64')
    x = x - x.mean(axis=0)
    if band:
        sos = scipy.signal.butter(2, band, 'bandpass', fs=FS, output='sos')
        x = scipy.signal.sosfiltfilt(sos, x, axis=0)
    return scipy.signal.hilbert(x, axis=0)


def smoothed(x):
    sos = scipy.signal.butter(2, 2.0, 'lowpass', fs=FS, output='sos')
    return scipy.signal.sosfiltfilt(sos, x, axis=0)


def orthogonalised(z, finish):
    """Hipp et al. (2012), pair by pair."""
    n = z.shape[1]
    directed = np.ones((n, n))
    for i in range(n):
        for j in set(range(n)) - {i}:
            rest = np.abs(np.imag(z[:, j] * z[:, i].conj() / np.abs(z[:, i])))
            directed[i, j] = np.corrcoef(finish(np.abs(z[:, i])), finish(rest))[0, 1]
    return (directed + directed.T) / 2


TOLERANCE = {'float32': 3e-5, 'float64': 1e-10}


@pytest.mark.parametrize('n_time', [400, 401])
def test_envelope_correlations(n_time, precision):
    x = oscillations(precision, n_time)
    z = analytic(x)
    log_power = np.log(np.abs(z) ** 2)
    expected = {
        ours.aec_corr(ALPHA): np.corrcoef(np.abs(z).T),
        ours.aec_corr(): np.corrcoef(np.abs(analytic(x, None)).T),
        ours.aec_corr(ALPHA, log=True, smooth=SLOW): np.corrcoef(smoothed(log_power).T),
        ours.aec_rmse(ALPHA, orthogonalised=True): orthogonalised(z, lambda e: e),
    }
    for objective, matrix in expected.items():
        got = objective(x)
        np.testing.assert_allclose(got, matrix, rtol=0.0, atol=TOLERANCE[precision])
        assert np.abs(matrix - np.eye(5)).max() > 0.1


def test_hipp(x64):
    # The logarithm of what is left is singular where it crosses zero, so this is float64 only.
    x = oscillations()
    expected = orthogonalised(analytic(x), lambda e: smoothed(np.log(e**2)))
    got = ours.aec_corr(ALPHA, orthogonalised=True, log=True, smooth=SLOW)(x)
    np.testing.assert_allclose(got, expected, rtol=0.0, atol=1e-7)


def test_orthogonalisation_removes_what_is_mixed_without_delay(x64):
    rng = np.random.default_rng(2)
    sources = rng.standard_normal((4000, 2))
    mixed = jnp.asarray(sources @ np.array([[1.0, 0.5], [0.5, 1.0]]))
    plain = ours.aec_corr(ALPHA)(mixed)[0, 1]
    left = ours.aec_corr(ALPHA, orthogonalised=True)(mixed)[0, 1]
    assert plain > 0.4
    assert abs(left) < 0.15


@pytest.mark.parametrize('n_time', [400, 401])
def test_phases(n_time, precision):
    x = oscillations(precision, n_time)
    phasor = np.exp(1j * np.angle(analytic(x)))
    order = np.abs(phasor.mean(axis=1))
    tolerance = TOLERANCE[precision]
    np.testing.assert_allclose(ours.synchrony(ALPHA)(x), order.mean(), atol=tolerance)
    np.testing.assert_allclose(ours.metastability(ALPHA)(x), order.std(), atol=tolerance)
    locking = np.abs(phasor.T @ phasor.conj()) / n_time
    np.testing.assert_allclose(ours.plv_corr(ALPHA)(x), locking, rtol=0.0, atol=tolerance)
    assert order.std() > 0.05 and order.mean() < 0.98


@pytest.mark.parametrize('nperseg', [64, 101])
def test_spectra_are_welch(nperseg, precision):
    x = oscillations(precision)
    f, power = scipy.signal.welch(np.asarray(x, 'float64'), FS, nperseg=nperseg, axis=0)
    scale = power.max()
    tolerance = {'float32': 1e-6, 'float64': 1e-13}[precision]
    objective = ours.spectrum_corr(DT, nperseg)
    np.testing.assert_allclose(objective.frequencies.in_unit(u.Hz).mantissa, f[1:], rtol=1e-12)
    np.testing.assert_allclose(objective(x) / scale, power[1:] / scale, rtol=0, atol=tolerance)
    band = ours.spectrum_rmse(DT, nperseg * DT, low=5 * u.Hz, high=20 * u.Hz, average=True)
    expected = power[(f >= 5) & (f <= 20)].mean(axis=1)
    np.testing.assert_allclose(band(x) / scale, expected / scale, rtol=0.0, atol=tolerance)
    with_zero = ours.spectrum_rmse(DT, nperseg, low=0 * u.Hz)
    assert with_zero(x).shape == power.shape


def test_spectral_distances(x64):
    x, y = oscillations(), oscillations(seed=1)
    p, q = (scipy.signal.welch(s, FS, nperseg=100, axis=0)[1][1:] for s in (x, y))
    a, b = np.log10(p), np.log10(q)
    r = [np.corrcoef(a[:, i], b[:, i])[0, 1] for i in range(5)]
    np.testing.assert_allclose(ours.spectrum_corr(DT, 100)(x, y), np.mean(r), rtol=1e-10)
    np.testing.assert_allclose(
        ours.spectrum_rmse(DT, 100)(x, y), np.sqrt(np.mean((a - b) ** 2)), rtol=1e-10
    )
    np.testing.assert_allclose(
        ours.spectrum_rmse(DT, 100, log=False)(x, y), np.sqrt(np.mean((p - q) ** 2)), rtol=1e-10
    )


def test_peaks(x64):
    x = oscillations()
    f, power = scipy.signal.welch(x, FS, nperseg=100, axis=0)
    hard = ours.peak_frequency(DT, 100, sharpness=None)
    np.testing.assert_allclose(hard(x).in_unit(u.Hz).mantissa, f[power.argmax(axis=0)])
    f, power = f[1:], power[1:]
    soft = ours.peak_frequency(DT, 100, sharpness=3.0)(x)
    weights = power**3 / (power**3).sum(axis=0)
    np.testing.assert_allclose(u.get_magnitude(soft), f @ weights, rtol=1e-10)
    mean = power.mean(axis=1)
    centroid = ours.peak_frequency(DT, 100, sharpness=1.0, average=True)(x)
    np.testing.assert_allclose(u.get_magnitude(centroid), f @ mean / mean.sum(), rtol=1e-10)
    sharp = ours.peak_frequency(DT, 100, sharpness=200.0)(x)
    np.testing.assert_allclose(u.get_magnitude(sharp), u.get_magnitude(hard(x)), atol=0.05)
    error = ours.peak_frequency(DT, 100, sharpness=None)(x, 9.0 * u.Hz)
    np.testing.assert_allclose(error, np.sqrt(np.mean((u.get_magnitude(hard(x)) - 9.0) ** 2)))


def test_the_hard_peak_has_no_gradient(x64):
    x = oscillations()
    hard = ours.peak_frequency(DT, 100, sharpness=None)
    with pytest.raises(DifferentiationError, match=r'number for sharpness'):
        jax.grad(hard)(x, 10 * u.Hz)

    def loss(x):
        return jnp.sum(x**2), hard(jax.lax.stop_gradient(x), 10 * u.Hz)

    (_, reported), _ = jax.value_and_grad(loss, has_aux=True)(x)
    np.testing.assert_allclose(reported, hard(x, 10 * u.Hz))


@pytest.mark.parametrize('name', OBJECTIVES)
def test_finite_differences(name, x64):
    prediction, target = oscillations(), oscillations(seed=1)
    objective = OBJECTIVES[name]
    prepared = objective.prepare(target)
    direction = jnp.asarray(np.random.default_rng(7).standard_normal(prediction.shape))
    value, gradient = jax.jit(jax.value_and_grad(objective))(prediction, prepared)
    along = jax.jit(lambda h: objective(prediction + h * direction, prepared))
    h = 1e-5
    numeric = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
    assert abs(numeric) > 1e-5 and abs(value) > 1e-5
    np.testing.assert_allclose(jnp.vdot(gradient, direction), numeric, rtol=1e-5)


# Compiling its loop over regions takes long; its value and gradient are in the quick tests.
QUICK = [
    pytest.param(name, marks=pytest.mark.slow) if name == 'aec_orthogonalised' else name
    for name in OBJECTIVES
]


@pytest.mark.parametrize('name', QUICK)
def test_jit_vmap_and_prepared_targets(name, x64):
    objective = OBJECTIVES[name]
    predictions = jnp.stack([oscillations(seed=s) for s in range(2)])
    target = oscillations(seed=5)
    expected = jnp.stack([objective(p, target) for p in predictions])
    got = jax.jit(jax.vmap(objective, in_axes=(0, None)))(predictions, target)
    np.testing.assert_allclose(got, expected, rtol=1e-9)
    assert abs(expected[0] - expected[1]) > 1e-6
    prepared = objective.prepare(target)
    np.testing.assert_allclose(
        jax.jit(objective)(predictions[0], prepared), expected[0], rtol=1e-10
    )
    again = objective.prepare(prepared)
    np.testing.assert_allclose(objective(predictions[0], again), expected[0], rtol=1e-10)


@pytest.mark.parametrize('name', OBJECTIVES)
def test_one_named_equation(name):
    objective, x = OBJECTIVES[name], oscillations('float32')
    jaxpr = jax.make_jaxpr(lambda p: objective(p, x))(x).jaxpr
    names = [e.params['name'] for e in jaxpr.eqns if 'name' in e.params]
    assert names == [objective.equation]

    def inner(jaxpr):
        for equation in jaxpr.eqns:
            yield equation.primitive.name
            for closed in jaxprs_in_params(equation.params):
                yield from inner(closed)

    # A concrete target is measured once, when the loss is traced.
    traced = jax.make_jaxpr(objective)(x, x).jaxpr
    assert 2 * list(inner(jaxpr)).count('fft') == list(inner(traced)).count('fft')


@pytest.mark.parametrize('name', QUICK)
def test_constant_region(name, precision):
    objective = OBJECTIVES[name]
    x = oscillations(precision).at[:, 2].set(0.1)
    value, gradient = jax.jit(jax.value_and_grad(objective))(x, oscillations(precision, seed=1))
    assert np.isfinite(value) and np.isfinite(gradient).all()
    assert not np.asarray(gradient)[:, 2].any() or 'rmse' in name or 'average' in name
    measured = np.asarray(u.get_magnitude(objective(x)))
    assert np.isfinite(measured).all()
    if name.startswith(('aec', 'plv')):
        np.testing.assert_allclose(measured[2], np.eye(5)[2], atol=1e-6)
    if name == 'peak':
        assert measured[2] == 0.0


@pytest.mark.parametrize('name', QUICK)
def test_silent_network(name):
    gradient = jax.grad(OBJECTIVES[name])(jnp.zeros((401, 5)), oscillations('float32'))
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize('name', ['plv_rmse', 'synchrony', 'metastability', 'spectrum_rmse'])
def test_perfect_match(name):
    x = oscillations('float32')
    value, gradient = jax.value_and_grad(OBJECTIVES[name])(x, x)
    assert 0.0 <= float(value) < 1e-7
    assert np.isfinite(gradient).all()


# -- targets ----------------------------------------------------------------------------------


def test_matrices_as_targets(x64):
    x, y = oscillations(), oscillations(seed=1)
    for build, wrap in ((ours.aec_rmse, targets.aec), (ours.plv_rmse, targets.plv)):
        objective = build(ALPHA)
        matrix = np.array(objective(y))
        expected = objective(x, y)
        np.testing.assert_allclose(objective(x, wrap(matrix)), expected, rtol=1e-10)
        # Programs differ in the diagonal.
        np.fill_diagonal(matrix, 0.0)
        np.testing.assert_allclose(objective(x, wrap(matrix)), expected, rtol=1e-10)
        traced = jax.jit(lambda m, o=objective, w=wrap: o(x, w(m)))(matrix)
        np.testing.assert_allclose(traced, expected, rtol=1e-10)


def test_numbers_as_targets(x64):
    x, y = oscillations(), oscillations(seed=1)
    for objective in (ours.synchrony(ALPHA), ours.metastability(ALPHA)):
        expected = objective(x, y)
        np.testing.assert_allclose(objective(x, float(objective(y))), expected, rtol=1e-10)
        np.testing.assert_allclose(jax.jit(objective)(x, objective(y)), expected, rtol=1e-10)


@pytest.mark.parametrize('average', [False, True])
def test_spectra_as_targets(average, x64):
    x, y = oscillations(), oscillations(seed=1)
    f, power = scipy.signal.welch(y, FS, nperseg=100, axis=0)
    objective = ours.spectrum_corr(DT, 100, low=3 * u.Hz, high=40 * u.Hz, average=average)
    target = targets.spectrum(power.mean(axis=1) if average else power, f * u.Hz)
    np.testing.assert_allclose(objective(x, target), objective(x, y), rtol=1e-10)
    own = targets.spectrum(objective(y), objective.frequencies)
    np.testing.assert_allclose(objective(x, own), objective(x, y), rtol=1e-10)


def test_peaks_as_targets(x64):
    x, y = oscillations(), oscillations(seed=1)
    objective = OBJECTIVES['peak']
    expected = objective(x, y)
    np.testing.assert_allclose(objective(x, objective(y)), expected, rtol=1e-10)
    np.testing.assert_allclose(objective(x, objective(y).in_unit(u.kHz)), expected, rtol=1e-10)


def test_targets_say_what_they_hold():
    assert repr(targets.plv(np.eye(3))) == 'targets.plv(<matrix of shape (3, 3)>)'
    target = targets.spectrum(np.ones((3, 2)), np.arange(3) * u.Hz)
    assert repr(target) == 'targets.spectrum(<power of shape (3, 2)>, 0 to 2 Hz)'


X = np.random.default_rng(0).standard_normal((401, 5))
F = np.fft.rfftfreq(100, 0.005)
SPECTRUM = ours.spectrum_corr(DT, 100)


@pytest.mark.parametrize(
    ('call', 'error', 'words'),
    [
        (lambda: ours.aec_corr(ours.zscore()), TypeError, r'band=ZScore.*bandpass'),
        (lambda: ours.aec_corr(smooth=ALPHA), ValueError, r'low-pass filter.*without low'),
        (lambda: ours.plv_corr('alpha'), TypeError, r"band='alpha'"),
        (lambda: ours.aec_corr(ALPHA)(X[:15]), ValueError, 'more than 15 samples'),
        (lambda: ours.synchrony()(X[:1]), ValueError, 'two samples at least'),
        (lambda: ours.plv_corr()(X[:, :1]), ValueError, 'two regions at least'),
        (lambda: ours.plv_corr()(X, X[:, :4]), ValueError, '4 regions.*5 regions'),
        (lambda: ours.aec_corr()(X, np.eye(5)), ValueError, r'targets\.aec\(matrix\)'),
        (
            lambda: ours.aec_corr()(X, targets.plv(np.eye(5))),
            TypeError,
            r'targets\.plv.*targets\.aec',
        ),
        (lambda: ours.plv_corr()(X, targets.fc(np.eye(5))), TypeError, r'targets\.fc'),
        (lambda: ours.fc_corr()(X, targets.aec(np.eye(5))), TypeError, r'targets\.aec'),
        (lambda: ours.plv_rmse()(X, targets.plv(np.eye(4))), ValueError, '4 regions.*5 regions'),
        (lambda: ours.metastability()(X, 1.5), ValueError, r'target 1\.5.*\[0, 1\]'),
        (lambda: ours.metastability()(X, np.nan), ValueError, 'NaN'),
        (lambda: ours.metastability()(X, 1 * u.mV), TypeError, 'mV'),
        (lambda: ours.metastability().prepare(None), TypeError, 'target None'),
        (lambda: targets.plv(-np.ones((2, 2))), ValueError, '2 negative values'),
        (lambda: targets.aec(np.ones((2, 3))), ValueError, r'targets\.aec.*square'),
        (lambda: ours.spectrum_corr(0.005), TypeError, r'TR=0\.005.*as a time'),
        (lambda: ours.spectrum_corr(DT, 0.001 * u.second), ValueError, 'nperseg=0.*at least 2'),
        (
            lambda: ours.spectrum_corr(DT, 100, low=99.0 * u.Hz),
            ValueError,
            r'1 frequencies.*2 Hz apart and end at 100 Hz',
        ),
        (lambda: SPECTRUM(X[:99]), ValueError, r'99 samples with nperseg=100'),
        (lambda: SPECTRUM(X, targets.spectrum(np.ones(51), F * u.Hz)), ValueError, 'average=False'),
        (
            lambda: SPECTRUM(X, targets.spectrum(np.ones((51, 4)), F * u.Hz)),
            ValueError,
            '4 regions.*5 regions',
        ),
        (
            lambda: SPECTRUM(X, targets.spectrum(np.ones((51, 5)), 1.1 * F * u.Hz)),
            ValueError,
            r'without 2 Hz.*every 2 Hz.*objective\.frequencies',
        ),
        (lambda: targets.spectrum(np.ones(3), np.ones(3) * u.Hz), ValueError, 'do not increase'),
        (lambda: targets.spectrum(-np.ones(3), np.arange(3) * u.Hz), ValueError, '3 negative'),
        (lambda: targets.spectrum(np.ones(3), np.arange(3)), TypeError, r'frequencies \* u\.Hz'),
        (lambda: targets.spectrum(np.ones(3), np.arange(4) * u.Hz), ValueError, r'power\.T'),
        (lambda: ours.peak_frequency(DT, sharpness=0.5), ValueError, r'sharpness=0\.5'),
        (lambda: ours.peak_frequency(DT, 100)(X, 10.0), TypeError, r'10\.0 \* u\.Hz'),
        (lambda: ours.peak_frequency(DT, 100)(X, np.ones(4) * u.Hz), ValueError, '4 regions'),
        (
            lambda: ours.peak_frequency(DT, 100, average=True)(X, np.ones(5) * u.Hz),
            ValueError,
            'one frequency',
        ),
    ],
)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()


# ---------------------------------------------------------------------------------- where values degenerate


@pytest.mark.parametrize('scale', [1e-6, 1e-10, 1e-13])
def test_small_signals(scale):
    """float32: MEG in tesla, whose power has squares below the smallest number."""
    x, y = (np.random.default_rng(k).standard_normal((400, 3)).astype(np.float32) for k in (0, 1))
    small = [z * np.float32(scale) for z in (x, y)]
    corr = ours.spectrum_corr(1.0 * u.ms, 64, log=False)
    rmse = ours.spectrum_rmse(1.0 * u.ms, 64, log=False)
    np.testing.assert_allclose(corr(small[0], small[0]), 1, atol=1e-6)
    np.testing.assert_allclose(corr(*small), corr(x, y), atol=1e-5)
    np.testing.assert_allclose(rmse(*small), rmse(x, y) * scale**2, rtol=1e-4)
    slope = jax.grad(lambda z: rmse(z, small[1]))(jnp.asarray(small[0]))
    np.testing.assert_allclose(slope, scale * jax.grad(lambda z: rmse(z, y))(jnp.asarray(x)), rtol=2e-3,
                               atol=1e-6 * float(jnp.abs(slope).max()))  # fmt: skip


@pytest.mark.parametrize('log', [False, True])
@pytest.mark.parametrize('factor', [1.0, 3.0, 1.7])
def test_nothing_is_left_of_a_multiple(factor, log):
    x = np.random.default_rng(2).standard_normal((400, 4)).astype(np.float32)
    x[:, 1] = factor * x[:, 0]
    found = np.asarray(ours.aec_corr(orthogonalised=True, log=log)(x))
    assert found[0, 1] == found[1, 0] == 0
    assert (np.abs(found[2:, :2]) > 0).all()


@pytest.mark.parametrize(
    'objective',
    [
        ours.spectrum_corr(1.0 * u.ms, 64),
        ours.spectrum_rmse(1.0 * u.ms, 64),
        ours.peak_frequency(1.0 * u.ms, 64),
        ours.plv_rmse(),
        ours.synchrony(),
        ours.metastability(),
        ours.aec_rmse(orthogonalised=True),
    ],
    ids=lambda objective: objective.builder,
)
def test_nan_shows(objective):
    x = np.random.default_rng(3).standard_normal((400, 4))
    broken = x.copy()
    broken[100, 1] = np.nan
    assert np.isnan(u.get_magnitude(objective(broken, x)))
