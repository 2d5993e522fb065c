"""Losses rewritten to stream statistics: the same values and gradients as from samples, or left alone."""

import functools

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param

import brainfit_fast as bf
from brainfit_fast import objectives
from brainfit_fast.fitting import fusion
from brainfit_fast.fitting.loss import loss_program
from brainfit_fast.objectives import targets
from brainfit_fast.program import build as building
from brainfit_fast.testing import tolerance

N = 4
STEPS = 60
DT = 0.5 * u.ms
RNG = np.random.default_rng(6)
WEIGHTS = RNG.random((N, N))
LENGTHS = RNG.random((N, N)) * 10.0
SERIES = RNG.standard_normal((STEPS, N))
FC = np.corrcoef(RNG.standard_normal((30, N)).T)
MATRIX = RNG.standard_normal((2, N))


@pytest.fixture(autouse=True)
def reference():
    with bf.use(simulate='reference'):
        yield


@pytest.fixture
def double(x64):
    with brainstate.environ.context(precision=64):
        yield


def series():
    return jnp.asarray(SERIES, brainstate.environ.dftype())


def network(n=N, *, noise=False, a=0.1, start=0.5):
    weights, lengths = WEIGHTS[:n, :n], LENGTHS[:n, :n]
    start = braintools.init.Uniform(0.0, start)
    own = {'noise_x': bf.GaussianNoise(n, sigma=0.05)} if noise else {}
    node = bf.HopfStep(
        n, a=Param(np.full(n, a)), w=0.3 + 0.2 * np.arange(n), init_x=start, init_y=start, **own
    )
    return bf.Network(
        node, conn=weights, distance=lengths, speed=4.0, coupled_var='x', k=Param(0.3)
    )


def run(model, steps=STEPS, **options):
    options.setdefault('monitors', lambda m: m.node.x.value)
    return bf.Simulator(model, dt=DT).run(steps * DT, **options)['output']


def fc_corr(model):
    return objectives.fc_corr(as_loss=True)(run(model), series()), None


def fc_rmse_of_a_matrix(model):
    return objectives.fc_rmse()(run(model)[7:], targets.fc(FC)), None


def rmse(model):
    return objectives.timeseries_rmse()(run(model), series()), None


def rmse_in_a_unit(model):
    x = run(model, monitors=lambda m: m.node.x.value * u.mV)
    return objectives.timeseries_rmse()(x[20:], series()[20:] * 1e-3 * u.volt), None


def rmse_to_one_row(model):
    return objectives.timeseries_rmse()(run(model)[20::3], series()[0]), None


def combined(model):
    terms = (1.0, objectives.fc_corr(as_loss=True)), (0.3, objectives.timeseries_rmse())
    both = objectives.combine(*terms, (0.2, objectives.fc_rmse()))
    x = run(model, transient=6, sample_every=2)
    return both(x[3:], series()[:24]) + model.reg_loss(), x


def combined_targets(model):
    both = objectives.combine(
        (1.0, objectives.timeseries_rmse()), (2.0, objectives.timeseries_rmse())
    )
    target = targets.per_term(series(), 2.0 * series())
    return both(run(model), target), None


def two_monitors(model):
    result = bf.Simulator(model, dt=DT).run(STEPS * DT, monitors=['node.x', 'node.y'])
    score = objectives.fc_corr()(result['node.y'][::2], series())
    return score + objectives.timeseries_rmse()(result['node.x'][::2], 0.1 * series()[::2]), result


def two_runs(model):
    first, second = run(model), run(model, transient=5.0 * u.ms)
    return objectives.fc_rmse()(first, series()) - objectives.fc_corr()(second, series()), None


def jitted(model):
    @jax.jit
    def score(x):
        return objectives.fc_corr()(x[10:], series()), x

    x = brainstate.transform.jit(lambda: run(model))()
    value, kept = jax.jit(score)(x)
    return value, kept


def written_by_hand(model):
    x = run(model)[5:]
    error = (
        jnp.sqrt(jnp.mean((x - series()[5:]) ** 2)) + jnp.mean(jnp.square(1.0 - x), axis=0).max()
    )
    return error + jnp.corrcoef(x.T)[0, 1] + jnp.corrcoef(x, rowvar=False)[1, 2], x.mean()


def of_braintools(model):
    module = getattr(braintools, 'analysis', None)
    owner = braintools.metric if module is None else module.population
    fc = owner.functional_connectivity(run(model)[10:])
    return jnp.mean((fc - FC) ** 2), None


