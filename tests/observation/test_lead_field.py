"""Lead fields against brainmass 0.1.1: values, units, noise (seed 5), errors.

Fields and observables of seeds 0 to 2; float32 unless named.
"""

import brainmass
import brainstate
import brainunit as u
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param

import brainfit_fast as bf

R, M = 4, 3
DIPOLE = u.nA * u.meter


@pytest.fixture(params=[32, 64])
def rtol(request):
    with brainstate.environ.context(precision=request.param):
        yield {32: 2e-5, 64: 1e-10}[request.param]


def field(unit=u.mV):
    return jnp.asarray(np.random.default_rng(0).normal(size=(R, M))) * (unit / DIPOLE)


def covariance(full=True):
    a = np.random.default_rng(1).normal(size=(M, M))
    return jnp.asarray(a @ a.T + np.eye(M) if full else np.diag([1.0, 2.0, 0.5])) * u.mV**2


def observable(*shape):
    return jnp.asarray(np.random.default_rng(2).normal(size=(*shape, R)))


def both(name, given, *args, **settings):
    """What both libraries return under seed 5, with the next random number."""
    found = []
    for library in (bf, brainmass):
        brainstate.random.seed(5)
        model = getattr(library, name)((R,), (M,), *args, **settings)
        found.append((model.update(given), brainstate.random.rand()))
    return found


CASES = [
    ('LeadFieldModel', field, {}, u.mV),
    ('LeadFieldModel', field, {}, u.UNITLESS),
    ('LeadFieldModel', field, {'scale': 2.0}, DIPOLE),
    ('LeadFieldModel', field, {'scale': 0.5 * DIPOLE / u.mV}, u.volt),
    ('LeadFieldModel', field, {'sensor_unit': u.volt}, u.mV),
    ('LeadFieldModel', lambda: field(u.tesla), {'sensor_unit': u.tesla}, u.tesla),
    ('LeadFieldModel', field, {'noise_cov': covariance(False)}, u.mV),
    ('LeadFieldModel', field, {'noise_cov': covariance()}, u.mV),
    ('LeadFieldModel', field, {'noise_cov': covariance(), 'sensor_unit': u.uvolt}, u.mV),
    ('LeadFieldModel', field, {'noise_cov': 0 * covariance()}, u.mV),
    ('EEGLeadFieldModel', field, {}, u.mV),
    ('EEGLeadFieldModel', field, {'noise_cov': covariance()}, u.uvolt),
    ('EEGLeadFieldModel', lambda: field(u.volt), {'sensor_unit': u.volt}, u.mV),
    ('MEGLeadFieldModel', lambda: field(u.tesla), {}, u.tesla),
    ('MEGLeadFieldModel', lambda: field(u.tesla), {}, u.UNITLESS),
]


@pytest.mark.parametrize('case', range(len(CASES)))
def test_lead_fields_are_brainmasss(case, rtol):
    name, L, settings, unit = CASES[case]
    given = observable(50) if unit is u.UNITLESS else observable(50) * unit
    (found, after), (expected, after_theirs) = both(name, given, L(), **settings)
    assert u.get_unit(found) == u.get_unit(expected)
    found, expected = u.get_magnitude(found), u.get_magnitude(expected)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, atol=rtol * np.abs(np.asarray(expected)).max())
    assert after == after_theirs


@pytest.mark.parametrize('shape', [(), (2, 5)])
def test_lead_field_of_other_shapes(shape):
    (found, _), (expected, _) = both('LeadFieldModel', observable(*shape) * u.mV, field())
    np.testing.assert_allclose(u.get_magnitude(found), u.get_magnitude(expected), rtol=1e-5)
    brainstate.random.seed(5)
    noisy = bf.LeadFieldModel((R,), (M,), field(), noise_cov=covariance())
    assert noisy.update(observable(*shape) * u.mV).shape == (*shape, M)


def test_covariance_of_the_noise():
    brainstate.random.seed(5)
    for full in (False, True):
        sigma = np.asarray(u.get_magnitude(covariance(full)))
        model = bf.LeadFieldModel((R,), (M,), field(), noise_cov=covariance(full))
        drawn = np.asarray(u.get_magnitude(model.update(jnp.zeros((200_000, R)) * u.mV)))
        factor = np.linalg.cholesky(sigma)
        np.testing.assert_allclose(np.cov(drawn.T), factor.T @ factor, atol=0.05 * sigma.max())


def test_noise_after_an_average_reference():
    """Rank 5 of 6, as of EEG whose mean over sensors was subtracted: no Cholesky factor in float32."""
    brainstate.random.seed(6)
    sigma = np.eye(6) - 1 / 6
    lead_field = jnp.ones((R, 6)) * u.mV / (u.nA * u.meter)
    model = bf.LeadFieldModel((R,), (6,), lead_field, noise_cov=sigma * u.mV**2)
    drawn = np.asarray(u.get_magnitude(model.update(jnp.zeros((100_000, R)) * u.mV)))
    np.testing.assert_allclose(np.cov(drawn.T), sigma, atol=0.02)
    np.testing.assert_allclose(drawn.sum(1), 0, atol=1e-5)


def test_a_matrix_that_is_no_covariance():
    sigma = np.eye(M)
    sigma[0, 1] = sigma[1, 0] = 2.0
    with pytest.raises(ValueError, match=r'noise_cov: given .* eigenvalue -1'):
        bf.LeadFieldModel((R,), (M,), field(), noise_cov=sigma * u.mV**2)


