"""Which loops inside of an update are sub-steps of a node model, and what is said of the others."""

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import brainfit_fast as bf
from brainfit_fast.codegen.node import node_of
from brainfit_fast.monitors import measurement
from brainfit_fast.program import fingerprint
from brainfit_fast.program.build import Unrecognised, build
from brainfit_fast.program.inputs import input_rows
from brainfit_fast.program.primitives import uses_random

brainmass = pytest.importorskip('brainmass')

N = 3
DT = 0.1 * u.ms


class Custom(brainstate.nn.Dynamics):
    """One state, changed by a function of itself, a parameter and the input."""

    def __init__(self, function):
        super().__init__(N)
        self.function = function
        self.p = brainstate.nn.Param(np.linspace(0.3, 0.9, N))
        self.table = np.linspace(0.1, 0.4, 4 * N).reshape(4, N)

    def init_state(self, *args, **kwargs):
        self.x = brainstate.HiddenState(jnp.linspace(-0.5, 0.7, N))
        self.other = brainstate.HiddenState(jnp.ones(N))

    def update(self, *inputs):
        return self.function(self, self.x.value, *inputs)


def program_of(function, inputs=(), monitors=None):
    with brainstate.environ.context(dt=DT):
        model = Custom(function)
        brainstate.nn.init_all_states(model)
        return build(model, measurement(model, monitors), inputs, DT).program


def collected(x, length=4):
    """The state at each sub-step."""
    return lax.scan(lambda c, _: (0.9 * c, c), x, None, length=length)[1]


def _for_loop(m, x):
    def step(i):
        m.x.value = 0.9 * m.x.value + 0.1 * m.other.value  # written, and only read
        return m.x.value

    brainstate.transform.for_loop(step, np.arange(4))
    return m.x.value


def _noise(m, x):
    def step(i):
        m.x.value = m.x.value + 0.1 * brainstate.random.normal(size=N)

    brainstate.transform.for_loop(step, np.arange(4))


def _keys(m, x):
    keys = jax.random.split(brainstate.random.split_key(), 4)
    m.x.value = lax.scan(lambda c, key: (c + jax.random.normal(key, (N,)), None), x, keys)[0]


def _two_keys(m, x):
    first, second = jax.random.split(brainstate.random.split_key())
    m.x.value = x + jax.random.normal(first, (N,)) * jax.random.uniform(second, (N,))


def _jit(m, x):
    @brainstate.transform.jit
    def steps():
        return _for_loop(m, x)

    return steps()


def _index(m, x):
    def step(i):
        m.x.value = m.x.value * (1 - 0.01 * i)

    brainstate.transform.for_loop(step, jnp.arange(4))


def _table(m, x):
    m.x.value = lax.scan(lambda c, row: (c + row * m.p.value(), None), x, m.table)[0]


def _weights(m, x):
    weights = jnp.linspace(0.9, 1.0, 4) * brainstate.environ.get('dt').to_decimal(u.ms)
    m.x.value = lax.scan(lambda c, w: (c * w, None), x, weights, reverse=True)[0]


def _twice(m, x):
    rows = collected(x)
    m.x.value = lax.scan(lambda c, row: (c + row, None), x, rows)[0]


def _nested(m, x):
    m.x.value = lax.scan(lambda c, _: (_four(c), None), x, None, length=2)[0]


def _four(x):
    return lax.fori_loop(0, 4, lambda i, c: c * 0.9 + 0.01 * i, x)


def _checkpoint(m, x):
    m.x.value = lax.scan(lambda c, _: (jax.checkpoint(jnp.tanh)(c), None), x, None, length=4)[0]


def _input_rows(m, x, rows):
    m.x.value = lax.scan(lambda c, row: (c + row, None), x, rows)[0]


def _set(function):
    def update(m, x, *inputs):
        m.x.value = function(m, x, *inputs)

    return update


