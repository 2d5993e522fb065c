"""The simulate op against an independent NumPy loop, and its derivatives against finite differences."""

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import brainfit_fast as bf
from brainfit_fast.ops.simulate import Plan, SimulateArgs, simulate
from brainfit_fast.ops.simulate.heuristics import segment_length
from brainfit_fast.program.arrays import gather
from brainfit_fast.program.build import build

pytestmark = pytest.mark.usefixtures('x64')
DT = 0.1


@pytest.fixture(params=['reference', 'xla', 'cpu_ffi'])
def implementation(request):
    if request.param == 'cpu_ffi' and request.config.getoption('--pure-python'):
        pytest.skip('the native library is absent on purpose')
    return request.param


def problem(n, max_delay, seed=0):
    """A Hopf network under explicit Euler, its program and its arrays without candidate axis."""
    rng = np.random.default_rng(seed)
    with brainstate.environ.context(dt=DT * u.ms, precision=64):
        node = bf.HopfStep(n, a=rng.normal(0, 0.3, n), w=0.4, method='euler')
        net = bf.Network(
            node,
            conn=rng.random((n, n)) / n,
            distance=rng.integers(0, max_delay + 1, (n, n)) * DT * 0.999,
            speed=1.0,
            coupled_var='x',
            k=0.7,
        )
        brainstate.random.seed(seed)
        brainstate.nn.init_all_states(net)
        net.node.x.value = jnp.asarray(rng.normal(0, 0.3, n))
        net.node.y.value = jnp.asarray(rng.normal(0, 0.3, n))
        built = build(
            net,
            lambda _: {'x': net.node.x.value, 'sum': net.node.x.value + net.node.y.value},
            (),
            DT * u.ms,
        )
    return built, gather(built)


def op_args(arrays, inputs=()):
    lead = jax.tree.map(lambda leaf: leaf[None], arrays._replace(pointers=()))
    return SimulateArgs(
        lead.params, lead.consts, lead.states, lead.rings, lead.weights, lead.delays, inputs, (),
        arrays.pointers, jnp.asarray(DT), jnp.asarray(0, jnp.int32),
    )  # fmt: skip


def by_name(built, args):
    return dict(zip((name.rsplit('.', 1)[-1] for name in built.params), args.params, strict=True))


def numpy_loop(built, args, n_steps):
    """x, y after each step, from the equations: diffusive coupling, delays, Euler."""
    p = {name: np.asarray(value[0]) for name, value in by_name(built, args).items()}
    x, y = (np.asarray(leaf[0]) for leaf in args.states)
    n = x.shape[0]
    weights = np.asarray(args.weights[0][0])
    delays = np.zeros((n, n), int) if args.delays[0] is None else np.asarray(args.delays[0][0])
    history = [np.asarray(row) for row in args.rings[0][0]]
    trajectory = []
    for _ in range(n_steps):
        source = np.array(
            [[history[len(history) - 1 - delays[i, j]][j] for j in range(n)] for i in range(n)]
        )
        current = p['k'] * (weights * (source - x[:, None])).sum(1)
        r = x**2 + y**2
        dx = (p['a'] - p['beta'] * r) * x - p['w'] * y + current
        dy = (p['a'] - p['beta'] * r) * y + p['w'] * x
        x, y = x + DT * dx, y + DT * dy
        history.append(x)
        trajectory.append((x, y))
    return np.array(trajectory)