def of_brainmass(model):
    brainmass = pytest.importorskip('brainmass')
    x = run(model)
    score = brainmass.objectives.fc_corr()(x, series()) + brainmass.objectives.fc_rmse()(
        x, series()
    )
    return score + brainmass.objectives.timeseries_rmse()(x, series()), None


def candidates(model):
    k = jnp.array([0.5, 1.0, 2.0]) * model.coupling.k.value()
    x = run(model, candidates={'k': k}, noise='independent')
    fc = jax.vmap(objectives.fc_corr(), in_axes=(1, None))(x, series())
    errors = jax.vmap(objectives.timeseries_rmse(), in_axes=(1, None))(x, series())
    return fc.sum() + (errors * jnp.arange(1.0, 4.0)).sum(), None


def candidates_at_once(model):
    k = jnp.array([0.5, 1.0, 2.0]) * model.coupling.k.value()
    x = run(model, candidates={'k': k})
    return objectives.timeseries_rmse()(x, series()[:, None]), None


def mapped_objective(model):
    """The simulation is the same for every element: it is not mapped itself."""
    scale = jnp.arange(1.0, 3.0)
    return jax.vmap(lambda c: c * objectives.fc_rmse()(run(model), series()))(scale).sum(), None


SLOW = pytest.mark.slow
FUSED = [
    (fc_corr, 'moments'),
    (fc_rmse_of_a_matrix, 'moments'),
    (rmse, 'squares'),
    pytest.param(rmse_in_a_unit, 'squares', marks=SLOW),
    (rmse_to_one_row, 'squares'),
    (combined, 'moments and squares'),
    pytest.param(combined_targets, 'squares', marks=SLOW),
    (two_monitors, 'moments and squares'),
    pytest.param(two_runs, 'moments', marks=SLOW),
    pytest.param(jitted, 'moments', marks=SLOW),
    pytest.param(written_by_hand, 'squares and moments', marks=SLOW),
    pytest.param(of_braintools, 'moments', marks=SLOW),
    (of_brainmass, 'moments and squares'),
    (candidates, 'moments and squares'),
    pytest.param(candidates_at_once, 'squares', marks=SLOW),
    (mapped_objective, 'moments'),
]


def programs(loss, *, model=network, seed=2, **options):
    """The loss from samples, and from streams."""
    made = []
    for fused in (False, True):
        brainstate.random.seed(seed)
        own = model(**options)
        made.append(loss_program(own, functools.partial(loss, own), fused))
    return made


def value_and_grad(program, n_seeds=1, transform=jax.jit):
    loss = program.over_noise_seeds(n_seeds)
    with_rest = transform(jax.value_and_grad(loss, has_aux=True))
    (value, (carried, finite)), grads = with_rest(program.weight_values(), program.carried_values())
    return value, jax.tree.leaves(grads), finite, carried


def assert_equal(plain, fused, *, length=STEPS, n_seeds=1, transform=jax.jit):
    value, grads, finite, carried = value_and_grad(plain, n_seeds, transform)
    got, own, own_finite, own_carried = value_and_grad(fused, n_seeds, transform)
    allowed = tolerance(value.dtype, length)
    np.testing.assert_allclose(got, value, rtol=allowed, atol=allowed)
    scale = max(float(np.abs(leaf).max()) for leaf in grads)
    for a, b in zip(own, grads, strict=True):
        assert a.dtype == b.dtype and np.isfinite(b).all()
        np.testing.assert_allclose(a, b, rtol=allowed, atol=allowed * scale)
    assert own_finite == finite
    for a, b in zip(jax.tree.leaves(own_carried), jax.tree.leaves(carried), strict=True):
        if jnp.issubdtype(b.dtype, jax.dtypes.prng_key):
            a, b = jax.random.key_data(a), jax.random.key_data(b)
        np.testing.assert_array_equal(a, b)


def longest(program):
    """Largest number of values that any equation of the loss gives, simulations seen from outside."""
    outs = [v.aval for eqn in program._value.jaxpr.eqns for v in eqn.outvars]
    return max(int(np.prod(aval.shape)) for aval in outs)


@pytest.mark.filterwarnings('ignore:.*is deprecated')
@pytest.mark.parametrize(('loss', 'streams'), FUSED, ids=lambda p: getattr(p, '__name__', ''))
def test_equals_the_loss_from_samples(double, loss, streams):
    plain, fused = programs(loss)
    assert (plain.is_fused, fused.is_fused) == (False, True)
    count = fused.fusion.split()[0]
    assert fused.fusion == f'{count} of {count} simulations stream {streams}'
    assert_equal(plain, fused)


