"""What a step draws at random, taken out of the functions of a node."""

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import brainfit_fast as bf
from brainfit_fast.codegen.block_maths import Exact
from brainfit_fast.codegen.blocks import evaluate
from brainfit_fast.codegen.draws import drawn_apart
from brainfit_fast.codegen.graph import Graph
from brainfit_fast.codegen.lower import REGION_INDEX, Unsupported
from brainfit_fast.codegen.node import node_of
from brainfit_fast.monitors import measurement
from brainfit_fast.program.build import build

N = 5
DT = 0.1 * u.ms
DTYPES = ['float32', 'float64']


class Custom(brainstate.nn.Dynamics):
    """One state, moved by a function of it and of a drive."""

    def __init__(self, function):
        super().__init__(N)
        self.function = function
        self.gain = brainstate.nn.Param(np.linspace(0.3, 0.9, N))

    def init_state(self, *args, **kwargs):
        self.x = brainstate.HiddenState(jnp.linspace(-0.5, 0.7, N))

    def update(self, drive=0.0):
        self.x.value = self.function(self, self.x.value) + drive
        return self.x.value


def normal(m, x):
    return x + m.gain.value() * brainstate.random.normal(size=N)


def mask(m, x):
    return jnp.where(brainstate.random.uniform(size=N) < 0.3, x, m.gain.value())


def whole_numbers(m, x):
    return x + m.gain.value() * jnp.where(x > 0, brainstate.random.randint(0, 9, (N,)), 3)


def one_for_all(m, x):
    return x + m.gain.value() * brainstate.random.normal()


def several(m, x):
    draw = brainstate.random.normal(size=N)
    return x * draw + jnp.tanh(draw) * m.gain.value() + brainstate.random.uniform(size=N)


MODELS = {f.__name__: f for f in (normal, mask, whole_numbers, one_for_all, several)}


def graphs_of(function):
    model = Custom(function)
    with brainstate.environ.context(dt=DT):
        brainstate.nn.init_all_states(model)
        node = node_of(build(model, measurement(model, None), (jnp.zeros(N),), DT).program)
    return {'advance': node.advance, 'adjoint': node.adjoint}


@pytest.mark.parametrize('dtype', DTYPES)
@pytest.mark.parametrize('name', MODELS)
def test_parts_are_the_whole_to_the_last_bit(name, dtype):
    bits = {'float32': 32, 'float64': 64}[dtype]
    with brainstate.environ.context(precision=bits), jax.enable_x64(dtype == 'float64'):
        graphs = graphs_of(MODELS[name])
        parts = drawn_apart(list(graphs.values()), dtype)
        draw, rests = parts.random, dict(zip(graphs, parts.rests, strict=True))
        rng = np.random.default_rng(0)
        values = {
            key: rng.normal(size=N).astype(dtype)
            for graph in graphs.values()
            for key in graph.inputs()
        }
        values.update({f'key0.{w}': np.uint32(rng.integers(1 << 32)) for w in (0, 1)})
        values[REGION_INDEX] = np.arange(N, dtype=np.uint32)
        drawn = evaluate(draw, values, Exact())
        draws = {key: value for key, value in drawn.items() if key.startswith('draw')}
        assert draws and all(value.dtype == dtype for value in draws.values())
        for part, graph in graphs.items():
            assert not [key for key in rests[part].inputs() if key.startswith('key')]
            assert not [op for op in rests[part].ops if op.name == 'threefry']
            expected = evaluate(graph, values, Exact())
            found = {**drawn, **evaluate(rests[part], {**values, **draws}, Exact())}
            for key, value in expected.items():
                np.testing.assert_array_equal(found[key], value, err_msg=f'{part} {key}')


def test_a_draw_that_both_directions_read_is_one():
    parts = drawn_apart(list(graphs_of(normal).values()), 'float32')
    names = [key for key in parts.random.outputs if key.startswith('draw')]
    assert names == ['draw0']
    assert all('draw0' in rest.inputs() for rest in parts.rests)


def test_without_keys_nothing_is_drawn():
    graphs = graphs_of(lambda m, x: x * m.gain.value())
    parts = drawn_apart(list(graphs.values()), 'float32')
    assert parts.random.outputs == {}
    assert parts.rests[0].outputs.keys() == {'state0'}


def test_keys_that_depend_on_states():
    graph = Graph()
    zero = graph.const(0, 'uint32')
    key = graph.op('convert', 'uint32', graph.input('state0', 'float32'))
    words = [graph.input(f'key0.{w}', 'uint32') for w in (0, 1)]
    mixed = graph.op('xor', 'uint32', words[0], key)
    bits = graph.op(
        'threefry', 'uint32', mixed, words[1], zero, graph.input(REGION_INDEX, 'uint32'), data=(0,)
    )
    graph.outputs = {'state0': graph.op('convert', 'float32', bits), 'key0.0': words[0]}
    with pytest.raises(Unsupported, match='random keys depend on its states'):
        drawn_apart([graph], 'float32')


@pytest.mark.parametrize('dtype', DTYPES)
@pytest.mark.parametrize('name', MODELS)
def test_every_kind_of_draw_runs_as_in_the_reference(name, dtype):
    """Seed 4, 40 steps, five regions; the same bits are drawn, so that only rounding differs."""
    found = {}
    bits = {'float32': 32, 'float64': 64}[dtype]
    with brainstate.environ.context(precision=bits), jax.enable_x64(dtype == 'float64'):
        for implementation in ('reference', 'cpu_ffi'):
            brainstate.random.seed(4)
            with bf.use(implementation):
                run = bf.Simulator(Custom(MODELS[name]), dt=DT).run(4.0 * u.ms, monitors='x')
            assert run.implementation == implementation
            found[implementation] = np.asarray(run['x'])
    assert found['cpu_ffi'].dtype == dtype
    scale = np.abs(found['reference']).max()
    rounding = {'float32': 1e-5, 'float64': 1e-13}[dtype]
    np.testing.assert_allclose(found['cpu_ffi'], found['reference'], rtol=0, atol=rounding * scale)


def test_whole_numbers_are_not_divided_by_what_may_be_zero():
    def update(m, x):
        drawn = brainstate.random.randint(0, 3, (N,))
        return x + jax.lax.rem(drawn + 5, drawn)

    with (
        bf.use('cpu_ffi'),
        pytest.raises(bf.ImplementationError, match="'rem' on int32 by what may be zero"),
    ):
        bf.Simulator(Custom(update), dt=DT).run(1.0 * u.ms)
