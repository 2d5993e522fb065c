"""FCD: windows in seconds, cuBNM's windows, exact distances, memory of many candidates."""

import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from brainfit_fast import objectives as ours
from brainfit_fast.core.dispatch import use
from brainfit_fast.core.errors import DifferentiationError, ForwardModeError, HigherOrderError
from brainfit_fast.objectives import _candidates, targets

TR = 0.72 * u.second
EXACT = {'fcd_ks': scipy.stats.ks_2samp, 'fcd_wasserstein': scipy.stats.wasserstein_distance}


def bold():
    """Series (60, 5) whose regions share two signals of changing strength, as cuBNM was given."""
    rng = np.random.default_rng(11)
    envelope = 1.0 + np.sin(np.arange(60) / 9.0)[:, None]
    shared = rng.standard_normal((60, 2)) @ rng.standard_normal((2, 5))
    return envelope * shared + rng.standard_normal((60, 5))


# First row, then number, sum, sum of squares and least of the values below the diagonal:
# cubnm.utils.calculate_fcd(bold().T, window_size, window_step, drop_edges=...) of cuBNM 0.1.0.
CUBNM = {
    (10, 3, True): (
        [
            1.0, 0.926950580954, 0.834436769031, 0.847191854722, 0.628597045152, 0.606638201088,
            0.65562442024, 0.440347743078, 0.426776479415, 0.023973970593, 0.119746138446,
            -0.393901276161, -0.285498212232, -0.07284930249, -0.091916632003, 0.481958788435,
            0.833559846833,
        ],
        (136, 73.34301657668938, 52.83709670242581, -0.39390127616097137),
    ),
    (10, 3, False): (
        [
            1.0, 0.997871140391, 0.798920389674, 0.618387873207, 0.43403019347, 0.444318488992,
            0.080278237321, 0.270469834882, 0.183231289157, 0.081676230428, 0.111082579482,
            -0.304314949576, -0.180377770528, -0.700469871205, -0.528731701924, -0.517621096037,
            -0.139569421816, 0.383047118081, 0.228689326618, 0.177970097302,
        ],
        (190, 79.78288333889054, 61.53241542664683, -0.7058241658295991),
    ),
    (20, 10, True): (
        [1.0, 0.915315482523, 0.642893052791, 0.318370392092],
        (6, 4.205547312119768, 3.204486702583017, 0.3183703920920265),
    ),
    (20, 10, False): (
        [
            1.0, 0.928115170092, 0.713669966787, 0.357820749064, -0.019112434514, 0.581929020413,
        ],
        (15, 9.018038778723636, 6.397739040934291, -0.019112434513577598),
    ),
}  # fmt: skip


def pooled(matrix):
    return np.asarray(matrix)[np.triu_indices(len(matrix), k=1)]


@pytest.mark.parametrize('case', CUBNM)
def test_windows_of_cubnm(case, x64):
    size, step, drop_edges = case
    row, (count, total, square, least) = CUBNM[case]
    fcd = ours.fcd(size, step, convention='cubnm', edges=not drop_edges)
    assert fcd.window_size == size + 1
    matrix = fcd(bold())
    np.testing.assert_allclose(matrix[0], row, rtol=0.0, atol=1e-11)
    values = pooled(matrix)
    assert len(values) == count
    np.testing.assert_allclose(values.sum(), total, rtol=1e-11)
    np.testing.assert_allclose((values**2).sum(), square, rtol=1e-11)
    np.testing.assert_allclose(values.min(), least, rtol=1e-11)


def test_edge_windows_of_constant_regions():
    x = jnp.asarray(bold(), 'float32').at[:, 1].set(0.1)
    fcd = ours.fcd(20, 10, convention='cubnm', edges=True)
    value, gradient = jax.value_and_grad(lambda s: fcd(s).sum())(x)
    assert np.isfinite(value) and np.isfinite(gradient).all()
    assert not np.asarray(gradient)[:, 1].any()


def test_gradient_at_the_edges(x64):
    x, y = jnp.asarray(bold()), bold()[::-1]
    loss = ours.fcd_wasserstein(20, 4, exact=True, convention='cubnm', edges=True)
    direction = jnp.asarray(np.random.default_rng(3).standard_normal(x.shape))
    h = 1e-5
    along = jax.jit(lambda s: loss(x + s * direction, y))
    numeric = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
    slope = jnp.vdot(jax.grad(loss)(x, y), direction)
    assert abs(slope) > 1e-4
    np.testing.assert_allclose(slope, numeric, rtol=1e-6)


