"""Steps before an objective: equal to SciPy and to plain NumPy, differentiable, refused where wrong."""

import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal
import scipy.stats

from brainfit_fast import objectives as ours
from brainfit_fast.objectives import targets

TR = 0.72 * u.second
BAND = ours.bandpass(0.01 * u.Hz, 0.1 * u.Hz, TR=TR)
STEPS = {
    'bandpass': BAND,
    'detrend': ours.detrend(),
    'gsr': ours.global_signal_regression(),
    'zscore': ours.zscore(),
}


def walk(n_time=237, offset=0.0, seed=3):
    """Random walks about an offset: much power at low frequencies, a trend."""
    rng = np.random.default_rng(seed)
    return offset + np.cumsum(rng.standard_normal((n_time, 4)), axis=0)


def filtered(x, low, high, order, interval=0.72):
    """The same filter by SciPy."""
    kind = 'lowpass' if low is None else 'highpass' if high is None else 'bandpass'
    edges = [e for e in (low, high) if e is not None]
    edges = edges if len(edges) == 2 else edges[0]
    sos = scipy.signal.butter(order, edges, kind, fs=1.0 / interval, output='sos')
    return scipy.signal.sosfiltfilt(sos, x, axis=0)


def hz(value):
    return None if value is None else value * u.Hz


def residual_of_global_signal(x):
    """Least squares on the global signal and an intercept; the mean stays."""
    signal = x.mean(axis=1)
    design = np.stack([np.ones(len(x)), signal - signal.mean()], axis=1)
    return x - np.outer(design[:, 1], np.linalg.lstsq(design, x, rcond=None)[0][1])


@pytest.mark.parametrize(
    ('low', 'high', 'order'),
    [(0.01, 0.1, 2), (0.008, 0.08, 5), (None, 0.1, 3), (0.01, None, 1), (0.3, 0.6, 2)],
)
@pytest.mark.parametrize('n_time', [60, 237])
def test_bandpass_is_sosfiltfilt(low, high, order, n_time, precision):
    # BOLD has a mean far above its fluctuations: a filter that is fed the mean loses digits.
    x = walk(n_time, offset=1000.0)
    expected = filtered(x, low, high, order)
    step = ours.bandpass(hz(low), hz(high), TR=TR, order=order)
    got = step(jnp.asarray(x, precision))
    assert got.dtype == precision
    # float32 cannot hold the input itself better than 1000 * 6e-8.
    tolerance = {'float32': 5e-4, 'float64': 1e-9}[precision]
    np.testing.assert_allclose(got, expected, rtol=0.0, atol=tolerance)


def test_bandpass_at_a_millisecond(x64):
    x = np.random.default_rng(5).standard_normal((3000, 3))
    step = ours.bandpass(8 * u.Hz, 0.013 * u.kHz, TR=2 * u.ms)
    np.testing.assert_allclose(step(x), filtered(x, 8.0, 13.0, 2, 0.002), rtol=0.0, atol=1e-11)


@pytest.mark.parametrize('degree', [0, 1, 3])
def test_detrend(degree, precision):
    x = walk(offset=100.0)
    time = np.arange(len(x))
    fit = np.polynomial.polynomial.polyfit(time / len(x), x, degree)
    expected = x - np.polynomial.polynomial.polyval(time / len(x), fit).T
    if degree == 1:
        np.testing.assert_allclose(expected, scipy.signal.detrend(x, axis=0), atol=1e-9)
    tolerance = {'float32': 1e-4, 'float64': 1e-9}[precision]
    got = ours.detrend(degree)(jnp.asarray(x, precision))
    np.testing.assert_allclose(got, expected, rtol=0.0, atol=tolerance)


def test_zscore_and_global_signal(precision):
    x = walk(offset=100.0)
    tolerance = {'float32': 1e-4, 'float64': 1e-10}[precision]
    series = jnp.asarray(x, precision)
    np.testing.assert_allclose(ours.zscore()(series), scipy.stats.zscore(x), atol=tolerance)
    np.testing.assert_allclose(
        ours.global_signal_regression()(series), residual_of_global_signal(x), atol=tolerance
    )


