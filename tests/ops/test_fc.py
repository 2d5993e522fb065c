"""Functional connectivity: one suite over the reference and every kernel."""

import warnings

import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brainfit_fast.core import ffi
from brainfit_fast.core.dispatch import record, use
from brainfit_fast.core.errors import ForwardModeError, HigherOrderError, ImplementationError
from brainfit_fast.ops.fc import functional_connectivity
from brainfit_fast.testing import (
    assert_adjoint,
    assert_close,
    assert_kernel_runs,
    assert_matches_differences,
    equations,
    kernels_in,
)
from brainfit_fast.testing.fc_workloads import SHAPES, FcWorkload, make

KERNELS = ('cpu_ffi', 'pallas_triton')
NAMES = {
    'cpu_ffi': ('brainfit_fast_fc_forward_f32', 'brainfit_fast_fc_backward_f32'),
    'pallas_triton': ('brainfit_fast_fc_forward_triton', 'brainfit_fast_fc_backward_triton'),
}
ODD = SHAPES[3]
SMALL = FcWorkload('small', 2, 9, 4)
shapes = pytest.mark.parametrize('workload', SHAPES, ids=lambda w: w.name)
dtypes = pytest.mark.parametrize('dtype', ['float32', 'float64'])

pytestmark = pytest.mark.usefixtures('strict')


@pytest.fixture(params=('reference', *KERNELS))
def implementation(request):
    """Every implementation in turn."""
    return _unless_absent(request)


@pytest.fixture(params=KERNELS)
def kernel(request):
    """Every kernel in turn."""
    return _unless_absent(request)


def _unless_absent(request):
    if request.param == 'cpu_ffi' and request.config.getoption('--pure-python'):
        pytest.skip('the native library is absent on purpose')
    return request.param


def series(workload, dtype, seed=0):
    return jnp.asarray(make(workload, dtype, seed=seed))


def cotangent_of(x, seed=1):
    c, _, n = x.shape
    return jnp.asarray(np.random.default_rng(seed).normal(size=(c, n, n)).astype(x.dtype))


def value_and_pullback(x, cotangent, implementation):
    value, pull = jax.vjp(lambda a: functional_connectivity(a, implementation=implementation), x)
    return value, pull(cotangent)[0]


def weighted(implementation):
    """A scalar loss that weighs every entry differently."""

    def loss(x):
        fc = functional_connectivity(x, implementation=implementation)
        weights = np.random.default_rng(3).normal(size=fc.shape[-2:]).astype(fc.dtype)
        return jnp.sum(jnp.sin(fc) * jnp.broadcast_to(weights, fc.shape))

    return loss


def braintools_connectivity():
    """The same function upstream, wherever the installed version keeps it."""
    try:
        from braintools.analysis.population import functional_connectivity as upstream
    except ImportError:
        from braintools.metric import functional_connectivity as upstream
    return upstream


# ---------------------------------------------------------------- values


@shapes
@dtypes
def test_value_is_numpys_correlation(workload, dtype, implementation, x64):
    x = series(workload, dtype)
    fc = functional_connectivity(x, implementation=implementation)
    exact = np.stack([np.atleast_2d(np.corrcoef(np.asarray(a, np.float64).T)) for a in x])
    assert_close(fc, exact.astype(dtype), length=workload.times, scale=1.0)
    assert_close(fc, jnp.swapaxes(fc, 1, 2), length=workload.times, scale=1.0)
    np.testing.assert_array_equal(np.diagonal(fc, axis1=1, axis2=2), 1)
    assert np.max(np.abs(fc)) <= 1


