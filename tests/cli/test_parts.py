"""The parts of a job: units of the noise, pairs left out, the masked objective, the recipes."""

import types

import brainstate
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import brainfit_fast as bf
from brainfit_fast.cli.build import Problem, build_network, normalised, values_of
from brainfit_fast.cli.fitting import side_settings
from brainfit_fast.cli.measures import MaskedFC, pair_correlation, random_pairs, simulate_fc, upper
from brainfit_fast.cli.recipes import RECIPES
from brainfit_fast.cli.settings import settings_from
from brainfit_fast.cli.sharing import shared_compilation


def settings(**changed):
    options = dict.fromkeys(
        ('parameters', 'dt', 'duration', 'transient', 'noise', 'steps', 'noise_seeds'), None
    )
    return settings_from(types.SimpleNamespace(**{**options, 'seed': 0, **changed}))


def problem(n=5):
    rng = np.random.default_rng(1)
    weights = rng.uniform(0.5, 2.0, (n, n)) * (1 - np.eye(n))
    fc = np.corrcoef(rng.normal(size=(n, 20)))
    return Problem('test', weights, fc, None, np.arange(n))


@pytest.mark.parametrize('dt', [180.0, 720.0])
def test_noise_keeps_its_strength_when_dt_changes(dt):
    # A damped oscillator driven in x alone has the variance s^2 / (4 |a|) where w >> |a|.
    a, s = -0.05, 0.02
    chosen = settings(dt=dt, duration=72000.0, noise=s, parameters='a')
    network = bf.Network(
        chosen.recipe.make(40, chosen.sigma, a=a * 1e-3, w=2e-3 * np.pi * 0.07),
        conn=np.zeros((40, 40)),
        coupled_var='x',
        k=0.0,
    )
    brainstate.random.seed(0)
    x = bf.Simulator(network, dt=chosen.dt).run(
        chosen.duration, monitors=['node.x'], transient=chosen.transient
    )['node.x']
    # the cubic term damps a little more: <3 x^2 + y^2> / 4 of 0.002 each against 0.05
    assert float(jnp.var(x)) == pytest.approx(s**2 / (4 * (-a + 4 * 0.002)), rel=0.08)


def test_noise_per_step_is_the_documented_conversion():
    chosen = settings()
    assert chosen.sigma == pytest.approx(0.02 / np.sqrt(0.72) / 1000, rel=1e-6)
    assert chosen.n_steps == 2000 and chosen.n_samples == 1900 and chosen.sample_every == 1
    assert settings(dt=72.0).sample_every == 10


def test_gain_contains_k_and_w_is_f():
    assert settings(parameters='a,k,w,gain').fitted == ('a', 'f', 'gain')
    assert settings(parameters='k, a').fitted == ('k', 'a')


def test_weights_are_divided_by_the_mean_strength():
    weights = np.array([[9.0, 4.0, 0.0], [4.0, 0.0, 16.0], [0.0, 16.0, 0.0]])
    scaled = normalised(weights, 'sqrt')
    assert scaled[0, 0] == 0
    assert scaled.sum(axis=1).mean() == pytest.approx(1.0)
    assert scaled[1, 2] / scaled[0, 1] == pytest.approx(2.0)


@pytest.mark.parametrize('name', RECIPES)
def test_values_go_in_and_come_out(name):
    chosen = settings(model=name, parameters=None)
    given = problem()
    low_high = {knob.name: (knob.low, knob.high) for knob in RECIPES[name].knobs}
    values = {key: np.linspace(lo, hi, 7)[1:-1] for key, (lo, hi) in low_high.items()}
    values['k'] = np.linspace(0.1, 0.5, 5)
    found = values_of(build_network(given, chosen, values), given, chosen)
    assert set(found) == set(values)
    for key, value in values.items():
        np.testing.assert_allclose(found[key], value, rtol=2e-5)


def test_strength_stays_where_a_step_cannot_overshoot():
    given, chosen = problem(), settings()
    network = build_network(given, chosen, {'k': 0.1})
    network.coupling.k.val.value = jnp.full(5, 50.0)
    largest = float(network.coupling.k.value().max())
    strongest = normalised(given.weights, 'sqrt').sum(axis=1).max()
    assert largest * strongest * 720.0 == pytest.approx(1.0, rel=1e-4)


def test_pairs_are_split_without_overlap():
    kept, left_out = random_pairs(20, 0.8, seed=0)
    assert not (kept & left_out).any()
    np.testing.assert_array_equal(kept | left_out, upper(20))
    assert kept.sum() == 152
    again, _ = random_pairs(20, 0.8, seed=0)
    np.testing.assert_array_equal(kept, again)
    assert (random_pairs(20, 0.8, seed=1)[0] != kept).any()


def test_masked_objective_is_fc_corr_over_all_pairs():
    series = jnp.asarray(np.random.default_rng(2).normal(size=(60, 5)), jnp.float32)
    fc = problem().fc
    masked = MaskedFC(fc, upper(5))(series)
    whole = bf.objectives.fc_corr(as_loss=True)(series, bf.objectives.targets.fc(fc))
    assert float(masked) == pytest.approx(float(whole), abs=1e-6)


def test_masked_objective_sees_only_its_pairs():
    rng = np.random.default_rng(3)
    series = jnp.asarray(rng.normal(size=(60, 6)), jnp.float32)
    fc = np.corrcoef(rng.normal(size=(6, 30)))
    kept, left_out = random_pairs(6, 0.6, seed=0)
    loss = MaskedFC(fc, kept)(series)
    simulated = np.corrcoef(np.asarray(series).T)
    assert float(loss) == pytest.approx(1 - pair_correlation(simulated, fc, kept), abs=1e-5)
    changed = np.where(left_out | left_out.T, 0.123, fc)
    assert float(MaskedFC(changed, kept)(series)) == pytest.approx(float(loss), abs=1e-6)


def test_masked_objective_of_a_silent_model_is_finite():
    objective = MaskedFC(problem().fc, upper(5))
    value, gradient = jax.value_and_grad(objective)(jnp.zeros((30, 5)))
    assert float(value) == 1.0
    assert bool(jnp.isfinite(gradient).all())


def test_unseen_seeds_differ_and_repeat():
    given = problem()
    chosen = settings(duration=72.0, parameters='a')
    network = build_network(given, chosen)
    one = simulate_fc(network, chosen, 3, seed=5)
    assert one.shape == (3, 5, 5)
    assert len(np.unique(one[:, 0, 1])) == 3
    np.testing.assert_array_equal(one, simulate_fc(network, chosen, 3, seed=5))


def test_side_fits_are_never_longer():
    assert side_settings(settings(steps=10, noise_seeds=1)).steps == 10
    assert side_settings(settings()).steps == 60


def test_shared_compilation_leaves_the_configuration_as_it_was():
    names = (
        'jax_compilation_cache_dir',
        'jax_persistent_cache_min_compile_time_secs',
        'jax_persistent_cache_min_entry_size_bytes',
    )
    before = [getattr(jax.config, name) for name in names]
    with shared_compilation():
        assert jax.config.jax_compilation_cache_dir
    assert [getattr(jax.config, name) for name in names] == before
