"""FitResult: files, tables, figures, curvature and standard errors."""

import sys

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from brainstate.nn import Param, SigmoidT, SoftplusT

import brainfit_fast as bf
from brainfit_fast.fitting.restarts import Restarts

N = 4
DT = 0.1 * u.ms
STEPS = 20
LABELS = ['V1', 'M1', 'A1', 'S1']
RNG = np.random.default_rng(4)
WEIGHTS = RNG.random((N, N))
SERIES = RNG.standard_normal((STEPS, N)).astype('float32')
PREDICT = bf.Predict(STEPS * DT, dt=DT, monitors='node.x')


@pytest.fixture(autouse=True)
def clock():
    with brainstate.environ.context(dt=DT):
        yield


@pytest.fixture
def double(x64):
    with brainstate.environ.context(precision=64):
        yield


def network(sigma=0.05, a=0.2, k=0.3):
    start = braintools.init.Constant(0.3)
    noise = {'noise_x': bf.GaussianNoise(N, sigma=sigma)} if sigma else {}
    a = Param(np.full(N, a), t=SoftplusT(-1.0))
    node = bf.HopfStep(N, a=a, w=0.3, init_x=start, init_y=start, **noise)
    return bf.Network(node, conn=WEIGHTS, coupled_var='x', k=Param(k, t=SigmoidT(0.0, 1.0)))


A, K = 'coupling.x.module.a', 'coupling.k'


def fit_network(n_steps=3, **options):
    brainstate.random.seed(3)
    options = {'predict': PREDICT, 'target': SERIES, 'sigma': 0.05, **options}
    target, sigma = options.pop('target'), options.pop('sigma')
    fitter = bf.Fitter(network(sigma), braintools.optim.Adam(lr=0.05), **options)
    return fitter.fit(target=target, n_steps=n_steps)


@pytest.fixture(scope='module')
def shared():
    """One fit of a noisy network, for tests that only look."""
    with brainstate.environ.context(dt=DT):
        return fit_network()


class Line(brainstate.nn.Module):
    """y = X beta."""

    def __init__(self, design, beta, t=None):
        super().__init__()
        self.design = design
        self.beta = Param(beta) if t is None else Param(beta, t=t)

    def update(self):
        return jnp.asarray(self.design) @ self.beta.value()


class Times(brainstate.nn.Module):
    """Two parameters with units."""

    def __init__(self):
        super().__init__()
        self.tau = Param(np.array([8.0, 12.0]) * u.ms)
        self.rate = Param(2.0 * u.Hz)


def times_loss(model):
    tau, rate = model.tau.value() / u.ms, model.rate.value() / u.Hz
    return jnp.sum((tau - 10.0) ** 2) + (rate - 1.0) ** 2, {'tau': model.tau.value()}


def fit_times(**options):
    fitter = bf.Fitter(Times(), loss_fn=times_loss, **options)
    return fitter.fit(n_steps=3, **({'seed': 2} if options.get('backend') else {}))


def search_times():
    space = {'tau': (5.0 * u.ms, 15.0 * u.ms), 'rate': (0.5 * u.Hz, 4.0 * u.Hz)}
    return fit_times(optimizer={'n_sample': 4}, backend='nevergrad', search_space=space)


def with_restarts(**kwargs):
    """Of two starts, made by hand."""
    both = {'tau': np.array([[8.0, 9.0], [10.0, 11.0]]) * u.ms, 'rate': np.array([1.0, 2.0]) * u.Hz}
    found = Restarts(
        np.array([0.5, 0.25]), np.array([1, 2]), both, both,
        np.array([[0.9, 0.5, 0.6], [0.8, 0.4, 0.25]]), ('finished', 'diverged'),
    )  # fmt: skip
    return bf.FitResult(
        backend='grad', best_loss=0.25, best_params={name: v[1] for name, v in both.items()},
        history=[0.8, 0.4, 0.25], n_steps=3, best_step=2, restarts=found, seed=5,
        learning_rates=np.array([0.1, 0.05, 0.02]), grad_norms=np.array([3.0, 2.0, 1.0]), **kwargs,
    )  # fmt: skip


