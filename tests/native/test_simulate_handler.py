"""The handlers of ``simulate`` called past every check in Python: an error, never foreign memory."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

CASES = Path(__file__).parent.parent / 'ops' / 'simulate'
sys.path.insert(0, str(CASES))

from simulate_cases import Case, precision, problem, value_and_pullback  # noqa: E402

from brainfit_fast.core import ffi  # noqa: E402
from brainfit_fast.ops.simulate import Plan, cpu_ffi, lanes  # noqa: E402

FORWARD, BACKWARD = 'brainfit_fast_simulate_forward_f64', 'brainfit_fast_simulate_backward_f64'
SMALL = Case(
    n=3, longest=4, plan=Plan(9, 1, 2, ('moments', 'squares', 'samples')), candidates=2,
    varied=('states', 'params'),
)  # fmt: skip
LARGE = 2**62
CALL = ffi.call


@pytest.fixture(autouse=True)
def double(request):
    if request.config.getoption('--pure-python'):
        pytest.skip('the native library is absent on purpose')
    with precision('float64'):
        yield


class Given:
    """What a handler was called with."""

    def __init__(self, target, results, operands, attributes):
        self.target = target
        self.results = list(results)
        self.operands = list(operands)
        self.attributes = dict(attributes)

    def run(self):
        out = CALL(self.target, self.results, *self.operands, **self.attributes)
        return jax.block_until_ready(out)

    def with_layout(self, index, number):
        layout = self.attributes['layout'].copy()
        layout[index] = number
        self.attributes['layout'] = layout


def recorded(case=SMALL):
    """Valid calls of both handlers, with concrete operands, and what they return."""
    program, args = problem(case)
    given = lanes.operands(program, args)
    call = cpu_ffi.static(program, case.plan, args.n_candidates)
    calls = {}

    def keep(target, results, *operands, **attributes):
        calls[target] = Given(target, results, operands, attributes)
        return calls[target].run()

    try:
        ffi.call = keep
        raw, kept = cpu_ffi.forward(call, given, checkpointed=True)
        moments = tuple(
            leaf for k, leaf in enumerate(raw.observables) if case.plan.stream(k) == 'moments'
        )
        wanted = lanes.Wanted(
            (True,) * len(given.parameters),
            (True,) * len(given.weights),
            (True,) * len(given.inputs),
        )
        cpu_ffi.backward(call, wanted, given, kept, moments, raw)
    finally:
        ffi.call = CALL
    return calls


@pytest.fixture(params=[FORWARD, BACKWARD], ids=['forward', 'backward'])
def given(request):
    return recorded()[request.param]


def refused(given, message):
    with pytest.raises(Exception, match=message) as error:
        given.run()
    assert 'brainfit_fast_simulate' in str(error.value) or 'Wrong' in str(error.value)


def test_the_recorded_call_runs(given):
    assert all(np.isfinite(leaf).all() for leaf in given.run() if leaf.dtype == np.float64)


def changes(leaf):
    """The same operand with one more or one fewer along each axis, another rank, another dtype."""
    for axis in range(leaf.ndim):
        if axis == 0 and leaf.shape[0] == 1:
            yield jnp.concatenate([leaf] * 3)  # neither shared nor one for each of two
        else:
            yield jnp.concatenate([leaf, leaf[(slice(None),) * axis + (slice(0, 1),)]], axis)
        if leaf.shape[axis] > 1 and not (axis == 0 and leaf.shape[0] == 2):
            yield leaf[(slice(None),) * axis + (slice(1, None),)]
    yield leaf[None]
    if leaf.ndim:
        yield leaf.reshape(-1) if leaf.ndim > 1 else leaf[0]
    yield leaf.astype(jnp.float32)


def test_operands_of_another_shape_or_dtype(given):
    right = list(given.operands)
    for place, leaf in enumerate(right):
        for wrong in changes(leaf):
            if wrong.size == 0 and leaf.size == 0 and wrong.shape == leaf.shape:
                continue
            given.operands = [*right[:place], wrong, *right[place + 1 :]]
            refused(given, rf'operand {place} has shape|operand \d+ has shape')


def test_too_few_and_too_many_operands(given):
    right = list(given.operands)
    for place in range(len(right)):
        given.operands = right[:place] + right[place + 1 :]
        refused(given, 'operand')
    given.operands = []
    refused(given, 'too few operands')
    given.operands = [*right, right[0]]
    refused(given, 'too many operands')


def test_results_of_another_shape_or_dtype(given):
    right = list(given.results)
    for place, struct in enumerate(right):
        shapes = [(*struct.shape, 1), (*struct.shape[:-1], struct.shape[-1] + 1)]
        shapes += [(struct.shape[0] + 1, *struct.shape[1:])]
        wrong = [jax.ShapeDtypeStruct(shape, struct.dtype) for shape in shapes]
        wrong.append(jax.ShapeDtypeStruct(struct.shape, jnp.float32))
        for one in wrong:
            given.results = [*right[:place], one, *right[place + 1 :]]
            refused(given, f'result {place} has shape')
        given.results = right[:place] + right[place + 1 :]
        refused(given, 'result')
    given.results = [*right, right[0]]
    refused(given, 'too many results')


@pytest.mark.parametrize('delay', [-1, 5, 2**31 - 1, -(2**31)])
def test_delays_outside_the_history(given, delay):
    place = next(
        k
        for k, leaf in enumerate(given.operands)
        if leaf.shape == (1, 3, 3) and leaf.dtype == jnp.int32
    )
    given.operands[place] = given.operands[place].at[0, 2, 1].set(delay)
    refused(given, 'a delay is negative or longer than the history')


@pytest.mark.parametrize('number', [-1, 2**31, LARGE, -LARGE])
def test_numbers_of_the_layout(given, number):
    """Each in turn: refused, or without effect (flags are true if not zero)."""
    right = given.attributes['layout']
    results = given.run()
    accepted = []
    for place in range(len(right)):
        given.with_layout(place, number)
        try:
            again = given.run()
        except Exception as error:
            assert 'brainfit_fast_simulate' in str(error)
        else:
            accepted.append(place)
            for a, b in zip(again, results, strict=True):
                np.testing.assert_array_equal(a, b)
        given.attributes['layout'] = right
    # steps, first, every, candidates, regions and the four counts are never accepted
    assert set(accepted).isdisjoint({0, 1, 5, 6, 7, 8, 9, 10})


@pytest.mark.parametrize('change', [lambda x: x[:-1], lambda x: np.append(x, 0), lambda x: x[:0]])
def test_a_layout_of_another_length(given, change):
    given.attributes['layout'] = change(given.attributes['layout'])
    refused(given, r'layout has the wrong length|bad counts|out of range')


@pytest.mark.slow
def test_random_layouts():
    """Numbers that fit nothing, many at a time."""
    rng = np.random.default_rng(6)
    numbers = np.array([-LARGE, -1, 0, 1, 2, 3, 5, 9, 2**31, LARGE])
    calls = list(recorded().values())
    for _ in range(300):
        given = calls[rng.integers(2)]
        right = given.attributes['layout']
        layout = right.copy()
        places = rng.integers(0, len(layout), rng.integers(2, 6))
        layout[places] = rng.choice(numbers, len(places))
        if np.array_equal(layout, right):
            continue
        given.attributes['layout'] = layout
        try:
            given.run()
        except Exception as error:
            assert 'brainfit_fast_simulate' in str(error)
        finally:
            given.attributes['layout'] = right


def test_an_unknown_node(given):
    given.attributes['node'] = '0' * 24
    refused(given, 'node model 0{24} is not compiled for')
    given.attributes['node'] = ''
    refused(given, 'is not compiled for')


def test_a_node_of_another_dtype(given):
    other = Case(n=3, longest=4, dtype='float32')
    with precision('float32'):
        program, args = problem(other)
        value_and_pullback(program, other.plan, args, 'cpu_ffi')
        given.attributes['node'] = cpu_ffi.ready(cpu_ffi.node_of(program))
    refused(given, 'the node model has another dtype')


def test_a_missing_attribute(given):
    del given.attributes['layout']
    with pytest.raises(Exception, match=r'layout|attribute'):
        given.run()


@pytest.mark.skipif(
    platform.system() != 'Linux' or 'asan' in os.environ.get('LD_PRELOAD', ''),
    reason='needs a limit on the address space',
)
def test_no_memory_is_an_error_not_a_crash():
    """What does not fit is said, and the process lives."""
    code = f"""
import resource, sys
sys.path.insert(0, {str(CASES)!r})
from simulate_cases import *
case = Case(n=4, longest=0, plan=Plan(5))
with precision(case.dtype):
    program, args = problem(case)
    run = jax.jit(lambda a: simulate(program, case.plan, a, implementation='cpu_ffi'))
    run(args).finite.block_until_ready()
    n = 3000
    big = Case(n=n, longest=0, plan=Plan(2))
    program, args = problem(big)
    run = jax.jit(lambda a: simulate(program, big.plan, a, implementation='cpu_ffi'))
    executable = run.lower(args).compile()
    # XLA's own buffers come first: more and more memory, until it is the kernel's turn
    messages = []
    for more in range(0, 800, 20):
        used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + more * 2**20, resource.RLIM_INFINITY))
        try:
            jax.block_until_ready(executable(args))
        except Exception as error:
            messages.append(str(error).splitlines()[0])
        else:
            messages.append('it ran')
            break
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
    print(messages)
"""
    done = subprocess.run(
        [sys.executable, '-P', '-c', code],
        env={**os.environ, 'JAX_PLATFORMS': 'cpu'},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert 'brainfit_fast_simulate_forward: no memory' in done.stdout
    assert 'it ran' in done.stdout
