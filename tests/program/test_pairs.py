"""Steps that mix regions by hand come apart into linear sums, or are refused with a reason."""

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param

from brainfit_fast.program.arrays import gather
from brainfit_fast.program.build import Unrecognised, build

DT = 0.1 * u.ms


class Node(brainstate.nn.Dynamics):
    """Two states, and no dynamics to speak of."""

    def init_state(self, batch_size=None, **kwargs):
        shape = self.varshape if batch_size is None else (batch_size, *self.varshape)
        self.x = brainstate.HiddenState(brainstate.random.normal(size=shape))
        self.y = brainstate.HiddenState(brainstate.random.normal(size=shape))

    def update(self, current):
        self.x.value = self.x.value + 0.1 * current
        self.y.value = 0.9 * self.y.value
        return current


class Net(brainstate.nn.Module):
    """A current that a formula makes of the network."""

    def __init__(self, n, formula, order='columns', delay=True, flat=False):
        super().__init__()
        rng = np.random.default_rng(n)
        self.n, self.formula, self.node = n, formula, Node(n)
        self.weights = Param(jnp.asarray(rng.random((n, n))))
        self.lag = Param(jnp.asarray(rng.random(n)))
        self.k = Param(jnp.asarray(0.7))
        self.matrix = rng.random((n, n))
        self.held = brainstate.ParamState(jnp.asarray(rng.random((n, n))))
        times = rng.random((n, n)) * 2.0 * delay
        pairs = np.tile(np.arange(n), (n, 1))
        pairs = pairs if order == 'columns' else pairs.T
        if order == 'shuffled':
            pairs = np.roll(pairs, 1)
        if flat:
            times, pairs = times.reshape(-1), pairs.reshape(-1)
        start = braintools.init.Normal(0.0, 1.0)
        self.read = self.node.prefetch_delay('x', (times * u.ms, pairs), init=start)

    @property
    def x(self):
        return self.node.x.value

    @property
    def y(self):
        return self.node.y.value

    @property
    def w(self):
        return self.weights.value()

    def update(self, *inputs):
        return self.node(self.formula(self, *inputs))


@pytest.fixture(autouse=True)
def clock(x64):
    with brainstate.environ.context(dt=DT, i=0, t=0.0 * u.ms, precision=64):
        brainstate.random.seed(5)
        yield


def built_from(model, batch=None, inputs=(), monitors=lambda returned: returned):
    brainstate.nn.init_all_states(model, *(() if batch is None else (batch,)))
    return build(model, monitors, inputs, DT)


def first_returns(built):
    """What the program's first step returns, its sums written out."""
    arrays, n = gather(built), built.program.n_regions
    sums = []
    for own, weight, delay in zip(built.program.sums, arrays.weights, arrays.delays, strict=True):
        ring, pointer = arrays.rings[own.channel], arrays.pointers[own.channel]
        row = (pointer - 1) % len(ring)
        if own.delayed:
            past = ring[(row - delay) % len(ring), np.arange(n)]
            sums.append((weight * past).sum(-1))
        else:
            sums.append(jnp.einsum('ij,...j->...i', weight, ring[row]))
    degrees = [weight.sum(-1) for weight in arrays.weights]
    zero = jnp.zeros(())
    moving = (*sums, *degrees, zero + 0.1, jnp.zeros((), jnp.int32), zero)
    out = built.program.node.step(arrays.consts[0], *arrays.params, *moving, *arrays.states)
    return out[: built.program.node.n_returns]


def sources(m):
    """Rows of the sources, columns of the targets: as an array over pairs."""
    return m.x[None, :], m.x[:, None]


def difference(m):
    s, t = sources(m)
    return s - t


def select(m, value):
    return (jnp.where(m.matrix > 0.5, value, 0.0)).sum(1)


def write_first(m, function=jnp.tanh):
    m.node.x.value = function(m.x - m.y)
    return m.w @ m.x