def assert_same(a, b):
    """Values with units, keys, dtypes and containers, to the bit."""
    (left, tree), (right, other) = jax.tree.flatten(a), jax.tree.flatten(b)
    assert tree == other
    for x, y in zip(left, right, strict=True):
        if isinstance(x, jax.Array) and jnp.issubdtype(x.dtype, jax.dtypes.prng_key):
            x, y = jax.random.key_data(x), jax.random.key_data(y)
        if not isinstance(x, str):
            assert np.asarray(x).dtype == np.asarray(y).dtype
        np.testing.assert_array_equal(x, y)


FIELDS = [
    'backend', 'best_loss', 'best_params', 'best_weights', 'best_key', 'best_step', 'history', 'n_steps',
    'status', 'message', 'implementation', 'fused', 'fusion', 'timings', 'memory', 'versions', 'seed',
    'transient', 'bounds', 'start_params', 'learning_rates', 'grad_norms', 'regions', 'evaluations',
    'restarts', 'best_restart', 'uncertainty',
]  # fmt: skip


# ------------------------------------------------------------------------------------------ files


@pytest.mark.parametrize('make', [fit_network, fit_times, search_times, with_restarts])
def test_a_file_keeps_everything(make, tmp_path):
    result = make()
    result.save(tmp_path / 'fit.npz')
    back = bf.FitResult.load(tmp_path / 'fit.npz')
    for name in FIELDS:
        assert_same(getattr(result, name), getattr(back, name))
    assert back.model is back.optimizer is back.raw is None
    assert repr(back) == repr(result)


def test_no_field_is_forgotten(tmp_path):
    """What a result is made of is stored, or an object that is named in the docs."""
    result = with_restarts()
    result.save(tmp_path / 'fit.npz')
    objects = {'optimizer', 'raw', 'model'}
    public = {name.lstrip('_') for name in vars(result)} - {'local_loss', 'hessians', 'evaluate_at'}
    stored = set(FIELDS) | objects | {'prediction', 'predict_at_best', 'target'}
    assert public <= stored


def test_double_precision_survives_in_a_session_without_it(tmp_path):
    with jax.enable_x64(True), brainstate.environ.context(precision=64):
        result = fit_times()
        result.save(tmp_path / 'fit.npz')
        third = result.best_params['tau'].mantissa
    back = bf.FitResult.load(tmp_path / 'fit.npz').best_params['tau'].mantissa
    assert back.dtype == np.float64
    np.testing.assert_array_equal(back, third)


def test_a_prediction_is_stored_where_it_was_computed(shared, tmp_path):
    path = tmp_path / 'fit.npz'
    result = fit_times()
    result.save(path)
    assert bf.FitResult.load(path).prediction is None
    result.save(path, prediction=True)
    assert_same(bf.FitResult.load(path).prediction, result.prediction)
    result.save(path)
    assert_same(bf.FitResult.load(path).prediction, result.prediction)
    result.save(path, prediction=False)
    assert bf.FitResult.load(path).prediction is None


def test_a_prediction_that_is_no_array(tmp_path):
    result = with_restarts(prediction=object())
    with pytest.raises(TypeError, match=r'prediction: .*save\(path, prediction=False\)'):
        result.save(tmp_path / 'fit.npz')
    assert not (tmp_path / 'fit.npz').exists()


TARGETS = {
    'series': SERIES,
    'unit': SERIES * u.mV,
    'fc': bf.targets.fc(np.corrcoef(SERIES.T)),
    'fcd': bf.targets.fcd(np.linspace(0.1, 0.9, 9), window=5, step=2),
    'terms': bf.targets.per_term(bf.targets.fc(np.corrcoef(SERIES.T)), SERIES, None),
    'none': None,
}


