"""Every kernel of ``simulate`` against the reference: value, final state and pulled back cotangents.

Float64 agrees to 1e-10, float32 to eight units in the last place times the square root of the length.
"""

import jax
import numpy as np
import pytest
from simulate_cases import (
    FIELDS,
    Case,
    assert_parity,
    assert_same,
    expected,
    moving,
    of_a_vector,
    precision,
    problem,
    replaced,
    value,
    value_and_pullback,
)

from brainfit_fast.ops.simulate import Plan, simulate
from brainfit_fast.testing import assert_adjoint, assert_kernel_runs, assert_matches_differences

STREAMS = ('moments', 'squares', 'samples')
EACH = ('params', 'states', 'rings', 'weights', 'delays', 'inputs')

SHAPES = [
    Case(n=1),
    Case(n=2, longest=5),
    Case(n=33),
    Case(n=33, longest=9),
    Case(n=100, plan=Plan(12)),
    Case(n=100, longest=40, plan=Plan(50)),
    Case(n=33, longest=9, dtype='float32'),
    Case(n=100, longest=40, plan=Plan(50), dtype='float32'),
]
DELAYS = [
    Case(longest=1, delays='same'),
    Case(longest=2, delays='same', n=33),
    Case(longest=31, delays='same', plan=Plan(70)),
    Case(longest=200, plan=Plan(40)),
    Case(longest=70, n=33, plan=Plan(150), sparse=0.5),
    Case(n=33, sparse=0.9),
    Case(longest=20, n=33, sparse=0.95),
]
PLANS = [
    Case(plan=Plan(1)),
    Case(plan=Plan(1), longest=4),
    Case(plan=Plan(150, 3, 7), longest=9),
    Case(plan=Plan(64, 63)),
    Case(plan=Plan(129, 0, 200)),
]
FULL = [
    Case(model='full', n=3, longest=6),
    Case(model='full', n=33),
    Case(model='full', n=5, longest=6, dtype='float32', candidates=3, varied=('params', 'keys')),
    Case(model='full', n=2, longest=9, plan=Plan(150, 2, 3, STREAMS)),
]
STREAMED = [
    Case(plan=Plan(40, 5, 1, STREAMS), n=33, longest=5),
    Case(plan=Plan(200, 0, 1, ('squares', 'moments', 'samples')), dtype='float32'),
    Case(plan=Plan(30, 0, 1, STREAMS), candidates=3, varied=('states', 'targets')),
]
KEPT = [
    Case(model='states', n=9, longest=5, plan=Plan(40, 3, 2)),
    Case(model='states', n=9, longest=5, plan=Plan(40, 3, 2, memory=2**30)),
    Case(model='states', n=5, plan=Plan(600, 3, 2, STREAMS, memory=2**30)),
    Case(
        model='states', n=5, longest=9, plan=Plan(300, memory=2**30), dtype='float32',
        candidates=3, varied=('params', 'keys', 'weights'),
    ),
]  # fmt: skip
CANDIDATES = [
    *(Case(candidates=3, longest=5, varied=(name,)) for name in EACH),
    Case(candidates=4, longest=5, varied=EACH, dtype='float32'),
    Case(candidates=20, varied=('params',), n=3),
]
SLOW = [
    Case(model='full', n=1, longest=3),
    Case(model='full', n=33, longest=40, plan=Plan(70, 5, 3)),
    Case(model='full', n=100, longest=12, plan=Plan(30), dtype='float32'),
    Case(model='full', candidates=3, longest=5, varied=FIELDS[:-1]),
    Case(model='full', candidates=3, longest=5, varied=('keys',)),
    Case(model='full', candidates=18, n=2, varied=('weights',), plan=Plan(20)),
    Case(candidates=70, n=9, varied=EACH, longest=3),
    Case(plan=Plan(1000, 100, 9, STREAMS), n=17, longest=33),
]


@pytest.mark.parametrize(
    'case',
    [
        *SHAPES,
        *DELAYS,
        *PLANS,
        *FULL,
        *STREAMED,
        *KEPT,
        *CANDIDATES,
        *(pytest.param(case, marks=pytest.mark.slow) for case in SLOW),
    ],
    ids=str,
)
def test_value_and_pullback(case, native):
    assert_parity(case, 'cpu_ffi')


@pytest.mark.parametrize('case', [DELAYS[3], PLANS[2], FULL[0], CANDIDATES[0]], ids=str)
def test_value_and_pullback_of_xla(case):
    assert_parity(case, 'xla')


def test_the_comparison_sees_an_error(native):
    """One wrong digit in any leaf is found."""
    case = CANDIDATES[0]
    result = expected(case)
    for place in range(len(jax.tree.leaves(result))):
        leaves, tree = jax.tree.flatten(result)
        if not leaves[place].size or not np.issubdtype(leaves[place].dtype, np.floating):
            continue
        wrong = np.array(leaves[place])
        wrong.flat[-1] += 1e-8 * max(np.abs(wrong).max(), 1.0)
        leaves[place] = wrong
        with pytest.raises(AssertionError, match='largest error'):
            assert_same(tree.unflatten(leaves), result, length=1)


