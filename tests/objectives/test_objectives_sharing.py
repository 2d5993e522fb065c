"""What several terms of a loss have in common is computed once in the compiled program."""

import re

import brainunit as u
import jax
import numpy as np
import pytest

from brainfit_fast import objectives as ours
from brainfit_fast.objectives import targets

TR = 0.72 * u.second
BAND = ours.bandpass(0.01 * u.Hz, 0.1 * u.Hz, TR=TR)
FFT = r' fft\('
FC = r'custom_call_target="brainfit_fast_fc_forward'


def count(loss, pattern, target, transform=lambda f: f):
    """Occurrences in the compiled program of a loss."""
    x = jax.ShapeDtypeStruct(target.shape, 'float32')
    compiled = jax.jit(transform(lambda p: loss(p, target))).lower(x).compile()
    return len(re.findall(pattern, compiled.as_text()))


def before(objective, *steps):
    return ours.preprocessed(objective, BAND, *steps)


@pytest.mark.parametrize(
    ('terms', 'pattern', 'once'),
    [
        ([ours.metastability(BAND), ours.synchrony(BAND), ours.aec_corr(BAND)], FFT, 6),
        ([before(ours.fc_corr()), before(ours.timeseries_rmse())], FFT, 4),
        ([before(ours.fc_corr(), ours.zscore()), before(ours.fc_rmse(), ours.zscore())], FC, 1),
        (
            [ours.fcd_ks(exact=True), ours.fcd_wasserstein(), ours.fcd_wasserstein(exact=True)],
            FC,
            1,
        ),
        ([ours.spectrum_corr(TR, 64), ours.peak_frequency(TR, 64)], FFT, 1),
    ],
    ids=['analytic signal', 'filter', 'connectivity', 'windows', 'spectrum'],
)
def test_common_work_is_done_once(terms, pattern, once, pair):
    target = np.asarray(pair('float32')[1])
    assert [count(term, pattern, target) for term in terms] == [once] * len(terms)
    combined = ours.combine(*((1.0, term) for term in terms))
    assert count(combined, pattern, target) == once


def test_the_backward_pass_of_a_common_step_runs_once(pair):
    target = np.asarray(pair('float32')[1])
    terms = ours.combine((1.0, ours.timeseries_rmse()), (1.0, ours.cosine_sim()))
    apart = ours.combine(*((w, before(term)) for w, term in terms.terms))
    both = count(before(terms), FFT, target, jax.grad), count(apart, FFT, target, jax.grad)
    # Forward twice two passes, backward the same, for one term and for two.
    assert both == (8, 12)


def test_combination_is_the_sum(x64, pair):
    prediction, data = pair(x64)
    terms = [
        ours.metastability(BAND),
        before(ours.fc_corr(as_loss=True)),
        ours.fcd_wasserstein(exact=True),
        ours.spectrum_rmse(TR, 64),
    ]
    loss = ours.combine(*((0.5, term) for term in terms))
    own = targets.per_term(0.2, data, data, data)
    got, gradient = jax.jit(jax.value_and_grad(loss))(prediction, own)
    expected = 0.5 * sum(t(prediction, d) for t, d in zip(terms, own.targets, strict=True))
    np.testing.assert_allclose(got, expected, rtol=1e-9)
    assert np.isfinite(gradient).all()
