"""Observers inside the time loop, in every implementation: value and pullback against the reference.

The reference itself is held against a loop over the trajectory by ``tests/observation``.
"""

import jax
import jax.numpy as jnp
import pytest
from simulate_cases import (
    Case,
    assert_parity,
    assert_same,
    compiled,
    cotangents,
    floats,
    of_a_vector,
    precision,
    problem,
)

from brainfit_fast.ops.simulate import Plan, simulate
from brainfit_fast.testing import assert_adjoint, assert_matches_differences

STREAMS = ('moments', 'squares', 'samples')


def slow(case):
    return pytest.param(case, marks=pytest.mark.slow)


CASES = [
    Case(model='tracked', n=1, plan=Plan(24, 3, 4)),
    Case(model='tracked', n=2, longest=5, plan=Plan(30, 7, 8)),
    slow(Case(model='tracked', n=33, plan=Plan(150, 11, 8))),
    slow(Case(model='tracked', n=9, plan=Plan(150, 2, 7))),
    Case(model='tracked', n=9, longest=2, plan=Plan(150, 1, 3, STREAMS)),
    slow(Case(model='tracked', n=33, longest=9, plan=Plan(150, 11, 4, STREAMS))),
    slow(Case(model='tracked', n=100, longest=40, plan=Plan(52, 3, 12), dtype='float32')),
    Case(model='tracked', n=9, longest=5, plan=Plan(300, 3, 4, memory=2**30)),
    Case(model='followed', n=33, longest=9, plan=Plan(150, 3, 7)),
    Case(model='followed', n=7, plan=Plan(150, 5, 1, STREAMS)),
]
#: More of them than lanes: groups, and what is left one by one.
MANY = [
    Case(model='tracked', n=5, candidates=21, varied=('params', 'states', 'keys'), plan=Plan(150, 3, 7)),
    slow(Case(model='tracked', n=3, candidates=37, varied=('params', 'inputs'), dtype='float32',
              plan=Plan(72, 7, 4, STREAMS))),
    Case(model='tracked', n=3, longest=6, candidates=3, varied=('delays',), plan=Plan(24, 3, 4)),
    slow(Case(model='followed', n=3, candidates=20, varied=('states', 'params'))),
]  # fmt: skip


@pytest.mark.parametrize('case', [*CASES, *MANY], ids=str)
def test_value_and_pullback(case, native):
    assert_parity(case, 'cpu_ffi')


@pytest.mark.parametrize('case', [CASES[1], slow(CASES[8]), slow(MANY[0])], ids=str)
def test_value_and_pullback_of_xla(case):
    assert_parity(case, 'xla')


@pytest.mark.parametrize(
    'case',
    [
        Case(model='tracked', n=3, plan=Plan(10, 2, 4), candidates=2, varied=('params', 'keys')),
        slow(Case(model='tracked', n=5, longest=3, plan=Plan(22, 3, 4, STREAMS))),
        slow(Case(model='followed', n=5, plan=Plan(20, 2, 3))),
        slow(Case(model='tracked', n=70, plan=Plan(9, 3, 4), candidates=17, varied=('params',))),
    ],
    ids=str,
)
def test_value_and_pullback_of_pallas(case):
    """Interpret mode."""
    assert_parity(case, 'pallas_triton')


@pytest.mark.parametrize(
    'case', [CASES[0], Case(model='tracked', n=3, longest=4, plan=Plan(24, 2, 5))], ids=str
)
def test_finite_differences(case, kernel):
    """Independent of the reference: all arguments at once, the observer's states and dt among them."""
    with precision(case.dtype):
        program, args = problem(case)
        flat, function = of_a_vector(case, program, args)
        assert_matches_differences(function(kernel), flat, rtol=1e-6)
        assert_adjoint(function('reference'), function(kernel), flat)


def test_vmap_of_the_gradient(kernel):
    """A mapped axis is a candidate axis."""
    case = Case(model='tracked', n=5, plan=Plan(40, 3, 4))
    with precision(case.dtype):
        program, args = problem(case)

        def pulled(implementation):
            def one(params):
                def run(params):
                    given = args._replace(params=params)
                    return floats(
                        simulate(program, case.plan, given, implementation=implementation)
                    )

                out, pull = jax.vjp(run, params)
                return out, pull(cotangents(out))[0]

            wide = jax.tree.map(
                lambda leaf: leaf * jnp.linspace(0.9, 1.1, 3).reshape(3, *[1] * leaf.ndim),
                args.params,
            )
            return compiled(jax.vmap(one), wide, implementation, ('forward', 'backward'))(wide)

        assert_same(pulled(kernel), pulled('reference'), length=200)