@dtypes
@pytest.mark.parametrize('broken', ['none', 'constant', 'nan', 'inf', 'minus inf', 'one sample'])
def test_value_is_that_of_braintools(broken, dtype, implementation, x64):
    x = series(FcWorkload('', 1, 41, 6), dtype)[0]
    # A constant whose mean is exact in any order of summation; see the next test for others.
    if broken == 'constant':
        x = x.at[:, 2].set(0.5)
    elif broken == 'one sample':
        x = x[:1]
    elif broken != 'none':
        x = x.at[7, 2].set({'nan': np.nan, 'inf': np.inf, 'minus inf': -np.inf}[broken])
    with jax.numpy_dtype_promotion('standard'), jax.numpy_rank_promotion('allow'):
        expected = braintools_connectivity()(x)
    fc = functional_connectivity(x, implementation=implementation)
    assert_close(fc, expected, length=41, scale=1.0)


@dtypes
@pytest.mark.parametrize('constant', [0.0, 0.1, -0.3, 1e-3, 123.4, 1e6])
def test_constant_regions_correlate_with_nothing(constant, dtype, implementation, x64):
    x = series(ODD, dtype)
    x = x.at[:, :, 4].set(constant).at[:, :, 9].set(3 * constant + 0.7)
    fc, gradient = value_and_pullback(x, cotangent_of(x), implementation)
    for region in (4, 9):
        others = np.delete(np.asarray(fc[:, region]), region, axis=1)
        np.testing.assert_array_equal(others, 0)
        np.testing.assert_array_equal(fc[:, region, region], 1)
        np.testing.assert_array_equal(gradient[:, :, region], 0)
    assert np.all(np.isfinite(gradient)) and np.any(gradient != 0)


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_a_bad_region_leaves_the_others_alone(value, implementation):
    x = series(ODD, 'float32')
    g = cotangent_of(x)
    bad = x.at[:, 3, 5].set(value)
    fc, gradient = value_and_pullback(bad, g, implementation)
    np.testing.assert_array_equal(gradient[:, :, 5], 0)
    keep = np.delete(np.arange(x.shape[2]), 5)
    alone = value_and_pullback(x[:, :, keep], g[:, keep][:, :, keep], implementation)
    assert_close(fc[:, keep][:, :, keep], alone[0], length=ODD.times)
    assert_close(gradient[:, :, keep], alone[1], length=ODD.times)


def test_large_mean_does_not_cancel(implementation):
    rng = np.random.default_rng(0)
    x = (1000 + 0.05 * rng.normal(size=(500, 8))).astype(np.float32)
    exact = np.corrcoef(x.astype(np.float64).T).astype(np.float32)
    fc = functional_connectivity(jnp.asarray(x), implementation=implementation)
    assert_close(fc, exact, length=500, scale=1.0)


def test_perfect_correlation_is_clipped_and_has_a_gradient(implementation):
    x = series(FcWorkload('', 1, 50, 3), 'float32')
    x = x.at[:, :, 1].set(3 * x[:, :, 0]).at[:, :, 2].set(-2 * x[:, :, 0])
    fc, gradient = value_and_pullback(x, cotangent_of(x), implementation)
    assert np.max(np.abs(fc)) <= 1
    # Correlation is stationary where it is 1 or -1.
    assert_close(gradient, np.zeros_like(gradient), length=50, scale=1.0)


# ---------------------------------------------------------------- gradients


@shapes
@dtypes
def test_vjp_is_that_of_the_reference(workload, dtype, kernel, x64):
    x = series(workload, dtype)
    g = cotangent_of(x)
    value, gradient = value_and_pullback(x, g, kernel)
    expected_value, expected = value_and_pullback(x, g, 'reference')
    assert_close(value, expected_value, length=workload.times, scale=1.0)
    # One element of the gradient is a sum over regions of terms no larger than this.
    scale = float(
        jnp.max(jnp.abs(g))
        / jnp.min(jnp.linalg.norm(x - jnp.mean(x, axis=1, keepdims=True), axis=1))
    )
    assert_close(gradient, expected, length=workload.regions, scale=scale)


@pytest.mark.parametrize('workload', [SMALL, SHAPES[1], ODD], ids=lambda w: w.name)
def test_gradient_against_difference_quotients(workload, implementation, x64):
    x = series(workload, 'float64')
    assert_matches_differences(
        lambda a: functional_connectivity(a, implementation=implementation), x
    )