#: What an update may do, with the inputs that it is given.
STEPS = {
    'states read and written': (_for_loop,),
    'noise in each sub-step': (_noise,),
    'a key for each sub-step': (_keys,),
    'two keys': (_two_keys,),
    'inside of jit': (_jit,),
    'the number of the sub-step': (_index,),
    'a row of constants for each': (_table,),
    'computed weights, backwards': (_weights,),
    'over what a loop collected': (_twice,),
    'a loop in a loop': (_nested,),
    'fori_loop': (_set(lambda m, x: _four(x)),),
    'recomputed sub-steps': (_checkpoint,),
    'the last': (_set(lambda m, x: collected(x)[-1]),),
    'the mean': (_set(lambda m, x: collected(x).mean(0)),),
    'the largest square': (_set(lambda m, x: (2.0 * collected(x) ** 2).max(0)),),
    'some of them': (_set(lambda m, x: collected(x)[1::2].sum(0)),),
    'all of them': (lambda m, x: collected(x),),
    'one input for each': (_input_rows, (jnp.ones((4, N)),)),
    'one number for each': (_input_rows, (jnp.ones(4),)),
    'two inputs in an array': (_set(lambda m, x, i: x + i[0] * i[1]), (jnp.ones((2, N)),)),
    'a sum over parameters': (_set(lambda m, x: x * m.p.value() / m.p.value().sum()),),
    'a product of constants': (_set(lambda m, x: x + jnp.asarray(m.table) @ jnp.ones(N) @ m.table),),
    'a constant over its regions': (_set(lambda m, x: lax.fori_loop(
        0, N, lambda i, c: c + m.p.value().max(), x)),),
}  # fmt: skip


@pytest.mark.parametrize('name', STEPS)
def test_sub_steps_have_native_code_with_its_derivative(name):
    assert node_of(program_of(*STEPS[name])).no_adjoint == ''


def test_each_sub_step_is_an_observable_put_together_outside():
    with brainstate.environ.context(dt=DT):
        model = Custom(lambda m, x: (collected(x), x))
        brainstate.nn.init_all_states(model)
        built = build(model, measurement(model, None), (), DT)
    assert built.program.node.n_observables == 5
    rows, single = built.outside(built.outside_consts, *(jnp.full(N, float(k)) for k in range(5)))
    np.testing.assert_array_equal(rows, np.repeat(np.arange(4.0)[:, None], N, axis=1))
    np.testing.assert_array_equal(single, np.full(N, 4.0))


def _while(m, x):
    m.x.value = lax.while_loop(lambda c: c[0].max() > 0.1, lambda c: (c[0] * 0.9,), (x,))[0]


def _traced_count(m, x):
    count = brainstate.environ.get('i')
    m.x.value = lax.fori_loop(0, count, lambda i, c: c * 0.9, x)


def _checkpointed_for_loop(m, x):
    def step(i):
        m.x.value = 0.9 * m.x.value

    brainstate.transform.checkpointed_for_loop(step, jnp.arange(4))


def _over_regions(m, x):
    total = lax.scan(lambda c, value: (c + value, None), 0.0, x)[0]
    m.x.value = x - total


def _stack(m, x):
    pair = lax.scan(lambda c, _: (c[::-1] * 0.9, None), jnp.stack([m.other.value] * 2), None, 4)[0]
    m.x.value = x + pair[0]


def _carried_stack(m, x):
    start = jnp.asarray(m.table[:2])
    m.x.value = x + lax.scan(lambda c, _: (c * 0.9, None), start, x[0] * jnp.ones(4))[0][0]


def _carried_table(m, x):
    def step(c, _):
        state, table = c
        return (state * 0.9, table * 0.9), None

    (state, table), _ = lax.scan(step, (x, jnp.asarray(m.table)), None, length=4)
    m.x.value = state + table[0]


