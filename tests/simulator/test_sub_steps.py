"""Nodes that advance several times in a step: trajectories equal brainmass 0.1.1, gradients the reference."""

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param

import brainfit_fast as bf

brainmass = pytest.importorskip('brainmass')

pytestmark = pytest.mark.slow

DT = 0.2 * u.ms
STEPS = 40
SEED = 4


def ramp(shape, **kwargs):
    return jnp.linspace(0.1, 0.5, int(np.prod(shape))).reshape(shape)


def sub_stepped(lib):
    """A Hopf node of a library that takes several steps of a part of dt."""

    class SubStepped(lib.HopfStep):
        def __init__(self, *args, count=3, form='last', **kwargs):
            super().__init__(*args, **kwargs)
            self.count, self.form = count, form

        def update(self, x_inp=0.0, y_inp=0.0):
            one = super().update

            def step(x_inp):
                one(x_inp, y_inp)
                return self.x.value

            per_sub_step = self.form == 'inputs'
            looped = x_inp if per_sub_step else np.arange(self.count)
            with brainstate.environ.context(dt=brainstate.environ.get('dt') / self.count):
                rows = brainstate.transform.for_loop(
                    step if per_sub_step else lambda _: step(x_inp), looped
                )
            return {'mean': lambda: rows.mean(0), 'all': lambda: rows}.get(
                self.form, lambda: rows[-1]
            )()

    return SubStepped


def node_of(lib, n, a=0.1, noisy=True, **options):
    noise = (
        {
            'noise_x': lib.OUProcess(n, sigma=0.1, tau=5.0 * u.ms),
            'noise_y': lib.GaussianNoise(n, sigma=0.1),
        }
        if noisy
        else {}
    )
    return sub_stepped(lib)(n, a=a, init_x=ramp, init_y=ramp, **noise, **options)


def connectome(n):
    rng = np.random.default_rng(3)
    return rng.random((n, n)) / n, rng.random((n, n)) * 8.0


def network(lib, n, a=0.1, k=0.4, delayed=True, noisy=True):
    weights, lengths = connectome(n)
    where = {'distance': lengths, 'speed': 4.0} if delayed else {}
    node = node_of(lib, n, a, noisy)
    return lib.Network(node, conn=weights, coupled_var='x', k=k, **where)


def run(lib, make, inputs=None, monitors=None, precision=32):
    with jax.enable_x64(precision == 64), brainstate.environ.context(dt=DT, precision=precision):
        brainstate.random.seed(SEED)
        sim = lib.Simulator(make(lib), dt=DT)
        result = sim.run(STEPS * DT, inputs=inputs, monitors=monitors)
        key = np.asarray(jax.random.key_data(brainstate.random.DEFAULT.value))
    return np.asarray(result['output']), key, result


def assert_equal_runs(make, inputs=None, monitors=None, precision=32):
    ours = run(bf, make, inputs, monitors, precision)
    theirs = run(brainmass, make, inputs, monitors, precision)
    assert ours[0].shape == theirs[0].shape
    scale = np.abs(theirs[0]).max()
    assert scale > 0.01
    rtol = 1e-5 if precision == 32 else 1e-12
    np.testing.assert_allclose(ours[0], theirs[0], rtol=0, atol=rtol * scale)
    np.testing.assert_array_equal(ours[1], theirs[1])
    return ours[2]


@pytest.mark.parametrize(
    ('form', 'precision'),
    [('last', 64), ('mean', 32), ('all', 32)]
    + [
        pytest.param(*case, marks=pytest.mark.slow)
        for case in (('last', 32), ('mean', 64), ('all', 64))
    ],
)
def test_noisy_sub_steps(form, precision, fastest):
    """Seed 4; noise is drawn in each sub-step."""
    result = assert_equal_runs(lambda lib: node_of(lib, 3, form=form), precision=precision)
    assert result.implementation == fastest


@pytest.mark.parametrize('precision', [pytest.param(32, marks=pytest.mark.slow), 64])
def test_an_input_for_each_sub_step(precision, fastest):
    """Seed 4; the inputs of a step have one row for each of its three sub-steps."""
    rows = np.random.default_rng(6).normal(size=(STEPS, 3, 3))
    result = assert_equal_runs(
        lambda lib: node_of(lib, 3, form='inputs'),
        inputs=lambda i, t: (jnp.asarray(rows, brainstate.environ.dftype())[i],),
        precision=precision,
    )
    assert result.implementation == fastest


@pytest.mark.parametrize('n', [1, 33, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 100))])
@pytest.mark.parametrize('delayed', [pytest.param(False, marks=pytest.mark.slow), True])
def test_networks_of_any_size(n, delayed, fastest):
    """Seed 4, float32: the coupling is held for the sub-steps of a step."""
    result = assert_equal_runs(
        lambda lib: network(lib, n, delayed=delayed), monitors=lambda m: m.node.x.value
    )
    assert result.implementation == fastest


@pytest.mark.parametrize('precision', [32, pytest.param(64, marks=pytest.mark.slow)])
def test_jansen_rit(precision, fastest):
    """Seed 4; brainmass's node with noise in each of three sub-steps, EEG as monitor."""

    class SubStepped(brainmass.JansenRitStep):
        def update(self, *args):
            one = super().update

            def step(_):
                one(*args)

            brainstate.transform.for_loop(step, np.arange(3))
            return self.eeg()

    def make(lib):
        return SubStepped(3, noise_E=brainmass.GaussianNoise(3, sigma=20.0 * u.Hz))

    def inputs(i, t):
        return 0.0 * u.mV, 220.0 * u.Hz, 0.0 * u.mV

    def eeg(m):
        return m.eeg() / u.mV

    result = assert_equal_runs(make, inputs, eeg, precision)
    assert result.implementation == fastest


