"""Regions that read their own past, in every implementation: value and pullback against the reference.

The reference itself is held against a shift register, and by ``tests/simulator`` against brainmass.
"""

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from simulate_cases import (
    DT,
    Alone,
    Case,
    assert_parity,
    assert_same,
    compiled,
    cotangents,
    floats,
    of_a_vector,
    one_of,
    precision,
    problem,
    value,
)

from brainfit_fast.core.errors import ImplementationError
from brainfit_fast.ops.simulate import Plan, SimulateArgs, simulate
from brainfit_fast.program.arrays import gather
from brainfit_fast.program.build import build
from brainfit_fast.testing import assert_adjoint, assert_matches_differences

LOCAL = [
    Case(model='local', n=1),
    Case(model='local', n=2, longest=5),
    Case(model='local', n=33, longest=1, delays='same'),
    Case(model='local', n=33, longest=9, plan=Plan(150, 3, 7)),
    Case(model='local', n=100, longest=40, plan=Plan(50), dtype='float32'),
    Case(model='local', longest=200, plan=Plan(40)),
    Case(model='local', n=9, longest=5, plan=Plan(300, 3, 2, memory=2**30)),
    Case(model='local', n=7, longest=5, plan=Plan(150, 5, 1, ('moments', 'squares', 'samples'))),
]
BOTH = [
    Case(model='both', n=1, longest=3),
    Case(model='both', n=33, longest=9),
    Case(model='both', n=33),
    Case(model='both', n=33, longest=9, delays='own', plan=Plan(150, 3, 7)),
    Case(model='both', n=100, longest=40, plan=Plan(50), dtype='float32'),
]
#: More of them than lanes: groups, and what is left one by one.
MANY = [
    Case(model='local', n=5, longest=7, candidates=21, varied=('params', 'states', 'rings', 'keys'),
         plan=Plan(150, 3, 7)),
    Case(model='local', n=3, longest=4, candidates=37, varied=('params', 'inputs'), dtype='float32',
         plan=Plan(70, 0, 1, ('moments', 'squares', 'samples'))),
    Case(model='local', n=3, candidates=20, varied=('states', 'rings')),
    Case(model='local', n=3, longest=6, candidates=20, varied=('delays',)),
    Case(model='both', n=3, longest=6, candidates=3, varied=('delays', 'weights')),
]  # fmt: skip


@pytest.mark.parametrize('case', [*LOCAL, *BOTH, *MANY], ids=str)
def test_value_and_pullback(case, native):
    assert_parity(case, 'cpu_ffi')


@pytest.mark.parametrize('case', [LOCAL[0], LOCAL[1], BOTH[1], MANY[2]], ids=str)
def test_value_and_pullback_of_xla(case):
    assert_parity(case, 'xla')


def test_groups_of_candidates_in_a_network(native):
    """Weights without a gradient: groups run forward and back, with a sum over regions beside local ones."""
    case = Case(
        model='both', n=5, longest=7, delays='own', candidates=21, varied=('params', 'rings'),
        plan=Plan(150, 3, 7),
    )  # fmt: skip
    with precision(case.dtype):
        program, args = problem(case)

        def pulled(implementation):
            def run(args):
                def function(params, rings):
                    given = args._replace(params=params, rings=rings)
                    return floats(
                        simulate(program, case.plan, given, implementation=implementation)
                    )

                out, pull = jax.vjp(function, args.params, args.rings)
                return out, pull(cotangents(out))

            return compiled(run, args, implementation, ('forward', 'backward'))(args)

        assert_same(pulled('cpu_ffi'), pulled('reference'), length=case.plan.n_steps * case.n)


@pytest.mark.parametrize('case', [LOCAL[1], BOTH[0]], ids=str)
def test_finite_differences(case, kernel):
    """Independent of the reference: all arguments at once."""
    with precision(case.dtype):
        program, args = problem(case)
        flat, function = of_a_vector(case, program, args)
        assert_matches_differences(function(kernel), flat, rtol=1e-6)
        assert_adjoint(function('reference'), function(kernel), flat)


def test_vmap_of_the_gradient(native):
    """A mapped axis is a candidate axis; delays of a local sum are shared by all."""
    case = Case(model='both', n=4, longest=5, candidates=3, varied=('params', 'rings'))
    with precision(case.dtype):
        program, args = problem(case)

        def loss(params, rings, rest):
            given = rest._replace(params=params, rings=rings)
            return sum((leaf**2).sum() for leaf in simulate(program, case.plan, given).samples)

        def lead(leaves):
            return jax.tree.map(lambda leaf: leaf[:, None], leaves)

        gradient = jax.jit(jax.grad(loss, argnums=(0, 1)))
        axes = jax.tree.map(lambda leaf: 0 if len(leaf) > 1 else None, (args.params, args.rings))
        shared = jax.tree.map(
            lambda leaf, axis: leaf if axis is None else leaf[:, None],
            (args.params, args.rings),
            axes,
        )
        mapped = jax.vmap(gradient, in_axes=(*axes, None))(*shared, args)
        for candidate in range(3):
            one = one_of(args, candidate)
            alone = gradient(one.params, one.rings, one)
            own = jax.tree.map(lambda leaf, c=candidate: leaf[c], mapped)
            assert_same((own, ()), (alone, ()), length=case.plan.n_steps)


