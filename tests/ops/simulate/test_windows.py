"""Gradients that look back a window: values as without, cotangents as of a run that is cut by hand."""

import dataclasses
import itertools

import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from simulate_cases import (
    Case,
    assert_same,
    cotangents,
    floats,
    is_float,
    moving,
    precision,
    problem,
    replaced,
    value_and_pullback,
)

import brainfit_fast as bf
from brainfit_fast.core.window import gradient_window_steps
from brainfit_fast.ops.simulate import Plan
from brainfit_fast.ops.simulate.reference import simulate_reference

IMPLEMENTATIONS = ['reference', 'xla', 'cpu_ffi']


def cut(tree):
    return jax.tree.map(lambda x: lax.stop_gradient(x) if is_float(x) else x, tree)


def by_hand(program, plan, args):
    """The reference from one window to the next, every step sampled; windows begin at the first sample too."""
    window = -(-plan.window // plan.every) * plan.every
    begins = {*range(0, plan.first, window), *range(plan.first, plan.n_steps, window)}
    bounds = [*sorted(begins), plan.n_steps]
    samples, flags, now = [], [], args
    for begin, end in itertools.pairwise(bounds):
        rows = tuple(leaf[:, begin:end] for leaf in args.inputs)
        now = now._replace(inputs=rows, start=args.start + begin)
        result = simulate_reference(program, Plan(end - begin), now)
        samples.append(result.samples)
        flags.append(result.finite)
        states, rings = cut((result.states, result.rings))
        now = now._replace(states=states, rings=rings, pointers=result.pointers)
    every = jax.tree.map(lambda *own: jnp.concatenate(own, axis=1), *samples)
    kept = jax.tree.map(lambda leaf: leaf[:, plan.first :: plan.every], every)
    return result._replace(samples=kept, finite=jnp.stack(flags).all(axis=0))


def pulled_back(program, plan, args):
    def function(values):
        result = by_hand(program, plan, replaced(args, values))
        return floats(result), result

    values, pull, result = jax.vjp(function, moving(args), has_aux=True)
    return result, pull(cotangents(values))[0]


CASES = [
    Case(plan=Plan(23, window=8)),
    Case(plan=Plan(23, 5, 2, window=5)),
    Case(plan=Plan(23, 12, 3, window=4), model='full', longest=6),
    Case(plan=Plan(24, 20, 1, window=5), longest=6, candidates=3, varied=('params', 'states')),
    Case(plan=Plan(23, window=3), n=1),
    Case(plan=Plan(23, window=4), dtype='float32', n=33),
]


@pytest.mark.parametrize(
    ('case', 'implementation'),
    [
        pytest.param(
            case,
            name,
            id=f'{case}-w{case.plan.window}-{name}',
            # cut around an implementation, whichever it is
            marks=[pytest.mark.slow] if name != 'cpu_ffi' or case.n == 33 else [],
        )
        for case in CASES
        for name in IMPLEMENTATIONS
    ],
)
def test_cut_as_by_hand(case, implementation, request):
    """Values as without a window; cotangents of states, parameters, weights, histories, inputs."""
    if implementation == 'cpu_ffi':
        request.getfixturevalue('native')
    with precision(case.dtype):
        program, args = problem(case)
        found = value_and_pullback(program, case.plan, args, implementation)
        uncut = dataclasses.replace(case.plan, window=0)
        whole = value_and_pullback(program, uncut, args, implementation)
        expected = jax.jit(lambda own: pulled_back(program, case.plan, own))(args)
        length = case.plan.n_steps * case.n
        assert_same((found[0], ()), (whole[0], ()), length=length)
        assert_same(found, expected, length=length)
        if case.dtype == 'float64':  # and not those of the whole run
            assert any(
                not np.allclose(a, b)
                for a, b in zip(floats(found[1]), floats(whole[1]), strict=True)
            )


def test_a_window_as_long_as_the_run_cuts_nothing(native):
    with precision('float64'):
        program, args = problem(Case())
        plan = Plan(23)
        whole = value_and_pullback(program, plan, args, 'cpu_ffi')
        for window in (23, 1000):
            found = value_and_pullback(
                program, dataclasses.replace(plan, window=window), args, 'cpu_ffi'
            )
            for a, b in zip(floats(found), floats(whole), strict=True):
                np.testing.assert_array_equal(a, b)


def test_statistics_are_reduced_from_the_samples(native):
    """Streams together with a window: equal to the reference's."""
    case = Case(
        n=5, plan=Plan(23, 3, 2, ('moments', 'squares', 'samples'), window=6), model='plain'
    )
    with precision('float64'):
        program, args = problem(case)
        found = value_and_pullback(program, case.plan, args, 'cpu_ffi')
        wanted = value_and_pullback(program, case.plan, args, 'reference')
        assert_same(found, wanted, length=case.plan.n_steps * case.n)


def test_windows_are_times_or_steps():
    assert gradient_window_steps(0.1 * u.ms) == 0
    with bf.gradient_window(5.0 * u.ms):
        assert gradient_window_steps(0.1 * u.ms) == 50
        with bf.gradient_window(7):
            assert gradient_window_steps(0.1 * u.ms) == 7
        with bf.gradient_window(None):
            assert gradient_window_steps(0.1 * u.ms) == 0
    with bf.gradient_window(0.01 * u.ms):
        assert gradient_window_steps(0.1 * u.ms) == 1


@pytest.mark.parametrize('window', [0, -1, 2.5, True, -1.0 * u.ms, float('nan') * u.ms])
def test_bad_windows(window):
    with pytest.raises(ValueError, match='gradient_window'), bf.gradient_window(window):
        pass


def test_a_window_that_is_no_time():
    with bf.gradient_window(3.0 * u.mV), pytest.raises(ValueError, match='expected a time'):
        gradient_window_steps(0.1 * u.ms)
