"""candidates=: parameter sets as one batch, with shared, independent or sequential noise."""

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param

import brainfit_fast as bf

N = 4
DT = 0.1 * u.ms
STEPS = 40
RNG = np.random.default_rng(8)
WEIGHTS = RNG.random((N, N))
LENGTHS = RNG.random((N, N)) * 8.0
K = np.array([0.0, 0.2, 0.5])
ROWS = RNG.normal(size=(3, N)) * 0.2


@pytest.fixture(autouse=True)
def clock():
    with brainstate.environ.context(dt=DT):
        yield


def network(k=0.3, a=0.1, conn=WEIGHTS, delay=True, coupling='diffusive', noisy=True):
    start = braintools.init.Uniform(0.0, 0.5)
    noise = {'noise_x': bf.GaussianNoise(N, sigma=0.05)} if noisy else {}
    node = bf.HopfStep(N, a=a, init_x=start, init_y=start, **noise)
    where = {'distance': LENGTHS, 'speed': 4.0} if delay else {}
    return bf.Network(node, conn=conn, coupled_var='x', k=k, coupling=coupling, **where)


def run(net, **options):
    return bf.Simulator(net, dt=DT).run(STEPS * DT, monitors={'x': 'node.x'}, **options)


def key_now():
    return np.asarray(jax.random.key_data(brainstate.random.DEFAULT.value))


def singles(values, seed=5, reseed=True, make=network, **fixed):
    """One run after the other, each from the same seed or from where the last one stopped."""
    runs = []
    brainstate.random.seed(seed)
    for index in range(len(next(iter(values.values())))):
        if reseed:
            brainstate.random.seed(seed)
        runs.append(run(make(**{name: v[index] for name, v in values.items()}, **fixed))['x'])
    return np.stack(runs, axis=1)


def batch(candidates, seed=5, noise='shared', make=network, **fixed):
    brainstate.random.seed(seed)
    return run(make(**fixed), candidates=candidates, noise=noise)


def assert_close(a, b):
    np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * np.abs(np.asarray(b)).max())


@pytest.mark.parametrize('delay', [False, True])
def test_shared_noise_is_one_seed_for_all(delay):
    result = batch({'k': K}, delay=delay)
    assert result['x'].shape == (STEPS, 3, N)
    assert result.finite.shape == (3,) and bool(result.finite.all())
    assert_close(result['x'], singles({'k': K}, delay=delay))


def test_shared_noise_equals_vmap():
    brainstate.random.seed(5)
    mapped = jax.vmap(lambda k: run(network(k=k))['x'])(jnp.asarray(K))
    assert_close(batch({'k': K})['x'], np.asarray(mapped).swapaxes(0, 1))


def test_several_parameters_at_once():
    result = batch({'k': K, 'node.a': ROWS}, a=np.zeros(N))
    assert_close(result['x'], singles({'k': K, 'a': ROWS}))


def test_scalar_parameter_becomes_one_per_region():
    result = batch({'node.a': ROWS})
    assert_close(result['x'], singles({'a': ROWS}))


@pytest.mark.parametrize('delay', [False, True])
def test_connectome(delay):
    stack = RNG.random((3, N, N)) * (1 - np.eye(N))
    result = batch({'conn': stack}, conn=Param(jnp.asarray(WEIGHTS)), delay=delay)
    assert_close(result['x'], singles({'conn': stack}, delay=delay))


@pytest.mark.parametrize('coupling', ['additive', 'tanh', 'sigmoidal_jansen_rit'])
def test_other_couplings(coupling):
    result = batch({'k': K}, coupling=coupling)
    assert_close(result['x'], singles({'k': K}, coupling=coupling))


def test_parameter_of_what_is_emitted():
    """The rate function before the sum depends on the candidate, and so does its past."""
    brainstate.random.seed(5)
    slopes = np.array([0.2, 0.56, 1.5])
    net = network(coupling='sigmoidal_jansen_rit', k=40.0)
    ours = run(net, candidates={'coupling.r': slopes})['x']
    for index, r in enumerate(slopes):
        brainstate.random.seed(5)
        single = network(coupling='sigmoidal_jansen_rit', k=40.0)
        single.coupling.r = Param.init(float(r))
        assert_close(ours[:, index], run(single)['x'])


def test_sequential_noise_is_a_loop_of_runs():
    result = batch({'k': K}, noise='sequential')
    after = key_now()
    assert_close(result['x'], singles({'k': K}, reseed=False))
    np.testing.assert_array_equal(after, key_now())


def test_sequential_noise_without_noise_still_draws_the_history():
    result = batch({'k': K}, noise='sequential', noisy=False)
    assert_close(result['x'], singles({'k': K}, reseed=False, noisy=False))


def test_independent_noise_folds_the_index_into_the_key():
    same = np.full(3, 0.2)
    result = batch({'k': same}, noise='independent')
    for index in range(3):
        brainstate.random.seed(5)
        brainstate.random.DEFAULT.value = jax.random.fold_in(brainstate.random.DEFAULT.value, index)
        assert_close(result['x'][:, index], run(network(k=0.2))['x'])
    assert np.abs(np.asarray(result['x'][:, 0] - result['x'][:, 1])).max() > 1e-2


