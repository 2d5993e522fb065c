"""A step with loops becomes the code of the same step written out."""

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import brainfit_fast as bf
from brainfit_fast.codegen import node as lowering
from brainfit_fast.codegen.inline import unrolled_size
from brainfit_fast.codegen.library import source_of
from brainfit_fast.codegen.node import Unsupported, node_of
from brainfit_fast.monitors import measurement
from brainfit_fast.program.build import build

brainmass = pytest.importorskip('brainmass')

N = 3
DT = 0.1 * u.ms


class SubStepped(brainstate.nn.Dynamics):
    """A node that advances several times in a step, in a loop or written out."""

    def __init__(self, node, inputs=(), count=4, loop=True):
        super().__init__(node.varshape)
        self.node, self.inputs, self.count, self.loop = node, inputs, count, loop

    def update(self, *drive):
        def step(i):
            self.node.update(*drive, *self.inputs)

        if self.loop:
            brainstate.transform.for_loop(step, np.arange(self.count))
        else:
            for i in range(self.count):
                step(i)


def program_of(model, inputs=()):
    with brainstate.environ.context(dt=DT):
        brainstate.nn.init_all_states(model)
        return build(model, measurement(model, None), inputs, DT).program


def noisy_hopf(n=N):
    return bf.HopfStep(
        n,
        noise_x=bf.OUProcess(n, sigma=0.1, tau=5.0 * u.ms),
        noise_y=bf.GaussianNoise(n, sigma=0.1),
    )


MODELS = {
    'Hopf': (noisy_hopf, ()),
    'Wong-Wang': (lambda: brainmass.WongWangStep(N), (0.3,)),
    'Jansen-Rit': (
        lambda: brainmass.JansenRitStep(
            N, noise_E=brainmass.GaussianNoise(N, sigma=10.0 * u.Hz), method='heun'
        ),
        (0.0 * u.mV, 220.0 * u.Hz, 0.0 * u.mV),
    ),
}


@pytest.mark.parametrize('precision', [32, pytest.param(64, marks=pytest.mark.slow)])
@pytest.mark.parametrize('name', MODELS)
def test_code_of_a_loop_is_that_of_its_sub_steps(name, precision):
    """The same text, adjoint included, so the same numbers to the bit."""
    make, inputs = MODELS[name]
    with jax.enable_x64(precision == 64), brainstate.environ.context(precision=precision):
        loop, written = (
            node_of(program_of(SubStepped(make(), inputs, 4, in_loop))) for in_loop in (True, False)
        )
    assert loop.no_adjoint == ''
    assert source_of(loop) == source_of(written)
    assert source_of(loop) != source_of(node_of(program_of(SubStepped(make(), inputs, 3))))


def test_code_of_a_loop_with_an_input_is_that_of_its_sub_steps():
    drive = (jnp.ones(N), jnp.ones(N))
    loop, written = (
        node_of(program_of(SubStepped(noisy_hopf(), (), 4, in_loop), drive))
        for in_loop in (True, False)
    )
    assert source_of(loop) == source_of(written)


class Custom(brainstate.nn.Dynamics):
    """One state, replaced by a function of itself."""

    def __init__(self, function, n=N):
        super().__init__(n)
        self.function = function

    def init_state(self, *args, **kwargs):
        self.x = brainstate.HiddenState(jnp.linspace(-0.5, 0.7, *self.varshape))

    def update(self, *inputs):
        self.x.value = self.function(self.x.value, *inputs)


def scanned(body, x, xs=None, **options):
    return lax.scan(body, x, xs, **options)


def _backwards(x):
    carry, rows = scanned(lambda c, w: (c * w, c + w), x, jnp.arange(1.0, 5.0), reverse=True)
    return carry + 0.1 * rows[0] + rows[1:3].max(0)


def _backwards_written(x):
    rows = [None] * 4
    for k in (3, 2, 1, 0):
        rows[k] = x + (k + 1.0)
        x = x * (k + 1.0)
    return x + 0.1 * rows[0] + jnp.maximum(rows[1], rows[2])


def _nested(x):
    return scanned(
        lambda c, i: (lax.fori_loop(0, 3, lambda j, y: y * 0.9 + 0.01 * j, c) + i, None),
        x,
        np.arange(2),
    )[0]


def _nested_written(x):
    for i in range(2):
        for j in range(3):
            x = x * 0.9 + 0.01 * j
        x = x + i
    return x


