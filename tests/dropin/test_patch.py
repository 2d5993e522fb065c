"""What the patch replaces, puts back, serves, and sends to brainmass 0.1.1. Float32, seeds as given."""

import subprocess
import sys
import time

import brainmass
import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest

# names that exist before the patch
from brainmass import Fitter, Simulator
from brainmass.objectives import fc_corr, timeseries_rmse

import brainfit_fast as bf
from brainfit_fast import objectives

BUILDERS = [
    'timeseries_rmse', 'fc_corr', 'fc_rmse', 'cosine_sim', 'fcd', 'fcd_wasserstein', 'fcd_ks', 'combine',
]  # fmt: skip


def replaced() -> list[object]:
    own = [brainmass.Simulator.run, brainmass.Fitter.fit]
    return own + [getattr(brainmass.objectives, name).__code__ for name in BUILDERS]


def all_attributes() -> dict[str, object]:
    """Every attribute of brainmass's modules, classes and functions that could have been touched."""
    found = {}
    for module in (brainmass, brainmass.objectives, brainmass.simulator, brainmass.fitter):
        for name, value in vars(module).items():
            found[f'{module.__name__}.{name}'] = value
            if isinstance(value, type) or callable(value):
                for inner, member in vars(value).items() if hasattr(value, '__dict__') else ():
                    found[f'{module.__name__}.{name}.{inner}'] = member
                code = getattr(value, '__code__', None)
                found[f'{module.__name__}.{name}.__code__'] = code
    return found


def test_unpatch_restores_everything():
    before = all_attributes()
    bf.patch()
    during = all_attributes()
    changed = {name for name in before if before[name] is not during[name]}
    assert {name.split('.', 1)[1] for name in changed} >= {'Simulator.run', 'Fitter.fit'}
    bf.unpatch()
    after = all_attributes()
    assert after.keys() == before.keys()
    assert all(after[name] is before[name] for name in before)


def test_nothing_else_is_touched():
    before = all_attributes()
    bf.patch()
    during = all_attributes()
    ends = {name.rsplit('.', 2)[-2] for name in before if before[name] is not during[name]}
    assert ends == {'Simulator', 'Fitter', *BUILDERS}


def test_twice_is_harmless():
    original = replaced()
    bf.patch()
    once = replaced()
    bf.patch()
    assert all(a is b for a, b in zip(once, replaced(), strict=True))
    bf.unpatch()
    bf.unpatch()
    assert all(a is b for a, b in zip(original, replaced(), strict=True))


def test_names_imported_before_are_served(made):
    bf.patch()
    assert fc_corr(as_loss=True) == objectives.fc_corr(as_loss=True)
    assert timeseries_rmse() == objectives.timeseries_rmse()
    result = Simulator(made.network()).run(2.0 * u.ms)
    assert result.implementation == 'cpu_ffi'
    fit = Fitter(made.network(), predict=made.predict).fit(made.target, n_steps=2)
    assert fit.implementation == 'cpu_ffi'


@pytest.mark.parametrize('first', ['brainmass', 'brainfit_fast'])
@pytest.mark.slow
def test_order_of_imports(first):
    second = {'brainmass': 'brainfit_fast', 'brainfit_fast': 'brainmass'}[first]
    code = f"""
import {first}
if {first!r} == 'brainfit_fast':
    brainfit_fast.patch()
import {second}
brainfit_fast.patch()
import brainunit as u
result = brainmass.Simulator(brainmass.HopfStep(2), dt=0.1 * u.ms).run(1.0 * u.ms)
print(result.implementation)
"""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ['cpu_ffi']


@pytest.mark.parametrize(
    ('name', 'settings'),
    [
        ('fc_corr', {'as_loss': True}),
        ('fc_rmse', {}),
        ('cosine_sim', {'as_loss': True, 'epsilon': 1e-3}),
        ('timeseries_rmse', {}),
        ('fcd', {'window_size': 10, 'step_size': 3, 'as_loss': True}),
        ('fcd_ks', {'window_size': 10, 'step_size': 3}),
        ('fcd_wasserstein', {'window_size': 10, 'step_size': 3}),
    ],
)
def test_builders(name, settings):
    """Float32, seed 0: the same score, positional or by keyword; signatures stay."""
    draw = np.random.RandomState(0)
    first, second = (jnp.asarray(draw.rand(60, 4), jnp.float32) for _ in range(2))
    builder = getattr(brainmass.objectives, name)
    expected = builder(**settings)(first, second)
    bf.patch()
    assert builder(**settings) == getattr(objectives, name)(**settings)
    assert builder(*settings.values())(first, second) == pytest.approx(float(expected), rel=1e-4)


def test_combine():
    bf.patch()
    both = brainmass.objectives.combine((0.5, fc_corr(as_loss=True)), (2.0, timeseries_rmse()))
    assert both == objectives.combine(
        (0.5, objectives.fc_corr(as_loss=True)), (2.0, objectives.timeseries_rmse())
    )


