"""A graph on blocks: elementary functions, fused sums, random keys taken out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special as sp

from brainfit_fast.codegen.block_maths import Exact, Fast, Instructions
from brainfit_fast.codegen.blocks import EVALUATED, evaluate
from brainfit_fast.codegen.cpp import EMITTED
from brainfit_fast.codegen.graph import Graph
from brainfit_fast.codegen.key_words import without_keys

FAST = Fast(Instructions())
#: Function, what it is held against, range, largest error relative to max(|y|, floor), floor. The multiply-add
#: is not fused here: sin and cos far from zero and erf_inv near one lose the more by it.
FUNCTIONS = [
    ('exp', np.exp, (-80, 80), 5e-6, 0.0),
    ('expm1', np.expm1, (-20, 20), 2e-6, 0.0),
    ('exprel', sp.exprel, (-20, 20), 2e-6, 0.0),
    ('logistic', sp.expit, (-60, 60), 4e-6, 0.0),
    ('tanh', np.tanh, (-12, 12), 6e-7, 0.0),
    ('sqrt', np.sqrt, (0, 1e6), 2e-7, 0.0),
    ('rsqrt', lambda x: x**-0.5, (1e-6, 1e6), 3e-7, 0.0),
    ('sin', np.sin, (-20, 20), 2e-6, 1.0),
    ('cos', np.cos, (-20, 20), 2e-6, 1.0),
    ('erf_inv', sp.erfinv, (-0.999999, 0.999999), 4e-6, 1e-3),
]


@pytest.mark.parametrize(('name', 'exact', 'span', 'bound', 'floor'), FUNCTIONS)
def test_fast_functions(name, exact, span, bound, floor):
    x = np.linspace(*span, 20011, dtype=np.float32)
    # compiled, as in a kernel: a compiler may take sums apart that rounding relies on
    y = np.asarray(jax.jit(getattr(FAST, name))(x), float)
    wanted = exact(x.astype(float))
    scale = np.maximum(np.abs(wanted), floor)
    error = np.abs(y - wanted) / np.where(scale > 0, scale, 1)
    assert error.max() < bound, x[error.argmax()]


@pytest.mark.parametrize('maths', [Exact(), FAST], ids=['exact', 'fast'])
def test_at_the_ends(maths):
    zero = jnp.zeros(3, jnp.float32)
    assert (maths.exprel(zero) == 1).all()
    np.testing.assert_allclose(maths.exprel_slope(zero, zero + 1), 0.5, rtol=1e-6)
    ends = jnp.asarray([-1.0, 1.0], jnp.float32)
    np.testing.assert_array_equal(maths.erf_inv(ends), [-np.inf, np.inf])
    big = jnp.asarray([-200.0, 200.0], jnp.float32)
    np.testing.assert_array_equal(maths.tanh(big), [-1, 1])
    np.testing.assert_array_equal(maths.logistic(big), [0, 1])
    assert np.isnan(maths.exp(jnp.asarray([np.nan], jnp.float32))).all()


class Counting(Exact):
    """Counts the fused operations."""

    divides_by_reciprocal = True

    def __init__(self):
        self.fused = 0

    def fma(self, a, b, c, *, minus_product, minus_c):
        self.fused += 1
        return super().fma(a, b, c, minus_product=minus_product, minus_c=minus_c)


def test_sums_take_up_products():
    """Signs of both terms, products of negated factors, quotients, a product that two sums share."""
    graph = Graph()
    a, b, c, d = (graph.input(name, 'float64') for name in 'abcd')

    def op(name, *args):
        return graph.op(name, 'float64', *args)

    product = op('mul', a, b)
    graph.outputs = {
        'plus': op('add', product, c),
        'minus': op('sub', c, product),
        'both': op('sub', product, op('mul', c, d)),
        'negated': op('sub', op('neg', c), op('mul', op('neg', a), d)),
        'quotient': op('add', c, op('div', a, d)),
        'negative': op('sub', op('neg', a), op('neg', op('mul', b, b))),
        'alone': product,
    }
    rng = np.random.default_rng(0)
    values = {name: rng.normal(size=5) for name in 'abcd'}
    a, b, c, d = (values[name] for name in 'abcd')
    expected = {
        'plus': a * b + c, 'minus': c - a * b, 'both': a * b - c * d, 'negated': -c + a * d,
        'quotient': c + a / d, 'negative': -a + b * b, 'alone': a * b,
    }  # fmt: skip
    counting = Counting()
    out = evaluate(graph, values, counting)
    for name, wanted in expected.items():
        np.testing.assert_allclose(out[name], wanted, rtol=1e-6, err_msg=name)
    assert counting.fused == 6


def test_every_native_operation_but_these_has_a_block_form():
    missing = {'digamma', 'erf', 'erfc', 'lgamma', 'nextafter', 'round'}
    turned = {'gt', 'ge'}  # a graph writes them the other way round
    assert missing | turned == EMITTED - EVALUATED


def test_words_are_bits_of_jax():
    """Without keys the graph draws the same bits, and the keys follow as JAX splits them."""
    graph = Graph()
    key = tuple(graph.input(f'key0.{w}', 'uint32') for w in (0, 1))
    zero, one = graph.const(0, 'uint32'), graph.const(1, 'uint32')

    def cipher(words, counter):
        operands = (*words, zero, counter)
        return tuple(graph.op('threefry', 'uint32', *operands, data=(w,)) for w in (0, 1))

    following, used = cipher(key, zero), cipher(key, one)
    drawn = cipher(used, graph.input('region', 'uint32'))
    graph.outputs = {'bits': graph.op('xor', 'uint32', *drawn)}
    graph.outputs.update({f'key0.{w}': following[w] for w in (0, 1)})
    parts = without_keys([graph, graph])
    assert len(parts.names) == 2
    assert set(parts.rests[0].inputs()) == {'word0', 'word1', 'region'}
    assert parts.rests[0].outputs.keys() == {'bits'}

    start = jax.random.key(5)
    data = jax.random.key_data(start)
    words = evaluate(parts.random, {'key0.0': data[0], 'key0.1': data[1]}, Exact())
    bits = evaluate(parts.rests[1], {**words, 'region': jnp.arange(7, dtype=jnp.uint32)}, Exact())
    expected_key, expected_use = jax.random.split(start)
    np.testing.assert_array_equal(bits['bits'], jax.random.bits(expected_use, (7,)))
    left = [words['key0.0'], words['key0.1']]
    np.testing.assert_array_equal(left, jax.random.key_data(expected_key))
