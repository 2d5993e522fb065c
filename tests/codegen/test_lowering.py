"""Which models have native code, and that it computes what the reference computes."""

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import brainfit_fast as bf
from brainfit_fast.codegen.cpp import node_source
from brainfit_fast.codegen.graph import Graph
from brainfit_fast.codegen.library import source_of
from brainfit_fast.codegen.node import Unsupported, node_of
from brainfit_fast.core import ffi
from brainfit_fast.monitors import measurement
from brainfit_fast.ops.simulate.api import simulate
from brainfit_fast.ops.simulate.args import Plan, SimulateArgs
from brainfit_fast.program.arrays import gather
from brainfit_fast.program.build import Unrecognised, build
from brainfit_fast.program.inputs import input_rows
from brainfit_fast.program.recognise import refresh_delays

brainmass = pytest.importorskip('brainmass')

N = 3
DT = 0.02 * u.ms
STEPS = 200
RNG = np.random.default_rng(11)
WEIGHTS = RNG.random((N, N)) * (1 - np.eye(N))
LENGTHS = RNG.random((N, N)) * 8.0


def built_of(make, monitors=None, inputs=None, steps=STEPS):
    """A program and its arguments with a candidate axis, at random initial states."""
    brainstate.random.seed(5)
    with brainstate.environ.context(dt=DT):
        model = make()
        refresh_delays(model)
        brainstate.nn.init_all_states(model)
        for state in model.states(brainstate.HiddenState).values():
            state.value = jax.tree.map(
                lambda leaf: leaf + 0.1 * brainstate.random.normal(size=leaf.shape), state.value
            )
        rows = None if inputs is None else lambda i, t: inputs
        example, rows = input_rows(rows, steps, DT)
        built = build(model, measurement(model, monitors), example, DT)
        arrays = gather(built)
    leaves = jax.tree.map(lambda leaf: leaf[None], (arrays._replace(pointers=()), rows))
    arrays, rows, pointers = leaves[0], leaves[1], arrays.pointers
    dt = jnp.asarray(u.get_mantissa(DT), brainstate.environ.dftype())
    args = SimulateArgs(
        params=arrays.params,
        consts=arrays.consts,
        states=arrays.states,
        rings=arrays.rings,
        weights=arrays.weights,
        delays=arrays.delays,
        inputs=rows,
        pointers=pointers,
        dt=dt,
        start=jnp.int32(0),
    )
    return built.program, args


def agree(make, monitors=None, inputs=None, rtol=1e-10):
    """Value and gradient of every parameter by the kernel and by the reference, in float64."""
    with brainstate.environ.context(precision=64):
        program, args = built_of(make, monitors, inputs)
        plan = Plan(STEPS, 20, 3)

        def loss(params, implementation):
            result = simulate(
                program, plan, args._replace(params=params), implementation=implementation
            )
            floating = [
                leaf
                for leaf in jax.tree.leaves((result.samples, result.states))
                if jnp.issubdtype(leaf.dtype, jnp.floating)
            ]
            total = sum(
                (jnp.sin(leaf) * jnp.cos(jnp.arange(leaf.size).reshape(leaf.shape))).sum()
                for leaf in floating
            )
            return total, (floating, result.finite)

        params = args.params
        results = [
            jax.value_and_grad(loss, has_aux=True)(params, name)
            for name in ('cpu_ffi', 'reference')
        ]
    ((_, (ours, finite)), gradient), ((_, (theirs, _)), expected) = jax.tree.map(
        np.asarray, results
    )
    assert finite.all()
    for mine, other in zip(ours, theirs, strict=True):
        assert np.abs(other).max() > 0
        np.testing.assert_allclose(mine, other, rtol=0, atol=rtol * np.abs(other).max())
    largest = max(np.abs(leaf).max() for leaf in expected)
    assert largest > 0
    for mine, other in zip(gradient, expected, strict=True):
        scale = np.abs(other).max()
        # one that vanishes is compared with the others
        scale = scale if scale > 1e-6 * largest else largest
        np.testing.assert_allclose(mine, other, rtol=0, atol=rtol * scale)


# ------------------------------------------------------------------------------------- the catalogue


def network(node, variable, lib=bf, coupling='diffusive', delayed=True, **options):
    where = {'distance': LENGTHS, 'speed': 40.0} if delayed else {}
    options = {'k': 0.3, 'conn': WEIGHTS, **where, **options}
    return lib.Network(node, coupling=coupling, coupled_var=variable, **options)


def ou(sigma=0.1, lib=bf):
    return lib.OUProcess(N, sigma=sigma, tau=5.0 * u.ms)