@pytest.mark.parametrize('normalize', ['l1', 'l2'])
def test_a_sensor_that_sees_nothing(normalize):
    field_ = jnp.asarray([[1.0, 2.0], [0.0, 0.0], [-1.0, 1.0]])
    readout = bf.LeadfieldReadout(field_, 0.0, 1.0, normalize=normalize, demean=False)
    seen = readout.update(jnp.ones((4, 2)))
    assert np.isfinite(seen).all()
    np.testing.assert_array_equal(seen[:, 1], 0)


def test_errors_of_lead_fields():
    for library in (bf, brainmass):
        build = library.LeadFieldModel
        with pytest.raises(u.DimensionMismatchError):
            build((R,), (M,), jnp.ones((R, M)))
        with pytest.raises(u.DimensionMismatchError):
            build((R,), (M,), field(), noise_cov=jnp.eye(M))
        with pytest.raises(ValueError, match='shape'):
            build((R,), (M,), field()[:2])
        with pytest.raises(ValueError, match='shape'):
            build((R,), (M,), field(), noise_cov=jnp.eye(2) * u.mV**2)
        with pytest.raises(ValueError, match='normals_V3'):
            build.build_fixed_orientation_weights(jnp.ones((5, 2)), jnp.ones((5, 2)))
        with pytest.raises(ValueError, match='parcel_VxR'):
            build.build_fixed_orientation_weights(jnp.ones((5, 3)), jnp.ones((4, 2)))


def test_vertices_to_regions():
    rng = np.random.default_rng(0)
    normals, parcel, area = (
        jnp.asarray(rng.normal(size=shape)) for shape in ((7, 3), (7, R), (7,))
    )
    vertices = jnp.asarray(rng.normal(size=(M, 21))) * (u.mV / DIPOLE)
    for extra in ((), (area,)):
        regional = []
        for model in (bf.LeadFieldModel, brainmass.LeadFieldModel):
            weights = model.build_fixed_orientation_weights(normals, parcel, *extra)
            regional.append(model.compress_vertex_leadfield(vertices, weights))
        assert u.get_unit(regional[0]) == u.mV / DIPOLE
        np.testing.assert_allclose(*map(u.get_magnitude, regional), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('demean', [True, False])
@pytest.mark.parametrize('normalize', [True, False, None, 'l1', 'l2'])
@pytest.mark.parametrize('shape', [(), (50,), (5, 2)])
def test_readout_is_brainmasss(shape, normalize, demean, rtol):
    rng = np.random.default_rng(0)
    L, y0, cy0 = (jnp.asarray(rng.normal(size=s)) for s in ((M, R), (M,), (M,)))
    found, expected = (
        library.LeadfieldReadout(L, Param(y0), Param(cy0), normalize, demean).update(
            observable(*shape)
        )
        for library in (bf, brainmass)
    )
    assert found.shape == expected.shape and found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, atol=rtol)


def test_a_readout_is_trainable():
    readout = bf.LeadfieldReadout(Param(jnp.eye(M, R)), 0.0, Param(1.0))
    assert {key[-1] for key in readout.states(brainstate.ParamState)} == {'val'}
    assert len(readout.states(brainstate.ParamState)) == 2
    with pytest.raises(ValueError, match="'l1', 'l2'"):
        bf.LeadfieldReadout(jnp.eye(M, R), 0.0, 1.0, normalize='max')


def test_sensors_as_monitors(fastest):
    """Applied to the samples; units kept, and beside an observer."""
    eeg = bf.EEGLeadFieldModel((R,), (M,), field())
    readout = bf.LeadfieldReadout(jnp.ones((M, R)), 0.0, 2.0, normalize='l2', demean=False)
    monitors = {
        'eeg': lambda m: eeg.update(m.x.value * u.mV),
        'readout': lambda m: readout.update(m.x.value),
        'x': 'x',
        'mean': bf.TemporalAverage(2.0 * u.ms, 'x'),
    }
    brainstate.random.seed(3)
    node = bf.HopfStep(R, a=-0.1, noise_x=bf.OUProcess(R, sigma=0.1, tau=5.0 * u.ms))
    with bf.use(fastest):
        result = bf.Simulator(node, dt=0.1 * u.ms).run(20.0 * u.ms, monitors=monitors)
    assert result.implementation == fastest
    assert u.get_unit(result['eeg']) == u.mV and result['eeg'].shape == (10, M)
    expected = u.get_magnitude(eeg.update(result['x'] * u.mV))
    np.testing.assert_allclose(u.get_magnitude(result['eeg']), expected, atol=1e-6)
    np.testing.assert_allclose(result['readout'], readout.update(result['x']), atol=1e-6)
    np.testing.assert_allclose(
        eeg.update(result['mean'] * u.mV).mantissa, result['mean'] @ eeg.L.mantissa, atol=1e-6
    )


def test_sensor_noise_needs_a_trajectory():
    """A monitor that draws random numbers has the model step one by one, and beside observers it is refused."""
    eeg = bf.EEGLeadFieldModel((R,), (M,), field(), noise_cov=covariance())
    sim = bf.Simulator(bf.HopfStep(R, a=-0.1), dt=0.1 * u.ms)

    def sensors(m):
        return eeg.update(m.x.value * u.mV)

    result = sim.run(2.0 * u.ms, monitors=sensors)
    assert result.implementation == 'generic' and 'random' in result.reason
    with pytest.raises(ValueError, match='draws random numbers'):
        sim.run(2.0 * u.ms, monitors={'eeg': sensors, 'x': bf.TemporalAverage(1.0 * u.ms, 'x')})
