"""What cannot be run is refused at once: each message says what was given and what was expected."""

import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param

import brainfit_fast as bf

N = 4
DT = 0.1 * u.ms
WEIGHTS = np.random.default_rng(8).random((N, N))
LENGTHS = np.full((N, N), 8.0)


@pytest.fixture(autouse=True)
def clock():
    with brainstate.environ.context(dt=DT):
        yield


def node():
    return bf.HopfStep(N, a=0.1)


def network(**kwargs):
    return bf.Network(node(), **{'conn': WEIGHTS, 'coupled_var': 'x', **kwargs})


def with_value(value, at=(1, 2)):
    array = WEIGHTS.copy()
    array[at] = value
    return array


NETWORKS = {
    'conn of another size': (
        {'conn': np.ones((3, 3))},
        r'conn: given float\d+ array of shape \(3, 3\), expected shape \(4, 4\).*4 regions',
    ),
    'conn not square': (
        {'conn': np.ones((4, 3))},
        r'conn: given float\d+ array of shape \(4, 3\), expected shape \(4, 4\)',
    ),
    'conn flattened, wrong length': (
        {'conn': np.ones(15)},
        r'conn: given float\d+ array of shape \(15,\), expected .*\(16,\) flattened',
    ),
    'conn with three axes': (
        {'conn': np.ones((1, 4, 4))},
        r'conn: given float\d+ array of shape \(1, 4, 4\), expected shape \(4, 4\)',
    ),
    'conn is a Param of another size': (
        {'conn': Param(jnp.ones((3, 3)))},
        r'conn: given float\d+ array of shape \(3, 3\), expected shape \(4, 4\)',
    ),
    'NaN in conn': (
        {'conn': with_value(np.nan)},
        r'conn: given 1 values that are NaN, infinite or negative \(the first at index \(1, 2\)\)'
        r', expected finite weights >= 0',
    ),
    'infinity in conn': ({'conn': with_value(np.inf)}, r'conn: given 1 values .* expected finite'),
    'negative weight': (
        {'conn': with_value(-0.5)},
        r'conn: given 1 values that are .*negative .*, expected finite weights >= 0',
    ),
    'negative delay': (
        {'distance': with_value(-1.0), 'speed': 2.0},
        r'distance: given 1 values .*\(1, 2\).*, expected finite lengths >= 0\. .*negative delay',
    ),
    'NaN in distance': (
        {'distance': with_value(np.nan), 'speed': 2.0},
        r'distance: given 1 values that are NaN.*expected finite lengths',
    ),
    'distance of another size': (
        {'distance': np.ones((3, 3)), 'speed': 2.0},
        r'distance: given float\d+ array of shape \(3, 3\), expected shape \(4, 4\)',
    ),
    'zero speed': (
        {'distance': LENGTHS, 'speed': 0.0},
        r'speed: given 0\.0, expected a conduction speed above zero.*speed=None',
    ),
    'zero speed with a unit': (
        {'distance': LENGTHS * u.mm, 'speed': 0.0 * u.mm / u.ms},
        r'speed: given 0\.?0? .*mm.*, expected a conduction speed above zero',
    ),
    'negative speed': (
        {'distance': LENGTHS, 'speed': -3.0},
        r'speed: given -3\.0, expected a conduction speed above zero',
    ),
    'NaN speed': (
        {'distance': LENGTHS, 'speed': float('nan')},
        r'speed: given nan, expected a conduction speed above zero',
    ),
    'units that give no time': (
        {'distance': LENGTHS * u.mm, 'speed': 2.0 * u.mV},
        r'distance / speed: given units mm and mV, expected a length over a length per time',
    ),
    'unit on the distance only': (
        {'distance': LENGTHS * u.mm, 'speed': 2.0},
        r'distance / speed: given units mm and 1, expected a length over a length per time',
    ),
    'unknown coupling': (
        {'coupling': 'linear'},
        r"coupling: given 'linear', expected one of 'diffusive', 'additive', 'laplacian'",
    ),
}


@pytest.mark.parametrize('case', NETWORKS)
def test_network(case):
    options, message = NETWORKS[case]
    with pytest.raises(ValueError, match=message):
        network(**options)


def test_node_that_is_no_dynamics():
    with pytest.raises(TypeError, match=r'node: given .*, expected a brainstate.nn.Dynamics'):
        bf.Network(WEIGHTS, conn=WEIGHTS, coupled_var='x')


