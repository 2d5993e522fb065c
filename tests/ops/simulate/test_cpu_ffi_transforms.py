"""jit, vmap and grad in every order around the kernel, and the modes that it does not have."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from simulate_cases import Case, floats, moving, precision, problem, replaced

from brainfit_fast.core.errors import ForwardModeError, HigherOrderError, ImplementationError
from brainfit_fast.ops.simulate import Plan, simulate
from brainfit_fast.ops.simulate.heuristics import FEW_CANDIDATES
from brainfit_fast.testing import equations, kernels_in

pytestmark = pytest.mark.usefixtures('native')

PLAN = Plan(12, 1, 2)
CASES = [
    Case(n=4, longest=5, plan=PLAN),
    Case(n=4, plan=PLAN, candidates=3, varied=('params',)),
    Case(n=3, longest=5, plan=PLAN, model='full'),
    Case(n=3, plan=Plan(12, 1, 2, memory=2**20), model='states'),
]
BOTH = {'brainfit_fast_simulate_forward_f64', 'brainfit_fast_simulate_backward_f64'}
#: One leaf of every kind: what is mapped, and what is not.
MAPPED = ['params', 'states', 'rings', 'weights', 'inputs']


@pytest.fixture(autouse=True)
def double():
    with precision('float64'):
        yield


def loss_of(program, plan, args, implementation='cpu_ffi'):
    """A scalar of everything, weighing every element differently."""

    def loss(values):
        result = simulate(program, plan, replaced(args, values), implementation=implementation)
        return sum(
            (
                jnp.sin(leaf) * jnp.cos(jnp.arange(leaf.size, dtype=leaf.dtype)).reshape(leaf.shape)
            ).sum()
            for leaf in floats(result)
        )

    return loss


def stacked(args, field, size=3):
    """The floating arguments with those of one field scaled along a new axis, and the axes."""
    factors = jnp.linspace(0.8, 1.2, size)

    def scaled(leaf):
        return leaf * factors.reshape(-1, *[1] * leaf.ndim)

    chosen = {id(leaf) for leaf in floats(getattr(args, field))}
    leaves = moving(args)
    values = [scaled(leaf) if id(leaf) in chosen else leaf for leaf in leaves]
    axes = [0 if id(leaf) in chosen else None for leaf in leaves]
    singles = [
        [leaf * factor if id(leaf) in chosen else leaf for leaf in leaves] for factor in factors
    ]
    assert chosen
    return values, axes, singles


def assert_close(actual, expected):
    a, b = jax.tree.leaves(actual), jax.tree.leaves(expected)
    for mine, other in zip(a, b, strict=True):
        assert mine.shape == other.shape
        scale = np.max(np.abs(other), initial=1e-3)
        np.testing.assert_allclose(mine / scale, other / scale, rtol=0, atol=1e-11)


def results_of(direction, function, *args):
    """Shapes of what the forward or the backward kernel returns."""
    name = f'brainfit_fast_simulate_{direction}_f64'
    found = [
        [v.aval.shape for v in eqn.outvars]
        for eqn, _ in equations(jax.make_jaxpr(function)(*args).jaxpr)
        if eqn.params.get('target_name') == name
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize('case', CASES, ids=str)
@pytest.mark.parametrize('field', MAPPED)
def test_vmap_equals_a_loop(case, field):
    """Value and gradient of a mapped loss, jitted and not; leaves that are not mapped stay shared."""
    program, args = problem(case)
    loss = loss_of(program, case.plan, args)
    values, axes, singles = stacked(args, field)
    one = jax.jit(jax.value_and_grad(loss))
    expected = jax.tree.map(lambda *leaves: jnp.stack(leaves), *map(one, singles))
    mapped = jax.vmap(jax.value_and_grad(loss), in_axes=(axes,))
    assert kernels_in(mapped, values) == BOTH
    assert_close(jax.jit(mapped)(values), expected)
    assert_close(jax.vmap(loss, in_axes=(axes,))(values), expected[0])


@pytest.mark.parametrize('case', CASES[:2], ids=str)
@pytest.mark.parametrize('field', ['params', 'weights'])
def test_gradient_of_a_mapped_loss(case, field):
    """grad over vmap: what is shared gathers the gradients of all."""
    program, args = problem(case)
    loss = loss_of(program, case.plan, args)
    values, axes, singles = stacked(args, field)

    def total(values):
        return jax.vmap(loss, in_axes=(axes,))(values).sum()

    gradient = jax.jit(jax.grad(total))(values)
    one = jax.jit(jax.grad(loss))
    each = [one(single) for single in singles]
    expected = [
        jnp.stack(leaves) if axis == 0 else sum(leaves)
        for axis, *leaves in zip(axes, *each, strict=True)
    ]
    assert_close(gradient, expected)


@pytest.mark.parametrize('extent', [FEW_CANDIDATES, FEW_CANDIDATES + 1])
def test_many_candidates_keep_no_trajectory(extent):
    case = Case(
        n=3,
        plan=Plan(12, 1, 2, memory=2**30),
        model='states',
        candidates=extent,
        varied=('params',),
    )
    program, args = problem(case)
    loss = loss_of(program, case.plan, args)
    results = results_of('forward', jax.grad(loss), moving(args))
    trajectories = [shape for shape in results if len(shape) == 2 and shape[1] > 12 * 3]
    assert bool(trajectories) == (extent <= FEW_CANDIDATES)


def test_many_cotangents_of_one_run_that_was_kept():
    case = CASES[3]
    program, args = problem(case)

    def last(values, implementation):
        result = simulate(program, case.plan, replaced(args, values), implementation=implementation)
        return jnp.tile(result.samples[0][0, -1], 7)

    values = moving(args)
    actual = jax.jit(jax.jacrev(lambda v: last(v, 'cpu_ffi')))(values)
    assert_close(actual, jax.jit(jax.jacrev(lambda v: last(v, 'reference')))(values))


def test_nested_vmap():
    case = CASES[1]
    program, args = problem(case)
    loss = loss_of(program, case.plan, args)
    inner, inner_axes, _ = stacked(args, 'weights', 2)
    outer, outer_axes, _ = stacked(args, 'states', 3)
    values = [a if axis == 0 else b for a, b, axis in zip(inner, outer, inner_axes, strict=True)]
    mapped = jax.vmap(jax.vmap(jax.grad(loss), in_axes=(inner_axes,)), in_axes=(outer_axes,))
    gradient = mapped(values)
    for i in range(3):
        for j in range(2):
            single = [
                leaf[j] if k == 0 else leaf[i] if m == 0 else leaf
                for leaf, k, m in zip(values, inner_axes, outer_axes, strict=True)
            ]
            expected = jax.jit(jax.grad(loss))(single)
            assert_close([leaf[i, j] for leaf in gradient], expected)


def test_vmap_over_delays_and_keys():
    """Arguments without a derivative may be mapped as well."""
    case = CASES[2]
    program, args = problem(case)
    delays = jnp.stack([args.delays[0], args.delays[0] * 0, args.delays[0] // 2])

    place = [k for k, s in enumerate(args.states) if jnp.issubdtype(s.dtype, jax.dtypes.prng_key)]
    keyed = args.states[place[0]]
    keys = jax.random.split(keyed[0], 3)[:, None]

    def loss(delay, key, values):
        states = tuple(key if k == place[0] else leaf for k, leaf in enumerate(args.states))
        own = args._replace(states=states, delays=(delay, *args.delays[1:]))
        return loss_of(program, case.plan, own)(values)

    gradient = jax.value_and_grad(loss, argnums=2)
    mapped = jax.vmap(gradient, in_axes=(0, 0, None))(delays, keys, moving(args))
    for index in range(3):
        single = gradient(delays[index], keys[index], moving(args))
        assert_close(jax.tree.map(lambda leaf: leaf[index], mapped), single)  # noqa: B023
    assert abs(float(mapped[0][0] - mapped[0][1])) > 1e-3


def test_vmap_over_the_first_step_is_refused():
    case = CASES[0]
    program, args = problem(case)

    def run(start):
        own = args._replace(start=start)
        return simulate(program, case.plan, own, implementation='cpu_ffi').samples[0]

    with pytest.raises(ValueError, match='first step is one for all candidates'):
        jax.vmap(run)(jnp.arange(3, dtype=jnp.int32))


def test_jit_inside_and_outside():
    case = CASES[0]
    program, args = problem(case)
    loss = loss_of(program, case.plan, args)
    plain = jax.value_and_grad(loss)(moving(args))
    assert_close(jax.jit(jax.value_and_grad(loss))(moving(args)), plain)
    assert_close(jax.value_and_grad(jax.jit(loss))(moving(args)), plain)
    assert_close(jax.value_and_grad(jax.checkpoint(loss))(moving(args)), plain)


def test_inside_scan_and_cond():
    """A kernel call is an equation like any other."""
    case = CASES[0]
    program, args = problem(case)
    loss = loss_of(program, case.plan, args)

    def descend(values, _):
        value, gradient = jax.value_and_grad(loss)(values)
        moved = [v - 1e-3 * g for v, g in zip(values, gradient, strict=True)]
        return jax.lax.cond(value < 1e9, lambda: moved, lambda: values), value

    _, losses = jax.lax.scan(descend, moving(args), length=3)
    values = moving(args)
    for expected in losses:
        value, gradient = jax.jit(jax.value_and_grad(loss))(values)
        np.testing.assert_allclose(value, expected, rtol=1e-12)
        values = [v - 1e-3 * g for v, g in zip(values, gradient, strict=True)]
    assert losses[2] < losses[0]


def test_only_what_is_asked_for_is_computed():
    """Weights and inputs that are not differentiated have no gradient in the kernel's results."""
    case = CASES[0]
    program, args = problem(case)
    n, steps = case.n, case.plan.n_steps

    def loss(params, weights, inputs):
        own = args._replace(params=params, weights=weights, inputs=inputs)
        return sum((leaf**2).sum() for leaf in floats(simulate(program, case.plan, own)))

    given = (args.params, args.weights, args.inputs)
    everything = results_of('backward', jax.grad(loss, argnums=(0, 1, 2)), *given)
    assert (1, n, n) in everything and (1, steps, n) in everything

    params_alone = results_of('backward', jax.grad(loss), *given)
    assert (1, n, n) not in params_alone and (1, steps, n) not in params_alone

    weights_alone = results_of('backward', jax.grad(loss, argnums=1), *given)
    assert (1, n, n) in weights_alone and (1, steps, n) not in weights_alone

    full = jax.jit(jax.grad(loss, argnums=(0, 1, 2)))(*given)
    assert_close(jax.jit(jax.grad(loss))(*given), full[0])
    assert_close(jax.jit(jax.grad(loss, argnums=1))(*given), full[1])
    assert_close(jax.jit(jax.grad(loss, argnums=2))(*given), full[2])