# ------------------------------------------------------------------------------------- gradients


def energy(values, inputs=None, implementation='cpu_ffi', form=None):
    """A number of the end of a run, of a network or of a node that returns its sub-steps."""
    brainstate.random.seed(SEED)
    if form is None:
        model = network(bf, 3, values['a'], values['k'])
        monitors = 'node.x'
    else:
        model = node_of(bf, 3, values['a'], form=form)
        monitors = None
    rows = values.get('rows')
    with bf.use(simulate=implementation):
        result = bf.Simulator(model, dt=DT).run(
            STEPS * DT, monitors=monitors, inputs=None if rows is None else rows
        )
    assert result.implementation == implementation
    out = next(iter(leaf for name, leaf in result.items() if name != 'ts'))
    return jnp.sum(jnp.sin(3.0 * out) * jnp.cos(jnp.arange(out.size).reshape(out.shape)))


VALUES = {
    None: {'a': jnp.asarray, 'k': lambda _: jnp.asarray(0.4)},
    'all': {'a': jnp.asarray},
    'mean': {'a': jnp.asarray},
    'inputs': {
        'a': jnp.asarray,
        'rows': lambda _: jnp.asarray(np.random.default_rng(6).normal(size=(STEPS, 3, 3))),
    },
}


@pytest.mark.parametrize(
    'form',
    [None, 'inputs', *(pytest.param(name, marks=pytest.mark.slow) for name in ('all', 'mean'))],
)
def test_gradients_are_those_of_the_reference(form, x64):
    """Float64, seed 4, to 1e-10; along one direction by finite differences."""
    with brainstate.environ.context(dt=DT, precision=64):
        values = {name: make(np.linspace(-0.2, 0.3, 3)) for name, make in VALUES[form].items()}
        ours, theirs = (
            jax.grad(lambda v, name=name: energy(v, implementation=name, form=form))(values)
            for name in ('cpu_ffi', 'reference')
        )
        for name in values:
            scale = np.abs(theirs[name]).max()
            assert scale > 0
            np.testing.assert_allclose(ours[name], theirs[name], rtol=0, atol=1e-10 * scale)
        along = jax.tree.map(
            lambda leaf: jnp.cos(jnp.arange(leaf.size).reshape(leaf.shape)), values
        )
        ahead, behind = (
            energy(jax.tree.map(lambda v, d, h=h: v + h * d, values, along), form=form)
            for h in (1e-5, -1e-5)
        )
        slope = sum(jnp.vdot(ours[name], along[name]) for name in values)
        np.testing.assert_allclose((ahead - behind) / 2e-5, slope, rtol=1e-7)


def test_vmap_jit_and_candidates(x64, fastest):
    """Float64, without noise: three values of a, mapped, compiled and as candidates."""
    grid = jnp.array([-0.2, 0.1, 0.4])
    with brainstate.environ.context(dt=DT, precision=64):

        def end(a):
            sim = bf.Simulator(node_of(bf, 2, a, noisy=False), dt=DT)
            return sim.run(STEPS * DT)['output']

        one_by_one = jnp.stack([end(a) for a in grid])
        mapped = jax.jit(jax.vmap(end))(grid)
        node = node_of(bf, 2, Param(0.1), noisy=False)
        result = bf.Simulator(node, dt=DT).run(STEPS * DT, candidates={'a': grid})
    assert result.implementation == fastest
    np.testing.assert_allclose(mapped, one_by_one, rtol=1e-12)
    np.testing.assert_allclose(np.moveaxis(result['output'], 1, 0), one_by_one, rtol=1e-12)


@pytest.mark.parametrize(
    'implementation',
    [
        'reference',
        *(pytest.param(name, marks=pytest.mark.slow) for name in ('xla', 'pallas_triton')),
    ],
)
def test_every_implementation(implementation, fastest):
    """Float32, seed 4: a delayed network with noise; the Pallas kernel in interpret mode."""
    results = []
    for name in ('cpu_ffi', implementation):
        brainstate.random.seed(SEED)
        with bf.use(simulate=name):
            result = bf.Simulator(network(bf, 3), dt=DT).run(10 * DT, monitors='node.x')
        assert result.implementation == name
        results.append(np.asarray(result['node.x']))
    np.testing.assert_allclose(*results, rtol=1e-5)


@pytest.mark.parametrize('delayed', [False, True])
def test_a_network_in_a_loop_runs_step_by_step(delayed):
    """Its sums change from sub-step to sub-step; seed 4, float32."""

    class Repeated(brainstate.nn.Module):
        def __init__(self, net):
            super().__init__()
            self.net = net

        def update(self):
            def step(_):
                self.net.update()

            brainstate.transform.for_loop(step, np.arange(3))
            return self.net.node.x.value

    result = assert_equal_runs(lambda lib: Repeated(network(lib, 3, delayed=delayed)))
    assert result.implementation == 'generic'
    assert 'is written inside of a loop' in result.reason