@pytest.mark.parametrize('target', TARGETS.values(), ids=TARGETS.keys())
def test_targets_come_back(target, tmp_path):
    with_restarts(target=target).save(tmp_path / 'fit.npz')
    back = bf.FitResult.load(tmp_path / 'fit.npz').target
    assert type(back) is type(target)
    assert_same(back, target)


def test_a_target_of_the_users_own_is_left_out(tmp_path):
    with_restarts(target=object()).save(tmp_path / 'fit.npz')
    assert bf.FitResult.load(tmp_path / 'fit.npz').target is None


def test_a_file_of_another_kind(tmp_path):
    from brainfit_fast.core.files import write_arrays

    write_arrays(tmp_path / 'x.npz', {}, {'kind': 'checkpoint'})
    with pytest.raises(ValueError, match=r'x.npz: holds a checkpoint, not a fit result'):
        bf.FitResult.load(tmp_path / 'x.npz')


def test_a_loaded_result_says_what_it_lacks(shared, tmp_path):
    shared.save(tmp_path / 'fit.npz')
    back = bf.FitResult.load(tmp_path / 'fit.npz')
    for act in (back.loss_at, back.evaluate, back.hessian):
        with pytest.raises(ValueError, match=r'from a file.*FitResult.load\(path, model=...\)'):
            act()
    with pytest.raises(ValueError, match=r'model: given none.*fitted_model\(model\)'):
        back.fitted_model()


# ------------------------------------------------------------------------------------------- model


def loss_of(model, key):
    brainstate.random.DEFAULT.value = key
    return float(bf.objectives.timeseries_rmse()(PREDICT(model), SERIES))


def test_a_file_and_a_new_model_give_the_best_loss_again(shared, tmp_path):
    shared.save(tmp_path / 'fit.npz')
    model = network()
    back = bf.FitResult.load(tmp_path / 'fit.npz', model=model)
    assert loss_of(back.model, back.best_key) == pytest.approx(shared.best_loss, rel=1e-6)
    assert back.model is not model
    assert float(model.coupling.k.value()) == pytest.approx(0.3), 'the given model is not touched'


def test_a_fitted_model_is_a_copy(shared):
    copied = shared.fitted_model()
    assert copied is not shared.model
    assert loss_of(copied, shared.best_key) == pytest.approx(shared.best_loss, rel=1e-6)
    copied.node.a.set_value(jnp.zeros(N))
    assert np.all(np.asarray(shared.model.node.a.value()) != 0.0)
    before = np.asarray(shared.model.node.a.value())
    fitter = bf.Fitter(copied, optax.sgd(0.1), predict=PREDICT)
    again = fitter.fit(target=SERIES, n_steps=2)
    assert again.history[1] != again.history[0], 'the copy can be fitted'
    np.testing.assert_array_equal(shared.model.node.a.value(), before)


def test_a_fitted_model_is_that_of_its_own_fit():
    """Also after the model was fitted again, and of a parameter at the end of its transform."""

    class Gain(brainstate.nn.Module):
        def __init__(self):
            super().__init__()
            self.gain = Param(0.5, t=SigmoidT(0.0, 1.0))

    model = Gain()
    fitter = bf.Fitter(model, optax.sgd(500.0), loss_fn=lambda m: (-m.gain.value(), None))
    first = fitter.fit(n_steps=2)
    assert float(first.best_params['gain']) == 1.0
    model.gain.set_value(jnp.asarray(0.25))
    assert float(first.fitted_model().gain.value()) == 1.0
    assert float(model.gain.value()) == 0.25


def test_a_model_that_does_not_fit(shared):
    with pytest.raises(
        ValueError, match=r"model: given a model that fits 'a', expected one that fits"
    ):
        shared.fitted_model(bf.HopfStep(N, a=Param(0.1)))
    with pytest.raises(TypeError, match=r'model: given 3, expected a brainstate\.nn\.Module'):
        shared.fitted_model(3)
    result = fit_times()
    other = Times()
    other.tau = Param(np.ones(3) * u.ms)
    with pytest.raises(ValueError, match=r"model: given 'tau' of shape \(3,\), expected \(2,\)"):
        result.fitted_model(other)