@pytest.mark.parametrize('workload', [SMALL, ODD, SHAPES[5]], ids=lambda w: w.name)
def test_reverse_mode_is_the_transpose_of_forward_mode(workload, implementation, x64):
    assert_adjoint(
        lambda a: functional_connectivity(a, implementation='reference'),
        lambda a: functional_connectivity(a, implementation=implementation),
        series(workload, 'float64'),
    )


def test_gradient_has_no_component_along_shift_and_scale(implementation, x64):
    x = series(ODD, 'float64')
    _, gradient = value_and_pullback(x, cotangent_of(x), implementation)
    zero = np.zeros((ODD.candidates, ODD.regions))
    assert_close(jnp.sum(gradient, axis=1), zero, length=1, scale=1.0)
    assert_close(jnp.sum(gradient * x, axis=1), zero, length=1, scale=1.0)


def test_cotangent_of_the_diagonal_does_not_count(implementation):
    x = series(ODD, 'float32')
    g = cotangent_of(x)
    more = jnp.where(jnp.eye(ODD.regions, dtype=bool)[None], 7.0, g)
    _, gradient = value_and_pullback(x, g, implementation)
    _, other = value_and_pullback(x, more, implementation)
    np.testing.assert_array_equal(gradient, other)


# ---------------------------------------------------------------- transformations


def test_candidates_are_independent(implementation):
    x = series(SHAPES[6], 'float32')
    g = cotangent_of(x)
    value, gradient = value_and_pullback(x, g, implementation)
    for c in range(x.shape[0]):
        one, one_gradient = value_and_pullback(x[c], g[c], implementation)
        assert_close(value[c], one, length=SHAPES[6].times)
        assert_close(gradient[c], one_gradient, length=SHAPES[6].regions)


def test_jit_gives_the_same(implementation):
    x, loss = series(ODD, 'float32'), weighted(implementation)
    value, gradient = jax.value_and_grad(loss)(x)
    jitted, jitted_gradient = jax.jit(jax.value_and_grad(loss))(x)
    assert_close(jitted, value, length=ODD.times)
    assert_close(jitted_gradient, gradient, length=ODD.times)


@pytest.mark.parametrize(
    'transformed',
    [
        lambda f, x: jax.vmap(jax.grad(f))(x),
        lambda f, x: jax.grad(lambda a: jnp.sum(jax.vmap(f)(a)))(x),
        lambda f, x: jax.jit(jax.vmap(jax.grad(f)))(x),
        lambda f, x: jax.jit(jax.grad(lambda a: jnp.sum(jax.vmap(f)(a))))(x),
        lambda f, x: jax.vmap(jax.jit(jax.grad(f)))(x),
        lambda f, x: jax.vmap(jax.vmap(jax.grad(f)))(x[None])[0],
        lambda f, x: jax.vmap(jax.grad(jax.checkpoint(f)))(x),
        lambda f, x: jax.grad(lambda a: jnp.sum(jax.vmap(jax.checkpoint(f))(a)))(x),
        lambda f, x: jax.grad(lambda a: jnp.sum(jax.lax.map(f, a)))(x),
        lambda f, x: jax.vmap(jax.grad(lambda a: jnp.sum(jax.lax.map(f, a))))(x[None])[0],
    ],
    ids=[
        'vmap-grad',
        'grad-vmap',
        'jit-vmap-grad',
        'jit-grad-vmap',
        'vmap-jit-grad',
        'vmap-vmap-grad',
        'vmap-grad-checkpoint',
        'grad-vmap-checkpoint',
        'grad-map',
        'vmap-grad-map',
    ],
)
@pytest.mark.parametrize('axes', ['time-region', 'candidate-time-region'])
def test_vmap_and_grad_in_any_order(transformed, axes, implementation):
    x = series(FcWorkload('', 6, 21, 5), 'float32')
    if axes == 'candidate-time-region':
        x = x.reshape(3, 2, 21, 5)
    loss = weighted(implementation)
    expected = jnp.stack([jax.grad(weighted('reference'))(a) for a in x])
    assert_close(transformed(loss, x), expected, length=21)