#: Ours and those of brainmass whose code ships, so that nothing is compiled here.
SHIPPED = {
    'Hopf': lambda: bf.HopfStep(N),
    'Hopf, delays': lambda: network(
        bf.HopfStep(
            N, noise_x=bf.GaussianNoise(N, sigma=0.1), noise_y=bf.GaussianNoise(N, sigma=0.1)
        ),
        'x',
    ),
    'Hopf, Heun': lambda: network(bf.HopfStep(N, method='heun'), 'x', delayed=False),
    'WilsonCowan': lambda: network(bf.WilsonCowanStep(N, noise_E=ou()), 'rE'),
    'FitzHughNagumo': lambda: network(bf.FitzHughNagumoStep(N), 'V', coupling='additive'),
    'MontbrioPazoRoxin': lambda: network(bf.MontbrioPazoRoxinStep(N), 'r', delayed=False),
    'ReducedWongWang': lambda: network(
        bf.ReducedWongWangStep(N, noise_S=bf.GaussianNoise(N, sigma=1e-3)), 'S', coupling='additive'
    ),
    'WongWangExcInh': lambda: network(
        bf.WongWangExcInhStep(
            N, noise_e=bf.GaussianNoise(N, sigma=1e-2), noise_i=bf.GaussianNoise(N, sigma=1e-2)
        ),
        'S_e',
        coupling='additive',
    ),
    'brainmass WilsonCowan': lambda: brainmass.WilsonCowanStep(N),
}

#: Models that are compiled at first use: constructor, monitors, external inputs.
COMPILED = {
    'CoombesByrneStep': (lambda: brainmass.CoombesByrneStep(N),),
    'EpileptorStep': (lambda: brainmass.EpileptorStep(N),),
    'FitzHughNagumoStep': (lambda: brainmass.FitzHughNagumoStep(N, method='rk4'),),
    'Generic2dOscillatorStep': (lambda: brainmass.Generic2dOscillatorStep(N),),
    'HORNStep': (lambda: brainmass.HORNStep(N), None, (np.linspace(0.5, 1.0, N),)),
    'HopfStep': (lambda: brainmass.HopfStep(N, noise_x=brainmass.BrownianNoise(
        N, sigma=0.1, init=braintools.init.Constant(0.0))),),
    'JansenRitStep': (
        lambda: brainmass.JansenRitStep(N), lambda m: m.eeg(),
        (np.zeros(N) * u.mV, np.full(N, 220.0) * u.Hz, np.zeros(N) * u.mV),
    ),
    'KuramotoNetwork': (lambda: brainmass.KuramotoNetwork(N, K=0.5, alpha=0.1, conn=WEIGHTS),),
    'LarterBreakspearStep': (lambda: brainmass.LarterBreakspearStep(N),),
    'LinearStep': (lambda: brainmass.LinearStep(N, method='heun'),),
    'LorenzStep': (lambda: brainmass.LorenzStep(N),),
    'MontbrioPazoRoxinStep': (lambda: brainmass.MontbrioPazoRoxinStep(N),),
    'StuartLandauStep': (lambda: brainmass.StuartLandauStep(N),),
    'ThresholdLinearStep': (
        lambda: brainmass.ThresholdLinearStep(N), None, (np.array([0.5, -0.5, 1.0]), 0.2)),
    'VanDerPolStep': (lambda: brainmass.VanDerPolStep(N),),
    'WilsonCowanAdaptiveStep': (lambda: brainmass.WilsonCowanAdaptiveStep(N),),
    'WilsonCowanDelayedStep': (lambda: brainmass.WilsonCowanDelayedStep(N),),
    'WilsonCowanDivisiveInputStep': (lambda: brainmass.WilsonCowanDivisiveInputStep(N),),
    'WilsonCowanDivisiveStep': (lambda: brainmass.WilsonCowanDivisiveStep(N),),
    'WilsonCowanLinearStep': (lambda: brainmass.WilsonCowanLinearStep(N),),
    'WilsonCowanNoSaturationStep': (lambda: brainmass.WilsonCowanNoSaturationStep(N),),
    'WilsonCowanSimplifiedStep': (lambda: brainmass.WilsonCowanSimplifiedStep(N),),
    'WilsonCowanStep': (lambda: brainmass.WilsonCowanStep(N, method='midpoint'),),
    'WilsonCowanSymmetricStep': (lambda: brainmass.WilsonCowanSymmetricStep(N),),
    'WilsonCowanThreePopulationStep': (lambda: brainmass.WilsonCowanThreePopulationStep(N),),
    'WongWangExcInhStep': (lambda: brainmass.WongWangExcInhStep(N),),
    'WongWangStep': (lambda: brainmass.WongWangStep(N),),
}  # fmt: skip