#: Name -> current, and how many sums it needs.
FORMULAS = {
    'delayed': (lambda m: (m.w * m.read()).sum(-1), 1),
    'delayed, axis 1': (lambda m: u.math.sum(m.w * (m.read() - m.x[:, None]), axis=1), 1),
    'delayed, divided': (lambda m: (m.read() / (1.0 + m.matrix)).sum(-1) / m.w.sum(-1), 1),
    'delayed, no weights': (lambda m: m.read().mean(-1), 1),
    'delayed, function': (lambda m: (m.w * jnp.tanh(m.k.value() * m.read() + 0.1)).sum(-1), 1),
    'delayed, turned': (lambda m: (m.w.T * m.read().T).sum(0), 1),
    'three weights': (
        lambda m: (
            (m.w * m.read()).sum(1) + (m.matrix * m.read()).sum(1) * (m.w.T * m.read()).sum(1)
        ),
        3,
    ),
    'one sum twice': (lambda m: (m.w * m.read()).sum(1) * m.y + (m.w * m.read()).sum(1), 1),
    'einsum': (lambda m: jnp.einsum('ij,ij->i', m.w, m.read()), 1),
    'einsum, turned': (lambda m: jnp.einsum('ij,ji->i', m.w, m.read().T), 1),
    'matrix @ x': (lambda m: m.w @ m.x, 1),
    'x @ matrix': (lambda m: m.x @ m.w, 1),
    'matrix @ f(x)': (lambda m: m.w @ jax.nn.relu(m.x - m.lag.value()), 1),
    'matrix @ (x - y)': (lambda m: m.w @ (m.x - 2.0 * m.y), 2),
    'matrix @ (lag * x + y)': (lambda m: m.w @ (m.lag.value() * m.x + m.y / 3.0), 2),
    'matrix @ written x': (lambda m: write_first(m, lambda x: 2.0 * x), 2),
    'laplacian @ x': (lambda m: (m.w - jnp.diag(m.w.sum(1))) @ m.x, 1),
    'held @ x': (lambda m: m.held.value @ m.x + m.held.value[0], 1),
    'columns': (lambda m: (m.w * m.x[:, None]).sum(0), 1),
    'tile': (lambda m: (m.w * jnp.tile(m.x, (m.n, 1))).sum(1), 1),
    'difference': (lambda m: (m.w * difference(m)).sum(1), 1),
    'kuramoto': (lambda m: (m.w * jnp.sin(difference(m) - m.lag.value())).sum(1), 2),
    'kuramoto, rows': (lambda m: (m.w * jnp.sin(difference(m) - m.lag.value()[:, None])).sum(1), 2),
    'kuramoto, pairs': (lambda m: (m.w * jnp.sin(difference(m) - m.matrix)).sum(1), 4),
    'cosine, delayed': (lambda m: (m.w * jnp.cos(m.read() - m.x[:, None] + 0.2)).sum(1), 2),
    'exponential': (lambda m: (m.w * jnp.exp(difference(m))).sum(1), 1),
    'square': (lambda m: (m.w * difference(m) ** 2).sum(1), 2),
    'fourth power': (lambda m: (m.w * difference(m) ** 4).sum(1), 4),
    'product': (lambda m: (m.w * m.x[None, :] * (m.y[:, None] + 2.0)).sum(1), 1),
    'quotient': (lambda m: (m.w * difference(m) / (1.0 + m.x**2)[None, :]).sum(1), 2),
    'quotient of rows': (lambda m: (m.w * difference(m) / (1.0 + m.x**2)[:, None]).sum(1), 1),
    'mask': (lambda m: select(m, difference(m)), 1),
    'constants': (lambda m: (m.w * (m.lag.value() - m.x[:, None])).sum(1) + m.w @ m.y, 1),
    'flattened': (
        lambda m: (m.w.ravel() * m.read().ravel()).reshape(m.n, m.n).sum(1, keepdims=True)[:, 0],
        1,
    ),
    'vmap': (lambda m: jax.vmap(jnp.dot)(m.w, m.read()) + jax.vmap(lambda w: w @ m.x)(m.w), 2),
    'jit': (lambda m: jax.jit(lambda past: (m.w * (past - m.y[:, None])).sum(1))(m.read()), 1),
    'jit, reads inside': (lambda m: jax.jit(lambda: (m.w * m.read()).sum(1))(), 1),
    'fixed decisions': (
        lambda m: jnp.where(m.w.sum(1) > 1.5, m.w @ m.x, m.x) * jnp.argmax(m.w, 1),
        1,
    ),
    'single precision': (
        lambda m: (m.w * difference(m).astype(jnp.float32).astype(jnp.float64)).sum(1),
        1,
    ),
}


