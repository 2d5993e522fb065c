"""MapParam: its values, its place in programs and kernels, fits of its coefficients, bad input."""

from copy import deepcopy

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import L2Reg, Param, SigmoidT, SoftplusT

import brainfit_fast as bf
from brainfit_fast.fitting.points import Points
from brainfit_fast.testing import equations

N = 5
DT = 0.1 * u.ms
STEPS = 40
MAPS = np.random.default_rng(3).normal(size=(2, N))
BIAS, SCALE = 0.2, np.array([0.5, -0.3])
TRUE = BIAS + SCALE @ MAPS


@pytest.fixture(autouse=True)
def clock():
    with brainstate.environ.context(dt=DT):
        yield


def fitted(bias=0.0, scale=np.zeros(2), **options):
    return bf.MapParam(MAPS, bias=Param(bias), scale=Param(scale), **options)


def named(bias=0.0, scale=np.zeros(2)):
    coefficients = {'gradient': Param(scale[1]), 'T1w/T2w': Param(scale[0])}  # in another order
    maps = {'T1w/T2w': MAPS[0], 'gradient': MAPS[1]}
    return bf.MapParam(maps, bias=Param(bias), scale=coefficients)


def hopf(a, lib=bf):
    def start(shape):
        return jnp.linspace(0.1, 0.5, N)

    return lib.HopfStep(N, a=a, init_x=start, init_y=start)


def network(a):
    weights = np.random.default_rng(0).random((N, N))
    return bf.Network(hopf(a), conn=weights, coupled_var='x', k=0.1)


def run(model, lib=bf, **options):
    monitors = options.pop('monitors', lambda m: m.x.value)
    brainstate.random.seed(5)  # the past of a network
    return lib.Simulator(model, dt=DT).run(STEPS * DT, monitors=monitors, **options)


# -- values ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize('unit', [u.UNITLESS, u.Hz])
@pytest.mark.parametrize('make', [fitted, named])
def test_value_is_a_bias_and_scaled_maps(make, unit):
    param = make(BIAS * unit, SCALE * unit)
    np.testing.assert_allclose(u.Quantity(param.value()).to_decimal(unit), TRUE, rtol=1e-6)
    assert u.get_unit(param.value()) == unit and not param.fit


@pytest.mark.parametrize('scale', [0.5, [0.5], Param(0.5), Param([0.5])])
def test_one_map(scale):
    param = bf.MapParam(MAPS[0], bias=1.0, scale=scale)
    np.testing.assert_allclose(param.value(), 1.0 + 0.5 * MAPS[0], rtol=1e-6)


def test_units_of_one_kind_are_converted():
    param = bf.MapParam(MAPS[0], bias=1.0 * u.Hz, scale=0.001 / u.ms)
    np.testing.assert_allclose(param.value().to_decimal(u.Hz), 1.0 + MAPS[0], rtol=1e-6)


@pytest.mark.parametrize(
    ('t', 'bias'),
    [
        (SoftplusT(0.0), -0.4),
        (SoftplusT(0.0), -0.4 * u.Hz),
        (SoftplusT(0.0 * u.Hz), -0.4 * u.Hz),
        (SoftplusT(0.0 * u.Hz), -0.0004 * u.kHz),
        (SoftplusT(0.0 * u.Hz), -0.4),
    ],
)
def test_the_transform_sees_the_sum_as_numbers_in_its_unit(t, bias):
    unit = u.get_unit(bias)
    scale = 2.0 * (u.Hz if not unit.is_unitless else u.UNITLESS)
    value = bf.MapParam(MAPS[0], bias=bias, scale=scale, t=t).value()
    expected = np.logaddexp(0.0, -0.4 + 2.0 * MAPS[0])
    if unit.is_unitless and t.unit.is_unitless:
        assert not isinstance(value, u.Quantity)
    elif unit == u.kHz or not t.unit.is_unitless:
        assert u.get_unit(value) == u.Hz
    np.testing.assert_allclose(np.asarray(u.get_mantissa(value)), expected, rtol=1e-5)


