"""Results do not depend on the number of threads, and repeat bit for bit.

XLA reads the size of its pool from NPROC, or from the processor affinity, when it starts: a process of its
own for each size.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures('native')

PROGRAM = """
import hashlib, json, os, sys
sys.path.insert(0, sys.argv[1])
from simulate_cases import *

# an argument that candidates share has one gradient, which XLA sums over them in an order of its own
EACH = ('params', 'states', 'rings', 'inputs')
CASES = {
    # one candidate, whose rows the threads share
    'rows': Case(n=300, plan=Plan(24)),
    'rows, delays': Case(n=300, longest=40, plan=Plan(40)),
    'rows, delays, float32': Case(n=300, longest=40, plan=Plan(40), dtype='float32'),
    'rows, sparse': Case(n=300, sparse=0.9, plan=Plan(24)),
    # candidates, each on one thread
    'candidates': Case(n=20, longest=9, candidates=20, varied=EACH),
    'crews, one noise': Case(
        n=33, candidates=7, model='states', varied=EACH, plan=Plan(600)
    ),
    'groups': Case(n=20, candidates=70, varied=EACH),
    'own weights': Case(n=20, longest=9, candidates=9, varied=(*EACH, 'weights', 'delays')),
    'streams': Case(
        n=33, candidates=9, varied=EACH, plan=Plan(70, 0, 1, ('moments', 'samples', 'samples'))
    ),
}

def digest(tree):
    content = hashlib.sha256()
    for leaf in floats(tree):
        content.update(np.ascontiguousarray(leaf).tobytes())
    return content.hexdigest()

result = {}
for name in sys.argv[3:] or CASES:
    case = CASES[name]
    with precision(case.dtype):
        program, args = problem(case)
        both = compiled_pullback(program, case.plan, args, 'cpu_ffi')
        alone = compiled_value(program, case.plan, args, 'cpu_ffi')
        result[name] = sorted({digest((both(args), alone(args))) for _ in range(int(sys.argv[2]))})
        if 'compare' in os.environ:
            assert_same(both(args), expected(case), length=case.plan.n_steps * case.n)
names = [open(f'/proc/self/task/{t}/comm').read().strip() for t in os.listdir('/proc/self/task')]
print(json.dumps({'digests': result, 'threads': sum('XLAEigen' in name for name in names)}))
"""


def run(threads, *cases, repeats=2, before='', **environment):
    done = subprocess.run(
        [
            sys.executable,
            '-P',
            '-c',
            before + PROGRAM,
            str(Path(__file__).parent),
            str(repeats),
            *cases,
        ],
        env={**os.environ, 'JAX_PLATFORMS': 'cpu', 'NPROC': str(threads), **environment},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found['threads'] >= threads, 'NPROC did not set the size of the pool'
    assert all(len(digests) == 1 for digests in found['digests'].values())
    return found['digests']


def test_the_number_of_threads_changes_no_bit():
    names = ('rows, delays', 'groups', 'candidates', 'crews, one noise')
    one, three = (run(threads, *names) for threads in (1, 3))
    assert list(one) == list(names)
    assert one == three


@pytest.mark.slow
def test_the_number_of_threads_changes_no_bit_in_any_case():
    one, two, five = (run(threads) for threads in (1, 2, 5))
    assert len(one) == 9
    assert one == two == five


@pytest.mark.slow
@pytest.mark.parametrize('name', ['rows', 'rows, delays', 'rows, delays, float32', 'rows, sparse'])
def test_shared_rows_equal_the_reference_and_repeat(name):
    """From 256 regions on, a team of threads works at the rows of one candidate at every step."""
    assert len(run(4, name, repeats=20, compare='1')) == 1


@pytest.mark.slow
def test_more_threads_than_processors():
    """Helpers that are not scheduled in time delay nothing and lose nothing."""
    if not hasattr(os, 'sched_setaffinity'):
        pytest.skip('this system pins no process to a processor')
    pinned = f'import os; os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[:1]})'
    assert run(4, 'rows, delays', before=pinned) == run(4, 'rows, delays')