@pytest.mark.parametrize('noise', ['shared', 'independent', 'sequential'])
def test_the_stream_moves_on(noise):
    """A second call draws other numbers than the first."""
    brainstate.random.seed(5)
    net = network()
    first, second = (run(net, candidates={'k': K}, noise=noise)['x'] for _ in range(2))
    assert np.abs(np.asarray(first - second)).max() > 1e-2


def test_candidates_and_the_other_options():
    brainstate.random.seed(5)
    drive = RNG.standard_normal((STEPS, N)) * 0.1
    options = {'transient': 5, 'sample_every': 3, 'inputs': drive}
    lead = RNG.standard_normal((2, N))
    sim = bf.Simulator(network(), dt=DT)
    monitors = lambda m: jnp.asarray(lead) @ m.node.x.value  # noqa: E731
    result = sim.run(STEPS * DT, monitors=monitors, candidates={'k': K}, **options)
    assert result['output'].shape == (12, 3, 2)
    for index, k in enumerate(K):
        brainstate.random.seed(5)
        single = bf.Simulator(network(k=k), dt=DT).run(STEPS * DT, monitors=monitors, **options)
        assert_close(result['output'][:, index], single['output'])
    np.testing.assert_allclose(u.get_magnitude(result['ts']), 0.1 * (np.arange(5, STEPS, 3) + 1))


def test_finite_flag_of_each_candidate():
    wild = np.array([0.1, -1e30, 0.2])
    result = batch({'node.beta': wild})
    assert result.finite.tolist() == [True, False, True]
    assert np.isfinite(np.asarray(result['x'][:, [0, 2]])).all()


def test_candidates_with_units():
    node = bf.FitzHughNagumoStep(N, tau=10.0 * u.ms)
    sim = bf.Simulator(node, dt=DT)
    in_ms = sim.run(STEPS * DT, monitors=['V'], candidates={'tau': jnp.array([5.0, 20.0]) * u.ms})
    brainstate.nn.init_all_states(node)
    assert in_ms['V'].shape == (STEPS, 2, N)
    brainstate.random.seed(1)
    a = sim.run(STEPS * DT, monitors=['V'], candidates={'tau': jnp.array([5.0, 20.0]) * u.ms})
    brainstate.random.seed(1)
    b = sim.run(STEPS * DT, monitors=['V'], candidates={'tau': jnp.array([5e-3, 2e-2]) * u.second})
    np.testing.assert_allclose(a['V'], b['V'], rtol=1e-6)
    assert np.abs(np.asarray(a['V'][:, 0] - a['V'][:, 1])).max() > 1e-4


def test_parameters_of_the_model_are_left_alone():
    net = network()
    run(net, candidates={'k': K})
    assert float(net.coupling.k.value()) == pytest.approx(0.3)
    assert net.node.x.value.shape == (N,)


def test_gradient_through_candidates():
    """Each candidate has its own gradient."""

    def loss(k):
        brainstate.random.seed(5)
        result = run(network(), candidates={'k': k})
        return jnp.mean(result['x'] ** 2, axis=(0, 2))

    jacobian = jax.jacrev(loss)(jnp.asarray(K, jnp.float32))
    assert np.abs(np.asarray(jacobian - jnp.diag(jnp.diag(jacobian)))).max() == 0

    def single(k):
        brainstate.random.seed(5)
        return jnp.mean(run(network(k=k))['x'] ** 2)

    expected = [jax.grad(single)(float(k)) for k in K]
    np.testing.assert_allclose(jnp.diag(jacobian), expected, rtol=1e-4)


BAD = [
    ({'kk': K}, {}, r"parameter name: given 'kk', expected one of .*'coupling.k'"),
    (
        {'k': np.ones((3, 2))},
        {'k': np.ones(N)},
        r"candidates\['k'\]: given .*\(3, 2\).*, expected shape \(candidates, 4\)",
    ),
    ({'k': 0.5}, {}, r"candidates\['k'\]: given .*, expected shape \(candidates"),
    (
        {'k': np.array([0.1, np.nan])},
        {},
        r"candidates\['k'\]: given 1 values that are NaN or infinite",
    ),
    (
        {'k': K, 'node.a': ROWS[:2]},
        {},
        'candidates: given k: 3, node.a: 2, expected the same number',
    ),
    ({}, {}, 'candidates: given no parameters, expected'),
    ({'k': K * u.mV}, {}, r"candidates\['k'\]: given unit mV, expected the unit of the parameter"),
]


@pytest.mark.parametrize(('candidates', 'fixed', 'message'), BAD)
def test_bad_candidates(candidates, fixed, message):
    with pytest.raises(ValueError, match=message):
        batch(candidates, **fixed)


def test_bad_noise_rule():
    with pytest.raises(ValueError, match="noise: given 'own', expected one of 'shared', 'indep"):
        batch({'k': K}, noise='own')


def test_candidates_cannot_continue():
    with pytest.raises(
        ValueError, match='candidates: given init_states=False, expected a run from'
    ):
        run(network(), candidates={'k': K}, init_states=False)


def test_candidates_of_a_model_that_is_not_elementwise():
    class Mixing(bf.HopfStep):
        def update(self, x_inp=0.0):
            return super().update(x_inp + jnp.cumsum(self.x.value))

    sim = bf.Simulator(Mixing(N, a=0.1), dt=DT)
    with pytest.raises(
        ValueError, match=r'candidates: given a model that runs step by step, because'
    ):
        sim.run(STEPS * DT, candidates={'a': K})
