"""The vector maths of every CPU level: error in ulp over the whole range, special values as JAX.

The bounds are those that docs/maths.md states.
"""

import ctypes
import functools
import platform
import re
from pathlib import Path

import jax
import numpy as np
import pytest
import scipy.special
from jax import lax

from brainfit_fast.core import ffi

DTYPES = (np.float32, np.float64)
PAGE = Path(__file__).parents[2] / 'docs' / 'maths.md'
LARGEST_ANGLE = 1e5  # beyond it the host's own sin and cos are called
SAMPLES = 20_000


@functools.cache
def library():
    handle = ctypes.CDLL(str(ffi.library_path()))
    handle.brainfit_fast_level_count()
    handle.brainfit_fast_maths.argtypes = [
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_int64,
        ctypes.c_void_p,
    ]
    return handle


@pytest.fixture(autouse=True)
def native(request):
    """Skip where the library is absent on purpose."""
    if request.config.getoption('--pure-python'):
        pytest.skip('the native library is absent on purpose')


class Flushing:
    """Numbers below the smallest normal one count as zero, as on XLA's threads."""

    bits = 0x8040 if platform.machine() == 'x86_64' and platform.system() == 'Linux' else 0

    def __enter__(self):
        self.before = (ctypes.c_uint32 * 8)()
        libm = ctypes.CDLL(None)
        if self.bits:
            assert libm.fegetenv(self.before) == 0
            inside = (ctypes.c_uint32 * 8)(*self.before)
            inside[7] |= self.bits
            assert libm.fesetenv(inside) == 0

    def __exit__(self, *exception):
        if self.bits:
            assert ctypes.CDLL(None).fesetenv(self.before) == 0


def run(level, name, x, y=None, flush=False):
    """``name(x, y)`` by one level; KeyError where the level has no such function."""
    x = np.ascontiguousarray(x)
    y = None if y is None else np.ascontiguousarray(y, x.dtype)
    out = np.empty_like(x)
    arguments = [level, name.encode(), int(x.dtype == np.float64), x.ctypes.data]
    arguments += [None if y is None else y.ctypes.data, x.size, out.ctypes.data]
    if flush:
        with Flushing():
            code = library().brainfit_fast_maths(*arguments)
    else:
        code = library().brainfit_fast_maths(*arguments)
    if code:
        raise KeyError(name)
    return out


def variants(name):
    """The function as each level computes it, in other widths where the table has them, and with
    small numbers flushed: ``(label, call)``."""
    for level in range(library().brainfit_fast_level_count()):
        for width in ('', '@16', '@128'):
            try:
                run(level, name + width, np.ones(1))
            except KeyError:
                assert width
                continue
            for flush in (False, True):
                label = f'{name}{width} level {level}' + (' flushing' if flush else '')
                yield label, functools.partial(run, level, name + width, flush=flush)


def bounds():
    """``(function, dtype) -> ulp`` from the table of the page."""
    rows = re.findall(
        r'^\| `(\w+)` \| ([\d.]+) \| [\d.]+ \| ([\d.]+) \| [\d.]+ \|', PAGE.read_text(), re.M
    )
    return {
        (name, dtype): float(bound)
        for name, *both in rows
        for dtype, bound in zip(DTYPES, both, strict=True)
    }


def wide(dtype):
    """A more precise type than ``dtype``."""
    if dtype is np.float32:
        return np.float64
    if np.finfo(np.longdouble).nmant <= 52:
        pytest.skip('this platform has no type wider than double')
    return np.longdouble


def _exprel(x):
    with np.errstate(all='ignore'):
        return np.where(x == 0, 1, np.expm1(x) / np.where(x == 0, 1, x))