@pytest.mark.parametrize('loss', [fc_corr, combined])
def test_in_single_precision(loss):
    with brainstate.environ.context(precision=32):
        assert_equal(*programs(loss))


def test_noise(double):
    assert_equal(*programs(combined, noise=True))


@pytest.mark.slow
def test_over_noise_seeds(double):
    assert_equal(*programs(combined, noise=True), n_seeds=3)


@pytest.mark.slow
def test_without_jit(double):
    assert_equal(*programs(fc_rmse_of_a_matrix), transform=lambda function: function)


def test_under_forward_mode(double):
    """The reference has it, and so has the rewritten loss."""
    slopes = []
    with bf.use('reference'):
        for program in programs(combined):

            def loss(weights, program=program):
                return program.value(weights, program.carried_values())[0]

            slopes.append(jax.tree.leaves(jax.jit(jax.jacfwd(loss))(program.weight_values())))
    for a, b in zip(*slopes, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_no_trajectory_is_left(double):
    def long_fc(model):
        return objectives.fc_corr()(run(model, 4000)[100:], targets.fc(FC)), None

    plain, fused = programs(long_fc)
    assert longest(plain) == 4000 * N
    assert longest(fused) < 100
    assert_equal(plain, fused, length=4000)


@pytest.mark.parametrize(
    'options',
    [
        {'steps': 1},
        pytest.param({'steps': 2}, marks=SLOW),
        {'steps': 9, 'transient': 8},
        pytest.param({'steps': 9, 'transient': 7}, marks=SLOW),
    ],
)
def test_one_sample_or_two(double, options):
    def loss(model):
        x = run(model, **options)
        error = objectives.timeseries_rmse()(x, series()[: len(x)])
        return error + objectives.fc_rmse()(x, targets.fc(FC)), None

    plain, fused = programs(loss)
    assert fused.is_fused
    assert_equal(plain, fused)


def test_one_region(double):
    def loss(model):
        x = run(model)
        fc = targets.fc(np.eye(1))
        terms = objectives.timeseries_rmse()(x, series()[:, :1]), objectives.fc_corr()(x, fc)
        return terms[0] + terms[1] + objectives.fc_rmse()(x, fc), None

    plain, fused = programs(loss, n=1)
    assert fused.is_fused
    assert_equal(plain, fused)


def test_a_constant_region_correlates_with_none(double):
    """The FC rules: zeros beside its diagonal, no gradient through it."""

    def loss(model):
        x = run(model, monitors=lambda m: m.node.x.value * jnp.array([1.0, 1.0, 0.0, 1.0]) + 3.1)
        return objectives.fc_rmse()(x, targets.fc(FC)) + objectives.fc_corr()(
            x, targets.fc(FC)
        ), None

    plain, fused = programs(loss)
    assert fused.is_fused
    assert_equal(plain, fused)


@pytest.mark.parametrize('loss', [fc_corr, rmse])
def test_a_trajectory_that_blows_up_is_told(double, loss):
    """Values agree and the flag is down; FC alone would not show it."""
    plain, fused = programs(loss, a=1e6)
    values = [value_and_grad(program) for program in (plain, fused)]
    assert not values[0][2] and not values[1][2]
    np.testing.assert_allclose(values[1][0], values[0][0], rtol=1e-10)


def early_end(model):
    return objectives.fc_rmse()(run(model)[:20], series()), None


def two_slices(model):
    x = run(model)
    return objectives.fc_rmse()(x[5:], series()) + objectives.timeseries_rmse()(x, series()), None


def also_its_mean(model):
    x = run(model)
    return objectives.fc_rmse()(x, series()) + x.mean(), None


def moving_target(model):
    return objectives.timeseries_rmse()(run(model), series() * model.coupling.k.value()), None


def against_itself(model):
    x = run(model)
    return objectives.timeseries_rmse()(x, x[::-1]), None


def some_regions(model):
    return objectives.fc_corr()(run(model)[:, :3], series()[:, :3]), None


def projected(model):
    x = run(model, monitors=lambda m: MATRIX @ m.node.x.value)
    return objectives.fc_rmse()(x, series()[:, :2]), None


def mapped_simulation(model):
    def score(k):
        model.coupling.k.val.value = k
        return objectives.fc_corr()(run(model), series())

    return jax.vmap(score)(jnp.array([0.1, 0.2])).sum(), None


def batch(model):
    x = run(model, batch_size=2)
    return objectives.timeseries_rmse()(x, series()[:, None]), None


def own_corrcoef(model):
    @jax.jit
    def corrcoef(x):
        return jnp.corrcoef(x) ** 2

    return corrcoef(run(model).T).sum(), None


def across_regions(model):
    """An error that is not summed over time."""
    return jnp.sqrt(jnp.sum((run(model) - series()) ** 2, axis=1)).mean(), None


def dynamics(model):
    return objectives.fcd(20, 10)(run(model), series()), None


BAND = objectives.bandpass(20 * u.Hz, 200 * u.Hz, TR=DT)


def after_a_filter(model):
    return objectives.preprocessed(objectives.fc_rmse(), BAND)(run(model), series()), None


def phases(model):
    loss = objectives.combine((1.0, objectives.fc_rmse()), (1.0, objectives.metastability(BAND)))
    return loss(run(model), series()), None


def spectra(model):
    return objectives.spectrum_rmse(DT, 32)(run(model), series()), None


def orthogonalised_envelopes(model):
    return objectives.aec_rmse(BAND, orthogonalised=True)(run(model), series()), None


def no_simulation(model):
    return model.coupling.k.value() ** 2, None


LEFT_ALONE = [
    (early_end, 'its last samples are cut off'),
    (two_slices, 'its samples are sliced in more than one way'),
    (also_its_mean, "its samples are used by 'reduce_sum'"),
    (moving_target, 'the target depends on the parameters'),
    (against_itself, 'its samples are used by'),
    (some_regions, "its samples are used by 'slice'"),
    (projected, "its samples are used by 'scan'"),
    (batch, 'it has a batch of initial states'),
    (own_corrcoef, "its samples are used by 'corrcoef'"),
    (across_regions, "its samples are used by 'reduce_sum'"),
    (dynamics, 'its samples are used by'),
    (after_a_filter, 'its samples are used by'),
    (phases, 'its samples are used by'),
    (spectra, 'its samples are used by'),
    (orthogonalised_envelopes, 'its samples are used by'),
    (no_simulation, 'the loss has no simulation'),
]


@pytest.mark.parametrize(('loss', 'reason'), LEFT_ALONE, ids=lambda p: getattr(p, '__name__', ''))
def test_other_losses_are_left_alone(loss, reason, monkeypatch):
    # what is traced anew has equations that nothing reads
    monkeypatch.setattr(building, 'fingerprint', lambda *_: None)
    plain, fused = programs(loss)
    assert not fused.is_fused
    assert reason in fused.fusion
    assert fused._value.jaxpr.pretty_print() == plain._value.jaxpr.pretty_print()


@pytest.mark.parametrize(
    'other',
    [
        lambda x: jnp.abs(x).mean(),
        lambda x: objectives.metastability(BAND)(x, 0.2),
        lambda x: objectives.fcd_wasserstein(20, 4, exact=True)(x, series()),
    ],
    ids=['mean', 'metastability', 'fcd'],
)
def test_one_of_two_simulations(double, other):
    def loss(model):
        return objectives.fc_rmse()(run(model), series()) + other(run(model)), None

    plain, fused = programs(loss)
    assert fused.fusion == '1 of 2 simulations stream moments'
    assert_equal(plain, fused)


def test_a_target_made_after_the_run(double):
    """It is moved before the simulation that needs it; printing stays where it was."""

    def loss(model):
        x = run(model)
        jax.debug.print('{}', jnp.zeros(()))
        y = jax.random.normal(jax.random.key(0), (STEPS, N), x.dtype)
        return objectives.timeseries_rmse()(x, jnp.sin(y) * 2.0), None

    plain, fused = programs(loss)
    assert fused.is_fused
    assert any(eqn.effects for eqn in fused._value.jaxpr.eqns)
    assert_equal(plain, fused)


def test_automatic_where_the_implementation_streams(monkeypatch):
    def made():
        model = network()
        return loss_program(model, lambda: fc_corr(model))

    program = made()
    assert not program.is_fused
    assert program.fusion.endswith("the implementation 'reference' does not stream")
    monkeypatch.setattr(fusion, 'native', lambda name: name == 'reference')
    assert made().is_fused


def test_native_streams_equal_samples_of_the_reference(double, request):
    if request.config.getoption('--pure-python'):
        pytest.skip('the native library is absent on purpose')
    made = []
    for name in ('reference', 'cpu_ffi'):
        brainstate.random.seed(2)
        model = network()
        with bf.use(simulate=name):
            made.append(loss_program(model, functools.partial(combined, model)))
    assert [program.is_fused for program in made] == [False, True]
    assert_equal(*made)