@pytest.mark.parametrize('name', ['z', 'a', 'rE'])
def test_unknown_coupled_var(name):
    """It is known once the states exist: when the run initialises them."""
    message = rf"coupled_var: given '{name}', expected a state of HopfStep: 'x', 'y'"
    with pytest.raises(ValueError, match=message):
        bf.Simulator(network(coupled_var=name), dt=DT).run(10 * DT)


RUNS = {
    'transient as long as the run': (
        {'transient': 1.0 * u.ms},
        r'transient: given 1\.?0? .*ms \(10 steps\), expected less than the run of 10 steps',
    ),
    'transient longer than the run': (
        {'transient': 25},
        r'transient: given 25 \(25 steps\), expected less than the run of 10 steps',
    ),
    'negative transient': ({'transient': -1}, r'transient: given -1, expected .* >= 0'),
    'sample_every of zero': (
        {'sample_every': 0},
        r'sample_every: given 0, expected an integer >= 1',
    ),
    'inputs too short': (
        {'inputs': np.ones((9, N))},
        r'inputs: given 9 rows \(shape \(9, 4\)\), expected one row per step: 10',
    ),
    'inputs too long': ({'inputs': np.ones(11)}, r'inputs: given 11 rows .*: 10'),
    'input that is a scalar': ({'inputs': 0.5}, r'inputs: given 0 rows .*: 10'),
    'monitor that does not exist': (
        {'monitors': ['z']},
        r"monitor 'z': given 'z', which is not a state of HopfStep, expected one of 'x', 'y'",
    ),
    'monitor in a dict that does not exist': (
        {'monitors': {'mean': 'z'}},
        r"monitor 'mean': given 'z', which is not a state of HopfStep, expected one of 'x', 'y'",
    ),
}


@pytest.mark.parametrize('case', RUNS)
def test_run(case):
    options, message = RUNS[case]
    with pytest.raises(ValueError, match=message):
        bf.Simulator(node(), dt=DT).run(10 * DT, **options)


def test_monitors_of_another_type():
    with pytest.raises(TypeError, match=r'monitors: given 3, expected None, a list of state names'):
        bf.Simulator(node(), dt=DT).run(10 * DT, monitors=3)
    with pytest.raises(
        TypeError, match=r"monitor 'x': given 3, expected a state name or a callable"
    ):
        bf.Simulator(node(), dt=DT).run(10 * DT, monitors={'x': 3})


def test_name_of_a_node_state_in_a_network():
    """The message shows the dotted name that works."""
    with pytest.raises(ValueError, match=r"monitor 'x': .*not a state of Network.*'node.x'"):
        bf.Simulator(network(), dt=DT).run(10 * DT, monitors=['x'])


def test_bad_run_draws_nothing():
    """What is refused before the run leaves the random stream where it was."""
    brainstate.random.seed(3)
    before = brainstate.random.DEFAULT.value
    for options, _ in RUNS.values():
        if 'monitors' in options:
            continue
        with pytest.raises(ValueError, match='given'):
            bf.Simulator(node(), dt=DT).run(10 * DT, **options)
    assert bool(brainstate.random.DEFAULT.value == before)


@pytest.mark.parametrize(
    ('duration', 'message'),
    [
        (0.0 * u.ms, r'duration: given 0\.?0? .*ms, expected at least one step'),
        (-1.0 * u.ms, r'duration: given -1.*ms, expected at least one step'),
        (5.0, r'duration: given 5\.0 with dt 0\.1.*, expected two times'),
        (5.0 * u.mV, r'duration: given 5.*mV with dt 0\.1.*, expected two times'),
        (float('nan') * u.ms, r'duration: given nan .*, expected a finite time'),
    ],
)
def test_duration(duration, message):
    with pytest.raises(ValueError, match=message):
        bf.Simulator(node(), dt=DT).run(duration)


@pytest.mark.parametrize('transient', [0.1 * u.mV, 1.0 * u.mm])
def test_transient_of_another_unit(transient):
    with pytest.raises(ValueError, match=r'transient: given .* expected .*time'):
        bf.Simulator(node(), dt=DT).run(10 * DT, transient=transient)