# ------------------------------------------------------------------------------------------ tables


def test_history_of_gradient_descent():
    pytest.importorskip('pandas')
    frame = with_restarts().to_dataframe()
    assert list(frame) == ['step', 'loss', 'learning_rate', 'grad_norm']
    assert frame['loss'].tolist() == [0.8, 0.4, 0.25] and frame['step'].tolist() == [0, 1, 2]
    assert list(fit_times().to_dataframe()) == list(frame)


def test_history_of_a_search():
    pytest.importorskip('pandas')
    result = search_times()
    frame = result.to_dataframe()
    assert set(frame) == {'evaluation', 'step', 'loss', 'tau[0]', 'tau[1]', 'rate'}
    assert len(frame) == 12 and frame['step'].tolist() == [0] * 4 + [1] * 4 + [2] * 4
    best = frame.loc[frame['loss'].idxmin()]
    assert best['tau[1]'] == pytest.approx(float(result.best_params['tau'].mantissa[1]), rel=1e-6)
    assert frame.attrs['units'] == {'tau': 'ms', 'rate': 'Hz'}


def test_parameters_as_a_table(shared):
    pytest.importorskip('pandas')
    shared.regions = LABELS
    frame = shared.to_dataframe('params').set_index(['parameter', 'region'])
    for k, label in enumerate(LABELS):
        assert frame.loc[(A, label), 'value'] == float(shared.best_params[A][k])
        assert frame.loc[(A, label), 'start'] == pytest.approx(0.2)
    assert frame.loc[(K, ''), 'value'] == float(shared.best_params[K])
    shared.regions = None
    assert shared.to_dataframe('params')['region'].tolist() == ['', '0', '1', '2', '3']
    units = fit_times().to_dataframe('params')
    assert dict(zip(units['parameter'], units['unit'], strict=True)) == {'tau': 'ms', 'rate': 'Hz'}


def test_restarts_as_a_table():
    pytest.importorskip('pandas')
    result = with_restarts()
    assert result.best_restart == 1
    frame = result.to_dataframe('restarts')
    assert frame['status'].tolist() == ['finished', 'diverged']
    assert frame['tau[1]'].tolist() == frame['start tau[1]'].tolist() == [9.0, 11.0]
    with pytest.raises(ValueError, match="table: given 'restarts' of a fit from one start"):
        fit_times().to_dataframe('restarts')
    with pytest.raises(ValueError, match="table: given 'parameters', expected one of 'history'"):
        result.to_dataframe('parameters')


def test_labelled_arrays(shared):
    pytest.importorskip('xarray')
    shared.regions = LABELS
    data = shared.to_xarray()
    shared.regions = None
    assert dict(data.sizes) == {'region': N, 'step': 3, 'time': STEPS, 'other_region': N}
    assert float(data[A].sel(region='M1')) == float(shared.best_params[A][1])
    assert data[K].dims == () and data['prediction'].dims == ('time', 'region')
    np.testing.assert_allclose(data['loss'], shared.history, rtol=1e-6)
    pair = data['fc_target'].sel(region='V1', other_region='S1')
    assert float(pair) == pytest.approx(np.corrcoef(SERIES.T)[0, 3], abs=1e-5)
    series = np.asarray(shared.prediction)
    assert float(data['fc'][0, 1]) == pytest.approx(np.corrcoef(series.T)[0, 1], abs=1e-4)
    assert data.attrs['backend'] == 'grad' and data.attrs['version_jax'] == jax.__version__