@pytest.mark.parametrize('name', ['fcd', 'fcd_ks', 'fcd_wasserstein'])
def test_windows_in_seconds(name):
    build = getattr(ours, name)
    assert build(30 * u.second, 5000 * u.ms, TR=TR) == build(42, 7)
    assert build(30.6 * u.second, 5 * u.second, TR=TR).window_size == 42  # 42.5: to even
    cubnm = {'convention': 'cubnm'}
    # 30.6 s are 42.5 samples: cuBNM takes the nearest even number, and one more.
    assert build(30.6 * u.second, 7, TR=TR, **cubnm).window_size == 43
    assert build(31.5 * u.second, 7, TR=TR, **cubnm) == build(44, 7, **cubnm)
    target = targets.fcd(
        np.linspace(0, 0.9, 20), window=30 * u.second, step=5 * u.second, TR=TR, **cubnm
    )
    assert (target.window, target.step, target.edges) == (43, 7, False)


@pytest.mark.parametrize(
    ('call', 'error', 'words'),
    [
        (lambda: ours.fcd(30 * u.second, 5), TypeError, r'window_size=30.*TR=0\.72 \* u\.second'),
        (lambda: ours.fcd(30, 5 * u.mV, TR=TR), TypeError, r'step_size=5.*a time'),
        (lambda: ours.fcd_ks(30 * u.second, TR=0.72), TypeError, r'TR=0\.72.*as a time'),
        (lambda: ours.fcd_ks(31, convention='cubnm'), ValueError, r'31.*even.*30 or 32'),
        (lambda: ours.fcd_ks(convention='tvb'), ValueError, r"'tvb'.*'brainmass', 'cubnm'"),
        (lambda: ours.fcd(edges=True), ValueError, r"edges=True.*convention='cubnm'"),
        (lambda: ours.fcd_ks(exact=True, bw_method=0.2), ValueError, 'exact=True with midpoints'),
        (lambda: ours.fcd_ks(exact=True, midpoints=[0, 1]), ValueError, 'estimates no density'),
        (
            lambda: ours.fcd(20, 10, convention='cubnm', edges=True)(bold()[:20]),
            ValueError,
            '20 samples.*at least 1 windows, that is 21 samples',
        ),
        (
            lambda: ours.fcd_ks(20, 10, convention='cubnm', edges=True)(bold(), bold()[:21]),
            ValueError,
            None,
        ),
    ],
)
def test_refusals(call, error, words):
    if words is None:
        call()  # 0, 10, 20: three windows
        return
    with pytest.raises(error, match=words):
        call()


def test_windows_of_target_and_objective_must_agree():
    values = np.linspace(-0.2, 0.8, 30)
    plain = targets.fcd(values, window=20, step=10)
    edges = targets.fcd(values, window=20, step=10, convention='cubnm', edges=True)
    with pytest.raises(ValueError, match=r'window_size=21.*window=20.*one convention'):
        ours.fcd_ks(20, 10, convention='cubnm')(bold(), plain)
    with pytest.raises(ValueError, match=r'edges=False and edges=True'):
        ours.fcd_ks(20, 10, convention='cubnm')(bold(), edges)
    assert repr(edges).endswith('window=21, step=10, edges=True)')


@pytest.mark.parametrize('name', EXACT)
def test_exact_distances(name, precision, pair):
    prediction, data = pair(precision)
    objective = getattr(ours, name)(exact=True)
    fcd = ours.fcd()
    # Another number of values than the prediction has, and ties within and between the samples.
    values = np.asarray(fcd(prediction))
    ties = np.concatenate([np.round(pooled(fcd(data)), 2)[:400], pooled(values)[::5]])
    for target, reference in (
        (data, pooled(fcd(data))),
        (targets.fcd(ties, window=30, step=5), ties),
    ):
        expected = EXACT[name](pooled(values), reference)
        expected = float(getattr(expected, 'statistic', expected))
        assert expected > 1e-3
        got = objective(prediction, target)
        assert got.dtype == precision
        tolerance = {'float32': 2e-6, 'float64': 1e-12}[precision]
        np.testing.assert_allclose(got, expected, rtol=0.0, atol=tolerance)


def test_exact_distances_leave_out_overlapping_windows(x64, pair):
    prediction, data = pair(x64)
    a, b = (np.asarray(ours.fcd()(x))[np.triu_indices(35, k=6)] for x in (prediction, data))
    got = ours.fcd_wasserstein(n_diag=6, exact=True)(prediction, data)
    np.testing.assert_allclose(got, scipy.stats.wasserstein_distance(a, b), rtol=1e-10)