def test_two_runs_equal_one(kernel):
    """The past goes on where the first part stopped."""
    case = Case(model='both', n=4, longest=6, plan=Plan(30))
    with precision(case.dtype):
        program, args = problem(case)
        whole = value(program, case.plan, args, kernel)
        first = args._replace(inputs=tuple(leaf[:, :11] for leaf in args.inputs))
        half = value(program, Plan(11), first, kernel)
        rest = args._replace(
            states=half.states, rings=half.rings, pointers=half.pointers, start=args.start + 11,
            inputs=tuple(leaf[:, 11:] for leaf in args.inputs),
        )  # fmt: skip
        last = value(program, Plan(19), rest, kernel)
    assert_same((last[2:], ()), (whole[2:], ()), length=1)


class Echo(brainstate.nn.Dynamics):
    """The next state is what a region was some steps ago: a shift register."""

    def __init__(self, steps):
        super().__init__(len(steps))
        init = braintools.init.Uniform(-1.0, 1.0)
        times = np.asarray(steps) * DT * 0.999 * u.ms
        self.past = self.prefetch_delay('x', times, np.arange(len(steps)), init=init)

    def init_state(self, batch_size=None, **kwargs):
        self.x = brainstate.HiddenState(jnp.zeros(self.varshape))

    def update(self, drive):
        self.x.value = self.past() + drive
        return self.x.value


@pytest.mark.parametrize('steps', [(0, 0), (3, 3), (0, 1, 2, 5)], ids=str)
@pytest.mark.parametrize('implementation', ['reference', 'xla', 'cpu_ffi'])
def test_a_shift_register(implementation, steps, request):
    """x_i(k) = x_i(k - 1 - d_i), counted by hand; the last row of the history is step -1."""
    if implementation == 'cpu_ffi' and request.config.getoption('--pure-python'):
        pytest.skip('the native library is absent on purpose')
    n_steps = 17
    with precision('float64'):
        brainstate.random.seed(1)
        model = Alone(Echo(steps))
        brainstate.nn.init_all_states(model)
        built = build(model, lambda x: x, (jnp.zeros(()),), DT * u.ms)
        arrays = gather(built)
        assert [(s.local, s.delayed) for s in built.program.sums] == [(True, max(steps) > 0)]
        (ring,), (pointer,) = arrays.rings, arrays.pointers
        assert ring.shape == (max(steps) + 1, len(steps))
        line = list(np.roll(ring, -int(pointer), axis=0))
        for k in range(n_steps):
            line.append(np.array([line[len(ring) + k - 1 - d][i] for i, d in enumerate(steps)]))
        lead = jax.tree.map(lambda leaf: leaf[None], arrays._replace(pointers=()))
        args = SimulateArgs(
            lead.params, lead.consts, lead.states, lead.rings, lead.weights, lead.delays,
            (jnp.zeros((1, n_steps)),), (), arrays.pointers, jnp.asarray(DT), jnp.int32(0),
        )  # fmt: skip
        result = value(built.program, Plan(n_steps), args, implementation)
    np.testing.assert_array_equal(result.samples[0][0], line[len(ring) :])


def test_wrong_arrays_are_refused():
    case = Case(model='both', n=4, longest=5)
    with precision(case.dtype):
        program, args = problem(case)
        weight, *local = args.weights
        assert local == [None] * 3
        pairs, far, here, own = args.delays
        assert (far.shape, own.shape, here) == ((1, 4), (1, 4), None)
        for field, given, message in (
            (
                'weights',
                (weight, weight, None, None),
                r'weights 1 have shape \(4, 4\), expected None',
            ),
            ('weights', (None, None, None, None), r'weights 0 have shape None, expected \(4, 4\)'),
            ('delays', (pairs, pairs, here, own), r'delays 1 have shape \(4, 4\), expected \(4,\)'),
            ('delays', (pairs, None, here, own), r'delays 1 have shape None, expected \(4,\)'),
            ('delays', (pairs, far, here, own + 9), 'delays 3 reach from'),
        ):
            with pytest.raises(ValueError, match=message):
                simulate(program, case.plan, args._replace(**{field: given}))


def test_pallas_says_why_not():
    case = Case(model='local', n=4, longest=5, dtype='float32')
    with precision(case.dtype):
        program, args = problem(case)
        with pytest.raises(
            ImplementationError, match='a region that reads its own past has no form'
        ):
            simulate(program, case.plan, args, implementation='pallas_triton')


def test_a_delay_that_reaches_too_far_is_refused_by_the_kernel(native):
    """Inside jit no value is known before the run."""
    case = LOCAL[1]
    with precision(case.dtype):
        program, args = problem(case)
        run = jax.jit(
            lambda delays: simulate(program, case.plan, args._replace(delays=delays)).finite
        )
        far, *rest = args.delays
        assert bool(run((far, *rest))[0])
        with pytest.raises(ValueError, match='longer than the history'):
            jax.block_until_ready(run((far.at[0, -1].set(6), *rest)))