def test_vmap_over_cotangents_only(kernel):
    x = series(ODD, 'float32')[0]
    g = cotangent_of(series(ODD, 'float32'))
    _, pull = jax.vjp(lambda a: functional_connectivity(a, implementation=kernel), x)
    pulled = jax.vmap(lambda one: pull(one)[0])(g)
    for c in range(g.shape[0]):
        assert_close(pulled[c], pull(g[c])[0], length=ODD.regions)


def test_vmap_is_one_kernel_call_over_candidates(kernel):
    x = series(SMALL, 'float32')
    mapped = jax.vmap(lambda a: functional_connectivity(a, implementation=kernel))
    names = [eqn.primitive.name for eqn, _ in equations(jax.make_jaxpr(mapped)(x).jaxpr)]
    assert names.count('ffi_call' if kernel == 'cpu_ffi' else 'pallas_call') == 1
    assert not {'scan', 'while'} & set(names)


def test_jacobian_by_reverse_mode(kernel, x64):
    x = series(SMALL, 'float64')[0]
    jacobian = jax.jacrev(lambda a: functional_connectivity(a, implementation=kernel))(x)
    expected = jax.jacfwd(lambda a: functional_connectivity(a, implementation='reference'))(x)
    assert_close(jacobian, expected, length=SMALL.times)


FORWARD = {
    'jvp': lambda f, x: jax.jvp(f, (x,), (x,)),
    'jacfwd': lambda f, x: jax.jacfwd(f)(x),
    'linearize': lambda f, x: jax.linearize(f, x)[1](x),
    'vmap-jvp': lambda f, x: jax.vmap(lambda a: jax.jvp(f, (a,), (a,)))(x[None]),
    'jvp-map': lambda f, x: jax.jvp(lambda a: jax.lax.map(f, a), (x[None],), (x[None],)),
    'jacrev-jacfwd': lambda f, x: jax.jacrev(jax.jacfwd(f))(x),
}
SECOND = {
    'hessian': lambda f, x: jax.hessian(f)(x),
    'grad-grad': lambda f, x: jax.grad(lambda a: jnp.sum(jax.grad(f)(a)))(x),
    'jvp-grad': lambda f, x: jax.jvp(jax.grad(f), (x,), (x,)),
}


@pytest.mark.parametrize('jit', [False, True], ids=['eager', 'jit'])
@pytest.mark.parametrize('mode', FORWARD)
def test_forward_mode_through_a_kernel_names_the_way_out(mode, jit, kernel):
    derivative = lambda x: FORWARD[mode](weighted(kernel), x)  # noqa: E731
    with pytest.raises(ForwardModeError, match=r"^fc: forward-mode .* use\('reference'\)"):
        (jax.jit(derivative) if jit else derivative)(series(SMALL, 'float32')[0])


@pytest.mark.parametrize('jit', [False, True], ids=['eager', 'jit'])
@pytest.mark.parametrize('mode', SECOND)
def test_second_derivative_through_a_kernel_names_the_way_out(mode, jit, kernel):
    derivative = lambda x: SECOND[mode](weighted(kernel), x)  # noqa: E731
    with pytest.raises(HigherOrderError, match=r"^fc: a second derivative .* use\('reference'\)"):
        (jax.jit(derivative) if jit else derivative)(series(SMALL, 'float32')[0])


@pytest.mark.parametrize('mode', [*FORWARD, *SECOND])
def test_the_reference_has_every_mode_with_a_constant_region(mode):
    x = series(SMALL, 'float32')[0].at[:, 1].set(0.3)
    with use('reference'):
        out = ({**FORWARD, **SECOND})[mode](weighted('auto'), x)
    assert all(bool(jnp.all(jnp.isfinite(a))) for a in jax.tree.leaves(out))