def test_gradient_of_the_exact_wasserstein_distance(x64, pair):
    prediction, data = pair(x64)
    objective = ours.fcd_wasserstein(exact=True)
    direction = jnp.asarray(np.random.default_rng(7).standard_normal(prediction.shape))
    gradient = jax.grad(objective)(prediction, data)
    slope = jnp.vdot(gradient, direction)
    # Small steps: between two of them no value of one sample passes one of the other.
    h = 1e-7
    along = jax.jit(lambda s: objective(prediction + s * direction, data))
    assert abs(slope) > 1e-3
    np.testing.assert_allclose(slope, (along(h) - along(-h)) / (2 * h), rtol=1e-5)
    with use('reference'):
        _, tangent = jax.jvp(lambda x: objective(x, data), (prediction,), (direction,))
    np.testing.assert_allclose(tangent, slope, rtol=1e-10)


def test_the_exact_ks_statistic_has_no_gradient(pair):
    prediction, data = pair('float32')
    objective = ours.fcd_ks(exact=True)
    with pytest.raises(DifferentiationError, match=r'fcd_wasserstein\(exact=True\)'):
        jax.grad(objective)(prediction, data)
    with pytest.raises(DifferentiationError):
        jax.jit(jax.vmap(jax.grad(objective), in_axes=(0, None)))(prediction[None], data)