@pytest.mark.parametrize('n', [1, 4])
@pytest.mark.parametrize('name', FORMULAS)
def test_formula(name, n):
    """The first step returns what the model itself does, from the fewest sums."""
    formula, n_sums = FORMULAS[name]
    model = Net(n, formula)
    built = built_from(model)
    (ours,) = first_returns(built)
    theirs = model.update()
    assert len(built.program.sums) == n_sums or n == 1
    assert ours.shape == (n,)
    rtol = 1e-6 if 'single' in name else 1e-12
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol)


@pytest.mark.parametrize('flat', [False, True])
@pytest.mark.parametrize('delay', [False, True])
@pytest.mark.parametrize('order', ['columns', 'rows'])
def test_orders_of_a_read(order, delay, flat):
    n = 4

    def formula(m):
        past = m.read().reshape(n, n)
        return (m.w * past).sum(1 if order == 'columns' else 0)

    model = Net(n, formula, order, delay, flat)
    built = built_from(model)
    assert [own.delayed for own in built.program.sums] == [delay]
    np.testing.assert_allclose(first_returns(built)[0], model.update(), rtol=1e-12)


def test_flat_weights():
    model = Net(4, lambda m: (m.matrix.reshape(-1) * m.read()).reshape(4, 4).sum(1), flat=True)
    built = built_from(model)
    np.testing.assert_allclose(first_returns(built)[0], model.update(), rtol=1e-12)


def test_batch():
    """States (batch, region), an array of all pairs for each."""

    def formula(m):
        phase = m.x[:, None, :] - m.x[:, :, None] - m.lag.value()
        return (m.w * jnp.sin(phase)).sum(-1) + m.y @ m.matrix

    model = Net(4, formula)
    built = built_from(model, batch=3)
    assert built.program.node.region_shape == (3, 4)
    (ours,) = first_returns(built)
    assert ours.shape == (3, 4)
    np.testing.assert_allclose(ours, formula(model), rtol=1e-12)


def test_equal_channels_are_one():
    """Two delays and two weights of one function of one state share its past."""

    def formula(m):
        s = jnp.tanh(m.read())
        return (m.w * s).sum(1) + (m.matrix * s).sum(1) + (m.w * m.read()).sum(1)

    built = built_from(Net(3, formula))
    program = built.program
    assert [own.channel for own in program.sums] == [1, 1, 0]
    assert [channel.emit is None for channel in program.channels] == [True, False]


def test_present_and_past_have_rings_of_their_own():
    built = built_from(Net(3, lambda m: (m.w * m.read()).sum(1) + m.w @ m.x))
    assert [channel.depth for channel in built.program.channels][1] == 1
    assert len(built.rings) == 1
    arrays = gather(built)
    np.testing.assert_array_equal(arrays.rings[1][0], arrays.states[0])


def test_a_programs_structure_is_its_key():
    """A rebuilt model has an equal program, whatever its values are."""
    formula = FORMULAS['kuramoto, pairs'][0]
    first, second = (built_from(Net(3, formula)).program for _ in range(2))
    assert first == second and hash(first) == hash(second)


def add_noise(m):
    return m.w @ (m.x * brainstate.random.normal(size=(m.n,)))


def time_of(m):
    return jnp.cos(brainstate.environ.get('t') / u.ms)


@jax.custom_jvp
def own_rule(x):
    return x * x


own_rule.defjvp(lambda x, t: (own_rule(x[0]), t[0]))