@pytest.mark.parametrize(
    'options',
    [
        {},
        {'monitors': lambda m: m.node.x.value, 'transient': 1.0 * u.ms, 'sample_every': 4},
        {
            'inputs': lambda i, t: 0.1 * jnp.sin(t / u.ms),
            'monitors': {'x': lambda m: m.node.x.value},
        },
        {'jit': False},
    ],
)
def test_run_gives_brainmass_numbers(made, options):
    """Seed 7, one draw of noise, float32, 60 steps; the states and the key after the run, too."""
    both = []
    for on in (False, True):
        if on:
            bf.patch()
        brainstate.random.seed(7)
        model = made.network()
        result = made.run(model, **options)
        final = {path: state.value for path, state in model.states().items()}
        both.append((dict(result), final, jax.random.key_data(brainstate.random.DEFAULT.value)))
        if on:
            assert result.implementation == 'cpu_ffi'
    (expected, states, key), (given, own, own_key) = both
    assert jax.tree.structure(expected) == jax.tree.structure(given)
    for a, b in zip(*(jax.tree.leaves(x) for x in ((expected, states), (given, own))), strict=True):
        np.testing.assert_allclose(np.asarray(b), np.asarray(a), rtol=1e-4, atol=1e-5)
    assert np.array_equal(key, own_key)


@pytest.mark.parametrize('backend', ['grad', 'nevergrad'])
def test_fit_gives_brainmass_numbers(made, backend):
    """Seeds 3 and 7, float32: losses of every step or candidate, noise drawn anew for each."""
    histories = []
    for on in (False, True):
        if on:
            bf.patch()
        np.random.seed(3)
        brainstate.random.seed(7)
        result = made.fitter(backend=backend).fit(made.target, n_steps=4)
        histories.append(result.history)
    assert isinstance(result, bf.FitResult) and isinstance(result, brainmass.FitResult)
    assert result.implementation == 'cpu_ffi'
    np.testing.assert_allclose(histories[1], histories[0], rtol=1e-4)


def test_scipy(made):
    """Starts are drawn elsewhere; both find the minimum of a bowl."""

    def bowl(model):
        return (model.a.value() - 0.25) ** 2, None

    for on in (False, True):
        if on:
            bf.patch()
        fitter = made.fitter(made.hopf(), backend='scipy', loss_fn=bowl)
        result = fitter.fit(n_steps=2)
        assert result.best_loss < 1e-8
        assert float(result.best_params['a']) == pytest.approx(0.25, abs=1e-4)
        assert result.prediction is None


def test_under_transformations(made):
    """Seed 0: gradient and vmap through a patched run equal brainmass's."""

    def loss(k):
        brainstate.random.seed(0)
        model = made.network()
        model.coupling.k.set_value(k)
        return jnp.mean(made.predict(model) ** 2)

    expected = jax.value_and_grad(loss)(0.2)
    bf.patch()
    given = jax.value_and_grad(loss)(0.2)
    np.testing.assert_allclose(given, expected, rtol=1e-4)
    assert all(not entry.reason for entry in bf.patch_report().tallies)
    assert {entry.inside for entry in bf.patch_report().tallies} == {'a function that JAX traces'}


def test_fallback_warns_once_with_place_and_reason(made):
    bf.patch()
    brainstate.random.seed(0)
    with pytest.warns(bf.FallbackWarning, match="because .*'fft'") as caught:
        for _ in range(3):
            given = made.run(made.pink(), monitors=['x'])
    assert len(caught) == 1 and caught[0].filename == made.run.__code__.co_filename
    (entry,) = bf.patch_report().fallbacks
    assert bf.patch_report().tallies[entry].calls == 3
    assert str(entry.place).endswith(f'conftest.py:{caught[0].lineno}')
    bf.unpatch()
    brainstate.random.seed(0)
    for _ in range(3):
        expected = made.run(made.pink(), monitors=['x'])
    np.testing.assert_allclose(given['x'], expected['x'], rtol=1e-5, atol=1e-6)


def test_strict(made):
    bf.patch(strict=True)
    with pytest.raises(bf.FallbackError, match=r"conftest.py:\d+ cannot run accelerated: .*'fft'"):
        made.run(made.pink())
    bf.patch()  # the options alone change
    with pytest.warns(bf.FallbackWarning):
        made.run(made.pink())


def test_what_is_refused_here_runs_on_brainmass(made):
    """A parameter that is NaN: brainmass accepts it."""
    bf.patch()
    model = made.hopf()
    model.w.set_value(float('nan'))
    brainstate.random.seed(0)
    with pytest.warns(bf.FallbackWarning, match='NaN'):
        result = made.run(model, monitors=['x'])
    assert np.isnan(np.asarray(result['x'])).any()
    (entry,) = bf.patch_report().fallbacks
    assert entry.implementation == 'brainmass'