@pytest.mark.parametrize('max_delay', [0, 1, 9])
@pytest.mark.parametrize('n', [1, 2, 33, 100])
def test_equals_numpy_loop(n, max_delay, implementation):
    built, arrays = problem(n, max_delay)
    args = op_args(arrays)
    result = simulate(built.program, Plan(25), args, implementation=implementation)
    expected = numpy_loop(built, args, 25)
    np.testing.assert_allclose(result.samples[0][0], expected.sum(1), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(result.samples[1][0], expected[:, 0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(result.states[0][0], expected[-1, 0], rtol=1e-12, atol=1e-12)
    assert bool(result.finite[0])


@pytest.mark.parametrize(
    ('first', 'every'),
    [(0, 1), (5, 1), (30, 1), (39, 1), (0, 2), (1, 2), (13, 7), (30, 7), (5, 40), (39, 40)],
)
def test_schedule_samples_what_slicing_would(first, every, implementation):
    built, arrays = problem(3, 4)
    args = op_args(arrays)
    every_step = simulate(built.program, Plan(40), args, implementation=implementation)
    sampled = simulate(built.program, Plan(40, first, every), args, implementation=implementation)
    assert sampled.samples[0].shape[1] == Plan(40, first, every).n_samples
    np.testing.assert_allclose(
        sampled.samples[0], every_step.samples[0][:, first::every], rtol=1e-13
    )
    for a, b in zip(sampled.states, every_step.states, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)
    np.testing.assert_allclose(sampled.rings[0], every_step.rings[0], rtol=1e-13)


@pytest.mark.parametrize('split', [1, 10, 23])
def test_continues_where_it_stopped(split, implementation):
    built, arrays = problem(4, 6)
    args = op_args(arrays)
    whole = simulate(built.program, Plan(24), args, implementation=implementation)
    half = simulate(built.program, Plan(split), args, implementation=implementation)
    rest = args._replace(states=half.states, rings=half.rings, pointers=half.pointers)
    rest = simulate(built.program, Plan(24 - split), rest, implementation=implementation)
    np.testing.assert_allclose(
        np.concatenate([half.samples[0], rest.samples[0]], axis=1), whole.samples[0], rtol=1e-13
    )


def test_candidates_equal_single_runs(implementation):
    built, arrays = problem(5, 6)
    args = op_args(arrays)
    rng = np.random.default_rng(1)
    many = 3
    params = list(args.params)
    names = [name.rsplit('.', 1)[-1] for name in built.params]
    params[names.index('k')] = jnp.asarray(rng.random(many))
    params[names.index('a')] = jnp.asarray(rng.random((many, 5)))
    weights = jnp.asarray(rng.random((many, 5, 5)))
    delays = jnp.asarray(rng.integers(0, 7, (many, 5, 5)), args.delays[0].dtype)
    batch = simulate(
        built.program,
        Plan(20),
        args._replace(params=tuple(params), weights=(weights,), delays=(delays,)),
        implementation=implementation,
    )
    for c in range(many):
        alone = args._replace(
            params=tuple(p[c : c + 1] if p.shape[0] > 1 else p for p in params),
            weights=(weights[c : c + 1],),
            delays=(delays[c : c + 1],),
        )
        alone = simulate(built.program, Plan(20), alone, implementation=implementation)
        np.testing.assert_allclose(batch.samples[0][c], alone.samples[0][0], rtol=1e-12)


def loss_of(built, args, plan, implementation='reference'):
    """A scalar of everything that can be differentiated: params, states, history, weights."""

    def loss(leaves):
        params, states, rings, weights = leaves
        result = simulate(
            built.program,
            plan,
            args._replace(params=params, states=states, rings=rings, weights=weights),
            implementation=implementation,
        )
        return sum(jnp.sin(3 * s).sum() for s in result.samples) + (result.rings[0] ** 2).sum()

    return loss, (args.params, args.states, args.rings, args.weights)


@pytest.mark.parametrize(
    'plan',
    [
        Plan(41, 3, 1),
        Plan(37, 2, 5),
        pytest.param(Plan(40), marks=pytest.mark.slow),
        pytest.param(Plan(40, 30, 4), marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize('max_delay', [0, 5])
def test_gradient_against_finite_differences(max_delay, plan, implementation):
    built, arrays = problem(3, max_delay)
    loss, leaves = loss_of(built, op_args(arrays), plan, implementation)
    loss = jax.jit(loss)
    gradient = jax.grad(loss)(leaves)
    flat, unflatten = jax.flatten_util.ravel_pytree(leaves)
    direction = jnp.asarray(np.random.default_rng(2).normal(size=flat.shape))
    step = 1e-6
    slope = (
        loss(unflatten(flat + step * direction)) - loss(unflatten(flat - step * direction))
    ) / (2 * step)
    exact = jax.flatten_util.ravel_pytree(gradient)[0] @ direction
    np.testing.assert_allclose(exact, slope, rtol=1e-6)
    for leaf in jax.tree.leaves(gradient):
        assert np.isfinite(leaf).all()


@pytest.mark.parametrize('max_delay', [0, 5])
def test_forward_mode_equals_reverse_mode(max_delay):
    built, arrays = problem(3, max_delay)
    loss, leaves = loss_of(built, op_args(arrays), Plan(20))
    flat, unflatten = jax.flatten_util.ravel_pytree(leaves)
    direction = jnp.asarray(np.random.default_rng(3).normal(size=flat.shape))
    _, tangent = jax.jvp(lambda v: loss(unflatten(v)), (flat,), (direction,))
    gradient = jax.grad(lambda v: loss(unflatten(v)))(flat)
    np.testing.assert_allclose(tangent, gradient @ direction, rtol=1e-10)
    hessian_row = jax.jvp(jax.grad(lambda v: loss(unflatten(v))), (flat,), (direction,))[1]
    assert np.isfinite(hessian_row).all()


def test_gradient_memory_grows_with_the_root_of_time(implementation):
    built, arrays = problem(20, 0)
    args = op_args(arrays)

    def temporary_bytes(n_steps):
        loss, leaves = loss_of(built, args, Plan(n_steps, n_steps - 1, 1), implementation)
        compiled = jax.jit(jax.grad(loss)).lower(leaves).compile()
        return compiled.memory_analysis().temp_size_in_bytes

    # below, a segment of the kernel has its least length
    short, long = temporary_bytes(6400), temporary_bytes(102_400)
    # 16 times the steps, 4 times the segments and their length; storing every step would take 16 times
    assert long < 6 * short


def test_finite_flag_sees_one_bad_candidate(implementation):
    built, arrays = problem(3, 0)
    args = op_args(arrays)
    states = (jnp.stack([args.states[0][0], args.states[0][0].at[1].set(jnp.nan)]), args.states[1])
    given = args._replace(states=states)
    result = simulate(built.program, Plan(5, 4), given, implementation=implementation)
    assert result.finite.tolist() == [True, False]


def test_is_one_named_equation():
    built, arrays = problem(3, 2)
    jaxpr = jax.make_jaxpr(lambda args: simulate(built.program, Plan(5), args))(op_args(arrays))
    assert [eqn.params['name'] for eqn in jaxpr.eqns if eqn.primitive.name in ('jit', 'pjit')] == [
        'brainfit_fast_simulate'
    ]


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda a: {'weights': (a.weights[0][:, :2],)}, r'weights 0 have shape \(2, 3\), expected \(3, 3\)'),
        (lambda a: {'rings': (a.rings[0][:, 1:],)}, r'ring 0 has shape'),
        (lambda a: {'params': a.params[:-1]}, 'params has'),
        (lambda a: {'delays': (None,)}, 'delays 0 have shape None'),
        (lambda a: {'delays': (a.delays[0].astype(float),)}, 'delays 0 have dtype float64'),
        (lambda a: {'delays': (a.delays[0].at[0, 0, 1].set(5),)}, 'delays 0 reach from 0 to 5 steps'),
        (lambda a: {'delays': (a.delays[0].at[0, 0, 1].set(-1),)}, 'delays 0 reach from -1 to'),
        (lambda a: {'weights': (jnp.concatenate([a.weights[0]] * 2),), 'states': tuple(
            jnp.concatenate([s] * 3) for s in a.states)}, 'candidate axis and must be 1'),
        (lambda a: {'inputs': (jnp.zeros((1, 4)),)}, 'inputs has 1 entries'),
    ],
)  # fmt: skip
def test_arguments_that_do_not_fit_are_named(change, message):
    built, arrays = problem(3, 4)
    args = op_args(arrays)
    with pytest.raises(ValueError, match=message):
        simulate(built.program, Plan(5), args._replace(**change(args)))


@pytest.mark.parametrize('plan', [Plan(0), Plan(5, 5), Plan(5, -1), Plan(5, 0, 0)])
def test_impossible_plans_are_refused(plan):
    built, arrays = problem(2, 0)
    with pytest.raises(ValueError, match='plan must have'):
        simulate(built.program, plan, op_args(arrays))


@pytest.mark.parametrize('n', [1, 31, 32, 36, 97, 100, 2000, 1999])
def test_segments_are_near_the_root(n):
    length = segment_length(n)
    assert 1 <= length <= n
    if n >= 32:
        assert n**0.5 / 2 - 1 <= length <= 2 * n**0.5
