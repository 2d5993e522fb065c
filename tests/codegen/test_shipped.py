"""The committed code of the shipped node models: current, and found by those who need it."""

import importlib.util
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import brainstate
import brainunit as u
import numpy as np
import pytest
from brainstate.nn import Param

import brainfit_fast as bf
from brainfit_fast.cli.recipes import RECIPES
from brainfit_fast.codegen import library
from brainfit_fast.codegen.library import source_of
from brainfit_fast.codegen.node import node_of
from brainfit_fast.core import ffi
from brainfit_fast.monitors import measurement
from brainfit_fast.program.build import build
from brainfit_fast.program.recognise import refresh_delays

brainmass = pytest.importorskip('brainmass')

KERNELS = Path(__file__).parent.parent.parent / 'kernels'
NODES = KERNELS / 'nodes'
KEYS = re.findall(r'&node_([0-9a-f]{24}),', (NODES / 'nodes.cc').read_text())
COMPILER = shutil.which('c++') or shutil.which('g++') or shutil.which('clang++')
DT = 0.1 * u.ms

spec = importlib.util.spec_from_file_location('generate', KERNELS / 'generate.py')
generate = sys.modules['generate'] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)


def key_of(model, monitors=None):
    with brainstate.environ.context(dt=DT):
        refresh_delays(model)
        brainstate.nn.init_all_states(model)
        program = build(model, measurement(model, monitors), (), DT).program
        return source_of(node_of(program)).key


def weights(n):
    return np.ones((n, n)) - np.eye(n)


# --------------------------------------------------------------------------------------- the files


def differing(files):
    return [name for name, text in files.items() if (NODES / name).read_text() != text]


@pytest.mark.parametrize('family', ['hopf', 'wong_wang', 'wong_wang_exc_inh'])
def test_committed_code_is_what_the_generator_writes(family):
    """Both stacks run this, so that their traces give one text."""
    files = generate.generate(family)
    assert files[f'{family}.cc'].count('constexpr NodeEntry entry') >= 10
    assert differing(files) == []


@pytest.mark.slow
def test_every_file_is_what_the_generator_writes():
    files = generate.generate()
    assert sorted(files) == sorted(path.name for path in NODES.glob('*'))
    assert differing(files) == []


def test_the_table_lists_every_node_once():
    defined = [
        key
        for path in NODES.glob('*.cc')
        for key in re.findall(r'^const NodeEntry node_([0-9a-f]{24}) =', path.read_text(), re.M)
    ]
    assert len(KEYS) > 100
    assert sorted(KEYS) == sorted(defined)
    assert len(set(KEYS)) == len(KEYS)


def test_check_fails_when_a_file_differs(tmp_path, monkeypatch):
    (tmp_path / 'hopf.cc').write_text('old')
    (tmp_path / 'gone.cc').write_text('old')
    (tmp_path / 'same.cc').write_text('text')
    monkeypatch.setattr(generate, 'FOLDER', tmp_path)
    monkeypatch.setattr(generate, 'generate', lambda: {'hopf.cc': 'new', 'same.cc': 'text'})
    with pytest.raises(
        SystemExit, match=r'out of date, run python kernels/generate\.py: gone\.cc, hopf\.cc$'
    ):
        generate.main(['--check'])
    assert (tmp_path / 'hopf.cc').read_text() == 'old'
    generate.main([])
    assert sorted(path.name for path in tmp_path.iterdir()) == ['hopf.cc', 'same.cc']
    generate.main(['--check'])


# ----------------------------------------------------------------------------- models that find them


OURS = {
    'hopf': (bf.HopfStep, 'x'),
    'wilson-cowan': (bf.WilsonCowanStep, 'rE'),
    'fitzhugh-nagumo': (bf.FitzHughNagumoStep, 'V'),
    'montbrio': (bf.MontbrioPazoRoxinStep, 'r'),
    'wong-wang': (bf.ReducedWongWangStep, 'S'),
}


@pytest.mark.parametrize('name', OURS)
def test_the_key_does_not_depend_on_size_delays_or_values(name):
    make, variable = OURS[name]
    keys = {key_of(make(n)) for n in (1, 2, 3, 100)}
    assert len(keys) == 1
    assert keys <= set(KEYS)
    network = {
        'conn': weights(3), 'coupled_var': variable, 'coupling': 'diffusive', 'k': 0.5,
    }  # fmt: skip
    shipped = key_of(bf.Network(make(3), **network))
    assert shipped in KEYS
    delays = {'distance': weights(3), 'speed': 0.3}
    for n, change in (
        (1, {}),
        (100, {}),
        (3, delays),
        (3, {'k': Param(np.full(3, 0.2)), 'conn': Param(weights(3))}),
    ):
        options = {**network, 'conn': weights(n), **change}
        assert key_of(bf.Network(make(n), **options), f'node.{variable}') == shipped


