"""What the tracer relies on: every step is elementwise, dt is an input, messages are clear."""

import brainstate
import braintools
import brainunit as u
import jax
import numpy as np
import pytest
from brainstate.transform import StatefulFunction

from brainfit_fast import models

N = 5
STEP = 0.0371  # ms; a number that no formula contains
INPUT_UNIT = {'MontbrioPazoRoxinStep': u.Hz}
NODES = [
    'HopfStep',
    'WilsonCowanStep',
    'FitzHughNagumoStep',
    'MontbrioPazoRoxinStep',
    'ReducedWongWangStep',
    'WongWangExcInhStep',
]
# First noise channel of each node.
FIRST = ['noise_x', 'noise_E', 'noise_V', 'noise_r', 'noise_S', 'noise_e']
CHANNEL = dict(zip(NODES, FIRST, strict=True))

ELEMENTWISE = {
    "abs", "add", "add_any", "broadcast_in_dim", "clamp", "convert_element_type", "copy", "div",
    "eq", "exp", "expm1", "exprel", "ge", "gt", "integer_pow", "le", "log", "logistic", "lt",
    "max", "min", "mul", "ne", "neg", "pow", "select_n", "sign", "sqrt", "square", "stop_gradient",
    "sub", "tanh",
}  # fmt: skip
NESTED = {'jit', 'pjit', 'custom_jvp_call', 'custom_vjp_call'}
# A normal sample from a key: bits of the lane, never a mix of lanes.
SAMPLING = {
    "bitcast_convert_type", "erf_inv", "or", "random_bits", "random_split", "random_unwrap",
    "random_wrap", "shift_right_logical",
}  # fmt: skip
# Allowed on keys only.
INDEXING = {'slice', 'squeeze'}


def equations(jaxpr):
    """All equations, those of nested functions in place of the call."""
    for eqn in jaxpr.eqns:
        if eqn.primitive.name in NESTED:
            inner = [p for p in eqn.params.values() if hasattr(p, 'jaxpr') or hasattr(p, 'eqns')]
            assert inner, eqn
            for sub in inner:
                yield from equations(getattr(sub, 'jaxpr', sub))
        else:
            yield eqn


def foreign(jaxpr, n=N):
    """Names of primitives that are not elementwise over [n], with the random ones allowed."""
    found = []
    for eqn in equations(jaxpr):
        name = eqn.primitive.name
        shapes = [v.aval.shape for v in (*eqn.invars, *eqn.outvars)]
        if name in ELEMENTWISE | SAMPLING:
            on_key = any('key' in str(v.aval.dtype) for v in eqn.invars)
            if not on_key and any(shape not in ((), (1,), (n,)) for shape in shapes):
                found.append(f'{name} {shapes}')
        elif name in INDEXING:
            if not all('key' in str(v.aval.dtype) for v in eqn.invars):
                found.append(f'{name} {shapes}')
        else:
            found.append(name)
    return found


def trace(node, unit=u.UNITLESS):
    """Closed jaxpr of one update as a function of dt in ms and the first input."""
    brainstate.nn.init_all_states(node)

    def step(dt, inp):
        with brainstate.environ.context(dt=dt * u.ms, i=0, t=0.0 * u.ms):
            return node.update(inp * unit)

    function = StatefulFunction(step)
    arguments = (jax.numpy.float32(STEP), jax.numpy.zeros(N))
    function.make_jaxpr(*arguments)
    return function.get_jaxpr(*arguments)


@pytest.mark.parametrize('method', ['exp_euler', 'euler', 'heun', 'rk4', 'dopri5'])
@pytest.mark.parametrize('name', NODES)
def test_step_is_elementwise(name, method):
    unit = INPUT_UNIT.get(name, u.UNITLESS)
    closed = trace(getattr(models, name)(N, method=method), unit)
    assert len(list(equations(closed.jaxpr))) > 10
    assert foreign(closed.jaxpr) == []


@pytest.mark.parametrize('noise', ['GaussianNoise', 'WhiteNoise', 'BrownianNoise', 'OUProcess'])
@pytest.mark.parametrize('name', NODES)
def test_step_with_noise_is_elementwise(name, noise):
    unit = INPUT_UNIT.get(name, u.UNITLESS)
    process = getattr(models, noise)(N, sigma=0.1 * unit)
    closed = trace(getattr(models, name)(N, **{CHANNEL[name]: process}), unit)
    names = {eqn.primitive.name for eqn in equations(closed.jaxpr)}
    assert {'random_bits', 'erf_inv'} <= names
    assert foreign(closed.jaxpr) == []


def test_the_check_sees_what_is_not_elementwise():
    """A node that mixes regions, reverses them or sums them is reported."""
    for mix, culprit in (
        (lambda x: jax.numpy.ones((N, N)) @ x, 'dot_general'),
        (lambda x: x[::-1], 'rev'),
        (lambda x: x - x.mean(), 'reduce_sum'),
        (lambda x: x[:2].sum() * x, 'slice'),
    ):

        class Mixing(models.HopfStep):
            def dx(self, x, y, inp, mix=mix):
                return super().dx(x, y, mix(inp))

        assert any(culprit in item for item in foreign(trace(Mixing(N)).jaxpr))