# -- many candidates --------------------------------------------------------------------------


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks of two candidates."""
    one = 11 * 4 * (30 + 2 * 4) * 8
    monkeypatch.setattr(_candidates, 'BUDGET', 2 * one + 1)
    jax.clear_caches()
    yield
    jax.clear_caches()


@pytest.mark.parametrize('implementation', ['cpu_ffi', 'reference'])
def test_chunks_change_no_value(implementation, small_chunks, x64, pair):
    series = [pair(x64, n_time=80, n_regions=4, seed=s) for s in range(6)]
    predictions, data = jnp.stack([p for p, _ in series]), series[0][1]
    objective = ours.fcd_wasserstein(exact=True)

    def nested(p):
        return jax.vmap(jax.vmap(lambda x: objective(x, data)))(p)

    def of_each(p):
        return jax.vmap(jax.grad(lambda x: objective(x, data)))(p)

    with use(implementation):
        lowered = jax.jit(nested).lower(predictions.reshape(2, 3, 80, 4))
        assert 'stablehlo.while' in lowered.as_text()
        got = lowered.compile()(predictions.reshape(2, 3, 80, 4))
        one = jax.jit(jax.value_and_grad(lambda x: objective(x, data)))
        values, gradients = zip(*(one(p) for p in predictions), strict=True)
        np.testing.assert_allclose(got.reshape(-1), jnp.stack(values), rtol=1e-10)
        of_sum = jax.jit(jax.grad(lambda p: nested(p).sum()))(predictions.reshape(2, 3, 80, 4))
        for got in (of_sum.reshape(6, 80, 4), jax.jit(of_each)(predictions)):
            np.testing.assert_allclose(got, jnp.stack(gradients), rtol=1e-8, atol=1e-14)


def test_derivatives_that_kernels_lack(x64):
    x, y = jnp.asarray(bold()[:, :3]), bold()[:, 2:]
    loss = ours.fcd(20, 10, as_loss=True)
    with use('cpu_ffi'):
        with pytest.raises(ForwardModeError, match=r"use\('reference'\)"):
            jax.jvp(lambda s: loss(s, y), (x,), (x,))
        with pytest.raises(HigherOrderError, match=r"use\('reference'\)"):
            jax.grad(lambda s: jax.grad(loss)(s, y).sum())(x)
    direction = jnp.asarray(np.random.default_rng(0).standard_normal(x.shape))
    with use('reference'):
        gradient = jax.jit(jax.grad(lambda s: loss(s, y)))
        _, second = jax.jvp(gradient, (x,), (direction,))
        h = 1e-5
        numeric = (gradient(x + h * direction) - gradient(x - h * direction)) / (2 * h)
    scale = float(jnp.abs(second).max())
    assert scale > 1e-3
    np.testing.assert_allclose(second / scale, numeric / scale, atol=1e-5)


def temporary_bytes(function, n_candidates, n_time=400, n_regions=40):
    series = jax.ShapeDtypeStruct((n_candidates, n_time, n_regions), 'float32')
    return jax.jit(function).lower(series).compile().memory_analysis().temp_size_in_bytes


def test_memory_of_candidates():
    rng = np.random.default_rng(0)
    objective = ours.fcd_wasserstein(exact=True)
    target = objective.prepare(rng.standard_normal((400, 40)).astype('float32'))
    own = 400 * 40 * 4
    windows = 75 * 40 * (30 + 2 * 40) * 4

    def score(p):
        return objective(p, target)

    # By itself: windows in chunks; what is added per candidate is its FCD matrix, sorted.
    few, many = (temporary_bytes(jax.vmap(score), n) for n in (500, 2500))
    assert few < _candidates.BUDGET + 500 * 2 * own
    assert (many - few) / 2000 < windows / 10

    # Asked for: nothing is added to values, and to gradients only the results themselves.
    def values(x):
        return jax.lax.map(score, x, batch_size=20)

    few, many = (temporary_bytes(values, n) for n in (500, 2500))
    assert many - few < 2000 * 64

    def gradients(x):
        return jax.lax.map(jax.value_and_grad(score), x, batch_size=20)

    few, many = (temporary_bytes(gradients, n) for n in (500, 2500))
    assert many - few < 1.1 * 2000 * own


# -- pairs of regions --------------------------------------------------------------------------------------

SIDES = np.array([0, 0, 0, 1, 1])
WITHIN = SIDES[:, None] == SIDES


def correlations_of_pairs(x):
    """FC of the pairs within SIDES, one vector."""
    return np.corrcoef(x.T)[np.triu(WITHIN, 1)]


def fcd_of_pairs(x, size=21, step=5):
    """FCD matrix of the pairs within SIDES, by hand."""
    starts = range(0, len(x) - size + 1, step)
    return np.corrcoef([correlations_of_pairs(x[k : k + size]) for k in starts])


def test_pairs_within_groups(x64, pair):
    x, y = (np.asarray(each)[:, :5] for each in pair(x64))
    expected = np.corrcoef(correlations_of_pairs(x), correlations_of_pairs(y))[0, 1]
    score = ours.fc_corr(pairs=WITHIN)
    np.testing.assert_allclose(score(x, y), expected, rtol=1e-11)
    np.testing.assert_allclose(score(x, targets.fc(np.corrcoef(y.T))), expected, rtol=1e-11)
    settings = {'window_size': 20, 'convention': 'cubnm', 'pairs': WITHIN}
    np.testing.assert_allclose(ours.fcd(**settings)(x), fcd_of_pairs(x), atol=1e-11)
    for name, reference in EXACT.items():
        found = getattr(ours, name)(exact=True, **settings)(x, y)
        expected = reference(pooled(fcd_of_pairs(x)), pooled(fcd_of_pairs(y)))
        np.testing.assert_allclose(found, getattr(expected, 'statistic', expected), rtol=1e-10)


def test_all_pairs_are_the_default(x64, pair):
    everything = np.ones((5, 5), bool)
    x, y = (each[:, :5] for each in pair(x64))
    for build in (ours.fc_corr, ours.fcd, ours.fcd_ks):
        np.testing.assert_allclose(build(pairs=everything)(x, y), build()(x, y), rtol=1e-12)


def test_gradient_over_pairs(x64, pair):
    loss = ours.fc_corr(pairs=WITHIN)
    x, y = (each[:, :5] for each in pair(x64))
    slope = jax.grad(loss)(x, y)
    direction = np.random.default_rng(2).standard_normal(x.shape)
    numeric = (loss(x + 1e-5 * direction, y) - loss(x - 1e-5 * direction, y)) / 2e-5
    np.testing.assert_allclose(jnp.vdot(slope, direction), numeric, rtol=1e-6)


def test_pairs_are_a_setting():
    loss = ours.fcd_ks(exact=True, pairs=WITHIN)
    assert loss == ours.fcd_ks(exact=True, pairs=WITHIN) != ours.fcd_ks(exact=True)
    assert hash(loss) == hash(ours.fcd_ks(exact=True, pairs=WITHIN))
    assert '<4 of the 10 pairs of 5 regions>' in repr(loss)


@pytest.mark.parametrize(
    ('pairs', 'words'),
    [
        (np.ones((5, 5)), 'symmetric matrix of bool'),
        (np.ones((5, 4), bool), 'symmetric matrix of bool'),
        (np.triu(np.ones((5, 5), bool)), 'symmetric matrix of bool'),
        (np.eye(5, dtype=bool), 'given 0 pairs'),
    ],
)
def test_what_is_no_pairs(pairs, words):
    for build in (ours.fc_corr, ours.fcd, ours.fcd_ks, ours.fcd_wasserstein):
        with pytest.raises(ValueError, match=words):
            build(pairs=pairs)


def test_pairs_of_other_regions(pair):
    pairs = np.ones((4, 4), bool)
    for loss in (ours.fc_corr(pairs=pairs), ours.fcd_ks(pairs=pairs)):
        with pytest.raises(ValueError, match='5 regions with pairs of 4'):
            loss(*(each[:, :5] for each in pair('float32')))