REFERENCE = {
    'exp': np.exp,
    'exp2': np.exp2,
    'expm1': np.expm1,
    'exprel': _exprel,
    'inverse_exprel': lambda x: 1 / _exprel(x),
    'log': np.log,
    'log1p': np.log1p,
    'tanh': np.tanh,
    'logistic': lambda x: 1 / (1 + np.exp(-x)),
    'sin': np.sin,
    'cos': np.cos,
    'tan': np.tan,
    'asin': np.arcsin,
    'acos': np.arccos,
    'atan': np.arctan,
    'sinh': np.sinh,
    'cosh': np.cosh,
    'asinh': np.arcsinh,
    'acosh': np.arccosh,
    'atanh': np.arctanh,
    'cbrt': np.cbrt,
    'sqrt': np.sqrt,
    'rsqrt': lambda x: 1 / np.sqrt(x),
}

# Where formulas change: reduction, overflow, underflow, saturation, branches.
_BOTH = [0.34657359, 0.5, 0.70710678, 1, 1.41421356, 2, LARGEST_ANGLE]
THRESHOLDS = {
    np.float32: [
        *_BOTH,
        *[9.01, 9.02, 16.6, 17.3, 18, 87.33654, 88.37, 88.72283, 103.9],
        *[126, 127, 128, 149, 2**23, 2**24, 2**25],
    ],
    np.float64: [
        *_BOTH,
        *[19.06, 19.1, 36.7, 37.4, 38, 708.3964185322641, 709.08, 709.782712893384, 745.1],
        *[1022, 1023, 1024, 2**52, 2**53],
    ],
}


def near(values, dtype, steps=64):
    """Both signs of the values with their closest neighbours."""
    bits = {np.float32: np.int32, np.float64: np.int64}[dtype]
    around = np.asarray(values, dtype).view(bits)[:, None] + np.arange(
        -steps, steps + 1, dtype=bits
    )
    x = around.ravel().view(dtype)
    return np.concatenate([x, -x])


def points(dtype, seed=0):
    """Normal numbers and zeros of the whole range, dense where functions change."""
    rng = np.random.default_rng(seed)
    info = np.finfo(dtype)
    bits = {np.float32: np.uint32, np.float64: np.uint64}[dtype]
    any_bits = rng.integers(0, np.iinfo(bits).max, SAMPLES, bits, endpoint=True).view(dtype)
    top = np.log(float(info.max))
    signs = rng.choice([-1.0, 1.0], SAMPLES)
    x = np.concatenate(
        [
            any_bits,
            *(rng.uniform(-size, size, SAMPLES) for size in (1, 5, 20, 1.02 * top)),
            signs * 10.0 ** rng.uniform(-9, 5, SAMPLES),
            1 + signs * 10.0 ** rng.uniform(-9, -1, SAMPLES),
            near(THRESHOLDS[dtype], dtype),
            np.arange(64) * (np.pi / 2),
            [0.0, -0.0, info.max, -info.max, info.tiny, -info.tiny],
        ],
        dtype=dtype,
    )
    return x[np.isfinite(x) & ((np.abs(x) >= info.tiny) | (x == 0))]


def error(got, exact, dtype):
    """Largest error in ulp of the exact value; infinite where NaN, overflow or sign is wrong."""
    info = np.finfo(dtype)
    got = got.astype(exact.dtype)
    size = np.abs(exact)
    with np.errstate(all='ignore'):
        exponent = np.frexp(size)[1] - 1
        ulp = np.ldexp(np.ones_like(exact), np.maximum(exponent, info.minexp) - info.nmant)
        distance = np.abs(got - exact) / ulp
    over = size > info.max  # may round to the largest number within a bound
    ok = np.where(over, np.isinf(got) | (np.abs(got) == info.max), True)
    under = size < info.tiny
    ok &= np.where(under, np.abs(got) <= info.tiny, True)
    ok &= (np.signbit(got) == np.signbit(exact)) | np.isnan(exact)
    distance = np.where(over | under | (np.isnan(exact) & np.isnan(got)), 0, distance)
    distance = np.where(ok & ~np.isnan(distance), distance, np.inf)
    worst = int(np.argmax(distance))
    return float(distance[worst]), worst


def check(name, dtype, exact, *arguments):
    """Every variant of a function stays within the stated bound."""
    limit = bounds()[name, dtype]
    seen = 0
    for label, call in variants(name):
        largest, where = error(call(*arguments), exact, dtype)
        at = [argument[where] for argument in arguments]
        assert largest <= limit, f'{label}: {largest:.3f} ulp at {at}, stated {limit}'
        seen += 1
    assert seen


