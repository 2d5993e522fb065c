"""fit_many: each subject as alone, with its connectome, delays and data; a bad one stops nobody."""

import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param, SoftplusT

import brainfit_fast as bf
from brainfit_fast.testing import equations

N, S, DT, STEPS = 3, 3, 0.1 * u.ms, 20
RNG = np.random.default_rng(8)
WEIGHTS, LENGTHS = RNG.random((S, N, N)), RNG.random((S, N, N)) * 6.0
TARGETS = RNG.standard_normal((S, STEPS, N))
PREDICT = bf.Predict(STEPS * DT, dt=DT, monitors='node.x')


@pytest.fixture(autouse=True)
def double(x64):
    with brainstate.environ.context(precision=64, dt=DT):
        yield


def network(conn=np.ones((N, N)), distance=None, **options):
    start = braintools.init.Uniform(0.0, 0.5)
    node = bf.HopfStep(
        N,
        a=Param(np.linspace(0.05, 0.3, N), t=SoftplusT(-1.0)),
        init_x=start,
        init_y=start,
        noise_x=bf.GaussianNoise(N, sigma=0.05),
    )
    options = {
        'k': Param(0.3),
        'coupled_var': 'x',
        'delay_init': braintools.init.Constant(0.1),
        **({} if distance is None else {'distance': distance, 'speed': 4.0}),
        **options,
    }
    return bf.Network(node, conn=conn, **options)


def many(targets=TARGETS, model=None, n_steps=5, seed=3, **options):
    brainstate.random.seed(seed)
    model = network() if model is None else model
    return bf.fit_many(model, targets, n_steps=n_steps, **{'predict': PREDICT, **options})


def alone(s, model, n_steps=5, seed=3, **options):
    brainstate.random.seed(seed)
    run = options.pop('run', {})
    fitter = bf.Fitter(model, options.pop('optimizer', None), **{'predict': PREDICT, **options})
    return fitter.fit(TARGETS[s], n_steps, **run)


@pytest.mark.parametrize(
    ('implementation', 'delayed'),
    [
        ('cpu_ffi', False),
        ('cpu_ffi', True),
        pytest.param('reference', True, marks=pytest.mark.slow),
        pytest.param('reference', False, marks=pytest.mark.slow),
    ],
)
def test_each_subject_as_alone(delayed, implementation):
    """Own connectome, own tract lengths, float64, key 3: histories and best points to rounding."""
    lengths = {'distance': LENGTHS, 'speed': 4.0} if delayed else {}
    with bf.use(simulate=implementation):
        results = many(conn=WEIGHTS, **lengths)
        for s, (name, result) in enumerate(results.items()):
            one = alone(s, network(WEIGHTS[s], LENGTHS[s] if delayed else None))
            assert name == str(s)
            assert result.implementation == implementation
            np.testing.assert_allclose(result.history, one.history, rtol=1e-10)
            assert result.best_step == one.best_step and result.status == 'finished'
            for path, value in one.best_params.items():
                np.testing.assert_allclose(result.best_params[path], value, rtol=1e-9)


def test_results_are_whole():
    """Loss, prediction, model and Hessian of a subject are its own."""
    results = many(conn=WEIGHTS, distance=LENGTHS, speed=4.0)
    one = alone(1, network(WEIGHTS[1], LENGTHS[1]))
    result = results['1']
    assert result.loss_at() == pytest.approx(result.best_loss, rel=1e-12)
    np.testing.assert_allclose(result.prediction, one.prediction, rtol=1e-9)
    np.testing.assert_array_equal(result.target, TARGETS[1])
    assert result.grad_norms.shape == (5,)
    brainstate.random.DEFAULT.value = result.best_key
    np.testing.assert_allclose(PREDICT(result.model), result.prediction, rtol=1e-9)
    np.testing.assert_allclose(result.hessian().matrix, one.hessian().matrix, rtol=1e-5, atol=1e-7)
    exact = result.hessian(method='exact').matrix
    np.testing.assert_allclose(exact, one.hessian(method='exact').matrix, rtol=1e-8, atol=1e-10)
    assert len({id(r.model) for r in results.values()}) == S


