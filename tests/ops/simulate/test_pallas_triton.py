"""The Pallas kernels of ``simulate`` in interpret mode against the reference: value and pullback."""

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from simulate_cases import DT, Case, assert_parity, is_float, precision, problem, value

import brainfit_fast as bf
from brainfit_fast.ops.simulate import Plan, simulate
from brainfit_fast.ops.simulate.api import choose
from brainfit_fast.ops.simulate.triton import heuristics
from brainfit_fast.ops.simulate.triton.heuristics import Block, block_of
from brainfit_fast.testing import assert_close, assert_matches_differences

STREAMS = ('moments', 'squares', 'samples')


def slow(*case):
    return pytest.param(*case, marks=pytest.mark.slow)


#: One candidate in a program.
ALONE = [
    Case(n=1, plan=Plan(5)),
    Case(n=33, plan=Plan(7)),
    slow(Case(n=200, plan=Plan(3))),
    slow(Case(plan=Plan(8, 7))),
    slow(Case(model='full', n=9, plan=Plan(12, 2, 3))),
    Case(model='full', n=2, plan=Plan(9), candidates=3, varied=('params', 'keys', 'inputs')),
    Case(candidates=3, plan=Plan(70), varied=('weights', 'params')),
]
#: Sixteen candidates in a program.
TOGETHER = [
    Case(n=100, plan=Plan(5)),
    slow(Case(plan=Plan(30, 0, 200))),
    slow(Case(model='full', n=3, plan=Plan(80, 3, 4, STREAMS))),
    Case(model='full', n=2, plan=Plan(9), candidates=3, varied=('params', 'states', 'rings', 'inputs')),
    Case(plan=Plan(90, 0, 1, STREAMS), candidates=18, varied=('params', 'targets')),
    Case(model='states', plan=Plan(9), candidates=17, varied=('params', 'keys')),
]  # fmt: skip
#: Near pairs alone; far ones too; a segment shorter than the longest delay; history longer than the run.
DELAYED = [
    Case(n=1, longest=2, plan=Plan(5)),
    Case(longest=3),
    Case(longest=40, plan=Plan(30)),
    slow(Case(longest=70, delays='same', plan=Plan(150, 0, 4), sparse=0.3)),
    Case(longest=20, candidates=3, varied=('params', 'rings', 'weights', 'delays')),
    slow(Case(model='full', n=2, longest=9, plan=Plan(12, 2, 3, STREAMS), candidates=2, varied=('params',))),
    slow(Case(n=33, longest=70, plan=Plan(90, 70, 7))),
]  # fmt: skip
DELAYED_TOGETHER = [
    Case(longest=12, candidates=6, plan=Plan(70), varied=('params', 'rings')),
    slow(Case(n=100, longest=64, candidates=4, plan=Plan(20), varied=('params',))),
    slow(Case(model='full', n=2, longest=9, candidates=5, varied=('params', 'weights'))),
]
#: Panels of 32 or 64 regions, all in a program: few, more with noise, several segments, steps left over.
PANELS = [
    slow(Case(n=100, plan=Plan(5))),
    Case(model='states', n=70, plan=Plan(8, 2, 3), candidates=3, varied=('params', 'keys')),
    slow(Case(model='full', n=2, plan=Plan(70, 1, 4, STREAMS), candidates=2, varied=('params', 'inputs'))),
    slow(Case(n=33, plan=Plan(80, 0, 100), candidates=33, varied=('params', 'states'))),
]  # fmt: skip
#: The same with a launch for each step, and with weights of each candidate its own.
LAUNCHES = [
    *PANELS[1:],
    slow(Case(n=1, plan=Plan(3))),
    Case(plan=Plan(9, 0, 2), candidates=3, varied=('weights', 'params')),
]


@pytest.fixture
def set_limits(monkeypatch):
    """Change the limits by which blocks are chosen."""

    def change(**limits):
        for name, limit in limits.items():
            monkeypatch.setattr(heuristics, name, limit)
        # what was traced with other blocks
        jax.clear_caches()

    yield change
    jax.clear_caches()


@pytest.fixture
def together(set_limits):
    """Blocks as for many candidates."""
    set_limits(_PROCESSORS=0)


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
    block = block_of(case.n, case.candidates, case.longest)
    assert block.ahead and block.candidates == 1
    assert_parity(case, 'pallas_triton')


@pytest.mark.parametrize('case', DELAYED_TOGETHER, ids=str)
def test_delays_of_many_candidates(case, together):
    alike = 'weights' not in case.varied
    block = block_of(case.n, case.candidates, case.longest, alike=alike)
    assert block.ahead and block.candidates == (4 if alike else 1)
    assert_parity(case, 'pallas_triton')