@pytest.mark.parametrize('name', STEPS)
def test_gradient_of_a_step(name, x64):
    x = jnp.asarray(walk())
    rng = np.random.default_rng(1)
    weights, direction = jnp.asarray(rng.standard_normal((2, *x.shape)))

    def along(h):
        return jnp.vdot(weights, jnp.tanh(0.1 * STEPS[name](x + h * direction)))

    slope = jax.grad(along)(0.0)
    h = 1e-3
    numeric = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
    assert abs(slope) > 1e-3
    np.testing.assert_allclose(slope, numeric, rtol=1e-7)
    forward = jax.jvp(STEPS[name], (x,), (direction,))[1]
    np.testing.assert_allclose(
        jnp.vdot(weights, forward),
        jnp.vdot(jax.vjp(STEPS[name], x)[1](weights)[0], direction),
        rtol=1e-9,
    )


@pytest.mark.parametrize('name', STEPS)
def test_step_under_jit_and_vmap(name, x64):
    several = jnp.stack([walk(seed=s) for s in range(3)])
    expected = jnp.stack([STEPS[name](x) for x in several])
    got = jax.jit(jax.vmap(STEPS[name]))(several)
    np.testing.assert_allclose(got, expected, rtol=0.0, atol=1e-11)


@pytest.mark.parametrize('name', STEPS)
def test_constant_region(name, precision):
    # 0.1 rounds: without care the deviations from its mean are not exactly zero.
    x = jnp.asarray(walk(), precision).at[:, 2].set(0.1)
    out = np.asarray(STEPS[name](x))
    assert np.isfinite(out).all()
    if name in ('bandpass', 'detrend', 'zscore'):
        assert not out[:, 2].any()
    gradient = jax.grad(lambda s: jnp.sum(jnp.sin(STEPS[name](s))))(x)
    assert np.isfinite(gradient).all()


def test_silent_network():
    for step in STEPS.values():
        value, gradient = jax.value_and_grad(lambda s, step=step: step(s).sum())(jnp.ones((60, 3)))
        assert np.isfinite(value) and np.isfinite(gradient).all()


def test_units():
    x = walk(60) * u.mV
    for name, step in STEPS.items():
        expected = u.UNITLESS if name == 'zscore' else u.mV
        assert u.get_unit(step(x)) == expected, name
        np.testing.assert_allclose(u.get_magnitude(step(x)), step(u.get_magnitude(x)))


def test_preprocessed_objective(x64, pair):
    prediction, data = pair(x64)

    def by_hand(x):
        return scipy.stats.zscore(residual_of_global_signal(filtered(x, 0.01, 0.1, 2)))

    steps = (BAND, ours.global_signal_regression(), ours.zscore())
    objective = ours.preprocessed(ours.timeseries_rmse(), *steps)
    expected = ours.timeseries_rmse()(by_hand(prediction), data)
    np.testing.assert_allclose(objective(prediction, data), expected, rtol=1e-9)

    both = ours.preprocessed(ours.timeseries_rmse(), *steps, target_too=True)
    expected = ours.timeseries_rmse()(by_hand(prediction), by_hand(data))
    np.testing.assert_allclose(both(prediction, data), expected, rtol=1e-9)
    np.testing.assert_allclose(jax.jit(both)(prediction, data), expected, rtol=1e-9)
    prepared = both.prepare(data)
    np.testing.assert_allclose(both(prediction, prepared), expected, rtol=1e-9)
    np.testing.assert_allclose(both(prediction, both.prepare(prepared)), expected, rtol=1e-9)
    np.testing.assert_allclose(jax.jit(both)(prediction, prepared), expected, rtol=1e-9)


