"""Loading the native library: where it is, what it has, and what is said without it."""

import ast
import os
import subprocess
import sys
import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import brainfit_fast
from brainfit_fast.core import ffi
from brainfit_fast.core.dispatch import record
from brainfit_fast.core.errors import ImplementationError
from brainfit_fast.ops.fc import functional_connectivity

X = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)


@pytest.fixture
def native(request):
    """Skip where the library is absent on purpose."""
    if request.config.getoption('--pure-python'):
        pytest.skip('the native library is absent on purpose')


@pytest.fixture
def no_library(monkeypatch):
    """A package without the shared library, as in a checkout that was never built."""
    monkeypatch.setattr(ffi, 'library_path', lambda: None)
    ffi._load.cache_clear()
    ffi._warn_once.cache_clear()
    yield
    ffi._load.cache_clear()
    ffi._warn_once.cache_clear()


def run_python(code, **environment):
    return subprocess.run(
        [sys.executable, '-P', '-c', code],
        env={**os.environ, 'JAX_PLATFORMS': 'cpu', **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_library_is_inside_the_package(native):
    assert ffi.available() == (True, '')
    assert ffi.library_path().parent in [Path(p) for p in brainfit_fast.__path__]


def test_every_target_has_the_prefix(native):
    ffi.available()
    assert len(ffi.targets()) >= 4
    assert all(name.startswith(ffi.PREFIX) for name in ffi.targets())


def test_importing_does_not_load_the_library():
    code = (
        'import brainfit_fast, brainfit_fast.ops.fc, sys\n'
        "maps = open('/proc/self/maps').read()\n"
        "assert 'libbrainfit_fast' not in maps\n"
        "assert 'jax.experimental.pallas' not in sys.modules\n"
    )
    if not Path('/proc/self/maps').exists():
        pytest.skip('needs /proc to see which libraries are loaded')
    done = run_python(code)
    assert done.returncode == 0, done.stderr


@pytest.mark.fallback
def test_without_the_library_it_says_why_once_and_falls_back(no_library):
    with warnings.catch_warnings(record=True) as caught, record() as log:
        warnings.simplefilter('always')
        for _ in range(3):
            fc = functional_connectivity(X)
    messages = [str(w.message) for w in caught if issubclass(w.category, RuntimeWarning)]
    assert len(messages) == 1 and 'has not been built in this checkout' in messages[0]
    assert "'python kernels/build.py'" in messages[0]
    assert {c.name for c in log} == {'reference'} and all(c.fallback for c in log)
    np.testing.assert_allclose(fc, np.corrcoef(X.T), atol=1e-6)


@pytest.mark.filterwarnings('ignore:brainfit_fast runs without')
def test_without_the_library_a_named_kernel_raises(no_library):
    with pytest.raises(ImplementationError, match='has not been built in this checkout'):
        functional_connectivity(X, implementation='cpu_ffi')
    with pytest.raises(ImplementationError, match="Use implementation='reference'"):
        ffi.call('brainfit_fast_fc_forward_f32', (), X)
    with pytest.raises(ImplementationError, match='not available'):
        ffi.cpu_level()


def test_a_file_that_is_no_library_is_reported(monkeypatch, tmp_path):
    path = tmp_path / ffi.LIBRARY_NAME
    path.write_text('not a library')
    monkeypatch.setattr(ffi, 'library_path', lambda: path)
    ffi._load.cache_clear()
    try:
        with pytest.warns(RuntimeWarning, match='libbrainfit_fast.so cannot be loaded'):
            ok, reason = ffi.available()
        assert not ok and 'cannot be loaded' in reason
    finally:
        ffi._load.cache_clear()


def test_what_a_failed_build_left_behind_is_the_reason(no_library, monkeypatch):
    module = type(sys)('brainfit_fast._build_info')
    module.REASON = 'they did not compile'
    monkeypatch.setitem(sys.modules, 'brainfit_fast._build_info', module)
    with pytest.warns(RuntimeWarning, match='they did not compile'):
        assert ffi.available() == (False, 'they did not compile')


def test_an_unknown_target_is_an_old_library(native):
    with pytest.raises(ImplementationError, match=r'no kernel .*nothing.*Build it again'):
        ffi.call('brainfit_fast_nothing', (), X)


def test_a_level_from_the_environment(native):
    lowest = ffi.cpu_levels()[0]
    code = 'from brainfit_fast.core import ffi; print(ffi.cpu_level())'
    done = run_python(code, **{ffi.LEVEL_VARIABLE: lowest})
    assert done.stdout.strip() == lowest, done.stderr
    done = run_python(code)
    assert done.stdout.strip() == ffi.cpu_levels()[-1], done.stderr


def test_a_wrong_level_from_the_environment_raises(native):
    done = run_python(
        'from brainfit_fast.core import ffi; ffi.available()', **{ffi.LEVEL_VARIABLE: 'avx9'}
    )
    assert done.returncode != 0
    assert "BRAINFIT_FAST_CPU_LEVEL: given 'avx9', expected a variant" in done.stderr


def test_a_forced_level_is_undone(native):
    before = ffi.cpu_level()
    with ffi.forced_cpu_level(ffi.cpu_levels()[0]):
        assert ffi.cpu_level() == ffi.cpu_levels()[0]
    assert ffi.cpu_level() == before
    with (
        pytest.raises(ValueError, match=r"given 'mmx', expected .*Unset"),
        ffi.forced_cpu_level('mmx'),
    ):
        pass


X3 = jnp.asarray(X)[None]


def struct(*shape):
    return jax.ShapeDtypeStruct(shape, jnp.float32)


@pytest.mark.parametrize(
    ('target', 'results', 'operands', 'message'),
    [
        ('forward', [struct(1, 3, 4), struct(1, 3), struct(1, 3)], [X3], 'fc has shape'),
        ('forward', [struct(1, 3, 3), struct(1, 4), struct(1, 3)], [X3], 'mean has shape'),
        ('forward', [struct(1, 3, 3), struct(1, 3), struct(2, 3)], [X3], 'inverse_norm has shape'),
        ('forward', [struct(1, 3, 3), struct(1, 3), struct(1, 3)], [X3[:, :0]], 'x is empty'),
        ('backward', struct(1, 20, 3), [X3, X3[:, 0], X3[:, 0], X3, X3], 'fc has shape'),
        ('backward', struct(1, 19, 3), [X3, X3[:, 0], X3[:, 0], X3[:, :3], X3[:, :3]], 'dx has'),
        ('backward', struct(1, 20, 3), [X3, X3[:, 0], X3[:, 0], X3[:, :3], X3[:, :2]], 'cotangent'),
        ('forward', [struct(1, 3, 3), struct(1, 3), struct(1, 3)], [X3[0]], '[rR]ank'),
    ],
)
def test_a_handler_refuses_wrong_dimensions(target, results, operands, message, native):
    with pytest.raises(Exception, match=message):
        jax.block_until_ready(ffi.call(f'brainfit_fast_fc_{target}_f32', results, *operands))


def imports_of(path):
    """Dotted names of everything that a module imports or reaches through jax."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f'{node.module}.{alias.name}' for alias in node.names)
        elif isinstance(node, ast.Attribute):
            yield ast.unparse(node)


@pytest.mark.parametrize(
    ('prefixes', 'owner'),
    [(('jax.ffi', 'jax.extend.ffi'), 'ffi.py'), (('jax.experimental.pallas',), 'pallas.py')],
)
def test_one_module_owns_each_gateway(prefixes, owner):
    package = Path(ffi.__file__).parent.parent
    users = {
        path.relative_to(package).as_posix()
        for path in package.rglob('*.py')
        for name in imports_of(path)
        if name.startswith(prefixes)
    }
    assert users == {f'core/{owner}'}