def loss_of(case, program, args, implementation):
    """The mean of all samples squared, of weights and parameters."""

    def loss(weights, params):
        given = args._replace(weights=weights, params=params)
        result = simulate(program, case.plan, given, implementation=implementation)
        return sum(jnp.mean(leaf**2) for leaf in result.samples)

    return loss


@pytest.mark.parametrize('longest', [0, slow(9)])
def test_vmap_of_a_gradient(longest, together):
    """Weights that are mapped, of candidates that share them: each map has a gradient of its own."""
    case = Case(n=3, longest=longest, candidates=3, plan=Plan(7), varied=('params',))
    with precision(case.dtype):
        program, args = problem(case)
        stacked = tuple(jnp.stack([w, 1.5 * w]) for w in args.weights)
        found = [
            jax.jit(
                jax.vmap(jax.grad(loss_of(case, program, args, name), argnums=(0, 1)), (0, None))
            )(stacked, args.params)
            for name in ('pallas_triton', 'reference')
        ]
    for a, b in zip(*map(jax.tree.leaves, found), strict=True):
        assert_close(a, b, length=case.plan.n_steps * case.n)


@pytest.mark.parametrize('longest', [0, slow(9)])
def test_derivative_by_differences(longest):
    case = Case(n=3, longest=longest, plan=Plan(12))
    with precision(case.dtype):
        program, args = problem(case)
        loss = loss_of(case, program, args, 'pallas_triton')
        assert_matches_differences(jax.jit(lambda w: loss((w,), args.params)), args.weights[0])


@pytest.mark.parametrize('case', PANELS, ids=str)
def test_panels(case, set_limits):
    set_limits(_PROCESSORS=0, _TENSOR_CORE_REGIONS=0)
    block = block_of(case.n, case.candidates)
    assert block.panel and not block.launches
    assert_parity(case, 'pallas_triton')


@pytest.mark.parametrize('case', LAUNCHES, ids=str)
def test_a_launch_for_each_step(case, set_limits):
    set_limits(LARGEST=0)
    alike = 'weights' not in case.varied
    block = block_of(case.n, case.candidates, alike=alike)
    assert block.launches and block.candidates == (16 if alike else 1)
    assert_parity(case, 'pallas_triton')


class Unstable(brainstate.nn.Dynamics):
    """Grows a hundredfold in a step, unless what it is coupled to holds it."""

    def init_state(self, batch_size=None, **kwargs):
        self.x = brainstate.HiddenState(jnp.full(self.varshape, 0.5))

    def update(self, coupled):
        self.x.value = 0.5 * self.x.value + 100 * self.x.value + coupled
        return self.x.value


@pytest.mark.parametrize(
    'limits',
    [
        {},
        {'_PROCESSORS': 0},
        {'_PROCESSORS': 0, '_TENSOR_CORE_REGIONS': 0},
        {'LARGEST': 0},
    ],
    ids=['alone', 'together', 'panels', 'launches'],
)
def test_padding_that_diverges_poisons_nothing(limits, set_limits):
    set_limits(**limits)
    n = 70
    with precision('float32'):
        node = Unstable(n)
        model = bf.Network(
            node, conn=100 * np.eye(n), coupling="additive", coupled_var="x", k=-1.0,
            self_connection=True,
        )  # fmt: skip
        with bf.use(simulate='pallas_triton'):
            found = bf.Simulator(model, dt=DT * u.ms).run(40 * DT * u.ms, monitors='node.x')
    assert np.abs(found['node.x'][-1]).max() < 1e-3


def test_blocks():
    """A kernel of many candidates takes over where each would no longer have a processor to itself."""
    assert block_of(100, 128) == Block(1, 128, 4)
    assert block_of(100, 129) == Block(16, 128, 8)
    assert block_of(400, 128) == Block(1, 512, 16)
    assert block_of(400, 1000) == Block(16, 448, 4, panel=32)
    assert block_of(400, 1000).back == Block(16, 448, 8, panel=64)
    assert block_of(3, 1).regions == 16


def test_walking_back_has_registers_for_it():
    wide = block_of(100, 1000, precision='tensorfloat32')
    assert (wide.num_warps, wide.back.num_warps) == (16, 8)
    few, many = block_of(4000, 1), block_of(4000, 1000)
    assert [(b.num_warps, b.back.num_warps) for b in (few, many)] == [(2, 4), (4, 8)]
    alone, delayed = block_of(100, 1), block_of(100, 1000, 400)
    assert alone.back == alone and delayed.back == delayed


