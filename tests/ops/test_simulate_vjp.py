"""The hand-written adjoint of simulate against the reference's: float64 to 1e-10."""

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import brainfit_fast as bf
from brainfit_fast.core.dispatch import record
from brainfit_fast.ops.simulate import Plan, SimulateArgs, simulate
from brainfit_fast.program.arrays import gather
from brainfit_fast.program.build import build

pytestmark = pytest.mark.usefixtures('x64')
DT = 0.1
SLOW_PLANS = [Plan(1), Plan(60, 40, 6)]


def problem(n, max_delay, *, coupling='diffusive', noise=False, batch=None, seed=0):
    """A network and the arguments of its op: seeded, float64, noise drawn once per step."""
    rng = np.random.default_rng(seed)
    with brainstate.environ.context(dt=DT * u.ms, precision=64):
        kwargs = {'noise_x': bf.OUProcess(n, sigma=0.3, tau=1.0 * u.ms)} if noise else {}
        init = braintools.init.Uniform(-0.5, 0.5)
        node = bf.HopfStep(n, a=rng.normal(0, 0.3, n), init_x=init, init_y=init, **kwargs)
        net = bf.Network(
            node,
            conn=rng.random((n, n)) / n,
            distance=rng.integers(0, max_delay + 1, (n, n)) * DT * 0.999,
            speed=1.0,
            coupling=coupling,
            coupled_var='x',
            k=0.7,
        )
        brainstate.random.seed(seed)
        brainstate.nn.init_all_states(net, *(() if batch is None else (batch,)))
        drive = jnp.zeros(())
        built = build(net, lambda _: net.node.x.value * net.node.y.value, (drive,), DT * u.ms)
        arrays = gather(built)
    lead = jax.tree.map(lambda leaf: leaf[None], arrays._replace(pointers=()))
    inputs = (jnp.asarray(rng.normal(size=(1, 60))),)
    args = SimulateArgs(
        lead.params, lead.consts, lead.states, lead.rings, lead.weights, lead.delays, inputs, (),
        arrays.pointers, jnp.asarray(DT), jnp.asarray(0, jnp.int32),
    )  # fmt: skip
    return built.program, args


def floats(args):
    """What can be differentiated, as one dict."""
    moving = [jnp.issubdtype(s.dtype, jnp.floating) for s in args.states]
    return {
        'params': args.params,
        'states': [s for s, m in zip(args.states, moving, strict=True) if m],
        'rings': args.rings,
        'weights': args.weights,
        'inputs': args.inputs,
        'dt': args.dt,
    }


def with_floats(args, values):
    states = iter(values['states'])
    merged = tuple(
        next(states) if jnp.issubdtype(s.dtype, jnp.floating) else s for s in args.states
    )
    return args._replace(**{**values, 'states': merged})


def loss(program, plan, args, implementation):
    def value(values):
        run = args._replace(inputs=(args.inputs[0][:, : plan.n_steps],))
        values = {**values, 'inputs': (values['inputs'][0][:, : plan.n_steps],)}
        result = simulate(program, plan, with_floats(run, values), implementation=implementation)
        parts = (
            *result.samples,
            *result.rings,
            *floats(args._replace(states=result.states))['states'],
        )
        return sum(jnp.sin((k + 1) * part).sum() for k, part in enumerate(parts))

    return jax.jit(jax.value_and_grad(value))


def assert_same(program, plan, args):
    values = floats(args)
    expected, expected_grad = loss(program, plan, args, 'reference')(values)
    with record() as choices:
        actual, grad = loss(program, plan, args, 'xla')(values)
    assert {choice.name for choice in choices} == {'xla'}
    np.testing.assert_allclose(actual, expected, rtol=1e-12)
    for (path, a), b in zip(
        jax.tree_util.tree_leaves_with_path(grad), jax.tree.leaves(expected_grad), strict=True
    ):
        scale = max(np.abs(b).max(), 1e-3)
        np.testing.assert_allclose(a / scale, b / scale, atol=1e-10, err_msg=str(path))
    assert float(jnp.abs(grad['weights'][0]).max()) > 0