REFUSED = {
    'no known number of sub-steps': (_while, "uses the primitive 'while'|'reduce_max'"),
    'a number that changes': (_traced_count, "it uses the primitive 'while'"),
    'checkpointed_for_loop': (_checkpointed_for_loop, "it uses the primitive '(while|cond|unvmap_any)'"),
    'a sum over regions': (_over_regions, r'it loops over an array of shape \(3,\) that is no constant'),
    'a body that mixes regions': (
        _set(lambda m, x: lax.fori_loop(0, 4, lambda i, c: c - c.mean(), x)),
        "it uses the primitive 'reduce_sum'",
    ),
    'a carried array': (_carried_table, r'a loop carries an array of shape \(4, 3\)'),
    'rows of rows': (
        _set(lambda m, x: lax.scan(lambda c, _: (c, collected(c)), x, None, length=2)[1][0, 0]),
        r'a loop collects arrays of shape \(4, 3\)',
    ),
    'running sums of sub-steps': (
        _set(lambda m, x: jnp.cumsum(collected(x), axis=0)[-1]),
        "'cumsum' mixes the sub-steps of a loop",
    ),
    'regions of a sub-step': (
        _set(lambda m, x: x + collected(x)[:, 0].sum()), "'slice' mixes the sub-steps of a loop"),
    'a mean over regions': (
        _set(lambda m, x: x + collected(x).mean()), "'reduce_sum' mixes the sub-steps of a loop"),
    'sub-steps minus their mean': (
        _set(lambda m, x: (collected(x) - collected(x).mean(0)).max(0)), 'meets pairs of regions'),
}  # fmt: skip


@pytest.mark.parametrize('name', REFUSED)
def test_other_loops_say_why(name):
    function, reason = REFUSED[name]
    with pytest.raises(Unrecognised, match=f'not elementwise: .*{reason}'):
        program_of(function)


def test_random_numbers_inside_a_loop_are_seen():
    def draw(key):
        return lax.fori_loop(0, 4, lambda i, c: c + jax.random.normal(key), 0.0)

    assert uses_random(jax.make_jaxpr(draw)(jax.random.key(0)).jaxpr)

    def inputs(i, t):
        def step(_):
            return brainstate.random.normal(size=N)

        return brainstate.transform.for_loop(step, jnp.arange(2))[-1]

    with pytest.raises(Unrecognised, match='draws random numbers'):
        input_rows(inputs, 5, DT)


class Repetition(brainstate.nn.Dynamics):
    """Counts its sub-steps by dt."""

    def init_state(self, *args, **kwargs):
        self.x = brainstate.HiddenState(jnp.ones(N))

    def update(self):
        def step(i):
            self.x.value = 0.5 * self.x.value

        count = int(0.4 * u.ms / brainstate.environ.get('dt'))
        brainstate.transform.for_loop(step, np.arange(count))
        return self.x.value


@pytest.mark.parametrize('trusted', [False, True])
def test_an_update_may_count_by_dt(trusted, monkeypatch, fastest):
    """The same model at two steps, also where its trace may be used again."""
    if trusted:
        own = Repetition.__module__.split('.')[0]
        monkeypatch.setattr(fingerprint, '_TRUSTED', fingerprint._TRUSTED | {own})
    model = Repetition(N)
    for dt, count in ((0.1, 4), (0.2, 2), (0.1, 4)):
        result = bf.Simulator(model, dt=dt * u.ms).run(3 * dt * u.ms, monitors='x')
        assert result.implementation == fastest
        expected = 0.5 ** (count * np.arange(1, 4))
        np.testing.assert_array_equal(result['x'], np.repeat(expected[:, None], N, axis=1))


def test_a_decision_is_made_of_the_samples(fastest):
    """Integers and masks: brainmass's decision of Wong and Wang, seed 2, float32."""

    def monitors(m):
        return {'decision': m.get_decision(), 'high': m.S1.value > 0.1, 'S1': m.S1.value}

    results = []
    for lib in (bf, brainmass):
        brainstate.random.seed(2)
        with brainstate.environ.context(dt=DT):
            noise = {
                name: brainmass.GaussianNoise(N, sigma=0.05 * u.nA)
                for name in ('noise_s1', 'noise_s2')
            }
            node = brainmass.WongWangStep(N, **noise)
            sim = lib.Simulator(node, dt=DT)
            results.append(sim.run(600 * u.ms, monitors=monitors, inputs=lambda i, t: (0.6,)))
    assert results[0].implementation == fastest
    ours, theirs = (result['output'] for result in results)
    for name in ('decision', 'high'):
        assert ours[name].dtype == theirs[name].dtype
        assert len(np.unique(theirs[name])) > 1
        assert (np.asarray(ours[name]) != np.asarray(theirs[name])).mean() < 1e-3
    np.testing.assert_allclose(ours['S1'], theirs['S1'], rtol=0, atol=1e-4)