def test_the_model_is_left_as_it_was():
    model = network()
    before = [np.asarray(model.coupling.k.value()), np.asarray(model.coupling.conn.value())]
    length = model.coupling.x.state_delay.max_length
    many(model=model, conn=WEIGHTS, distance=LENGTHS, speed=4.0)
    np.testing.assert_array_equal(model.coupling.k.value(), before[0])
    np.testing.assert_array_equal(model.coupling.conn.value(), before[1])
    assert model.coupling.x.state_delay.max_length == length
    # and goes on to be fitted and run alone
    model.coupling.conn.__dict__['val'] = jnp.asarray(WEIGHTS[0]) * (1 - np.eye(N))
    np.testing.assert_allclose(
        alone(0, model).history, alone(0, network(WEIGHTS[0])).history, rtol=1e-12
    )


def test_subjects_reach_the_kernel_as_candidates(compiled_programs):
    """One call of the C++ kernel for all, with weights and states of three candidates."""
    many(conn=WEIGHTS, n_steps=1)
    (jaxpr,) = compiled_programs
    calls = [eqn for eqn, _ in equations(jaxpr) if eqn.primitive.name == 'ffi_call']
    assert calls
    for eqn in calls:
        shapes = [v.aval.shape for v in (*eqn.invars, *eqn.outvars)]
        assert (S, N) in shapes and (1, N) not in shapes


def test_shared_connectome_and_fc_targets():
    """Without conn the model's; a target of any form that has an axis of subjects."""
    fcs = {name: bf.targets.fc(np.corrcoef(TARGETS[s].T)) for s, name in enumerate('abc')}
    results = many(fcs, network(WEIGHTS[0]), objective=bf.objectives.fc_corr(as_loss=True))
    assert list(results) == ['a', 'b', 'c']
    assert results['a'].fused
    brainstate.random.seed(3)
    fitter = bf.Fitter(
        network(WEIGHTS[0]), predict=PREDICT, objective=bf.objectives.fc_corr(as_loss=True)
    )
    one = fitter.fit(fcs['b'], 5)
    np.testing.assert_allclose(results['b'].history, one.history, rtol=1e-9)


def test_trained_connectomes_start_at_each_subjects_own():
    model = network(Param(jnp.ones((N, N))))
    results = many(model=model, conn=WEIGHTS, optimizer=braintools.optim.SGD(lr=0.1))
    one = alone(
        2,
        network(Param(jnp.asarray(WEIGHTS[2]) * (1 - np.eye(N)))),
        optimizer=braintools.optim.SGD(lr=0.1),
    )
    np.testing.assert_allclose(results['2'].history, one.history, rtol=1e-10)
    name = next(name for name in one.best_params if name.endswith('conn'))
    np.testing.assert_allclose(results['2'].best_params[name], one.best_params[name], rtol=1e-9)


def test_laplacian_connectomes():
    def model(conn):
        return network(bf.LaplacianConnParam(conn, fit=False), coupling='laplacian')

    results = many(model=model(jnp.ones((N, N))), conn=WEIGHTS)
    one = alone(1, model(jnp.asarray(WEIGHTS[1] * (1 - np.eye(N)))))
    np.testing.assert_allclose(results['1'].history, one.history, rtol=1e-10)


def test_noise_seeds():
    one = alone(1, network(WEIGHTS[1]), run={'n_noise_seeds': 2})
    results = many(conn=WEIGHTS, n_noise_seeds=2)
    np.testing.assert_allclose(results['1'].history, one.history, rtol=1e-10)


# --------------------------------------------------------------------------------- subjects that fail


def test_bad_data_of_one_subject():
    """It is named with its reason; the others are fitted as if it were not there."""
    targets, weights = TARGETS.copy(), WEIGHTS.copy()
    targets[0, 3, 1] = np.nan
    weights[2, 0, 1] = -1.0
    with pytest.warns(RuntimeWarning, match=r"2 of 3 subjects failed: '0': .*NaN.*'2': conn"):
        results = many(targets, conn=weights)
    assert list(results) == ['1'] and set(results.failed) == {'0', '2'}
    one = alone(1, network(WEIGHTS[1]))
    np.testing.assert_allclose(results['1'].history, one.history, rtol=1e-10)


def test_a_subject_that_diverges():
    weights = WEIGHTS.copy()
    weights[1] *= 1e120
    with pytest.warns(RuntimeWarning, match=r"1 of 3 subjects failed: '1': step \d+: "):
        results = many(conn=weights)
    assert results['1'].status == 'diverged' and 'finite' in results['1'].message
    assert list(results.failed) == ['1']
    for s in (0, 2):
        assert results[str(s)].status == 'finished'
        np.testing.assert_allclose(
            results[str(s)].history, alone(s, network(WEIGHTS[s])).history, rtol=1e-10
        )