@pytest.mark.parametrize('dtype', DTYPES)
@pytest.mark.parametrize('name', REFERENCE)
def test_bound(name, dtype):
    x = points(dtype)
    if name in ('sin', 'cos'):
        x = x[np.abs(x) <= LARGEST_ANGLE]
    if 'exprel' in name:  # as in JAX, once expm1 is infinite
        x = x[x < np.log(np.finfo(dtype).max)]
    with np.errstate(all='ignore'):
        exact = REFERENCE[name](x.astype(wide(dtype)))
    check(name, dtype, exact, x)


@pytest.mark.parametrize('dtype', DTYPES)
def test_bound_of_pow(dtype):
    rng = np.random.default_rng(1)
    info = np.finfo(dtype)
    top = np.log(float(info.max))
    x = np.concatenate(
        [
            np.exp(rng.uniform(-0.99 * top, 0.99 * top, SAMPLES)),
            rng.uniform(0, 3, 2 * SAMPLES),
            1 + rng.uniform(-1e-3, 1e-3, SAMPLES),
            np.abs(near([0.5, 0.70710678, 1, 1.41421356, 2], dtype)),
        ]
    ).astype(dtype)
    x = x[x >= info.tiny]
    with np.errstate(all='ignore'):
        reach = np.minimum(np.abs(1.05 * top / np.log(x.astype(np.float64))), 1e30)
    y = (rng.uniform(-1, 1, x.size) * reach).astype(dtype)
    y[::4] = rng.integers(-6, 7, y[::4].size)
    x = np.where((y == np.rint(y)) & (rng.uniform(size=x.size) < 0.5), -x, x)
    with np.errstate(all='ignore'):
        exact = np.power(x.astype(wide(dtype)), y.astype(wide(dtype)))
    check('pow', dtype, exact, x, y)


@pytest.mark.parametrize('dtype', DTYPES)
def test_bound_of_atan2(dtype):
    rng = np.random.default_rng(2)
    y, x = (rng.choice([-1, 1], SAMPLES) * 10.0 ** rng.uniform(-6, 6, SAMPLES) for _ in range(2))
    y, x = y.astype(dtype), x.astype(dtype)
    check('atan2', dtype, np.arctan2(y.astype(wide(dtype)), x.astype(wide(dtype))), y, x)


@pytest.mark.parametrize('dtype', DTYPES)
def test_erf_inv_is_that_of_xla(dtype):
    rng = np.random.default_rng(3)
    tail = 1 - 10.0 ** rng.uniform(-7.2 if dtype is np.float32 else -15.9, -1, SAMPLES)
    x = np.concatenate([rng.uniform(-1, 1, 5 * SAMPLES), tail, -tail]).astype(dtype)
    x = np.concatenate([x, np.asarray([0.0, -0.0, 1, -1], dtype), near([0.5, 0.9966], dtype)])
    with jax.enable_x64(True):
        theirs = np.asarray(jax.jit(lax.erf_inv)(x))
    assert theirs.dtype == dtype
    # XLA's double log1p is off by up to 128 ulp near -0.41.
    limit = {np.float32: 3, np.float64: 24}[dtype]
    for label, call in variants('erf_inv'):
        ours = call(x)
        same = ours == theirs
        assert np.mean(same) > 0.85, label
        with np.errstate(invalid='ignore'):
            off = np.abs(ours - theirs) / np.spacing(np.abs(theirs))
        assert np.max(off[~same], initial=0) <= limit, label