def test_dt_unset():
    message = r'dt: given no time step, expected a time step, e.g. 0.1 \* brainunit.ms'
    with brainstate.environ.context(dt=None):
        with pytest.raises(ValueError, match=message):
            bf.Simulator(node()).run(1.0 * u.ms)
        with pytest.raises(ValueError, match=message):
            bf.explain(node())


@pytest.mark.parametrize('dt', [0.0 * u.ms, -0.1 * u.ms])
def test_dt_not_positive(dt):
    with pytest.raises(ValueError, match=r'dt: given .*ms, expected a time step above zero'):
        bf.Simulator(node(), dt=dt).run(1.0 * u.ms)


class Membrane(brainstate.nn.Dynamics):
    def init_state(self, *args, **kwargs):
        self.V = brainstate.HiddenState(jnp.zeros(self.varshape) * u.mV)

    def update(self, current):
        self.V.value = self.V.value + current
        return self.V.value


@pytest.mark.parametrize(
    'inputs', [np.ones(10), lambda i, t: 1.0 * u.nA], ids=['array', 'callable']
)
def test_unit_mismatch_of_inputs(inputs):
    with pytest.raises(u.UnitMismatchError, match='mV'):
        bf.Simulator(Membrane(N), dt=DT).run(10 * DT, inputs=inputs)


def test_unit_mismatch_of_a_parameter():
    net = network(k=0.3 * u.mV)
    with pytest.raises(u.UnitMismatchError, match='mV'):
        bf.Simulator(net, dt=DT).run(10 * DT)


@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_parameter_that_is_not_finite(value):
    model = bf.HopfStep(N, a=Param(jnp.full(N, 0.1).at[2].set(value)), w=0.2)
    with pytest.raises(
        ValueError, match=r'a: given 1 values that are NaN or infinite \(.*\(2,\)\)'
    ):
        bf.Simulator(model, dt=DT).run(10 * DT)
    with pytest.raises(
        ValueError, match=r'expected finite values. Set the parameter before the run'
    ):
        bf.Fitter(model, predict=predict).fit(jnp.zeros((20, N)), n_steps=2)


# --------------------------------------------------------------------------------------------- Fitter


def predict(model):
    return bf.Simulator(model, dt=DT).run(20 * DT, monitors=['x'])['x']


def trainable():
    return bf.HopfStep(N, a=Param(0.1), init_x=braintools.init.Constant(0.3))


def loss_fn(model):
    return predict(model).mean() ** 2, None


CONSTRUCTORS = {
    'both': (
        {'loss_fn': loss_fn, 'predict': predict},
        r'Fitter: given both loss_fn and predict, expected one of loss_fn\(model\)',
    ),
    'neither': ({}, r'Fitter: given neither loss_fn nor predict, expected one of'),
    'unknown backend': (
        {'predict': predict, 'backend': 'adam'},
        r"backend: given 'adam', expected one of 'grad'",
    ),
    'negative transient': (
        {'predict': predict, 'transient': -2},
        r'transient: given -2, expected a number of samples >= 0',
    ),
}


@pytest.mark.parametrize('case', CONSTRUCTORS)
def test_fitter(case):
    options, message = CONSTRUCTORS[case]
    with pytest.raises(ValueError, match=message):
        bf.Fitter(trainable(), **options)


@pytest.mark.parametrize('name', ['loss_fn', 'predict', 'objective'])
def test_fitter_of_what_cannot_be_called(name):
    options = {'predict': predict, name: 3}
    if name == 'loss_fn':
        del options['predict']
    with pytest.raises(TypeError, match=rf'{name}: given 3, expected a callable'):
        bf.Fitter(trainable(), **options)


@pytest.mark.parametrize('n_steps', [0, -3])
def test_number_of_steps(n_steps):
    message = rf'n_steps: given {n_steps}, expected an integer >= 1'
    with pytest.raises(ValueError, match=message):
        bf.Fitter(trainable(), predict=predict).fit(target=np.ones((20, N)), n_steps=n_steps)


def test_number_of_noise_seeds():
    with pytest.raises(ValueError, match='n_noise_seeds: given 0, expected an integer >= 1'):
        bf.Fitter(trainable(), loss_fn=loss_fn).fit(n_noise_seeds=0)