#: Name -> current, and part of the reason.
REFUSED = {
    'rectified difference': (
        lambda m: (m.w * jnp.maximum(difference(m), 0.0)).sum(1),
        "'max' of what both regions of a pair have does not come apart",
    ),
    'absolute difference': (
        lambda m: (m.w * jnp.abs(m.read() - m.x[:, None])).sum(1),
        "'abs' of what both regions of a pair have does not come apart",
    ),
    'fifth power': (lambda m: (difference(m) ** 5).sum(1), 'the power 5 of a value of both'),
    'inverse distance': (
        lambda m: (m.w / (3.0 + difference(m))).sum(1),
        'divides by a sum over both regions',
    ),
    'weights inside': (
        lambda m: jnp.tanh(m.w * m.read()).sum(1),
        "'tanh' of what both regions of a pair have does not come apart",
    ),
    'too many terms': (
        lambda m: (jnp.sin(difference(m) + m.matrix) ** 4).sum(1),
        'comes apart into more than 64 terms',
    ),
    'product of two states': (
        lambda m: m.w @ (m.x * m.y),
        'function of more than one value of a region (state 0, state 1)',
    ),
    'past and present': (
        lambda m: (m.w * m.read() * m.x[None, :]).sum(1),
        'function of more than one value of a region (a delayed state, state 0)',
    ),
    'time': (lambda m: m.w @ (m.x * time_of(m)), 'state 0, the time or the time step'),
    'random': (add_noise, 'random numbers'),
    'written states': (write_first, 'function of more than one value of a region'),
    'sum of a sum': (lambda m: m.w @ (m.w @ m.x), 'is of a sum over other sources'),
    'wrong axis': (
        lambda m: (m.w * m.read()).sum(0),
        'added up along the regions that receive it',
    ),
    'one number': (lambda m: (m.w * m.read()).sum() * m.y, 'more than the sources'),
    'no sum': (lambda m: m.read()[:, 0], "the primitive 'slice' on pairs of regions"),
    'largest': (lambda m: (m.w * m.read()).max(1), "'reduce_max' on pairs of regions"),
    'mean field': (lambda m: m.x.mean() * m.y, "it uses the primitive 'reduce_sum'"),
    'inner product': (lambda m: (m.x @ m.y) * m.y, "it uses the primitive 'dot_general'"),
    'matrix times pairs': (
        lambda m: (m.w @ m.read()).sum(1),
        "the primitive 'dot_general' on pairs of regions",
    ),
    'another rule': (
        lambda m: (m.w * own_rule(m.read())).sum(1),
        'a function with a derivative of its own',
    ),
    'third axis': (lambda m: jnp.stack([m.read()] * 2).sum((0, 2)), 'pairs of regions'),
    'kept': (lambda m: m.x + 0 * m.read(), 'returns or keeps an array of shape (3, 3)'),
}


@pytest.mark.parametrize('name', REFUSED)
def test_refused(name):
    formula, reason = REFUSED[name]
    with pytest.raises(Unrecognised) as caught:
        built_from(Net(3, formula))
    assert reason in str(caught.value)


def test_refused_input():
    model = Net(3, lambda m, drive: m.w @ drive)
    with pytest.raises(Unrecognised, match='is of an external input, not of a state'):
        built_from(model, inputs=(jnp.ones(3),))


def test_refused_matrix_of_another_size():
    model = Net(3, lambda m, drive: m.x + drive @ jnp.ones((2, 3)))
    with pytest.raises(
        Unrecognised, match=r'multiplied by a matrix of shape \(2, 3\), not \(3, 3\)'
    ):
        built_from(model, inputs=(jnp.ones(2),))


def test_refused_order_of_regions():
    model = Net(3, lambda m: m.read().sum(1), 'shuffled')
    with pytest.raises(Unrecognised, match='in an order other than all pairs'):
        built_from(model)


def test_refused_read_without_regions():
    model = Net(3, lambda m: m.x)
    read = model.node.prefetch_delay('x', 0.5 * u.ms)
    model.formula = lambda m: read()
    with pytest.raises(Unrecognised, match='and not by pairs of regions'):
        built_from(model)


def test_refused_read_of_an_advanced_state():
    class Late(Net):
        def update(self):
            self.node(self.x)
            return (self.w * self.read()).sum(1)

    with pytest.raises(Unrecognised, match='read after it was advanced'):
        built_from(Late(3, None))


def test_refused_history_that_is_written_seldom():
    model = Net(3, None)
    pairs = np.tile(np.arange(3), (3, 1))
    read = model.node.prefetch_delay('y', (np.ones((3, 3)) * u.ms, pairs), update_every=1.0 * u.ms)
    model.formula = lambda m: (m.w * read()).sum(1)
    with pytest.raises(Unrecognised, match='not written at every step'):
        built_from(model)


def test_refused_batch_of_delayed_reads():
    model = Net(3, FORMULAS['delayed'][0])
    with pytest.raises(Unrecognised, match='and not by pairs of regions'):
        built_from(model, batch=2)
