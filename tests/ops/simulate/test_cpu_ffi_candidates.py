"""Many candidates: lanes = candidates for whole groups, crews of a few for the rest, and both the same run."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from simulate_cases import (
    Case,
    assert_parity,
    assert_same,
    floats,
    moving,
    one_of,
    precision,
    problem,
    replaced,
    value,
    value_and_pullback,
    with_floats,
)

from brainfit_fast.core import ffi
from brainfit_fast.ops.simulate import Plan, SimulateArgs, simulate

pytestmark = pytest.mark.usefixtures('native')

STREAMS = ('moments', 'squares', 'samples')
VECTOR_BYTES = {'x86-64-v2': 16, 'x86-64-v3': 32, 'x86-64-v4': 64, 'baseline': 16}
EACH = ('params', 'states', 'rings', 'inputs')


def group(dtype):
    """Candidates that fill the lanes of one group."""
    return VECTOR_BYTES[ffi.cpu_level()] // np.dtype(dtype).itemsize


def case_of(rest, *, groups=2, dtype='float64', **kwargs):
    return Case(candidates=groups * group(dtype) + rest, dtype=dtype, **{'n': 33, **kwargs})


def twice(args):
    """Two equal candidates, of one."""
    mapped = jax.tree.map(lambda leaf: jnp.repeat(leaf, 2, axis=0), args.mapped)
    return SimulateArgs(*mapped, args.pointers, args.dt, args.start)


def runs(case):
    """All candidates at once, and each alone in company of itself."""
    with precision(case.dtype):
        program, args = problem(case)
        together = value(program, case.plan, args, 'cpu_ffi')
        alone = jax.jit(lambda own: simulate(program, case.plan, own, implementation='cpu_ffi'))
        each = [alone(twice(one_of(args, c))) for c in range(case.candidates)]
        return together, [leaves_of(pair, 0) for pair in each]


def leaves_of(result, candidate):
    result = result._replace(pointers=())
    return jax.tree.map(lambda leaf: leaf[candidate : candidate + 1], result)


def same_bits(a, b):
    return all(np.array_equal(x, y) for x, y in zip(floats(a), floats(b), strict=True))


@pytest.mark.parametrize(
    'kwargs',
    [
        {'model': 'states', 'plan': Plan(700, 3, 2, STREAMS)},
        {'model': 'states', 'dtype': 'float32', 'n': 100, 'candidates': 2},
        {'model': 'states', 'longest': 9, 'plan': Plan(60, time_first=True)},
        {'model': 'states', 'sparse': 0.9, 'keys': True},
        {'model': 'full', 'n': 2, 'candidates': 3},
        {'model': 'full', 'n': 7, 'keys': True},
        {'model': 'tracked', 'n': 1, 'plan': Plan(70, 0, 1)},
    ],
    ids=str,
)
def test_crews_equal_the_reference(kwargs):
    """Fewer candidates than lanes, with one noise or noises of their own; blocks, crews that are not full."""
    kwargs = dict(kwargs)
    own = ('keys',) if kwargs.pop('keys', False) else ()
    given = {'n': 33, 'candidates': 5, 'varied': ('params', 'states', *own), **kwargs}
    assert_parity(Case(**given), 'cpu_ffi')


@pytest.mark.parametrize(
    'kwargs',
    [
        {},
        {'dtype': 'float32'},
        {'sparse': 0.9},
        {'n': 1},
        {'n': 7, 'plan': Plan(40, 3, 2, STREAMS)},
        {'n': 7, 'plan': Plan(40, 3, 2, time_first=True)},
        {'n': 7, 'model': 'full', 'varied': (*EACH, 'keys'), 'plan': Plan(40, 3, 2, STREAMS)},
        {'n': 7, 'model': 'full', 'varied': ('params',), 'dtype': 'float32'},
    ],
    ids=str,
)
def test_both_layouts(kwargs):
    """Sums over all sources are added in one order, whoever else is there; those over a few, in two."""
    case = case_of(1, **{'varied': EACH, **kwargs})
    together, alone = runs(case)
    for c, single in enumerate(alone):
        own = leaves_of(together, c)
        assert_same((own, ()), (single, ()), length=case.plan.n_steps * case.n)
        # what JAX prepares in float32 for one candidate or for several may round differently
        if (case.model, case.dtype) != ('full', 'float32'):
            joins = c < case.candidates - 1
            assert same_bits(own, single) == (case.sparse == 0 or not joins)


@pytest.mark.parametrize('dtype', ['float32', 'float64'])
@pytest.mark.parametrize('model', ['states', 'full'])
@pytest.mark.parametrize('what', ['value', 'adjoint'])
def test_noise_is_shared_or_not_to_the_same_bits(what, model, dtype):
    """Candidates with one key draw together; where the last has another, each for itself."""
    case = case_of(0, groups=2, n=7, model=model, dtype=dtype, varied=('params', 'states'))
    with precision(dtype):
        program, args = problem(case)
        keys = [
            k
            for k, leaf in enumerate(args.states)
            if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        ]
        other = list(args.states)
        for k in keys:
            one = jnp.broadcast_to(args.states[k][:1], (case.candidates,))
            other[k] = one.at[-1].set(jax.random.key(9))
        apart = args._replace(states=tuple(other))
        run = value if what == 'value' else value_and_pullback
        together, each = (run(program, case.plan, own, 'cpu_ffi') for own in (args, apart))
    pairs = list(zip(floats(together), floats(each), strict=True))
    own = [(a, b) for a, b in pairs if np.shape(a)[:1] == (case.candidates,)]
    for a, b in own:
        assert np.isfinite(a).all()
        np.testing.assert_array_equal(a[:-1], b[:-1])
    assert any(not np.array_equal(a[-1], b[-1]) for a, b in own)


@pytest.mark.parametrize(('rest', 'joins'), [(0.5, False), (0.7, True)])
def test_a_last_group_that_is_not_full(rest, joins):
    """From a share of 0.6 of its lanes on, a group pays."""
    case = case_of(round(rest * group('float64')), groups=1, sparse=0.9, varied=EACH)
    together, alone = runs(case)
    last = leaves_of(together, case.candidates - 1)
    single = alone[-1]
    assert_same((last, ()), (single, ()), length=case.plan.n_steps * case.n)
    assert same_bits(last, single) != joins


@pytest.mark.parametrize(
    'kwargs', [{'longest': 5}, {'varied': ('weights',)}, {'groups': 1}], ids=str
)
def test_what_groups_do_not_serve_runs_in_crews(kwargs):
    case = case_of(0, n=9, **{'varied': ('params',), **kwargs})
    together, alone = runs(case)
    for c, single in enumerate(alone):
        for a, b in zip(floats(leaves_of(together, c)), floats(single), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize('model', ['plain', 'full'])
def test_a_bad_lane_leaves_the_others_alone(model):
    case = case_of(0, n=5, model=model, varied=EACH)
    with precision(case.dtype):
        program, args = problem(case)
        good = value(program, case.plan, args, 'cpu_ffi')
        states = (args.states[0].at[3, 2].set(np.nan), *args.states[1:])
        bad = value(program, case.plan, args._replace(states=states), 'cpu_ffi')
    assert bad.finite.tolist() == [c != 3 for c in range(case.candidates)]
    keep = np.arange(case.candidates) != 3
    for a, b in zip(floats(bad), floats(good), strict=True):
        np.testing.assert_array_equal(a[keep], b[keep])


def test_seventy_candidates_equal_the_reference():
    assert_parity(Case(candidates=70, n=6, varied=EACH), 'cpu_ffi')


@pytest.mark.parametrize('n_candidates', [16, 17, 33])
def test_gradient_of_shared_weights_is_the_sum_over_candidates(n_candidates):
    """Summed in groups inside the kernel; so are parameters that all share."""
    case = Case(n=4, longest=3, candidates=n_candidates, varied=('states',), plan=Plan(9))
    with precision(case.dtype):
        program, args = problem(case)

        def total(values, own):
            result = simulate(program, case.plan, replaced(own, values), implementation='cpu_ffi')
            return sum((leaf**2).sum() for leaf in floats(result))

        together = jax.jit(jax.grad(total))(moving(args), args)
        gradient = jax.jit(jax.grad(total))
        alone = [
            gradient(moving(own), own) for own in (one_of(args, c) for c in range(n_candidates))
        ]
    for k, (a, *singles) in enumerate(zip(together, *alone, strict=True)):
        own = a.ndim and a.shape[0] == n_candidates
        expected = np.concatenate(singles) if own else np.sum(singles, axis=0)
        np.testing.assert_allclose(a, expected, rtol=1e-11, atol=1e-13, err_msg=str(k))


@pytest.mark.parametrize('model', ['plain', 'full'])
@pytest.mark.parametrize(
    'plan', [Plan(200, 7, 3, STREAMS), Plan(70, 0, 1, STREAMS), Plan(70, 3, 2, time_first=True)]
)
def test_adjoint_of_a_group(plan, model):
    """Only without the gradient of weights do candidates walk back in groups."""
    case = case_of(1, groups=1, n=5, model=model, plan=plan, varied=('params', 'states', 'targets'))
    with precision(case.dtype):
        program, args = problem(case)
        rng = np.random.default_rng(3)

        def loss(own, implementation):
            given = args._replace(params=own[0], states=with_floats(args.states, own[1]))
            result = simulate(program, plan, given, implementation=implementation)
            return sum((leaf * w).sum() for leaf, w in zip(floats(result), weights, strict=True))

        own = (args.params, floats(args.states))
        shapes = floats(jax.eval_shape(lambda: simulate(program, plan, args)))
        weights = [jnp.asarray(rng.normal(size=leaf.shape)) for leaf in shapes]
        actual, expected = (
            jax.jit(jax.grad(lambda v, name=name: loss(v, name)))(own)
            for name in ('cpu_ffi', 'reference')
        )
    for a, b in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        scale = np.abs(b).max()
        np.testing.assert_allclose(a / scale, b / scale, rtol=0, atol=1e-11)


def test_candidates_repeat_bit_for_bit():
    """However the candidates are spread over threads."""
    case = Case(n=20, longest=9, candidates=24, varied=EACH, plan=Plan(60))
    with precision(case.dtype):
        program, args = problem(case)
        first = value_and_pullback(program, case.plan, args, 'cpu_ffi')
        for _ in range(5):
            again = value_and_pullback(program, case.plan, args, 'cpu_ffi')
            for a, b in zip(floats(again), floats(first), strict=True):
                np.testing.assert_array_equal(a, b)