def test_labelled_arrays_of_searches_and_restarts():
    pytest.importorskip('xarray')
    data = search_times().to_xarray()
    assert data['tau'].attrs['units'] == 'ms' and data['tau'].dims == ('region',)
    assert data['tau evaluated'].dims == ('evaluation', 'region')
    data = with_restarts().to_xarray()
    assert data['tau restart'].dims == ('restart', 'region')
    assert data['restart loss'].shape == (2, 3) and float(data['restart best_loss'].min()) == 0.25


def test_the_leading_samples_that_the_objective_did_not_see_are_not_in_the_fc():
    pytest.importorskip('xarray')
    result = fit_network(n_steps=1, transient=8, target=SERIES[8:])
    expected = np.corrcoef(np.asarray(result.prediction)[8:].T)
    np.testing.assert_allclose(result.to_xarray()['fc'], expected, atol=1e-4)


def test_labels_are_checked(shared):
    with pytest.raises(ValueError, match="regions: given 'V1' more than once"):
        shared.regions = ['V1', 'V1', 'M1', 'S1']
    pytest.importorskip('xarray')
    result = fit_network(n_steps=1)
    result.regions = LABELS[:3]
    with pytest.raises(ValueError, match='regions: given 3 labels, expected 4'):
        result.to_xarray()


@pytest.mark.parametrize(('name', 'act'), [('pandas', 'to_dataframe'), ('xarray', 'to_xarray')])
def test_without_the_library(name, act, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r'pip install \"brainfit_fast\[tables\]\"'):
        getattr(with_restarts(), act)()


# ---------------------------------------------------------------------------- reports and figures


def test_summary(shared, fastest):
    text = shared.summary()
    for part in ('grad', 'Adam', 'finished', A, K, f'{shared.best_loss:.6g} at step', fastest):
        assert part in text
    assert '(4 values)' in text and f'jax {jax.__version__}' in text
    assert max(map(len, text.splitlines())) <= 100
    text = with_restarts().summary()
    assert '0.25 to 0.5' in text and '1 finished, 1 diverged' in text and 'number 1' in text
    assert 'ms  (2 values)' in text and 'Hz' in text


def test_summary_of_a_fit_without_a_finite_loss():
    result = bf.FitResult(
        backend='grad', best_loss=float('inf'), best_params={'a': 1.0}, history=[float('nan')],
        n_steps=1, status='diverged', message='step 0: the loss is not finite',
    )  # fmt: skip
    text = result.summary()
    assert 'no finite loss' in text and 'step 0: the loss is not finite' in text


def labels_of(figure):
    return {axes.get_ylabel() for axes in figure.axes} | {axes.get_title() for axes in figure.axes}


def test_plot_of_a_fit_to_connectivity(shared):
    pytest.importorskip('matplotlib')
    shared.regions = LABELS
    figure = shared.plot()
    shared.regions = None
    found = labels_of(figure)
    assert {'Loss', 'Empirical FC', 'Simulated FC', A, K} <= found
    fc = [np.corrcoef(np.asarray(x).T)[np.triu_indices(N, 1)] for x in (SERIES, shared.prediction)]
    assert f'6 pairs: r = {np.corrcoef(*fc)[0, 1]:.3f}' in found
    ticks = [t.get_text() for axes in figure.axes for t in axes.get_xticklabels()]
    assert ticks.count('M1') == 3, 'both matrices and the parameter'


def test_plot_without_connectivity():
    pytest.importorskip('matplotlib')
    figure = search_times().plot()
    assert len(figure.axes) == 3
    assert {'Loss', 'tau (ms)', 'rate (Hz)'} <= labels_of(figure)
    assert figure.axes[0].get_xlabel() == 'Evaluation'
    lines = with_restarts().plot().axes[0].get_lines()
    assert len(lines) == 4, 'two restarts, the history, the best'


def test_a_negative_loss_is_not_cut_off():
    pytest.importorskip('matplotlib')
    result = bf.FitResult(
        backend='grad', best_loss=-5.0, best_params={'a': 1.0}, history=[-1.0, -5.0], n_steps=2
    )
    assert result.plot().axes[0].get_ylim()[0] < -5.0