#: Models that run on the generic path, and why.
GENERIC = {
    'PinkNoise': (
        lambda: brainmass.HopfStep(N, noise_x=brainmass.PinkNoise(N, sigma=0.1)),
        "it uses the primitive 'fft'",  # shapes the spectrum across regions
    ),
}

#: Not node models: layers that hold other modules, and bases.
_OTHER = {'HORNSeqLayer', 'HORNSeqNetwork'}


def test_every_model_of_brainmass_is_listed():
    listed = {
        record if isinstance(record, str) else record.name for record in brainmass.list_models()
    }
    listed |= {name for name in dir(brainmass) if name.endswith('Step')}
    assert listed == set(COMPILED) | _OTHER


@pytest.mark.parametrize('name', COMPILED)
def test_native_code_with_its_derivative(name):
    program, _ = built_of(*COMPILED[name], steps=1)
    node = node_of(program)
    assert node.no_adjoint == ''
    assert 'advance' in source_of(node).text
    assert 'adjoint' in source_of(node).text


@pytest.mark.parametrize('name', GENERIC)
def test_models_without_native_code_say_why(name):
    make, reason = GENERIC[name]
    with pytest.raises(Unrecognised, match=reason):
        built_of(make, steps=1)


@pytest.fixture
def kernels():
    ok, reason = ffi.available()
    if not ok:
        pytest.skip(reason)


SLOW = {
    'Hopf, Heun', 'Hopf, delays', 'brainmass WilsonCowan', 'WilsonCowan', 'FitzHughNagumo', 'ReducedWongWang',
}  # fmt: skip


@pytest.mark.usefixtures('kernels')
@pytest.mark.parametrize(
    'name', [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in SHIPPED]
)
def test_shipped_code_agrees_with_the_reference(name):
    with brainstate.environ.context(precision=64):
        program, _ = built_of(SHIPPED[name], steps=1)
        assert ffi.has_node(source_of(node_of(program)).key)
    agree(SHIPPED[name])


@pytest.mark.slow
@pytest.mark.usefixtures('kernels')
@pytest.mark.parametrize('name', COMPILED)
def test_compiled_code_agrees_with_the_reference(name):
    agree(*COMPILED[name])


@pytest.mark.slow
@pytest.mark.usefixtures('kernels')
@pytest.mark.parametrize('method', ['euler', 'rk2', 'rk4', 'ralston2'])
def test_integrators_agree_with_the_reference(method):
    agree(lambda: network(bf.WilsonCowanStep(N, noise_E=ou(), method=method), 'rE'))


@pytest.mark.slow
@pytest.mark.usefixtures('kernels')
@pytest.mark.parametrize('coupling', ['sigmoidal', 'tanh', 'sigmoidal_jansen_rit', 'laplacian'])
def test_couplings_agree_with_the_reference(coupling):
    agree(lambda: network(bf.HopfStep(N, noise_x=ou()), 'x', coupling=coupling))


# ------------------------------------------------------------------------------- forms of one equation


class Custom(brainstate.nn.Dynamics):
    """One state, drawn towards a function of itself."""

    def __init__(self, function):
        super().__init__(N)
        self.function = function
        self.p = brainstate.nn.Param(np.linspace(0.3, 0.9, N))

    def init_state(self, *args, **kwargs):
        self.x = brainstate.HiddenState(
            jnp.linspace(-0.5, 0.7, N).astype(brainstate.environ.dftype())
        )

    def update(self):
        x = self.x.value
        self.x.value = x + 0.05 * (self.function(x, self.p.value()) - x)
        return self.x.value


def source_of_function(function):
    program, _ = built_of(lambda: Custom(function), steps=1)
    return source_of(node_of(program))


def test_equal_equations_in_another_order_are_one_code():
    def one(x, p):
        growth = jnp.exp(p * x)
        return jnp.sin(x) * growth + p * x

    def other(x, p):
        product = x * p
        wave = jnp.sin(x)
        return product + jnp.exp(product) * wave

    assert source_of_function(one) == source_of_function(other)
    assert source_of_function(one) != source_of_function(lambda x, p: jnp.sin(x) + p * x)