def test_second_derivatives_of_the_reference_against_difference_quotients(x64):
    x = series(SMALL, 'float64')[0].at[:, 1].set(0.3)
    gradient = jax.grad(weighted('reference'))
    # The constant region is held: a difference quotient would step out of it.
    free = np.arange(x.shape[1]) != 1

    def held(a):
        return gradient(jnp.where(free[None], a, x))

    assert_matches_differences(held, x, rtol=1e-6)
    hessian = jax.hessian(weighted('reference'))(x)
    assert_close(hessian, jax.jacrev(gradient)(x), length=SMALL.times)
    np.testing.assert_array_equal(hessian[:, 1], 0)


# ---------------------------------------------------------------- which kernel ran


def test_the_kernel_is_in_the_compiled_program(kernel):
    x = series(SMALL, 'float32')
    forward, backward = NAMES[kernel]

    def function(a):
        return functional_connectivity(a, implementation=kernel)

    assert kernels_in(function, x) == {forward}
    assert kernels_in(jax.grad(weighted(kernel)), x) == {forward, backward}
    assert_kernel_runs(forward, jax.vmap(function), x[None])
    assert_kernel_runs(backward, jax.vmap(jax.grad(weighted(kernel))), x)


def test_the_pallas_kernel_is_a_pallas_call():
    x = series(SMALL, 'float32')
    jaxpr = str(jax.make_jaxpr(jax.grad(weighted('pallas_triton')))(x))
    assert jaxpr.count('pallas_call[') == 2


def test_the_reference_calls_no_kernel():
    assert kernels_in(jax.grad(weighted('reference')), series(SMALL, 'float32')) == frozenset()
    with pytest.raises(AssertionError, match='kernels in it: none of this library'):
        assert_kernel_runs('brainfit_fast_fc_forward_f32', jnp.sin, 1.0)


def test_auto_is_the_native_kernel_on_a_cpu(request):
    if request.config.getoption('--pure-python') or jax.default_backend() != 'cpu':
        pytest.skip('needs the native library and a CPU as the default device')
    assert_kernel_runs(NAMES['cpu_ffi'][1], jax.grad(weighted('auto')), series(SMALL, 'float32'))


def test_the_op_is_one_named_equation(implementation):
    loss = weighted(implementation)
    x = series(SMALL, 'float32')[0]
    names = [
        e.params.get('name') for e in jax.make_jaxpr(loss)(x).eqns if e.primitive.name == 'jit'
    ]
    assert names.count('brainfit_fast_fc') == 1
    assert 'name=brainfit_fast_fc' in str(jax.make_jaxpr(jax.value_and_grad(loss))(x))


@pytest.mark.parametrize('level', ['x86-64-v2', 'x86-64-v3', 'x86-64-v4', 'baseline'])
@pytest.mark.parametrize('workload', [SMALL, ODD, SHAPES[5]], ids=lambda w: w.name)
@dtypes
def test_every_cpu_level(level, workload, dtype, x64, request):
    if request.config.getoption('--pure-python') or level not in ffi.cpu_levels():
        pytest.skip(f'this machine has no {level} kernels')
    x = series(workload, dtype)
    g = cotangent_of(x)
    expected_value, expected = value_and_pullback(x, g, 'reference')
    with ffi.forced_cpu_level(level):
        assert ffi.cpu_level() == level
        value, gradient = jax.block_until_ready(value_and_pullback(x, g, 'cpu_ffi'))
    assert_close(value, expected_value, length=workload.times, scale=1.0)
    assert_close(gradient, expected, length=workload.times)


def test_cpu_levels_are_different_code(request):
    levels = () if request.config.getoption('--pure-python') else ffi.cpu_levels()
    if 'x86-64-v3' not in levels:
        pytest.skip('needs two levels, of which one fuses multiply and add')
    x = series(SHAPES[5], 'float32')
    found = []
    for level in ('x86-64-v2', 'x86-64-v3'):
        with ffi.forced_cpu_level(level):
            found.append(np.asarray(functional_connectivity(x, implementation='cpu_ffi')))
    assert np.any(found[0] != found[1])


