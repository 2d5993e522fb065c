"""Statistics streamed by simulate: against NumPy on its samples, and their adjoint against its formula."""

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import brainfit_fast as bf
from brainfit_fast.ops.simulate import Plan, SimulateArgs, simulate
from brainfit_fast.ops.simulate.api import IMPLEMENTATIONS, brainfit_fast_simulate
from brainfit_fast.ops.simulate.label import call_of
from brainfit_fast.ops.simulate.streams import native
from brainfit_fast.program.arrays import gather
from brainfit_fast.program.build import build
from brainfit_fast.testing import assert_close

DT = 0.1
RNG = np.random.default_rng(4)


@pytest.fixture
def double(x64):
    with brainstate.environ.context(precision=64):
        yield


# the problem has delays, which the Pallas kernels do not take; test_pallas_triton.py has streams without
@pytest.fixture(params=['reference', 'xla', 'cpu_ffi'])
def implementation(request):
    if request.param == 'cpu_ffi' and request.config.getoption('--pure-python'):
        pytest.skip('the native library is absent on purpose')
    return request.param


def problem(n, *, n_candidates=1, offset=0.0, scale=1.0):
    """A delayed Hopf network observed as (x, offset + scale y, a scalar): program and arguments."""
    with brainstate.environ.context(dt=DT * u.ms):
        uniform = braintools.init.Uniform(-0.3, 0.3)
        node = bf.HopfStep(n, a=np.linspace(-0.1, 0.2, n), w=0.4, init_x=uniform, init_y=uniform)
        net = bf.Network(
            node, conn=RNG.random((n, n)) / n, distance=RNG.random((n, n)), speed=1.0,
            coupled_var='x', k=0.7,
        )  # fmt: skip
        brainstate.random.seed(3)
        brainstate.nn.init_all_states(net)

        def measure(_):
            y = net.node.y.value
            return {'a': net.node.x.value, 'b': offset + scale * y, 'c': net.coupling.k.value()}

        built = build(net, measure, (), DT * u.ms)
        arrays = gather(built)
    lead = jax.tree.map(lambda leaf: leaf[None], arrays._replace(pointers=()))
    states = tuple(
        jnp.concatenate([leaf * (1 + 0.3 * k) for k in range(n_candidates)]) for leaf in lead.states
    )
    dtype = brainstate.environ.dftype()
    args = SimulateArgs(
        lead.params, lead.consts, states, lead.rings, lead.weights, lead.delays, (), (),
        arrays.pointers, jnp.asarray(DT, dtype), jnp.asarray(0, jnp.int32),
    )  # fmt: skip
    return built.program, args


def target(n_samples, n, extent=1):
    return jnp.asarray(RNG.normal(size=(extent, n_samples, n)), brainstate.environ.dftype())


def expected_moments(samples):
    samples = np.asarray(samples, np.float64)
    mean = samples.mean(axis=1)
    y = samples - mean[:, None]
    return mean, np.einsum('cti,ctj->cij', y, y)


@pytest.mark.parametrize('n_candidates', [1, 3])
@pytest.mark.parametrize('n', [1, 2, 33])
def test_statistics_of_the_samples(double, implementation, n, n_candidates):
    program, args = problem(n, n_candidates=n_candidates)
    plain = simulate(program, Plan(40, 3, 2), args, implementation=implementation)
    args = args._replace(targets=(target(19, n),))
    plan = Plan(40, 3, 2, ('moments', 'squares', 'samples'))
    got = simulate(program, plan, args, implementation=implementation)
    mean, comoment = expected_moments(plain.samples[0])
    assert_close(got.samples[0].mean, mean, length=19)
    assert_close(got.samples[0].comoment, comoment, length=19)
    squares = ((np.asarray(plain.samples[1]) - np.asarray(args.targets[0])) ** 2).sum(1)
    assert_close(got.samples[1], squares, length=19)
    np.testing.assert_array_equal(got.samples[2], plain.samples[2])
    for a, b in zip(got.states + got.rings, plain.states + plain.rings, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)
    np.testing.assert_array_equal(got.finite, plain.finite)