def test_relative_coefficients_are_shares_of_the_bias():
    param = fitted(BIAS * u.Hz, SCALE, relative=True)
    expected = BIAS * (1.0 + SCALE @ MAPS)
    np.testing.assert_allclose(param.value().to_decimal(u.Hz), expected, rtol=1e-6)
    with pytest.raises(ValueError, match='scale: given unit Hz, expected no unit'):
        fitted(BIAS * u.Hz, SCALE * u.Hz, relative=True)


def test_normalisations():
    maps = 3.0 + 2.0 * MAPS
    low, high = maps.min(1, keepdims=True), maps.max(1, keepdims=True)
    for normalize, expected in {
        None: maps,
        'minmax': (maps - low) / (high - low),
        'zscore': (maps - maps.mean(1, keepdims=True)) / maps.std(1, keepdims=True),
    }.items():
        for k in range(2):
            param = bf.MapParam(maps, bias=0.0, scale=np.eye(2)[k], normalize=normalize)
            np.testing.assert_allclose(param.value(), expected[k], rtol=1e-5, atol=1e-6)


def test_tables_are_arrays():
    xarray = pytest.importorskip('xarray')
    pandas = pytest.importorskip('pandas')
    frame = pandas.DataFrame({'myelin': MAPS[0], 'gradient': MAPS[1]})
    by_name = bf.MapParam(dict(frame), bias=0.2, scale={'myelin': 0.5, 'gradient': -0.3})
    array = bf.MapParam(xarray.DataArray(MAPS, dims=('map', 'region')), bias=0.2, scale=SCALE)
    np.testing.assert_allclose(by_name.value(), TRUE, rtol=1e-6)
    np.testing.assert_allclose(array.value(), TRUE, rtol=1e-6)


def test_values_follow_the_coefficients():
    """Also while brainstate keeps values, of fixed coefficients, and of a copy."""
    node = hopf(bf.MapParam(MAPS, bias=0.0, scale=Param(np.zeros(2))))
    with node.param_precompute():
        node.a.bias.set_value(BIAS)
        node.a.scale.set_value(SCALE)
        np.testing.assert_allclose(node.a.value(), TRUE, rtol=1e-6)
        np.testing.assert_allclose(node.a.cache(), TRUE, rtol=1e-6)
    copy = brainstate.graph.clone(node)
    copy.a.bias.set_value(BIAS + 1.0)
    np.testing.assert_allclose(copy.a.value(), TRUE + 1.0, rtol=1e-6)
    np.testing.assert_allclose(node.a.value(), TRUE, rtol=1e-6)


@pytest.mark.parametrize('clone', [deepcopy, brainstate.graph.clone])
def test_a_copy_keeps_which_coefficient_belongs_to_which_map(clone):
    """Names in another order than the alphabet's."""
    maps = {'thickness': [0.0, 1.0, 4.0], 'myelin': [1.0, 0.0, 0.0]}
    scale = {'thickness': Param(0.1), 'myelin': Param(-0.05)}
    node = bf.HopfStep(3, a=bf.MapParam(maps, bias=Param(1.0), scale=scale))
    np.testing.assert_allclose(clone(node).a.value(), [0.95, 1.1, 1.4], rtol=1e-6)


def test_regularization_of_coefficients_counts():
    node = hopf(
        bf.MapParam(
            MAPS, bias=Param(2.0, reg=L2Reg(0.5)), scale=Param(np.array([1.0, 3.0]), reg=L2Reg(0.1))
        )
    )
    assert float(node.reg_loss()) == pytest.approx(0.5 * 4.0 + 0.1 * 10.0)


# -- runs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('implementation', ['reference', 'cpu_ffi'])
def test_a_run_is_that_of_the_regional_values(implementation, request):
    if implementation == 'cpu_ffi' and request.config.getoption('--pure-python'):
        pytest.skip('the native library is absent on purpose')
    with bf.use(simulate=implementation):
        ours = run(network(named(BIAS, SCALE)), monitors='node.x')
        plain = run(network(TRUE), monitors='node.x')
    assert ours.implementation == implementation
    np.testing.assert_allclose(ours['node.x'], plain['node.x'], rtol=1e-6, atol=1e-7)