def test_unused_results_have_zero_cotangents():
    """Only one observable, only the final state, only the history: symbolic zeros for the others."""
    case = CASES[2]
    program, args = problem(case)
    parts = {
        'sample': lambda r: r.samples[1],
        'state': lambda r: r.states[0],
        'history': lambda r: r.rings[-1],
    }
    for name, part in parts.items():
        gradients = []
        for implementation in ('cpu_ffi', 'reference'):

            def loss(values, implementation=implementation, part=part):
                own = replaced(args, values)
                result = simulate(program, case.plan, own, implementation=implementation)
                return (part(result) ** 2).sum()

            gradients.append(jax.jit(jax.grad(loss))(moving(args)))
        assert max(float(jnp.abs(leaf).max()) for leaf in gradients[1] if leaf.size) > 0, name
        assert_close(*gradients)


FORWARD = {
    'jvp': lambda f, x: jax.jvp(f, (x,), (jax.tree.map(jnp.ones_like, x),)),
    'jacfwd': lambda f, x: jax.jacfwd(f)(x),
    'linearize': lambda f, x: jax.linearize(f, x)[1](jax.tree.map(jnp.ones_like, x)),
}
SECOND = {
    'hessian': lambda f, x: jax.hessian(f)(x),
    'grad of grad': lambda f, x: jax.grad(lambda y: jnp.sum(jax.grad(f)(y)))(x),
    'reverse over reverse': lambda f, x: jax.jacrev(jax.jacrev(f))(x),
}


@pytest.mark.parametrize('jit', [False, True], ids=['eager', 'jit'])
@pytest.mark.parametrize('mode', [*FORWARD, *SECOND])
def test_missing_modes_name_the_way_out(mode, jit):
    case = CASES[0]
    program, args = problem(case)

    def loss(x):
        own = args._replace(states=(x, *args.states[1:]))
        return (simulate(program, case.plan, own, implementation='cpu_ffi').samples[0] ** 2).sum()

    run = {**FORWARD, **SECOND}[mode]
    error = ForwardModeError if mode in FORWARD else HigherOrderError
    with pytest.raises(error, match=r"^simulate: .* use\('reference'\)"):
        (jax.jit(lambda x: run(loss, x)) if jit else lambda x: run(loss, x))(args.states[0])


def test_gradient_of_a_target_names_the_way_out():
    case = Case(n=3, plan=Plan(8, streams=('squares', 'samples', 'samples')))
    program, args = problem(case)

    def loss(target):
        own = args._replace(targets=(target,))
        return simulate(program, case.plan, own, implementation='cpu_ffi').samples[0].sum()

    with pytest.raises(
        ImplementationError, match=r"gradient with respect to the target.*use\('ref"
    ):
        jax.grad(loss)(args.targets[0])