@pytest.mark.parametrize('dtype', DTYPES)
@pytest.mark.parametrize('name', ['erf', 'erfc', 'lgamma', 'digamma'])
def test_special_functions(name, dtype):
    rng = np.random.default_rng(4)
    x = np.concatenate([rng.uniform(-6, 6, SAMPLES), 10.0 ** rng.uniform(-6, 3, SAMPLES)])
    x = x.astype(dtype)
    scipys = {'lgamma': scipy.special.gammaln, 'digamma': scipy.special.psi}
    exact = scipys.get(name, getattr(scipy.special, name, None))(x.astype(np.float64))
    # lgamma and digamma have zeros, near which only the absolute error is small.
    tolerance = 8 * np.finfo(dtype).eps if dtype is np.float32 else 2e-12
    slack = tolerance if name in ('lgamma', 'digamma') else 0
    keep = (np.abs(exact) >= np.finfo(dtype).tiny) & (np.abs(x - np.rint(x)) > 1e-3)
    for label, call in variants(name):
        np.testing.assert_allclose(
            call(x)[keep], exact[keep], rtol=tolerance, atol=slack, err_msg=label
        )


def _special_values(dtype):
    info = np.finfo(dtype)
    positive = [0, 1, 2, 3, 0.5, 1.5, 2.5, 0.49999997, 1e-10, 1e10, 88.7, 88.8, 104, 709, 710, 746]
    positive += [100, 126, 127, 129, 2**23 + 1, 2**22 + 0.5, 2**52 + 1, 2**51 + 0.5]
    positive += [info.max, info.tiny, np.inf]
    with np.errstate(over='ignore'):
        x = np.asarray(positive, dtype)
    return np.concatenate([x, -x, np.asarray([np.nan], dtype)])


MORE = ('erf', 'erfc', 'erf_inv', 'lgamma', 'digamma', 'square', 'abs', 'sign', 'floor', 'ceil')
ONE = {
    **{name: getattr(lax, name) for name in (*REFERENCE, *MORE) if 'exprel' not in name},
    'exprel': lambda x: jax.numpy.where(x == 0, 1, lax.expm1(x) / x),
    'inverse_exprel': lambda x: jax.numpy.where(x == 0, 1, x / lax.expm1(x)),
    'round': lax.round,
    'round_even': lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN),
}
TWO = {name: getattr(lax, name) for name in ('min', 'max', 'rem', 'atan2', 'pow', 'nextafter')}


def assert_like_jax(label, got, theirs, arguments):
    """Equal to rounding, with NaN and signs of zero, and what is flushed counting as zero."""
    dtype = theirs.dtype
    info = np.finfo(dtype)
    rtol = 1e-5 if dtype == np.float32 else 1e-12
    with np.errstate(all='ignore'):
        ok = np.isclose(got, theirs, rtol=rtol, atol=0, equal_nan=True)
        ok |= (np.abs(got) <= info.tiny) & (np.abs(theirs) <= info.tiny)
        ok &= (np.signbit(got) == np.signbit(theirs)) | np.isnan(theirs)
        if 'lgamma' in label:
            ok |= np.abs(got - theirs) < 1e-6  # XLA's is not exactly zero at 1
        if 'digamma' in label:
            ok |= arguments[0] == 0  # NaN in JAX 0.10, -inf in 0.12
    wrong = [
        f'{[argument[i] for argument in arguments]}: {got[i]}, JAX {theirs[i]}'
        for i in np.flatnonzero(~ok)
    ]
    assert not wrong, f'{label}: ' + '; '.join(wrong)


@pytest.mark.parametrize('dtype', DTYPES)
def test_special_values(dtype):
    x = _special_values(dtype)
    with jax.enable_x64(True):
        theirs = jax.jit(lambda x: {name: f(x) for name, f in ONE.items()})(x)
    assert len(theirs) > 30
    for name, value in theirs.items():
        assert value.dtype == dtype
        for label, call in variants(name):
            assert_like_jax(label, call(x), np.asarray(value), (x,))


@pytest.mark.parametrize('dtype', DTYPES)
def test_special_pairs(dtype):
    values = _special_values(dtype)
    x, y = (grid.ravel() for grid in np.meshgrid(values, values))
    with jax.enable_x64(True):
        theirs = jax.jit(lambda x, y: {name: f(x, y) for name, f in TWO.items()})(x, y)
    for name, value in theirs.items():
        for label, call in variants(name):
            if name == 'nextafter' and 'flushing' in label:
                continue  # a neighbour of zero is below the smallest normal number
            assert_like_jax(label, call(x, y), np.asarray(value), (x, y))