def test_targets_that_are_no_series_stay(x64, pair):
    prediction, data = pair(x64)
    fc = targets.fc(np.corrcoef(np.asarray(data).T))
    loss = ours.preprocessed(
        ours.combine((1.0, ours.fc_corr()), (2.0, ours.timeseries_rmse())), BAND, target_too=True
    )
    got = loss(prediction, targets.per_term(fc, data))
    x, y = BAND(prediction), BAND(data)
    expected = ours.fc_corr()(x, fc) + 2.0 * ours.timeseries_rmse()(x, y)
    np.testing.assert_allclose(got, expected, rtol=1e-10)


def test_any_callable_is_a_step(x64, pair):
    prediction, data = pair(x64)
    objective = ours.preprocessed(lambda p, t: jnp.sum(p) - jnp.sum(t), jnp.abs)
    expected = jnp.abs(prediction).sum() - data.sum()
    np.testing.assert_allclose(objective(prediction, data), expected)


def test_steps_show_their_settings():
    assert repr(BAND) == 'Bandpass(low=0.01, high=0.1, interval=0.72, order=2)'
    again = ours.bandpass(1e-5 * u.kHz, 0.1 * u.Hz, TR=720 * u.ms)
    assert again == BAND and hash(again) == hash(BAND)


@pytest.mark.parametrize(
    ('build', 'error', 'words'),
    [
        (lambda: ours.bandpass(0.01, 0.1 * u.Hz, TR=TR), TypeError, r'low=0\.01.*0\.08 \* u\.Hz'),
        (lambda: ours.bandpass(1 * u.mV, TR=TR), TypeError, 'low=1.*a frequency'),
        (lambda: ours.bandpass(0.1 * u.Hz, TR=0.72), TypeError, r'TR=0\.72.*as a time'),
        (lambda: ours.bandpass(0.1 * u.Hz, TR=1 * u.mV), TypeError, 'TR=1.*a time'),
        (lambda: ours.bandpass(0.1 * u.Hz, TR=-TR), ValueError, 'positive time'),
        (lambda: ours.bandpass(TR=TR), ValueError, r'low=None, high=None.*0\.694444 Hz'),
        (lambda: ours.bandpass(0.1 * u.Hz, 0.7 * u.Hz, TR=TR), ValueError, r'half the sampling'),
        (lambda: ours.bandpass(0.2 * u.Hz, 0.1 * u.Hz, TR=TR), ValueError, r'0 < low < high'),
        (lambda: ours.bandpass(0 * u.Hz, 0.1 * u.Hz, TR=TR), ValueError, r'0 < low < high'),
        (lambda: ours.bandpass(0.1 * u.Hz, TR=TR, order=0), ValueError, r'order=0.*at least 1'),
        (lambda: ours.detrend(-1), ValueError, r'degree=-1.*at least 0'),
        (lambda: ours.preprocessed(ours.fc_corr()), ValueError, 'no step'),
        (lambda: ours.preprocessed(ours.fc_corr(), 3), TypeError, '3 as step'),
        (lambda: ours.preprocessed('fc', ours.zscore()), TypeError, "'fc' as objective"),
        (lambda: BAND(np.ones((15, 3))), ValueError, '15 samples, expected more than 15'),
        (lambda: ours.detrend(3)(np.ones((4, 3))), ValueError, r'4 samples.*at least 5'),
        (lambda: BAND(np.ones(100)), ValueError, r'shape \(100,\).*\(time, regions\)'),
        (lambda: BAND({'x': 1}), TypeError, r"keys \['x'\]"),
    ],
)
def test_refusals(build, error, words):
    with pytest.raises(error, match=words):
        build()


def test_nan_in_a_target_is_found_before_it_is_filtered(pair):
    prediction, data = pair('float32')
    objective = ours.preprocessed(ours.fc_corr(), BAND, target_too=True)
    with pytest.raises(ValueError, match=r'1 NaN or infinite values \(the first at index \(5, 2\)'):
        objective(prediction, data.at[5, 2].set(jnp.nan))