@pytest.mark.parametrize('name', NODES)
def test_dt_is_an_input_of_the_trace(name):
    """dt is read from the first argument: no literal holds it, and the step depends on it."""
    unit = INPUT_UNIT.get(name, u.UNITLESS)
    node = getattr(models, name)(N)
    closed = trace(node, unit)
    literals = [
        float(v.val)
        for eqn in equations(closed.jaxpr)
        for v in eqn.invars
        if hasattr(v, 'val') and np.ndim(v.val) == 0 and np.issubdtype(v.aval.dtype, np.floating)
    ]
    assert literals
    assert not np.isclose(literals, STEP).any()

    @brainstate.transform.jit
    def displacement(dt):
        start = [getattr(node, s).value for s in node.state_names]
        with brainstate.environ.context(dt=dt * u.ms):
            node.update(0.3 * unit)
        return [
            u.get_mantissa(getattr(node, s).value - x)
            for s, x in zip(node.state_names, start, strict=True)
        ]

    moves = []
    for dt in (1e-3, 2e-3):
        brainstate.random.seed(0)
        brainstate.nn.init_all_states(node)
        moves.append(np.asarray(displacement(dt)))
    assert np.abs(moves[0]).max() > 0
    np.testing.assert_allclose(moves[1], 2 * moves[0], rtol=0.02, atol=1e-6)


@pytest.mark.parametrize('name', NODES)
def test_every_state_moves_at_its_own_rate(name, double):
    """Euler in float64: (new - old) / dt equals derivative() for each state."""
    unit = INPUT_UNIT.get(name, u.UNITLESS)
    node = getattr(models, name)(N, method='euler')
    brainstate.nn.init_all_states(node)
    for k, state in enumerate(node.state_names):
        holder = getattr(node, state)
        holder.value = holder.value + (0.1 + 0.05 * k) * u.get_unit(holder.value)
    old = tuple(getattr(node, s).value for s in node.state_names)
    dt = 1e-3 * u.ms
    inputs = [0.2 * unit, 0.0][: max(1, len(old))]
    if name == 'ReducedWongWangStep':
        inputs = [node.J_N.value() * 0.2, 0.0]
    rates = node.derivative(old, 0.0 * u.ms, *inputs)
    with brainstate.environ.context(dt=dt):
        node.update(0.2 * unit)
    for state, before, rate in zip(node.state_names, old, rates, strict=True):
        moved = (getattr(node, state).value - before) / dt
        error = u.math.max(u.math.abs((moved - rate) / rate))
        assert float(u.get_mantissa(error)) < 1e-9


def test_integrator_names():
    names = models.integrators()
    expected = {'exp_euler', 'euler', 'heun', 'midpoint', 'ralston2', 'rk2', 'rk3', 'rk4', 'dopri5'}
    assert expected <= set(names)
    assert 'expeuler' not in names
    assert len(names) == len(set(names))


@pytest.mark.parametrize('name', NODES)
def test_unknown_integrator(name):
    with pytest.raises(ValueError, match=r"method: given 'rk5'.*'exp_euler'.*'heun'.*'rk4'"):
        getattr(models, name)(N, method='rk5')
    with pytest.raises(TypeError, match='method: given 4'):
        getattr(models, name)(N, method=4)


@pytest.mark.parametrize('name', NODES)
def test_bad_noise(name):
    match = f'{CHANNEL[name]}: given .*expected None, a noise process.*update'
    for bad in (object(), 0.1, brainstate.nn.Param(0.1), models.GaussianNoise):
        with pytest.raises(TypeError, match=match):
            getattr(models, name)(N, **{CHANNEL[name]: bad})


def test_bad_initializer():
    with pytest.raises(TypeError, match=r'init_x: given 0.0.*braintools.init.Constant'):
        models.HopfStep(N, init_x=0.0)


@pytest.mark.parametrize(
    ('value', 'error', 'match'),
    [
        (np.zeros(4), ValueError, r'HopfStep: a: given float64 array of shape \(4,\).*\(5,\)'),
        ([0.1] * N, TypeError, 'HopfStep: a: given .*expected a number, an array'),
        (None, ValueError, 'HopfStep: a: given None'),
    ],
)
def test_bad_parameter(value, error, match):
    with pytest.raises(error, match=match):
        models.HopfStep(N, a=value)


def test_parameters_may_be_numbers_arrays_initializers_and_params():
    trained = brainstate.nn.Param(np.linspace(0.0, 1.0, N), t=brainstate.nn.SoftplusT(-1.0))
    for value, expected in (
        (0.3, 0.3),
        (np.full(N, 0.3), np.full(N, 0.3)),
        (braintools.init.Constant(0.3), np.full(N, 0.3)),
        (trained, np.linspace(0.0, 1.0, N)),
    ):
        node = models.HopfStep(N, a=value)
        np.testing.assert_allclose(node.a.value(), expected, rtol=1e-5, atol=1e-6)
    assert node.a is trained
    assert list(node.states(brainstate.ParamState).values()) == [trained.val]