@pytest.mark.parametrize('dtype', DTYPES)
def test_numbers_below_the_smallest_normal_one(dtype):
    tiny = np.finfo(dtype).tiny
    x = np.asarray([tiny / 2, -tiny / 2, tiny / 1024], dtype)
    for label, call in variants('log'):
        np.testing.assert_array_equal(call(x)[[0, 2]], -np.inf, label)
    for name in ('expm1', 'log1p', 'tanh', 'sin'):
        for label, call in variants(name):
            assert np.all(np.abs(call(x)) <= tiny), label
    for name in ('exp', 'exprel', 'inverse_exprel', 'cos'):
        for label, call in variants(name):
            np.testing.assert_array_equal(call(x), 1, label)


@pytest.mark.parametrize('dtype', DTYPES)
def test_select_and_is_finite(dtype):
    x = np.asarray([1, -1, 0, np.nan, np.inf, -np.inf, 3], dtype)
    y = np.asarray([2, -2, 0, 1, 1, 1, np.nan], dtype)
    for label, call in variants('select'):
        np.testing.assert_array_equal(call(x, y), np.where(x < y, x, y), label)
    for label, call in variants('is_finite'):
        np.testing.assert_array_equal(call(x, np.ones_like(x)), np.isfinite(x), label)


@pytest.mark.parametrize('dtype', DTYPES)
@pytest.mark.parametrize('n', [-5, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 10, 15])
def test_integer_pow(n, dtype):
    x = np.asarray([0.3, -1.7, 2.5, 1, -1, 0, -0.0, np.inf, -np.inf, np.nan], dtype)
    with jax.enable_x64(True):
        theirs = np.asarray(jax.jit(lambda x: lax.integer_pow(x, n))(x))
    for label, call in variants('integer_pow'):
        got = call(x, np.full_like(x, n))
        np.testing.assert_allclose(got, theirs, rtol=4 * np.finfo(dtype).eps, err_msg=label)
        zeros = theirs == 0
        np.testing.assert_array_equal(np.signbit(got[zeros]), np.signbit(theirs[zeros]), label)


@pytest.mark.parametrize('dtype', DTYPES)
def test_every_length(dtype):
    rng = np.random.default_rng(5)
    x = rng.uniform(-3, 3, 40).astype(dtype)
    for _, call in variants('exp'):
        whole = call(x)
        for n in range(len(x)):
            np.testing.assert_array_equal(call(x[:n]), whole[:n])


@pytest.mark.parametrize('dtype', DTYPES)
def test_rem_is_exact(dtype):
    rng = np.random.default_rng(6)
    y = (rng.choice([-1, 1], SAMPLES) * 10.0 ** rng.uniform(-3, 3, SAMPLES)).astype(dtype)
    factor = 10.0 ** rng.uniform(-2, 9 if dtype is np.float32 else 17, SAMPLES)
    x = (rng.choice([-1, 1], SAMPLES) * np.abs(y) * factor).astype(dtype)
    x[::3] = (y * rng.integers(0, 2**20, SAMPLES).astype(dtype))[::3]
    x[1::3] = np.nextafter(x[::3][: x[1::3].size], dtype(0))
    y[1::3] = y[::3][: y[1::3].size]
    exact = np.fmod(x, y)
    for label, call in variants('rem'):
        got = call(x, y)
        np.testing.assert_array_equal(got, exact, label)
        np.testing.assert_array_equal(np.signbit(got), np.signbit(exact), label)


def test_angles_beyond_the_reduction():
    for dtype in DTYPES:
        x = np.asarray([1.5e5, -3e7, 1e15, 0.5], dtype)
        for name in ('sin', 'cos'):
            exact = REFERENCE[name](x.astype(wide(dtype)))
            for label, call in variants(name):
                np.testing.assert_allclose(
                    call(x), exact, rtol=4 * np.finfo(dtype).eps, err_msg=label
                )


def test_names_that_do_not_exist():
    assert library().brainfit_fast_maths(0, b'nonsense', 0, None, None, 0, None) == 1
    assert library().brainfit_fast_maths(99, b'exp', 0, None, None, 0, None) == 1
