"""Random networks against the reference: shapes, delays, dtypes, plans, streams, candidates, ring phases.

A group fixes everything that is compiled; its draws fill it with arrays.
"""

import jax.numpy as jnp
import numpy as np
import pytest
from simulate_cases import (
    Case,
    assert_same,
    compiled_pullback,
    compiled_value,
    precision,
    problem,
)

from brainfit_fast.ops.simulate import Plan

pytestmark = pytest.mark.usefixtures('native')

DRAWS = 5
#: Where the coupling changes how it treats a delay.
CORNERS = np.array([0, 1, 2, 3, 6, 7, 8, 14, 15, 16, 30, 31, 32, 33, 62, 63, 64])
FIELDS = ('params', 'states', 'rings', 'weights', 'delays', 'inputs')


def group(seed):
    """A case; every fifth has the model that holds everything."""
    rng = np.random.default_rng([77, seed])
    pick = lambda *values: values[rng.integers(len(values))]  # noqa: E731
    model = 'full' if seed % 5 == 4 else pick('plain', 'plain', 'states')
    dtype = pick('float64', 'float64', 'float32')
    n_steps = (
        int(pick(1, 2, 7, 31, 40, 65, 100, 131)) if dtype == 'float64' else int(pick(1, 9, 40))
    )
    n_candidates = pick(1, 1, 1, 2, 3, 5, 17, 40)
    varied = tuple(name for name in (*FIELDS, 'keys') if rng.random() < 0.4)
    if model == 'plain':
        varied = tuple(name for name in varied if name != 'keys')
    longest = int(rng.choice(CORNERS)) if rng.random() < 0.7 else 0
    if not longest:
        varied = tuple(name for name in varied if name != 'delays')
    streams = (*(pick('samples', 'moments', 'squares') for _ in range(2)), 'samples')
    return Case(
        n=int(pick(1, 2, 3, 4, 7, 8, 9, 16, 17, 31, 33, 50)),
        longest=longest,
        model=model,
        dtype=dtype,
        plan=Plan(
            n_steps,
            int(rng.integers(n_steps)) if rng.random() < 0.5 else 0,
            int(pick(1, 1, 2, 5, 50)),
            streams if rng.random() < 0.5 else (),
            memory=2**30 if rng.random() < 0.5 else 0,
            time_first=bool(rng.random() < 0.5),
        ),
        candidates=n_candidates,
        varied=(varied or ('states',)) if n_candidates > 1 else (),
        seed=seed,
    )


def draw(args, case, rng):
    """Other arrays of the same shapes."""

    def weights(leaf):
        kind = rng.integers(4)
        value = rng.normal(size=leaf.shape) / case.n
        if kind == 0:
            value *= rng.random(leaf.shape) < rng.choice([0.0, 0.05, 0.3, 0.7])
        elif kind == 1:  # regions that receive, or send, nothing
            value *= rng.random((*leaf.shape[:-1], 1)) < 0.5
            value *= rng.random((*leaf.shape[:-2], 1, leaf.shape[-1])) < 0.7
        elif kind == 2:
            value *= np.eye(case.n)
        return jnp.asarray(value, leaf.dtype)

    def delays(leaf):
        if leaf is None:
            return None
        kind = rng.integers(4)
        if kind == 0:
            value = rng.integers(0, case.longest + 1, leaf.shape)
        elif kind == 1:
            value = rng.choice(CORNERS[case.longest >= CORNERS], leaf.shape)
        elif kind == 2:
            value = np.full(leaf.shape, rng.integers(case.longest + 1))
        else:  # mostly one delay, which is then summed as a matrix
            value = np.where(rng.random(leaf.shape) < 0.9, 1, case.longest)
        return jnp.asarray(value, leaf.dtype)

    def moved(leaf):
        return leaf * jnp.asarray(rng.uniform(0.8, 1.2, leaf.shape), leaf.dtype)

    moving = [jnp.issubdtype(leaf.dtype, jnp.floating) for leaf in args.states]
    return args._replace(
        params=tuple(map(moved, args.params)),
        states=tuple(
            moved(leaf) if m else leaf for leaf, m in zip(args.states, moving, strict=True)
        ),
        rings=tuple(map(moved, args.rings)),
        weights=tuple(map(weights, args.weights)),
        delays=tuple(map(delays, args.delays)),
        inputs=tuple(map(moved, args.inputs)),
        targets=tuple(map(moved, args.targets)),
        pointers=tuple(
            jnp.asarray(rng.integers(ring.shape[1]), pointer.dtype)
            for ring, pointer in zip(args.rings, args.pointers, strict=True)
        ),
        start=jnp.asarray(rng.integers(1000), jnp.int32),
    )


@pytest.mark.parametrize(
    'seed', [*range(4), *(pytest.param(k, marks=pytest.mark.slow) for k in range(4, 72))]
)
def test_random_networks(seed):
    case = group(seed)
    rng = np.random.default_rng([78, seed])
    length = case.plan.n_steps * case.n
    with precision(case.dtype):
        program, args = problem(case)
        reference, kernel = (
            compiled_pullback(program, case.plan, args, name) for name in ('reference', 'cpu_ffi')
        )
        # without a derivative nothing is kept, and candidates may run in groups
        alone = compiled_value(program, case.plan, args, 'cpu_ffi')
        for k in range(DRAWS):
            own = draw(args, case, rng)
            expected, actual = reference(own), kernel(own)
            try:
                assert_same(actual, expected, length=length)
                assert_same((alone(own), ()), (expected[0], ()), length=length)
            except AssertionError as error:
                raise AssertionError(f'{case}, draw {k}: {error}') from error


def test_the_groups_reach_every_corner():
    """What the quick groups cover."""
    cases = [group(seed) for seed in range(12)]
    assert {case.model for case in cases} == {'plain', 'full', 'states'}
    assert {case.dtype for case in cases} == {'float32', 'float64'}
    assert {bool(case.longest) for case in cases} == {False, True}
    assert {case.candidates > 1 for case in cases} == {False, True}
    assert {case.plan.memory > 0 for case in cases} == {False, True}
    assert {case.plan.time_first for case in cases} == {False, True}
    assert {stream for case in cases for stream in case.plan.streams} == {
        'samples',
        'moments',
        'squares',
    }
    assert max(case.n for case in cases) > 16 and min(case.n for case in cases) < 4
