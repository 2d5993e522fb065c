"""Every variant of the kernels that this processor can run, and that they are different code."""

import jax
import numpy as np
import pytest
from simulate_cases import (
    Case,
    assert_same,
    expected,
    floats,
    precision,
    problem,
    value,
    value_and_pullback,
)

from brainfit_fast.codegen.library import ready
from brainfit_fast.codegen.node import node_of
from brainfit_fast.core import ffi
from brainfit_fast.ops.simulate import Plan

pytestmark = pytest.mark.usefixtures('native')

LEVELS = ['x86-64-v2', 'x86-64-v3', 'x86-64-v4', 'baseline']
CASES = [
    Case(n=33, longest=9),
    Case(n=33, longest=40, dtype='float32', plan=Plan(40)),
    Case(n=9, candidates=17, varied=('params', 'states')),
    Case(n=7, candidates=40, varied=('params', 'states'), dtype='float32'),
    Case(n=17, plan=Plan(90, 3, 2, ('moments', 'squares', 'samples'))),
]


@pytest.fixture(params=LEVELS)
def level(request):
    if request.param not in ffi.cpu_levels():
        pytest.skip(f'this machine has no {request.param} kernels')
    # what is traced outside has a key in it that another level need not know
    with ffi.forced_cpu_level(request.param):
        assert ffi.cpu_level() == request.param
        yield request.param


@pytest.mark.parametrize('case', CASES, ids=str)
def test_every_level_equals_the_reference(case, level):
    with precision(case.dtype):
        program, args = problem(case)
        actual = value_and_pullback(program, case.plan, args, 'cpu_ffi')
        alone = value(program, case.plan, args, 'cpu_ffi')
    length = case.plan.n_steps * case.n
    assert_same(actual, expected(case), length=length)
    assert_same((alone, ()), (expected(case)[0], ()), length=length)


def test_levels_are_different_code():
    """A level that fuses multiply and add rounds otherwise."""
    if 'x86-64-v3' not in ffi.cpu_levels():
        pytest.skip('needs two levels, of which one fuses multiply and add')
    case = CASES[0]
    found = []
    for name in ('x86-64-v2', 'x86-64-v3'):
        with ffi.forced_cpu_level(name), precision(case.dtype):
            program, args = problem(case)
            found.append(jax.block_until_ready(value(program, case.plan, args, 'cpu_ffi')))
    pairs = zip(*map(floats, found), strict=True)
    assert any(np.any(a != b) for a, b in pairs)


def test_a_node_is_compiled_for_each_level(level):
    """The library knows it under one key at every level, after it was asked for there."""
    program, _ = problem(CASES[0])
    assert ffi.has_node(ready(node_of(program)))