def test_errors_are_brainmass_errors(made):
    bf.patch(strict=False)
    with pytest.raises(ValueError, match="monitor 'nothing' is not an attribute"):
        made.run(made.hopf(), monitors=['nothing'])
    with pytest.raises(TypeError, match=r"backend='grad' requires a braintools\.optim optimizer"):
        brainmass.Fitter(made.hopf(), 'adam', predict=made.predict).fit(made.target)
    assert not bf.patch_report().tallies


def test_a_run_that_falls_back_draws_the_same_noise(made):
    """Seed 5: the attempt leaves neither states nor key changed."""
    drawn = []
    for on in (False, True):
        if on:
            bf.patch()
        brainstate.random.seed(5)
        model = made.network()
        model.node.w.set_value(float('nan'))
        with brainstate.environ.context(dt=0.1 * u.ms):
            if on:
                with pytest.warns(bf.FallbackWarning):
                    made.run(model)
            else:
                made.run(model)
        drawn.append(jax.random.key_data(brainstate.random.DEFAULT.value))
    assert np.array_equal(*drawn)


def test_exception_of_a_callback_passes_once(made):
    seen = []

    def callback(info):
        seen.append(info['step'])
        raise KeyError('mine')

    bf.patch()
    with pytest.raises(KeyError, match='mine'):
        made.fitter(callbacks=[callback]).fit(made.target, n_steps=3)
    assert seen == [0]


def test_a_subclass_with_a_loss_of_its_own(made):
    class Mine(brainmass.Fitter):
        def _eval(self, model, target):
            loss, aux = super()._eval(model, target)
            return loss + 1.0, aux

    bf.patch()
    with pytest.warns(bf.FallbackWarning, match='Mine replaces _eval'):
        result = Mine(made.network(), predict=made.predict).fit(made.target, n_steps=2)
    assert min(result.history) > 1.0


def test_new_options_reach_the_fitter(made, tmp_path):
    bf.patch()
    result = made.fitter().fit(
        made.target, n_steps=3, n_restarts=2, seed=1, checkpoint=tmp_path / 'fit.npz'
    )
    assert len(result.restarts.best_losses) == 2 and (tmp_path / 'fit.npz').exists()


def test_check_finds_equal_numbers(made):
    brainstate.random.seed(2)
    bf.patch(check=True)
    made.run(made.network())
    made.fitter().fit(made.target, n_steps=3)
    np.random.seed(0)
    made.fitter(backend='nevergrad').fit(made.target, n_steps=2)
    report = bf.patch_report()
    assert [c.note for c in report.comparisons] == ['', '', '']
    assert all(c.equal and c.allowed < 1e-3 for c in report.comparisons)
    assert any(c.difference > 0 for c in report.comparisons)  # two libraries, not one twice
    assert not report.mismatches and 'equal (difference' in str(report)


def test_check_finds_a_wrong_number(made, monkeypatch):
    """A run whose second half is off by one part in a thousand."""
    original = bf.Simulator.run

    def wrong(self, *args, **options):
        result = original(self, *args, **options)
        result['output'] = result['output'].at[30:].multiply(1.001)
        return result

    monkeypatch.setattr(bf.Simulator, 'run', wrong)
    bf.patch(check=True)
    made.predict(made.network())
    (mismatch,) = bf.patch_report().mismatches
    assert mismatch.difference == pytest.approx(1e-3, rel=0.5)
    assert 'DIFFERS' in str(bf.patch_report())


def test_check_knows_what_differs_on_purpose(made):
    model = made.network()  # delays for 0.1 ms
    bf.patch(check=True)
    brainmass.Simulator(model, dt=0.05 * u.ms).run(1.0 * u.ms)
    made.fitter(made.hopf(), backend='scipy', loss_fn=lambda m: (m.a.value() ** 2, None)).fit(
        n_steps=1
    )
    first, second = bf.patch_report().comparisons
    assert 'another dt' in first.note and 'SciPy' in second.note


def test_check_leaves_the_run_as_it_is(made):
    """Seed 4: what comes out, and the key after it, do not depend on check."""
    out = []
    for check in (False, True):
        bf.patch(check=check)
        brainstate.random.seed(4)
        result = made.run(made.network())
        out.append((result['output'], jax.random.key_data(brainstate.random.DEFAULT.value)))
    for a, b in zip(*out, strict=True):
        assert np.array_equal(a, b)


def test_report(made):
    bf.patch(timed=True)
    model = made.network()
    for _ in range(2):
        made.run(model)
    made.fitter(model).fit(made.target, n_steps=2)
    text = str(bf.patch_report())
    assert 'Simulator.run  Network(HopfStep)  on cpu_ffi, 2 times' in text
    assert 'inside Fitter.fit' in text and 'Fitter.fit  Network(HopfStep)  on cpu_ffi, once' in text
    assert 'fell back' not in text


def test_patching_is_quick():
    bf.patch()  # what is imported, is imported
    bf.unpatch()
    began = time.perf_counter()
    bf.patch()
    assert time.perf_counter() - began < 0.05