# --------------------------------------------------------------------------------------- curvature


def test_hessian_is_that_of_the_reference(double, fastest):
    """jax.hessian of the loss written by hand, by the constrained values, on the reference."""
    result = fit_network(sigma=0.0, target=np.asarray(SERIES, float))
    assert result.implementation == fastest

    def loss(x):
        brainstate.random.DEFAULT.value = result.best_key  # of the history before the start
        model = network(0.0)
        model.coupling.k.set_value(x[0])
        model.node.a.set_value(x[1:])
        return bf.objectives.timeseries_rmse()(PREDICT(model), np.asarray(SERIES, float))

    @brainstate.transform.jit
    def both(x):
        return jax.hessian(loss)(x), jax.grad(loss)(x)

    x = jnp.concatenate([result.best_params[K][None], result.best_params[A]])
    with bf.use('reference'):
        expected, gradient = both(x)
    for method in ('exact', 'differences'):
        found = result.hessian(method=method)
        assert found.elements == (K, *(f'{A}[{k}]' for k in range(N)))
        np.testing.assert_allclose(found.point, x, rtol=1e-12)
        np.testing.assert_allclose(found.gradient, gradient, rtol=1e-6, atol=1e-10)
        np.testing.assert_allclose(found.matrix, expected, rtol=1e-5, atol=1e-7)
        assert found.asymmetry < 1e-6