def test_more_equations_take_smaller_blocks():
    sizes = [block_of(100, 1000, work=work) for work in (220, 221, 301)]
    assert [(b.candidates, b.panel) for b in sizes] == [(16, 0), (16, 32), (1, 0)]
    assert block_of(64, 1000, work=221).panel == 0
    assert block_of(100, 1000, 400, work=301).candidates == 1


def test_blocks_of_delayed_sums():
    """Half of the pairs at least are far enough to be read ahead, and no block holds less than a step."""
    assert block_of(100, 1, 400) == Block(1, 128, 4, ahead=16)
    assert block_of(100, 1000, 400) == Block(4, 128, 4, ahead=16)
    assert block_of(100, 1000, 400, alike=False).candidates == 1
    assert [block_of(9, 1, longest).ahead for longest in (1, 8, 63, 64)] == [1, 2, 8, 16]


def test_blocks_with_a_launch_for_each_step():
    few, many = block_of(4000, 1), block_of(4000, 1000)
    assert (few.launches, few.candidates, few.panel) == (True, 16, 32)
    assert (many.launches, many.candidates, many.panel) == (True, 16, 64)
    assert block_of(4000, 1000, alike=False).candidates == 1
    assert block_of(100, 1000, precision='float32').launches
    assert not block_of(100, 1, precision='float32').launches


def refused(case, match):
    with precision(case.dtype):
        program, args = problem(case)
        with pytest.raises(bf.ImplementationError, match=match):
            value(program, case.plan, args, 'pallas_triton')


def test_what_it_refuses():
    refused(Case(n=513, longest=1, plan=Plan(2)), 'the past of up to 512 regions, not of 513')


def test_auto_leaves_it_aside():
    case = ALONE[0]
    with precision(case.dtype):
        program, _ = problem(case)
        reasons = dict(choose(program, case.plan).skipped)
    assert reasons['pallas_triton'].startswith('needs a GPU')


def fc_loss_and_gradient(dtype, implementation):
    """The squared distance of FC from a target, and its derivative by every parameter."""
    names = {
        'n': 33,
        'plan': Plan(150, 50, 2, ('moments', 'samples', 'samples')),
    }
    with precision('float64'):
        _, args = problem(Case(**names))
    with precision(dtype):
        program, _ = problem(Case(**names, dtype=dtype))
        args = jax.tree.map(lambda x: x.astype(dtype) if is_float(x) else x, args)
        target = np.random.default_rng(3).uniform(-1, 1, (33, 33))

        def loss(params):
            given = args._replace(params=params)
            result = simulate(program, names['plan'], given, implementation=implementation)
            comoment = result.samples[0].comoment[0]
            scale = jnp.sqrt(jnp.diagonal(comoment))
            return jnp.mean((comoment / (scale * scale[:, None]) - target) ** 2)

        found, gradient = jax.jit(jax.value_and_grad(loss))(args.params)
    return float(found), np.concatenate([np.ravel(leaf) for leaf in gradient]).astype(float)


@pytest.mark.parametrize(
    ('asked', 'least', 'most'),
    [
        (None, 0, 2e-5),
        slow('float32', 0, 5e-6),
        slow('tensorfloat32', 1e-6, 2e-3),
    ],
    ids=str,
)
def test_error_of_each_precision(asked, least, most, together):
    """On an FC loss and its gradient, against float64; TF32 is rounded as tensor cores do."""
    assert block_of(33, 1, precision=asked or 'bfloat16x3').launches == (asked == 'float32')
    wanted, slope = fc_loss_and_gradient('float64', 'reference')
    with jax.default_matmul_precision(asked):
        found, gradient = fc_loss_and_gradient('float32', 'pallas_triton')
    error = np.linalg.norm(gradient - slope) / np.linalg.norm(slope)
    assert least < abs(found - wanted) / wanted < most
    assert error < 20 * most


def test_weights_as_pairs_of_bfloat16(together):
    """float32: the sums are right to 2**-16 of their terms, which single bfloat16 (2**-8) would miss."""
    case = Case(n=33, dtype='float32', plan=Plan(40))
    with precision(case.dtype):
        program, args = problem(case)
        runs = [value(program, case.plan, args, name) for name in ('reference', 'pallas_triton')]
    wanted, got = (np.asarray(run.samples[0], float) for run in runs)
    assert 0 < np.abs(got - wanted).max() < 2e-6