@pytest.mark.parametrize(
    ('case', 'split'),
    [(Case(plan=Plan(90), longest=7), 40), (Case(model='full', n=4, longest=6, plan=Plan(30)), 11)],
    ids=str,
)
def test_two_runs_equal_one(case, split, kernel):
    """States, rings, pointers, keys and the clock go on where the first part stopped."""
    with precision(case.dtype):
        program, args = problem(case)
        whole = value(program, case.plan, args, kernel)
        first = args._replace(inputs=tuple(leaf[:, :split] for leaf in args.inputs))
        half = value(program, Plan(split), first, kernel)
        rest = args._replace(
            states=half.states,
            rings=half.rings,
            pointers=half.pointers,
            start=args.start + split,
            inputs=tuple(leaf[:, split:] for leaf in args.inputs),
        )
        last = value(program, Plan(case.plan.n_steps - split), rest, kernel)
    joined = [np.concatenate(pair, 1) for pair in zip(half.samples, last.samples, strict=True)]
    assert_same((tuple(joined), ()), (whole.samples, ()), length=1)
    assert_same((last[2:], ()), (whole[2:], ()), length=1)


def test_the_clock_matters(native):
    """The model reads the time: another first step gives another run."""
    case = FULL[0]
    with precision(case.dtype):
        program, args = problem(case)
        runs = [
            value(program, case.plan, args._replace(start=np.int32(start)), 'cpu_ffi').states[1]
            for start in (7, 8)
        ]
    assert np.abs(runs[0] - runs[1]).max() > 1e-3


@pytest.mark.parametrize('case', [Case(longest=5), FULL[0]], ids=str)
def test_transpose_of_the_derivative(case, native):
    """<A v, w> = <v, A' w>: A by forward mode of the reference, A' by the kernel; dt included."""
    with precision(case.dtype):
        program, args = problem(case)
        flat, function = of_a_vector(case, program, args)
        assert_kernel_runs('brainfit_fast_simulate_forward_f64', function('cpu_ffi'), flat)
        assert_adjoint(function('reference'), function('cpu_ffi'), flat)


@pytest.mark.parametrize(
    'case', [Case(n=3, longest=4), Case(n=3), Case(n=3, plan=Plan(30, 2, 3, STREAMS))], ids=str
)
def test_finite_differences(case, kernel):
    """Independent of the reference: all arguments at once, dt among them."""
    with precision(case.dtype):
        program, args = problem(case)
        flat, function = of_a_vector(case, program, args)
        assert_matches_differences(function(kernel), flat, rtol=1e-6)


@pytest.mark.parametrize('dtype', ['float32', 'float64'])
def test_both_kernels_are_in_the_compiled_program(dtype, native):
    case = Case(longest=3, dtype=dtype)
    with precision(dtype):
        program, args = problem(case)

        def loss(values):
            result = simulate(program, case.plan, replaced(args, values))
            return sum((leaf**2).sum() for leaf in result.samples)

        suffix = {'float32': 'f32', 'float64': 'f64'}[dtype]
        for way in ('forward', 'backward'):
            name = f'brainfit_fast_simulate_{way}_{suffix}'
            assert_kernel_runs(name, jax.grad(loss), moving(args))


@pytest.mark.parametrize('value', [np.nan, np.inf])
@pytest.mark.parametrize('field', ['states', 'params'])
def test_a_bad_candidate_leaves_the_others_alone(field, value, native):
    case = Case(candidates=3, longest=5, varied=('params', 'states'))
    with precision(case.dtype):
        program, args = problem(case)
        leaves = list(getattr(args, field))
        place = next(k for k, leaf in enumerate(leaves) if leaf.shape == (3, case.n))
        leaves[place] = leaves[place].at[1].set(value)
        bad = args._replace(**{field: tuple(leaves)})
        result, gradient = value_and_pullback(program, case.plan, bad, 'cpu_ffi')
        good, good_gradient = value_and_pullback(program, case.plan, args, 'cpu_ffi')
    assert result.finite.tolist() == [True, False, True]
    assert good.finite.tolist() == [True, True, True]
    keep = np.array([0, 2])
    for a, b in zip(result.samples + result.states, good.samples + good.states, strict=True):
        np.testing.assert_array_equal(a[keep], b[keep])
    for a, b in zip(gradient, good_gradient, strict=True):
        if a.ndim and a.shape[0] == 3:
            np.testing.assert_array_equal(a[keep], b[keep])
    assert not all(np.isfinite(leaf).all() for leaf in gradient)