@pytest.mark.parametrize('max_delay', [0, pytest.param(1, marks=pytest.mark.slow), 7])
@pytest.mark.parametrize('n', [2, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 33))])
def test_sizes_and_delays(n, max_delay):
    assert_same(*_with_plan(problem(n, max_delay), Plan(47, 3, 1)))


@pytest.mark.parametrize(
    'plan',
    [Plan(5), Plan(53, 2, 5), *(pytest.param(p, marks=pytest.mark.slow) for p in SLOW_PLANS)],
)
def test_schedules(plan):
    """Runs shorter and longer than the longest delay, with and without a remainder."""
    assert_same(*_with_plan(problem(3, 9), plan))


@pytest.mark.parametrize(
    'coupling',
    [
        pytest.param('additive', marks=pytest.mark.slow),
        pytest.param('sigmoidal', marks=pytest.mark.slow),
        pytest.param('tanh', marks=pytest.mark.slow),
        'sigmoidal_jansen_rit',
    ],
)
def test_couplings(coupling):
    """The last one emits a function of the state."""
    assert_same(*_with_plan(problem(4, 5, coupling=coupling), Plan(40)))


@pytest.mark.parametrize('max_delay', [pytest.param(0, marks=pytest.mark.slow), 5])
def test_noise_is_redrawn(max_delay):
    assert_same(*_with_plan(problem(4, max_delay, noise=True), Plan(40, 4, 3)))


@pytest.mark.parametrize('max_delay', [0, 5])
def test_batch_of_initial_states(max_delay):
    assert_same(*_with_plan(problem(3, max_delay, batch=2), Plan(40)))


@pytest.mark.parametrize('max_delay', [0, 5])
def test_candidates_share_what_has_extent_one(max_delay):
    program, args = problem(3, max_delay)
    rng = np.random.default_rng(1)
    params = tuple(
        jnp.asarray(rng.random((4, *p.shape[1:]))) if p.shape == (1, 3) else p for p in args.params
    )
    assert any(p.shape[0] == 4 for p in params)
    assert_same(program, Plan(30), args._replace(params=params))


def test_vmap_of_gradient():
    program, args = problem(3, 4)
    values = floats(args)
    many = {**values, 'weights': (jnp.stack([args.weights[0] * s for s in (0.5, 1.0, 2.0)]),)}
    axes = {**jax.tree.map(lambda _: None, values), 'weights': (0,)}
    run = loss(program, Plan(30), args, 'xla')
    _, batched = jax.vmap(run, in_axes=(axes,))(many)
    for index in range(3):
        _, single = run({**values, 'weights': (many['weights'][0][index],)})
        np.testing.assert_allclose(batched['weights'][0][index], single['weights'][0], rtol=1e-9)


@pytest.mark.parametrize('mode', ['jvp', 'jacfwd', 'hessian'])
def test_missing_modes_name_the_way_out(mode):
    program, args = problem(2, 2)
    args = args._replace(inputs=(args.inputs[0][:, :5],))

    def value(dt):
        return (
            simulate(program, Plan(5), args._replace(dt=dt), implementation='xla').samples[0].sum()
        )

    run = {
        'jvp': lambda: jax.jvp(value, (args.dt,), (jnp.ones(()),)),
        'jacfwd': lambda: jax.jacfwd(value)(args.dt),
        'hessian': lambda: jax.hessian(value)(args.dt),
    }[mode]
    with pytest.raises(bf.BrainfitError, match=r"use\('reference'\)"):
        run()


def test_is_an_explicit_choice(fastest):
    program, args = problem(2, 2)
    args = args._replace(inputs=(args.inputs[0][:, :5],))
    with record() as choices:
        simulate(program, Plan(5), args)
        with bf.use(simulate='xla'):
            simulate(program, Plan(5), args)
    assert [choice.name for choice in choices] == [fastest, 'xla']


def _with_plan(program_and_args, plan):
    program, args = program_and_args
    return program, plan, args