def test_a_parameter_with_unit_in_a_node_that_needs_it():
    noise = {
        'tau': bf.MapParam(MAPS[0], bias=10.0 * u.ms, scale=Param(1.0 * u.ms)),
        'sigma': bf.MapParam(MAPS[0], bias=Param(0.0), scale=0.1, t=SoftplusT(0.0)),
    }
    plain = {name: param.value() for name, param in noise.items()}
    states = [
        run(bf.HopfStep(N, noise_x=bf.OUProcess(N, **given)))['output'] for given in (noise, plain)
    ]
    assert np.ptp(states[0]) > 0
    np.testing.assert_allclose(*states, rtol=1e-5, atol=1e-7)


def test_brainmass_takes_it(fastest):
    """brainmass's node in its own loop and in ours, float32."""
    brainmass = pytest.importorskip('brainmass')
    theirs = run(hopf(fitted(BIAS, SCALE), brainmass), brainmass)['output']
    ours = run(hopf(fitted(BIAS, SCALE), brainmass))
    assert ours.implementation == fastest
    np.testing.assert_allclose(ours['output'], theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('implementation', ['reference', 'cpu_ffi'])
def test_candidates_of_coefficients(implementation, request):
    if implementation == 'cpu_ffi' and request.config.getoption('--pure-python'):
        pytest.skip('the native library is absent on purpose')
    biases, scales = np.array([0.0, 0.2, 0.4]), np.random.default_rng(1).normal(size=(3, 2)) * 0.3
    with bf.use(simulate=implementation):
        net = network(fitted())
        batch = run(net, monitors='node.x', candidates={'a.bias': biases, 'node.a.scale': scales})
        by_name = run(
            network(named()),
            monitors='node.x',
            candidates={
                'a.bias': biases,
                'node.a.scale.T1w/T2w': scales[:, 0],
                'gradient': scales[:, 1],
            },
        )
        rows = biases[:, None] + scales @ MAPS
        plain = run(network(Param(TRUE)), monitors='node.x', candidates={'a': rows})
    assert batch.implementation == implementation
    assert np.ptp(np.asarray(plain['node.x']), axis=1).max() > 0.01
    np.testing.assert_allclose(batch['node.x'], plain['node.x'], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(by_name['node.x'], plain['node.x'], rtol=1e-5, atol=1e-6)


def test_two_parameters_with_one_bias_follow_its_candidates():
    bias = Param(0.1)
    node = hopf(bf.MapParam(MAPS[0], bias=bias, scale=0.2))
    node.w = bf.MapParam(MAPS[1], bias=bias, scale=0.1)
    other = hopf(Param(np.zeros(N)))
    other.w = Param(np.zeros(N))
    biases = np.array([0.1, 0.5])
    shared = run(node, candidates={'a.bias': biases})['output']
    rows = {'a': biases[:, None] + 0.2 * MAPS[0], 'w': biases[:, None] + 0.1 * MAPS[1]}
    plain = run(other, candidates=rows)['output']
    np.testing.assert_allclose(shared, plain, rtol=1e-5, atol=1e-6)


def test_candidates_of_the_parameter_and_of_its_coefficients_at_once():
    with pytest.raises(ValueError, match=r"'a' together with 'a\.bias'.*not both"):
        run(hopf(fitted()), candidates={'a': np.zeros((2, N)), 'a.bias': np.zeros(2)})


# -- gradients -------------------------------------------------------------------------------------------


@pytest.mark.parametrize('implementation', ['reference', 'cpu_ffi'])
def test_gradient_by_coefficients(implementation, request, x64):
    """Against central differences, float64, through a transform."""
    if implementation == 'cpu_ffi' and request.config.getoption('--pure-python'):
        pytest.skip('the native library is absent on purpose')
    with brainstate.environ.context(precision=64), bf.use(simulate=implementation):
        net = network(fitted(BIAS, SCALE, t=SoftplusT(-0.5)))

        @brainstate.transform.jit
        def loss():
            result = run(net, monitors='node.x')
            assert result.implementation == implementation
            return jnp.sum(result['node.x'][-1] ** 2)

        weights = net.states(brainstate.ParamState)
        gradients = brainstate.transform.grad(loss, weights)()
        assert {path[-2:] for path in gradients} == {('bias', 'val'), ('scale', 'val')}
        for path, state in weights.items():
            start = jnp.asarray(state.value)
            for index in np.ndindex(start.shape):
                around = []
                for step in (1e-5, -1e-5):
                    state.value = start.at[index].add(step)
                    around.append(loss())
                state.value = start
                slope = float(around[0] - around[1]) / 2e-5
                assert abs(slope) > 1e-4
                assert float(gradients[path][index]) == pytest.approx(slope, rel=1e-6)


# -- fits ------------------------------------------------------------------------------------------------


def fitter(a, *args, **kwargs):
    predict = bf.Predict(STEPS * DT, dt=DT, monitors='x')
    return bf.Fitter(hopf(a), *args, predict=predict, **kwargs)


def target():
    return run(hopf(TRUE))['output']


@pytest.mark.parametrize('make', [fitted, named])
def test_gradients_recover_the_coefficients(make, fastest):
    result = fitter(make(), braintools.optim.Adam(lr=0.02)).fit(target=target(), n_steps=200)
    assert result.implementation == fastest
    if make is named:
        scales = ['a.scale.T1w/T2w', 'a.scale.gradient']
        found = [float(result.best_params[name]) for name in scales]
    else:
        scales = ['a.scale']
        found = result.best_params['a.scale']
    assert set(result.best_params) == {'a.bias', *scales}
    assert float(result.best_params['a.bias']) == pytest.approx(BIAS, abs=5e-3)
    np.testing.assert_allclose(found, SCALE, atol=5e-3)
    np.testing.assert_allclose(result.model.a.value(), TRUE, atol=1e-2)


def test_a_population_is_one_batch(monkeypatch, request):
    """Candidates of the coefficients reach the C++ kernel as candidates."""
    pytest.importorskip('nevergrad')
    if request.config.getoption('--pure-python'):
        pytest.skip('the native library is absent on purpose')
    calls, evaluate = [], Points.evaluate

    def seen(self, values):
        traced = jax.make_jaxpr(self._batch)(dict(values), self.carried)
        calls.extend(
            eqn.outvars[0].aval.shape
            for eqn, _ in equations(traced.jaxpr)
            if eqn.primitive.name == 'ffi_call'
        )
        return evaluate(self, values)

    monkeypatch.setattr(Points, 'evaluate', seen)
    a = bf.MapParam(MAPS, bias=Param(0.1, t=SigmoidT(-1.0, 1.0)), scale=Param(np.zeros(2)))
    result = fitter(
        a,
        {'method': 'DE', 'n_sample': 4},
        backend='nevergrad',
        search_space={'a.scale': (-1.0, 1.0)},
    ).fit(target=target(), n_steps=3, seed=1)
    assert result.implementation == 'cpu_ffi' and calls and calls[0][0] == 4
    assert {name: np.shape(values) for name, values in result.evaluations.params.items()} == {
        'a.bias': (12,),
        'a.scale': (12, 2),
    }
    assert result.loss_at() == pytest.approx(result.best_loss, rel=1e-5)


def test_scipy_recovers_the_coefficients(fastest):
    pytest.importorskip('scipy')
    result = fitter(
        fitted(),
        'L-BFGS-B',
        backend='scipy',
        search_space={'a.bias': (-1.0, 1.0), 'a.scale': (-1.0, 1.0)},
    ).fit(target=target(), n_steps=1, seed=0)
    assert result.implementation == fastest
    assert float(result.best_params['a.bias']) == pytest.approx(BIAS, abs=2e-3)
    np.testing.assert_allclose(result.best_params['a.scale'], SCALE, atol=2e-3)


def test_only_fitted_coefficients_are_fitted():
    a = bf.MapParam(MAPS, bias=BIAS, scale=Param(np.zeros(2)))
    result = fitter(a, braintools.optim.Adam(lr=0.05)).fit(target=target(), n_steps=2)
    assert list(result.best_params) == ['a.scale']
    assert float(a.bias.value()) == pytest.approx(BIAS)


# -- bad input -------------------------------------------------------------------------------------------


def broken(value, where=(1, 2)):
    maps = MAPS.copy()
    maps[where] = value
    return maps


@pytest.mark.parametrize(
    ('options', 'match'),
    [
        ({'maps': broken(np.nan)}, r'maps: given 1 values that are NaN.*\(1, 2\)'),
        ({'maps': broken(np.inf)}, 'NaN or infinite'),
        ({'maps': broken(3.0, 1)}, r'maps: given 1 maps with the same value.*\(1,\).*bias is for'),
        ({'maps': np.zeros((2, 2, 3))}, 'maps: given float64 array of shape'),
        ({'maps': np.zeros((0, 3))}, 'maps: given float64 array of shape'),
        ({'maps': [[0.0, 1.0], [0.0]]}, 'make no array'),
        ({'maps': {'a': MAPS[0], 'b': MAPS[1, :3]}}, 'make no array'),
        ({'normalize': 'max'}, "normalize: given 'max'"),
        ({'bias': np.zeros(N)}, r'bias: given shape \(5,\), expected shape \(\)'),
        ({'scale': 0.1}, r'scale: given shape \(\), expected shape \(2,\)'),
        ({'scale': np.zeros(3)}, r'scale: given shape \(3,\), expected shape \(2,\)'),
        ({'scale': [1.0, 1.0] * u.Hz}, 'scale: given unit Hz, expected the unit of bias'),
        ({'bias': 1.0 * u.Hz}, 'scale: given unit'),
        ({'t': SoftplusT(0.0 * u.mV), 'bias': 1.0 * u.Hz, 'scale': SCALE * u.Hz}, 't: given'),
        (
            {'maps': {'a': MAPS[0], 'b': MAPS[1]}},
            r"one coefficient for each name of maps, \['a', 'b'\]",
        ),
        ({'maps': {'a': MAPS[0]}, 'scale': {'b': 1.0}}, r"given the names \['b'\]"),
        ({'maps': {'a': MAPS[0]}, 'scale': {'a': [1.0]}}, r"scale\['a'\]: given shape \(1,\)"),
    ],
)
def test_values_that_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        bf.MapParam(**{'maps': MAPS, 'bias': 0.1, 'scale': SCALE, **options})


@pytest.mark.parametrize(
    ('options', 'match'),
    [
        ({'bias': 'large'}, "bias: given 'large'"),
        ({'bias': None}, 'bias: given None'),
        ({'scale': np.zeros}, 'scale: given'),
        ({'t': np.exp}, 't: given'),
        ({'normalize': 1}, 'normalize: given 1'),
    ],
)
def test_types_that_are_refused(options, match):
    with pytest.raises(TypeError, match=match):
        bf.MapParam(**{'maps': MAPS, 'bias': 0.1, 'scale': SCALE, **options})


def test_maps_of_other_regions():
    with pytest.raises(ValueError, match=r'(?s)HopfStep: a: .*\(5,\).*\(6,\)'):
        bf.HopfStep(6, a=fitted())


def test_values_are_not_set():
    with pytest.raises(TypeError, match=r'param\.bias\.set_value'):
        fitted().set_value(TRUE)


def test_a_coefficient_that_is_not_finite_is_named():
    with pytest.raises(ValueError, match=r'a\.bias: given 1 values'):
        run(hopf(fitted(bias=np.nan)))