@pytest.mark.parametrize('model', [node, lambda: bf.HopfStep(N, a=Param(0.1, fit=False))])
def test_no_trainable_parameters(model):
    message = r'model: given HopfStep without trainable parameters, expected at least one Param'
    with pytest.raises(ValueError, match=message):
        bf.Fitter(model(), predict=predict).fit(target=np.ones((20, N)))


objectives = bf.objectives
TARGETS = {
    'wrong length': (
        objectives.timeseries_rmse(),
        np.ones((19, N)),
        r'timeseries_rmse: given .*\(19, 4\), expected .*\(20, 4\)',
    ),
    'wrong number of regions': (
        objectives.timeseries_rmse(),
        np.ones((20, 3)),
        r'timeseries_rmse: given .*\(20, 3\), expected .*\(20, 4\)',
    ),
    'other regions in FC': (
        objectives.fc_corr(as_loss=True),
        np.random.default_rng(0).random((50, 3)),
        r'fc_corr: given .*\(50, 3\), that is 3 regions, expected 4 regions',
    ),
    'a matrix as a series': (
        objectives.fc_corr(as_loss=True),
        np.eye(N) * 0.5 + 0.5,
        r'fc_corr: given a symmetric target .*connectivity matrix.*targets.fc',
    ),
    'FC target of another size': (
        objectives.fc_corr(as_loss=True),
        objectives.targets.fc(np.eye(3)),
        r'fc_corr: given .*3 regions, expected 4 regions',
    ),
    'NaN in the target': (
        objectives.timeseries_rmse(),
        np.where(np.arange(20 * N).reshape(20, N) == 5, np.nan, 1.0),
        r'timeseries_rmse: given a target with 1 NaN .*\(1, 1\).*, expected finite',
    ),
    'no target': (
        objectives.timeseries_rmse(),
        None,
        r'timeseries_rmse: given .*, expected a time series',
    ),
}


@pytest.mark.parametrize('case', TARGETS)
def test_target(case):
    objective, target, message = TARGETS[case]
    fitter = bf.Fitter(trainable(), predict=predict, objective=objective)
    with pytest.raises((ValueError, TypeError), match=message):
        fitter.fit(target=target, n_steps=2)


def test_unit_mismatch_of_the_target():
    fitter = bf.Fitter(trainable(), predict=predict)
    with pytest.raises((u.UnitMismatchError, ValueError), match='mV'):
        fitter.fit(target=np.ones((20, N)) * u.mV, n_steps=2)


def test_transient_that_leaves_nothing():
    fitter = bf.Fitter(trainable(), predict=predict, transient=20)
    message = r'transient: given 20 samples, expected less than the 20 samples of the prediction'
    with pytest.raises(ValueError, match=message):
        fitter.fit(target=np.ones((20, N)), n_steps=2)


@pytest.mark.parametrize(
    'loss',
    [lambda m: predict(m).mean(axis=0), lambda m: predict(m).mean() * u.mV],
    ids=['vector', 'unit'],
)
def test_loss_that_is_no_number(loss):
    fitter = bf.Fitter(trainable(), loss_fn=lambda m: (loss(m), None))
    with pytest.raises(ValueError, match=r'loss: given .*, expected one real number'):
        fitter.fit(n_steps=2)


def test_loss_fn_without_aux():
    """brainmass's contract is a pair; a bare number is the usual mistake."""
    fitter = bf.Fitter(trainable(), loss_fn=lambda m: loss_fn(m)[0])
    with pytest.raises((TypeError, ValueError), match=r'loss_fn: given .*, expected .*aux'):
        fitter.fit(n_steps=2)


def test_a_refused_fit_leaves_the_model():
    model = trainable()
    brainstate.nn.init_all_states(model)
    before = (model.x, np.asarray(model.x.value), float(model.a.value()))
    fitter = bf.Fitter(model, predict=predict)
    with pytest.raises(ValueError, match='timeseries_rmse'):
        fitter.fit(target=np.ones((19, N)), n_steps=2)
    assert model.x is before[0]
    np.testing.assert_array_equal(model.x.value, before[1])
    assert float(model.a.value()) == before[2]


def test_refused_names_in_use():
    with (
        pytest.raises(ValueError, match=r"use\(implementation\): given 'cuda', expected one of"),
        bf.use('cuda'),
    ):
        pass
    with (
        pytest.raises(ValueError, match=r"use: given the op 'simulation', expected one of"),
        bf.use(simulation='reference'),
    ):
        pass