@pytest.mark.parametrize(
    'plan', [(1, 0, 1), (2, 0, 1), (40, 39, 1), (40, 38, 1), (41, 1, 20), (9, 2, 50)]
)
def test_few_samples(double, implementation, plan):
    program, args = problem(3)
    plain = simulate(program, Plan(*plan), args, implementation=implementation)
    n_samples = Plan(*plan).n_samples
    args = args._replace(targets=(target(n_samples, 3),))
    streams = Plan(*plan, ('moments', 'squares', 'samples'))
    got = simulate(program, streams, args, implementation=implementation)
    mean, comoment = expected_moments(plain.samples[0])
    np.testing.assert_allclose(got.samples[0].mean, mean, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(got.samples[0].comoment, comoment, rtol=1e-10, atol=1e-15)
    if n_samples == 1:
        assert not np.asarray(got.samples[0].comoment).any()
    squares = ((np.asarray(plain.samples[1]) - np.asarray(args.targets[0])) ** 2).sum(1)
    np.testing.assert_allclose(got.samples[1], squares, rtol=1e-12)


def test_variance_beside_a_large_mean(implementation):
    """In float32 the second moment of 4096 + 0.1 y holds nothing of y; deviations do."""
    with brainstate.environ.context(precision=32):
        program, args = problem(5, offset=4096.0, scale=0.1)
    plain = simulate(program, Plan(400), args, implementation=implementation)
    plan = Plan(400, streams=('samples', 'moments', 'samples'))
    got = simulate(program, plan, args, implementation=implementation).samples[1]
    assert got.comoment.dtype == jnp.float32
    _, comoment = expected_moments(plain.samples[1])
    assert_close(got.comoment, comoment.astype(np.float32), length=400)


@pytest.mark.parametrize('n_candidates', [1, 2])
def test_a_target_for_each_candidate(double, implementation, n_candidates):
    """Also where nothing else differs: the run is then the same for all."""
    program, args = problem(4, n_candidates=n_candidates)
    plain = simulate(program, Plan(12), args, implementation=implementation)
    args = args._replace(targets=(target(12, 4, 2),))
    plan = Plan(12, streams=('squares', 'samples', 'samples'))
    got = simulate(program, plan, args, implementation=implementation)
    expected = ((np.asarray(plain.samples[0]) - np.asarray(args.targets[0])) ** 2).sum(1)
    np.testing.assert_allclose(got.samples[0], expected, rtol=1e-12)
    assert got.finite.shape == (2,) and got.states[0].shape[0] == 2


@pytest.mark.parametrize(('first', 'every'), [(0, 1), (7, 3)])
def test_adjoint_is_linear_in_the_statistics(double, implementation, first, every):
    r"""Cotangents G of the comoments, m of the mean and s of the squares reach the samples as
    (G + G^T)(x_t - mean) + m / n and 2 s (x_t - y_t)."""
    n = 4
    program, args = problem(n, n_candidates=2)
    plan = Plan(50, first, every)
    y = target(plan.n_samples, n)

    def run(plan, targets):
        def function(states, params, weights):
            own = args._replace(states=states, params=params, weights=weights, targets=targets)
            return simulate(program, plan, own, implementation=implementation).samples

        return jax.vjp(function, args.states, args.params, args.weights)

    samples, pull_samples = run(plan, ())
    statistics, pull = run(Plan(50, first, every, ('moments', 'squares', 'samples')), (y,))
    cotangent = jax.tree.map(lambda leaf: jnp.asarray(RNG.normal(size=leaf.shape)), statistics)
    (m, g), s, c = cotangent
    deviation = samples[0] - samples[0].mean(1, keepdims=True)
    injected = (
        jnp.einsum('cti,cij->ctj', deviation, g + g.swapaxes(1, 2)) + m[:, None] / plan.n_samples,
        2 * s[:, None] * (samples[1] - y),
        c,
    )
    for a, b in zip(
        jax.tree.leaves(pull(cotangent)), jax.tree.leaves(pull_samples(injected)), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10 * np.abs(b).max())


def test_wrong_streams_and_targets_are_refused(double):
    program, args = problem(3)
    y = target(10, 3)

    def run(streams, targets=()):
        return simulate(program, Plan(10, streams=streams), args._replace(targets=targets))

    with pytest.raises(ValueError, match='streams has 1 entries, expected one for each of the 3'):
        run(('moments',))
    with pytest.raises(ValueError, match="is 'mean', expected one of samples, moments, squares"):
        run(('mean', 'samples', 'samples'))
    with pytest.raises(
        ValueError, match=r'observable 2 is .*expected floating point of shape \(3,\)'
    ):
        run(('samples', 'samples', 'moments'))
    with pytest.raises(ValueError, match='targets has 0 entries, the program needs 1'):
        run(('squares', 'samples', 'samples'))
    with pytest.raises(ValueError, match='targets has 1 entries, the program needs 0'):
        run((), (y,))
    with pytest.raises(
        ValueError, match=r'target of observable 1 has shape \(9, 3\), expected \(10, 3\)'
    ):
        run(('samples', 'squares', 'samples'), (y[:, 1:],))
    with pytest.raises(ValueError, match='first axis is the candidate axis'):
        two = args._replace(
            states=tuple(jnp.concatenate([leaf] * 2) for leaf in args.states),
            targets=(target(10, 3, 3),),
        )
        simulate(program, Plan(10, streams=('squares', 'samples', 'samples')), two)


def test_only_native_implementations_stream():
    streaming = [one.name for one in IMPLEMENTATIONS if native(one.name)]
    assert streaming == ['pallas_triton', 'cpu_ffi']


def test_label_tells_the_call(double):
    """A reader of a jaxpr finds program and plan; not where vmap changed what the equation computes."""
    program, args = problem(3)
    plan = Plan(10, 2)

    def run(args):
        return brainfit_fast_simulate(program, plan, 'reference', args).samples[0]

    (eqn,) = jax.make_jaxpr(run)(args).jaxpr.eqns
    call = call_of(eqn)
    assert (call.program, call.plan, call.name) == (program, plan, 'reference')
    assert jax.tree.structure(args) == call.tree

    def mapped(states):
        return jax.vmap(lambda s: run(args._replace(states=s)))(states)

    stacked = tuple(jnp.stack([leaf] * 2) for leaf in args.states)
    eqns = [
        e
        for e in jax.make_jaxpr(mapped)(stacked).jaxpr.eqns
        if 'simulate' in str(e.params.get('name'))
    ]
    assert len(eqns) == 1 and call_of(eqns[0]) is None
