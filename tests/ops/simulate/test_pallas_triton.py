"""The Pallas kernels of ``simulate`` in interpret mode against the reference: value and pullback."""

import numpy as np
import pytest
from simulate_cases import Case, assert_parity, precision, problem, value

import brainfit_fast as bf
from brainfit_fast.ops.simulate import Plan
from brainfit_fast.ops.simulate.api import choose

STREAMS = ('moments', 'squares', 'samples')

CASES = [
    Case(n=1, plan=Plan(5)),
    Case(n=2, plan=Plan(9, 1, 2)),
    Case(n=33, plan=Plan(7)),
    Case(n=100, plan=Plan(5)),
    Case(plan=Plan(1)),
    Case(plan=Plan(8, 7)),
    Case(plan=Plan(30, 0, 200)),
    Case(model='full', n=9, plan=Plan(12, 2, 3)),
    Case(model='full', n=3, plan=Plan(90, 3, 4, STREAMS)),
    Case(model='full', n=2, plan=Plan(9), candidates=3, varied=('params', 'states', 'rings', 'inputs')),
    Case(model='full', n=2, plan=Plan(9), candidates=3, varied=('keys',)),
    Case(plan=Plan(90, 0, 1, STREAMS), candidates=18, varied=('params', 'targets')),
    Case(model='states', plan=Plan(9), candidates=17, varied=('params',)),
]  # fmt: skip


@pytest.mark.parametrize('case', CASES, ids=str)
def test_value_and_pullback(case):
    assert_parity(case, 'pallas_triton')


def refused(case, match):
    with precision(case.dtype):
        program, args = problem(case)
        with pytest.raises(bf.ImplementationError, match=match):
            value(program, case.plan, args, 'pallas_triton')


def test_what_it_refuses():
    refused(Case(longest=3), 'delays run on the reference')
    refused(Case(n=129, plan=Plan(2)), 'holds up to 128 regions, not 129')
    refused(Case(candidates=3, varied=('weights',)), 'weights that differ by candidate')


def test_auto_leaves_it_aside():
    program, _ = problem(CASES[0])
    reasons = dict(choose(program, CASES[0].plan).skipped)
    assert reasons['pallas_triton'].startswith('needs a GPU')


def test_weights_as_pairs_of_bfloat16():
    """float32: the sums are right to 2**-16 of their terms, which single bfloat16 (2**-8) would miss."""
    case = Case(n=33, dtype='float32', plan=Plan(40))
    with precision(case.dtype):
        program, args = problem(case)
        runs = [value(program, case.plan, args, name) for name in ('reference', 'pallas_triton')]
    wanted, got = (np.asarray(run.samples[0], float) for run in runs)
    assert 0 < np.abs(got - wanted).max() < 2e-6
