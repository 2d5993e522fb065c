"""The Pallas kernels of ``simulate`` in interpret mode against the reference: value and pullback."""

import jax
import numpy as np
import pytest
from simulate_cases import Case, assert_parity, precision, problem, value

import brainfit_fast as bf
from brainfit_fast.ops.simulate import Plan
from brainfit_fast.ops.simulate.api import choose
from brainfit_fast.ops.simulate.triton import heuristics
from brainfit_fast.ops.simulate.triton.heuristics import Block, block_of

STREAMS = ('moments', 'squares', 'samples')

#: One candidate in a program.
ALONE = [
    Case(n=1, plan=Plan(5)),
    Case(n=33, plan=Plan(7)),
    Case(n=200, plan=Plan(3)),
    Case(plan=Plan(8, 7)),
    pytest.param(Case(model='full', n=9, plan=Plan(12, 2, 3)), marks=pytest.mark.slow),
    Case(model='full', n=2, plan=Plan(9), candidates=3, varied=('params', 'keys', 'inputs')),
    Case(candidates=3, plan=Plan(70), varied=('weights', 'params')),
]
#: Sixteen candidates in a program.
TOGETHER = [
    Case(n=100, plan=Plan(5)),
    Case(plan=Plan(30, 0, 200)),
    pytest.param(Case(model='full', n=3, plan=Plan(80, 3, 4, STREAMS)), marks=pytest.mark.slow),
    Case(model='full', n=2, plan=Plan(9), candidates=3, varied=('params', 'states', 'rings', 'inputs')),
    Case(plan=Plan(90, 0, 1, STREAMS), candidates=18, varied=('params', 'targets')),
    Case(model='states', plan=Plan(9), candidates=17, varied=('params', 'keys')),
]  # fmt: skip


#: Near pairs alone; far ones too; a segment shorter than the longest delay; history longer than the run.
DELAYED = [
    Case(n=1, longest=2, plan=Plan(5)),
    Case(longest=3),
    Case(longest=40, plan=Plan(30)),
    Case(longest=70, delays='same', plan=Plan(150, 0, 4), sparse=0.3),
    Case(longest=20, candidates=3, varied=('params', 'rings', 'weights', 'delays')),
    Case(
        model='full', n=2, longest=9, plan=Plan(12, 2, 3, STREAMS), candidates=2, varied=('params',)
    ),
    pytest.param(Case(n=33, longest=70, plan=Plan(90, 70, 7)), marks=pytest.mark.slow),
]
DELAYED_TOGETHER = [
    Case(longest=12, candidates=6, plan=Plan(70), varied=('params', 'rings')),
    Case(n=100, longest=64, candidates=4, plan=Plan(20), varied=('params',)),
    Case(model='full', n=2, longest=9, candidates=5, varied=('params', 'weights')),
]


@pytest.fixture
def together(monkeypatch):
    """Blocks as for many candidates."""
    monkeypatch.setattr(heuristics, '_PROCESSORS', 0)
    # what was traced with other blocks
    jax.clear_caches()
    yield
    jax.clear_caches()


@pytest.mark.parametrize('case', ALONE, ids=str)
def test_one_candidate_in_a_program(case):
    assert block_of(case.n, case.candidates).candidates == 1
    assert_parity(case, 'pallas_triton')


@pytest.mark.parametrize('case', TOGETHER, ids=str)
def test_many_candidates_in_a_program(case, together):
    assert block_of(case.n, case.candidates).candidates == 16
    assert_parity(case, 'pallas_triton')


@pytest.mark.parametrize('case', DELAYED, ids=str)
def test_delays(case):
    assert_parity(case, 'pallas_triton')


@pytest.mark.parametrize('case', DELAYED_TOGETHER, ids=str)
def test_delays_of_many_candidates(case, together):
    assert_parity(case, 'pallas_triton')


def test_blocks():
    """A kernel of many candidates takes over where each would no longer have a processor to itself."""
    assert block_of(100, 128) == Block(1, 128, 4)
    assert block_of(100, 129) == Block(16, 128, 8)
    assert block_of(400, 1000) == Block(1, 512, 16)
    assert block_of(3, 1).regions == 16


def refused(case, match):
    with precision(case.dtype):
        program, args = problem(case)
        with pytest.raises(bf.ImplementationError, match=match):
            value(program, case.plan, args, 'pallas_triton')


def test_what_it_refuses():
    refused(Case(n=513, plan=Plan(2)), 'holds up to 512 regions, not 513')


def test_auto_leaves_it_aside():
    case = ALONE[0]
    with precision(case.dtype):
        program, _ = problem(case)
        reasons = dict(choose(program, case.plan).skipped)
    assert reasons['pallas_triton'].startswith('needs a GPU')


def test_weights_as_pairs_of_bfloat16(together):
    """float32: the sums are right to 2**-16 of their terms, which single bfloat16 (2**-8) would miss."""
    case = Case(n=33, dtype='float32', plan=Plan(40))
    with precision(case.dtype):
        program, args = problem(case)
        runs = [value(program, case.plan, args, name) for name in ('reference', 'pallas_triton')]
    wanted, got = (np.asarray(run.samples[0], float) for run in runs)
    assert 0 < np.abs(got - wanted).max() < 2e-6