def test_the_key_depends_on_equations_noise_coupling_and_dtype():
    plain = key_of(bf.HopfStep(2))
    noisy = key_of(bf.HopfStep(2, noise_x=bf.GaussianNoise(2, sigma=0.1)))
    coupled = key_of(bf.Network(bf.HopfStep(2), conn=weights(2), coupled_var='x', k=0.1))
    rk4 = key_of(bf.HopfStep(2, method='rk4'))
    computed = key_of(bf.HopfStep(2), lambda m: m.x.value * m.y.value)
    with brainstate.environ.context(precision=64):
        double = key_of(bf.HopfStep(2))
    assert len({plain, noisy, coupled, rk4, computed, double}) == 6
    assert {plain, noisy, coupled, double} & set(KEYS) == {plain, coupled, double}


def test_parameters_per_region_and_fitted_ones_have_the_shipped_code():
    node = bf.HopfStep(
        4,
        a=Param(np.full(4, -0.01)),
        w=0.3,
        noise_x=bf.GaussianNoise(4, sigma=0.02),
        noise_y=bf.GaussianNoise(4, sigma=np.full(4, 0.02)),
    )
    assert key_of(bf.Network(node, conn=weights(4), coupled_var='x', k=0.1)) in KEYS


@pytest.mark.parametrize('name', RECIPES)
@pytest.mark.parametrize('sigma', [0.0, 0.1])
def test_recipes_of_the_command_line(name, sigma):
    recipe = RECIPES[name]
    network = bf.Network(
        recipe.make(3, sigma),
        conn=weights(3),
        coupling=recipe.coupling,
        coupled_var=recipe.coupled_var,
        k=0.1,
    )
    assert key_of(network, recipe.monitor) in KEYS


@pytest.mark.parametrize('steps', [{}, {'method': 'euler', 'clip': True}])
def test_the_excitatory_inhibitory_network(steps):
    noise = {name: bf.GaussianNoise(3, sigma=0.1) for name in ('noise_e', 'noise_i')}
    wired = {'coupling': 'additive', 'coupled_var': 'S_e', 'k': 0.5}
    keys = {
        key_of(
            bf.Network(bf.WongWangExcInhStep(3, **noise, **steps), conn=weights(3), **wired, **far)
        )
        for far in ({}, {'distance': weights(3), 'speed': 0.3})
    }
    assert len(keys) == 1
    assert keys <= set(KEYS)


def test_models_of_brainmass():
    noise = {name: brainmass.OUProcess(2, sigma=0.1) for name in ('noise_E', 'noise_I')}
    wired = {'conn': weights(2), 'coupling': 'diffusive', 'k': 1.5}
    with brainstate.environ.context(dt=DT):
        networks = [
            brainmass.Network(brainmass.HopfStep(2), coupled_var='x', **wired),
            brainmass.Network(brainmass.WilsonCowanStep(2, **noise), coupled_var='rE', **wired),
        ]
    assert key_of(brainmass.HopfStep(2)) == key_of(bf.HopfStep(2))
    assert key_of(brainmass.JansenRitStep(2), 'M') in KEYS
    for network in networks:
        assert key_of(network) in KEYS


# -------------------------------------------------------------------------------------- the library


def test_every_level_has_every_node():
    ok, reason = ffi.available()
    if not ok:
        pytest.skip(reason)
    for level in ffi.cpu_levels():
        with ffi.forced_cpu_level(level):
            assert [key for key in KEYS if not ffi.has_node(key)] == []


def test_a_shipped_model_compiles_nothing(monkeypatch):
    ok, reason = ffi.available()
    if not ok:
        pytest.skip(reason)

    def compiled(*args, **kwargs):
        raise AssertionError('compiled at run time')

    monkeypatch.setattr(library, 'compile_source', compiled)
    net = bf.Network(bf.WilsonCowanStep(5), conn=weights(5), coupled_var='rE', k=0.1)
    result = bf.Simulator(net, dt=DT).run(2.0 * u.ms, monitors='node.rE')
    assert result.implementation == 'cpu_ffi'
    with pytest.raises(AssertionError, match='compiled at run time'):
        bf.Simulator(bf.HopfStep(5, method='ralston3'), dt=DT).run(2.0 * u.ms)


@pytest.mark.skipif(COMPILER is None or shutil.which('nm') is None, reason='needs a C++ compiler')
@pytest.mark.parametrize('name', ['nodes', 'hopf'])
def test_every_symbol_belongs_to_its_level(name, tmp_path):
    """And the code compiles without a warning."""
    x86 = platform.machine() in ('x86_64', 'AMD64')
    level = 'v3' if x86 else 'baseline'
    flags = ['-march=x86-64-v3', '-DBRAINFIT_FAST_X86_LEVELS'] if x86 else []
    flags += [f'-DBRAINFIT_FAST_LEVEL={level}', f'-I{KERNELS / "include"}', '-Wall', '-Wextra']
    target = tmp_path / 'node.o'
    command = [COMPILER, '-std=c++17', '-O1', '-fPIC', '-fno-math-errno', '-Werror', *flags]
    subprocess.run([*command, '-c', str(NODES / f'{name}.cc'), '-o', str(target)], check=True)
    listing = subprocess.run(
        ['nm', '--defined-only', '-C', str(target)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    symbols = [line.split(maxsplit=2) for line in listing]
    shared = [s for _, kind, s in symbols if kind in 'TtWwVvuDBR' and f'fast::{level}::' not in s]
    assert len(symbols) > 0
    assert shared == []