def test_hessian_under_the_noise_of_the_best_key(double):
    """Both methods, on two implementations, draw the noise of the fit."""
    result = fit_network()
    exact, differences = (result.hessian(method=m) for m in ('exact', 'differences'))
    np.testing.assert_allclose(differences.matrix, exact.matrix, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(differences.gradient, exact.gradient, rtol=1e-6, atol=1e-10)


class Rate(brainstate.nn.Module):
    """One parameter behind a transform: theta = lower + softplus(raw)."""

    def __init__(self, t=SoftplusT(1.0 * u.ms)):
        super().__init__()
        self.tau = Param(3.0 * u.ms, t=t)


def fit_rate(loss, optimizer=None, n_steps=1, **options):
    fitter = bf.Fitter(
        Rate(**options),
        optimizer or optax.sgd(0.0),
        loss_fn=lambda m: (loss(m.tau.value() / u.ms), None),
    )
    return fitter.fit(n_steps=n_steps)


@pytest.mark.parametrize('method', ['exact', 'differences'])
def test_hessian_by_values_and_by_what_is_stored(method, double):
    """theta^3 at 3: 18 by theta; by the raw value the chain rule."""
    result = fit_rate(lambda theta: theta**3)
    assert result.hessian(method=method).matrix[0, 0] == pytest.approx(18.0, rel=1e-6)
    raw = np.log(np.expm1(2.0))
    s = 1 / (1 + np.exp(-raw))
    expected = 18.0 * s**2 + 27.0 * s * (1 - s)
    found = result.hessian('raw', method)
    assert found.point[0] == pytest.approx(raw) and found.matrix[0, 0] == pytest.approx(
        expected, rel=1e-6
    )


def test_hessian_of_what_is_not_there():
    with pytest.warns(RuntimeWarning, match='not finite'):
        result = fit_rate(lambda theta: jnp.sqrt(-theta))
    with pytest.raises(ValueError, match='hessian: given a fit without a finite loss'):
        result.hessian()
    with pytest.raises(ValueError, match="space: given 'log'"):
        result.hessian('log')


# --------------------------------------------------------------------------------- standard errors

N_OBS, BETA = 40, np.array([0.5, -1.0, 2.0])
DESIGN = np.column_stack(
    [np.ones(N_OBS), np.random.default_rng(1).normal(size=(N_OBS, 2)) * [1.0, 30.0]]
)
OBSERVED = DESIGN @ BETA + np.random.default_rng(2).normal(0.0, 0.3, N_OBS)
SOLUTION, RSS = np.linalg.lstsq(DESIGN, OBSERVED, rcond=None)[:2]
VARIANCE = float(RSS[0]) / (N_OBS - 3)
COVARIANCE = VARIANCE * np.linalg.inv(DESIGN.T @ DESIGN)

LOSSES = {
    'mean_squared_error': lambda r: jnp.mean(r**2),
    'root_mean_squared_error': lambda r: jnp.sqrt(jnp.mean(r**2)),
    'negative_log_likelihood': lambda r: jnp.sum(r**2) / (2 * VARIANCE),
}


def regression(loss, at=SOLUTION, t=None):
    """A fit that stands at ``at``."""

    def loss_fn(model):
        return LOSSES[loss](model.update() - OBSERVED), None

    return bf.Fitter(Line(DESIGN, at, t), optax.sgd(0.0), loss_fn=loss_fn).fit(n_steps=1)


@pytest.mark.parametrize('method', ['exact', 'differences'])
@pytest.mark.parametrize('t', [None, SigmoidT(-20.0, 20.0)], ids=['plain', 'transformed'])
@pytest.mark.parametrize('loss', LOSSES)
def test_standard_errors_of_least_squares(loss, t, method, double):
    """Those of the normal equations, whatever form of the loss and of the parameters."""
    result = regression(loss, t=t)
    n = {} if loss == 'negative_log_likelihood' else {'n_observations': N_OBS}
    found = result.standard_errors(loss, method=method, **n)
    assert found.valid and found.reason == ''
    np.testing.assert_allclose(found.covariance, COVARIANCE, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(found.values['beta'], np.sqrt(np.diag(COVARIANCE)), rtol=1e-6)
    assert result.uncertainty is found
    assert found.eigenvalues[0] > 0 and found.eigenvalues.sum() == pytest.approx(3.0)


def test_a_known_noise_variance(double):
    found = regression('mean_squared_error').standard_errors(
        'mean_squared_error', n_observations=N_OBS, noise_variance=4 * VARIANCE
    )
    np.testing.assert_allclose(found.covariance, 4 * COVARIANCE, rtol=1e-6, atol=1e-12)


def test_standard_errors_in_tables_reports_and_files(double, tmp_path):
    result = regression('mean_squared_error')
    found = result.standard_errors('mean_squared_error', n_observations=N_OBS)
    assert 'std err: valid' in result.summary()
    result.save(tmp_path / 'fit.npz')
    back = bf.FitResult.load(tmp_path / 'fit.npz')
    assert_same(back.uncertainty, found)
    pytest.importorskip('pandas')
    column = back.to_dataframe('params')['standard_error']
    np.testing.assert_allclose(column, np.sqrt(np.diag(COVARIANCE)), rtol=1e-6)


def test_half_widths(double):
    """A parabola rises by delta at sqrt(2 delta / curvature), in the unit of the parameter."""
    result = fit_rate(lambda theta: 5.0 * (theta - 3.0) ** 2)
    found = result.half_widths(0.2)
    assert found.valid
    assert found.values['tau'].unit == u.ms
    assert float(found.values['tau'].mantissa) == pytest.approx(np.sqrt(2 * 0.2 / 10.0), rel=1e-6)
    with pytest.raises(ValueError, match='rise: given 0, expected a number > 0'):
        result.half_widths(0)


def standard(result, **options):
    return result.standard_errors('negative_log_likelihood', **options)


@pytest.mark.parametrize('loss', LOSSES)
def test_a_point_beside_the_minimum(loss, double):
    """The way to the minimum is told in standard errors, whatever form the loss has."""
    options = {'n_observations': N_OBS, 'noise_variance': VARIANCE}
    if loss == 'negative_log_likelihood':
        options = {}
    offset = np.sqrt(COVARIANCE[2, 2]) * np.array([0.0, 0.0, 1.0])
    distance = np.sqrt(offset @ np.linalg.inv(COVARIANCE) @ offset)
    near, far = (
        regression(loss, SOLUTION + part * offset).standard_errors(loss, **options)
        for part in (0.05, 0.5)
    )
    assert near.valid and not far.valid
    assert f'puts the minimum {0.5 * distance:.2g} standard errors away' in far.reason
    np.testing.assert_allclose(far.covariance, COVARIANCE, rtol=1e-6, atol=1e-12)


def test_a_bound_of_the_transform_is_near(double):
    """The minimum 3 lies one and three standard errors above the bound."""
    for distance, valid in ((1.0, False), (3.0, True)):
        t = SoftplusT((3.0 - distance) * u.ms)
        found = standard(fit_rate(lambda theta: 0.5 * (theta - 3.0) ** 2, t=t))
        assert found.valid is valid
        assert ('within two standard errors of a bound: tau' in found.reason) is not valid


def test_a_bound_of_the_search_is_near(double):
    pytest.importorskip('scipy')
    fitter = bf.Fitter(
        Rate(SoftplusT(-90.0 * u.ms)),
        'L-BFGS-B',
        loss_fn=lambda m: (0.5 * (m.tau.value() / u.ms - 3.0) ** 2, None),
        backend='scipy',
        search_space={'tau': (2.0 * u.ms, 9.0 * u.ms)},
    )
    found = standard(fitter.fit(n_steps=1, seed=0))
    assert 'within two standard errors of a bound: tau' in found.reason


def test_parameters_that_the_data_do_not_determine(double):
    """Two equal columns: only the sum is known."""
    model = Line(DESIGN[:, [0, 1, 1]], np.zeros(3))
    fitter = bf.Fitter(
        model, optax.sgd(0.0), loss_fn=lambda m: (jnp.mean((m.update() - 1.0) ** 2), None)
    )
    result = fitter.fit(n_steps=1)
    for method in ('exact', 'differences'):
        found = standard(result, method=method)
        assert not found.valid and 'not positive definite' in found.reason
        assert 'does not determine beta[1], beta[2]' in found.reason.replace(
            'beta[2], beta[1]', 'beta[1], beta[2]'
        )
        assert np.isnan(found.values['beta']).all() and np.isnan(found.covariance).all()


def test_a_maximum_is_no_minimum(double):
    found = standard(fit_rate(lambda theta: -((theta - 3.0) ** 2)))
    assert not found.valid and 'not positive definite' in found.reason
    assert found.eigenvalues[0] == pytest.approx(-1.0)


@pytest.mark.parametrize(('sigma', 'valid'), [(1.0, False), (1e-3, True)])
def test_noise_that_moves_the_minimum(sigma, valid, double):
    """A minimum at 3 + sigma times a normal number, with a standard error of one."""

    def loss(theta):
        return 0.5 * (theta - 3.0 - sigma * brainstate.random.normal()) ** 2

    brainstate.random.seed(0)
    result = fit_rate(loss, optax.sgd(0.0))
    found = standard(result)
    assert ('other noise moves the minimum' in found.reason) is not valid


def test_what_a_likelihood_needs(double):
    result = regression('mean_squared_error')
    with pytest.raises(ValueError, match="loss: given 'correlation', expected one of"):
        result.standard_errors('correlation')
    with pytest.raises(
        ValueError, match='n_observations: given None, expected a number above the 3'
    ):
        result.standard_errors('mean_squared_error')
    with pytest.raises(ValueError, match='n_observations: given 3, expected a number above the 3'):
        result.standard_errors('mean_squared_error', n_observations=3)
    with pytest.raises(ValueError, match='noise_variance: given 0'):
        result.standard_errors('mean_squared_error', n_observations=40, noise_variance=0)
    with pytest.raises(ValueError, match='standard_errors: given n_observations or noise_variance'):
        result.standard_errors('negative_log_likelihood', n_observations=40)