def test_when_no_subject_is_usable():
    with pytest.raises(ValueError, match='at least one subject with usable data'):
        many(np.full_like(TARGETS, np.nan))


# ------------------------------------------------------------------------------- what goes on beside it


def test_callbacks_see_the_mean():
    seen = []
    results = many(conn=WEIGHTS, callbacks=[lambda info: seen.append(info['loss'])])
    mean = np.mean([result.history for result in results.values()], axis=0)
    np.testing.assert_allclose(seen, mean, rtol=1e-12)


def test_one_progress_bar(capsys):
    many(conn=WEIGHTS, verbose='bar')
    assert '5/5' in capsys.readouterr().err


def test_resumed(tmp_path):
    path = tmp_path / 'many.npz'
    whole = many(conn=WEIGHTS, n_steps=8)
    many(conn=WEIGHTS, n_steps=3, checkpoint=path)
    stop = [lambda info: info['step'] == 5]
    many(conn=WEIGHTS, n_steps=8, checkpoint=path, callbacks=stop)
    resumed = many(conn=WEIGHTS, n_steps=8, checkpoint=path, resume=True, seed=99)
    for name in whole:
        assert whole[name].history == resumed[name].history
        assert whole[name].best_loss == resumed[name].best_loss


def test_resumed_where_there_is_nothing_yet(tmp_path):
    results = many(conn=WEIGHTS, n_steps=2, checkpoint=tmp_path / 'many.npz', resume=True)
    assert len(results) == S


def test_table():
    pytest.importorskip('pandas')
    frame = many(conn=WEIGHTS, names=['x', 'y', 'z'], n_steps=2).to_dataframe()
    assert list(frame.index) == ['x', 'y', 'z'] and frame.index.name == 'subject'
    assert 'coupling.k' in frame and frame['status'].tolist() == ['finished'] * 3
    assert sum('module.a[' in column for column in frame) == N


# ------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'conn': WEIGHTS[:2]}, 'conn: given 2 subjects, expected 3 subjects: 0, 1, 2'),
        ({'names': ['a', 'b']}, r'targets: given 3 subjects, expected 2'),
        ({'names': ['a', 'a', 'b']}, 'a name more than once'),
        ({'distance': LENGTHS}, 'distance and speed: given one without the other'),
        ({'targets': []}, 'targets: given none'),
        ({'targets': [TARGETS[0], TARGETS[1], TARGETS[2, :5]]}, 'one shape for all'),
        ({'backend': 'nevergrad'}, "backend: .*expected 'grad'"),
        ({'conn': {'a': WEIGHTS[0]}}, 'targets: given 3 subjects, expected 1 subjects: a'),
        ({'n_steps': 0}, 'n_steps: given 0'),
        ({'search_space': {'coupling.k': (0.0, 1.0)}}, 'search_space: given'),
        ({'refiner': braintools.optim.SGD(lr=0.1)}, 'refiner: given'),
        ({'n_restarts': 2}, 'n_restarts: given 2'),
        ({'resume': True}, 'checkpoint: given None'),
    ],
)
def test_bad_requests(options, message):
    with pytest.raises(ValueError, match=message):
        many(**options)


def test_models_that_cannot_be_fitted():
    """Refused as by Fitter."""
    with pytest.raises(ValueError, match='1 values that are NaN'):
        many(model=network(k=Param(np.nan)))
    still = bf.Network(bf.HopfStep(N), conn=WEIGHTS[0], coupled_var='x', k=0.3)
    with pytest.raises(ValueError, match='Network without trainable parameters'):
        many(model=still)


def test_a_model_without_coupling():
    node = bf.HopfStep(N, a=Param(0.1))
    with pytest.raises(ValueError, match='HopfStep with 0 couplings'):
        many(model=node, conn=WEIGHTS, predict=bf.Predict(STEPS * DT, dt=DT, monitors='x'))


def test_a_whole_loss_cannot_see_the_target():
    with pytest.raises(ValueError, match='loss_fn'):
        many(predict=None, loss_fn=lambda m: (m.coupling.k.value(), None))