def test_results_repeat_bit_for_bit(implementation):
    x = series(SHAPES[6], 'float32')
    gradient = jax.jit(jax.grad(weighted(implementation)))
    first = np.asarray(gradient(x))
    for _ in range(5):
        np.testing.assert_array_equal(gradient(x), first)


# ---------------------------------------------------------------- choice and arguments


def test_interpret_mode_only_when_asked_for_and_recorded():
    x = series(SMALL, 'float32')
    if jax.default_backend() == 'gpu':
        pytest.skip('on a GPU the kernel is compiled')
    with record() as log, use('pallas_triton'):
        functional_connectivity(x)
    assert [(c.name, c.forced, c.interpret) for c in log] == [('pallas_triton', True, True)]
    with record() as log:
        functional_connectivity(x)
    assert log[0].name != 'pallas_triton' and not log[0].interpret
    assert (
        'pallas_triton',
        'needs a GPU; elsewhere it runs in interpret mode, when asked for by name',
    ) in log[0].skipped


@pytest.mark.fallback
def test_half_precision_falls_back_with_a_reason(request):
    x = series(SMALL, 'float32').astype(jnp.bfloat16)
    with record() as log:
        fc = functional_connectivity(x)
    assert fc.dtype == jnp.bfloat16 and log[0].name == 'reference' and log[0].fallback
    assert 'takes float32 and float64, not bfloat16' in str(log[0])


def test_half_precision_through_a_named_kernel_raises(kernel):
    x = series(SMALL, 'float32').astype(jnp.float16)
    with pytest.raises(ImplementationError, match='float16') as error:
        functional_connectivity(x, implementation=kernel)
    assert kernel in str(error.value) and "use(fc='reference')" in str(error.value)


def test_a_single_series_has_no_candidate_axis(implementation):
    x = series(SMALL, 'float32')
    one = functional_connectivity(x[0], implementation=implementation)
    assert one.shape == (4, 4)
    assert_close(one, functional_connectivity(x, implementation=implementation)[0], length=9)


def test_units_cancel_and_integers_become_floating_point(implementation):
    x = series(SMALL, 'float32')
    fc = functional_connectivity(x, implementation=implementation)
    with jax.numpy_dtype_promotion('standard'):
        scaled = functional_connectivity(x * u.mV, implementation=implementation)
    np.testing.assert_array_equal(scaled, fc)
    whole = functional_connectivity(np.arange(12).reshape(6, 2), implementation=implementation)
    assert whole.dtype == jnp.float32
    assert_close(whole, np.ones((2, 2), np.float32), length=6)
    numpy_in = functional_connectivity(np.asarray(x), implementation=implementation)
    np.testing.assert_array_equal(numpy_in, fc)


@pytest.mark.parametrize(
    ('x', 'error', 'message'),
    [
        (
            np.zeros(3),
            ValueError,
            r'x: given float\d+ array of shape \(3,\), expected shape \(time, region\)',
        ),
        (np.zeros((1, 2, 3, 4)), ValueError, r'shape \(1, 2, 3, 4\).*jax.vmap'),
        (np.zeros((0, 3)), ValueError, 'expected at least one sample and one region'),
        (np.zeros((3, 0)), ValueError, 'expected at least one sample and one region'),
        (np.zeros((3, 2), complex), TypeError, 'expected real values. Pass the real part'),
        ('signal', TypeError, 'x: given .*signal.*, expected a numeric array'),
    ],
)
def test_bad_input(x, error, message):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        with pytest.raises(error, match=message):
            functional_connectivity(x)


def test_unknown_implementation():
    with pytest.raises(ValueError, match="given 'cuda', expected one of 'auto', 'reference'"):
        functional_connectivity(np.ones((3, 2)), implementation='cuda')
    with pytest.raises(ImplementationError, match="no such implementation; it has 'pallas_triton'"):
        functional_connectivity(np.ones((3, 2)), implementation='pallas_mosaic')