def _roots(x):
    rows = scanned(lambda c, _: (0.5 * c, c), x, length=3)[1]
    return jnp.sqrt(2.0 * rows + 1.0).sum(0)


def _roots_written(x):
    rows = [x, 0.5 * x, 0.5 * (0.5 * x)]
    return sum(jnp.sqrt(2.0 * row + 1.0) for row in rows)


WRITTEN = {
    'backwards': (_backwards, _backwards_written),
    'nested': (_nested, _nested_written),
    'row by row': (_roots, _roots_written),
}


def value_and_slope(function, x):
    """One run of one step on the native code, and its gradient along a direction."""
    model = Custom(function, len(x))

    def end(x):
        sim = bf.Simulator(model, dt=DT)
        brainstate.nn.init_all_states(model)
        model.x.value = x
        with bf.use('cpu_ffi'):
            result = sim.run(DT, monitors='x', init_states=False)
        return (result['x'] * jnp.arange(1, len(x) + 1)).sum(), result['x'][0]

    (_, out), slope = jax.value_and_grad(end, has_aux=True)(x)
    return np.asarray(out), np.asarray(slope)


@pytest.mark.parametrize('name', WRITTEN)
def test_values_and_slopes_are_those_of_the_steps_written_out(name, x64):
    loop, written = WRITTEN[name]
    x = jnp.linspace(0.2, 0.8, N)
    with brainstate.environ.context(precision=64):
        ours = value_and_slope(loop, x)
        plain, pull = jax.vjp(written, x)
        expected = plain, pull(jnp.arange(1.0, N + 1))[0]
    for mine, other in zip(ours, expected, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-14)


def test_size_of_loops_in_loops():
    def step(x):
        return lax.fori_loop(
            0, 5, lambda i, c: lax.fori_loop(0, 7, lambda j, y: jnp.sin(y), c) + 1.0, x
        )

    # in the inner loop the sine and its counter, in the outer one the sum and its counter
    assert unrolled_size(jax.make_jaxpr(step)(1.0).jaxpr) == 5 * (7 * 2 + 2)


@pytest.mark.fallback
def test_too_many_sub_steps_run_on_the_reference():
    """The limit is looked at before anything is unrolled; the result is that of brainmass."""
    program = program_of(SubStepped(bf.HopfStep(N), count=100))
    size = unrolled_size(program.node.step.jaxpr)
    assert size > lowering.LARGEST
    reason = f'comes to {size} operations with its loops unrolled, and {lowering.LARGEST}'
    with pytest.raises(Unsupported, match=reason):
        node_of(program)
    runs = []
    for lib in (bf, brainmass):
        model = SubStepped(lib.HopfStep(N, init_x=jnp.ones, init_y=jnp.ones), count=100)
        runs.append(lib.Simulator(model, dt=DT).run(1.0 * u.ms, monitors=lambda m: m.node.x.value))
    assert runs[0].implementation == 'reference'
    np.testing.assert_allclose(runs[0]['output'], runs[1]['output'], rtol=1e-4)


def test_what_parameters_alone_decide_is_computed_once():
    """Sums over parameters and weights of sub-steps are not part of the code of a lane."""

    class Weighted(brainstate.nn.Dynamics):
        def __init__(self):
            super().__init__(N)
            self.p = brainstate.nn.Param(np.linspace(0.3, 0.9, N))

        def init_state(self, *args, **kwargs):
            self.x = brainstate.HiddenState(jnp.ones(N))

        def update(self):
            weights = jnp.linspace(0.5, 1.0, 4) / self.p.value().sum()
            self.x.value = scanned(lambda c, w: (c * w, None), self.x.value, weights)[0]

    node = node_of(program_of(Weighted()))
    assert node.n_parameters == 5  # the weights and dt
    assert [op.name for op in node.advance.ops].count('mul') == 4
    assert {op.name for op in node.advance.ops} == {'input', 'mul'}


@pytest.mark.fallback
def test_a_key_of_its_own_runs_on_the_reference():
    """Numbers that depend on a constant key and the number of the step."""

    class Counted(Custom):
        def update(self):
            key = jax.random.fold_in(jax.random.key(3), brainstate.environ.get('i'))
            self.x.value = 0.9 * self.x.value + jax.random.normal(key, (N,))

    runs = [
        lib.Simulator(Counted(None), dt=DT).run(1.0 * u.ms, monitors=['x'])
        for lib in (bf, brainmass)
    ]
    assert runs[0].implementation == 'reference'
    np.testing.assert_allclose(runs[0]['x'], runs[1]['x'], rtol=1e-5)