@pytest.mark.parametrize('name', ['max', 'min'])
def test_both_derivatives_that_jax_gives_an_extremum_are_one(name):
    """A quotient in JAX to 0.11, a comparison since."""

    def graph(write):
        g = Graph()
        x, y = g.input('x', 'float32'), g.input('y', 'float32')
        g.outputs['slope'] = write(g, x, y)
        return g.pruned()

    def quotient(g, x, y):
        whole = g.op(name, 'float32', x, y)
        zero, one, two = (g.const(k, 'float32') for k in (0, 1, 2))
        above = g.op('select', 'float32', g.op('eq', 'bool', x, whole), zero, one)
        below = g.op('select', 'float32', g.op('eq', 'bool', y, whole), one, two)
        return g.op('div', 'float32', above, below)

    def comparison(g, x, y):
        zero, half, one = (g.const(k, 'float32') for k in (0, 0.5, 1))
        tie = g.op('select', 'float32', g.op('eq', 'bool', x, y), zero, half)
        wins = g.op('gt', 'bool', *((x, y) if name == 'max' else (y, x)))
        return g.op('select', 'float32', wins, tie, one)

    assert graph(quotient) == graph(comparison)
    assert not any(op.name in ('max', 'min', 'div') for op in graph(quotient).ops)

    def unlike(g, x, y):
        return g.op('div', 'float32', quotient(g, x, y), y)

    assert any(op.name == 'div' for op in graph(unlike).ops)


FUNCTIONS = {
    'tanh': lambda x, p: jnp.tanh(p * x) + 0.1,
    'asin': lambda x, p: jnp.arcsin(0.5 * p * x) + 0.1,
    'log2': lambda x, p: jnp.log2(2.0 + p * x),
    'log1p': lambda x, p: jnp.log1p(p * x**2) - x,
    'clip': lambda x, p: jnp.clip(1.1 * x + p - 0.6, -0.4, 0.6),
    'where': lambda x, p: jnp.where(x > 0.1, jnp.sqrt(1.0 + p * x), jnp.exp(x)) - 0.5,
    'power': lambda x, p: jnp.abs(x) ** p - 0.3,
    'greater of truths': lambda x, p: jnp.where(jnp.maximum(x > p, x > 0.1), x - 0.2, 1.1 * p),
    'lesser of truths': lambda x, p: jnp.where(jnp.minimum(x > p, x > 0.1), x - 0.2, 1.1 * p),
    'ordered truths': lambda x, p: jnp.where(lax.lt(x > p, x > 0.1), x - 0.2, 1.1 * p),
    'truths in order': lambda x, p: jnp.where((x > 0.1) <= (x > p), x - 0.2, 1.1 * p),
    'softplus': lambda x, p: jax.nn.softplus(3.0 * x) * p - 0.4,
}


@pytest.mark.parametrize('name', FUNCTIONS)
def test_functions_have_native_code(name):
    program, _ = built_of(lambda: Custom(FUNCTIONS[name]), steps=1)
    node = node_of(program)
    assert node.no_adjoint == ''
    node_source(node)


@pytest.mark.slow
@pytest.mark.usefixtures('kernels')
@pytest.mark.parametrize('name', FUNCTIONS)
def test_functions_agree_with_the_reference(name):
    agree(lambda: Custom(FUNCTIONS[name]))


@pytest.mark.parametrize(
    'name, function',
    [
        ('pow', lambda x, p: x ** jnp.where(x > p, 2, 3)),
        ('integer_pow', lambda x, p: x + jnp.where(x > p, 2, 3) ** 3),
    ],
)
def test_powers_of_whole_numbers_have_no_native_code(name, function):
    program, _ = built_of(lambda: Custom(function), steps=1)
    with pytest.raises(Unsupported, match=f"it uses '{name}' on int32"):
        node_source(node_of(program))


def single(x, p):
    """Computed in the parameters' precision, whatever that of the state."""
    return (x.astype(p.dtype) * p + 0.1).astype(x.dtype)


def test_parameters_of_a_narrower_float_have_native_code():
    """A model that was made before double precision was asked for."""
    node = Custom(single)
    with brainstate.environ.context(precision=64):
        program, _ = built_of(lambda: node, steps=1)
        lowered = node_of(program)
    assert lowered.dtype == 'float64'
    assert lowered.no_adjoint == ''
    assert '__builtin_convertvector' in source_of(lowered).text


@pytest.mark.slow
@pytest.mark.usefixtures('kernels')
def test_parameters_of_a_narrower_float_agree_with_the_reference():
    node = Custom(single)
    assert node.p.value().dtype == np.float32
    agree(lambda: node, rtol=STEPS**0.5 * np.finfo(np.float32).eps)
