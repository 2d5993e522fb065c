"""From regions to sensors: EEG and MEG by lead fields."""

from __future__ import annotations

from typing import Any

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
from brainstate.nn import Param

from ..core.errors import bad_value

__all__ = ['EEGLeadFieldModel', 'LeadFieldModel', 'LeadfieldReadout', 'MEGLeadFieldModel']


class LeadFieldModel(brainstate.nn.Module):
    r"""Sensor signals of regional dipoles, with units and sensor noise.

    .. math::

        Y = (s X) L + \varepsilon, \qquad \varepsilon = \xi C, \quad C C^\top = \Sigma

    with the scale :math:`s` from an observable to dipole moments and standard normal :math:`\xi`, drawn for
    each sample from ``brainstate.random``. The covariance of the noise is :math:`C^\top C`, as in brainmass
    0.1.1; that is :math:`\Sigma` where :math:`\Sigma` is diagonal, or has no such factor for want of rank.

    Parameters
    ----------
    in_size, out_size : tuple of int
        Regions :math:`R` and sensors :math:`M`.
    L : Quantity or callable
        Lead field ``(R, M)``, in the dimension of ``sensor_unit / dipole_unit``.
    sensor_unit, dipole_unit : Unit
        Of a sensor and of a dipole moment.
    scale : float, Unit or Quantity, optional
        Dipole moment per unit of the observable; default ``dipole_unit / sensor_unit``.
    noise_cov : Quantity or callable, optional
        Covariance :math:`\Sigma` of the noise, ``(M, M)``, in the dimension of ``sensor_unit ** 2``.

    Raises
    ------
    ValueError
        If ``L`` or ``noise_cov`` has another shape, or ``noise_cov`` a negative eigenvalue.
    brainunit.DimensionMismatchError
        If ``L`` or ``noise_cov`` has another dimension.

    Examples
    --------
    Of a trajectory, and as a monitor of a run, where it is applied to the samples:

    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> import jax.numpy as jnp
    >>> L = jnp.ones((3, 8)) * (u.mV / (u.nA * u.meter))
    >>> eeg = bf.EEGLeadFieldModel((3,), (8,), L)
    >>> eeg.update(jnp.ones((100, 3)) * u.mV).shape
    (100, 8)
    >>> sim = bf.Simulator(bf.HopfStep(3, a=-0.1), dt=1.0 * u.ms)
    >>> sim.run(50.0 * u.ms, monitors=lambda m: eeg.update(m.x.value * u.mV), sample_every=5)['output'].shape
    (10, 8)
    """

    def __init__(
        self,
        in_size: Any,
        out_size: Any,
        L: Any,
        sensor_unit: Any = u.mV,
        dipole_unit: Any = u.nA * u.meter,
        scale: Any = None,
        noise_cov: Any = None,
    ):
        super().__init__()
        self.in_size, self.out_size = in_size, out_size
        self.sensor_unit, self.dipole_unit = sensor_unit, dipole_unit
        self.scale = dipole_unit / sensor_unit if scale is None else scale
        self.L = braintools.init.param(L, (self.R, self.M))
        u.fail_for_dimension_mismatch(self.L, sensor_unit / dipole_unit)
        self.noise_cov = braintools.init.param(noise_cov, (self.M, self.M))
        if self.noise_cov is not None:
            u.fail_for_dimension_mismatch(self.noise_cov, sensor_unit**2)
            self.noise_factor = _factor(jnp.asarray(self.noise_cov.to_decimal(sensor_unit**2)))

    @property
    def R(self) -> int:  # noqa: N802
        """Number of regions."""
        return self.in_size[-1]

    @property
    def M(self) -> int:  # noqa: N802
        """Number of sensors."""
        return self.out_size[-1]

    def update(self, nmm_obs_or_dipoles: Any) -> Any:
        """Return the sensor signals.

        Parameters
        ----------
        nmm_obs_or_dipoles : array or Quantity
            The observable, ``(..., R)``.

        Returns
        -------
        array or Quantity
            ``(..., M)``, in the unit of ``scale * observable * L``.
        """
        signals = (self.scale * nmm_obs_or_dipoles) @ self.L
        if self.noise_cov is not None:
            drawn = brainstate.random.randn(*signals.shape) @ self.noise_factor
            signals = signals + drawn * self.sensor_unit
        return signals

    @staticmethod
    def compress_vertex_leadfield(L_vertex_3V: Any, W_vertex_to_region_3VxR: Any) -> Any:
        """Return the regional lead field ``(M, R)`` of one of vertices ``(M, 3V)`` with weights ``(3V, R)``.

        The model takes its transpose.
        """
        return L_vertex_3V @ W_vertex_to_region_3VxR

    @staticmethod
    def build_fixed_orientation_weights(
        normals_V3: Any, parcel_VxR: Any, area_weights_V: Any = None
    ) -> Any:
        """Return weights of vertices whose dipoles stand on the surface.

        Parameters
        ----------
        normals_V3 : array
            Unit normals, ``(V, 3)``.
        parcel_VxR : array
            Share of each region in each vertex, ``(V, R)``.
        area_weights_V : array, optional
            Area of each vertex, ``(V,)``; default ones.

        Returns
        -------
        array
            ``(3V, R)``: all vertices' x, then y, then z.

        Raises
        ------
        ValueError
            If the shapes do not fit.
        """
        n = normals_V3.shape[0]
        if normals_V3.shape != (n, 3):
            raise bad_value('normals_V3', given=f'shape {normals_V3.shape}', expected='(V, 3)')
        if parcel_VxR.shape[0] != n:
            raise bad_value(
                'parcel_VxR',
                given=f'{parcel_VxR.shape[0]} rows',
                expected=f'{n}, one for each vertex',
            )
        if area_weights_V is not None:
            parcel_VxR = area_weights_V[:, None] * parcel_VxR
        return jnp.concatenate([axis[:, None] * parcel_VxR for axis in normals_V3.T])


class EEGLeadFieldModel(LeadFieldModel):
    """:class:`LeadFieldModel` of an observable in volt, one nA m for each mV.

    Parameters
    ----------
    in_size, out_size, L, sensor_unit, noise_cov
        See :class:`LeadFieldModel`.
    """

    def __init__(
        self, in_size: Any, out_size: Any, L: Any, sensor_unit: Any = u.mV, noise_cov: Any = None
    ):
        scale = u.nA * u.meter / u.mV
        super().__init__(in_size, out_size, L, sensor_unit, scale=scale, noise_cov=noise_cov)


class MEGLeadFieldModel(LeadFieldModel):
    """:class:`LeadFieldModel` of an observable in tesla, one nA m for each T.

    Parameters
    ----------
    in_size, out_size, L, sensor_unit, noise_cov
        See :class:`LeadFieldModel`.
    """

    def __init__(
        self, in_size: Any, out_size: Any, L: Any, sensor_unit: Any = u.tesla, noise_cov: Any = None
    ):
        scale = u.nA * u.meter / u.tesla
        super().__init__(in_size, out_size, L, sensor_unit, scale=scale, noise_cov=noise_cov)


class LeadfieldReadout(brainstate.nn.Module):
    r"""Sensor signals by a lead field that is fitted, without units.

    .. math::

        y = c_{y0} \, \hat L x - y_0

    with each row of :math:`\hat L` divided by its norm, and then the mean over sensors taken off.

    Parameters
    ----------
    lm : array or Param
        Lead field, ``(sensors, regions)``.
    y0, cy0 : float, array or Param
        Offset and scale: numbers, or one for each sensor.
    normalize : bool, 'l1' or 'l2'
        Norm of a row; True is ``'l1'``.
    demean : bool
        Whether to refer all sensors to their average.

    Raises
    ------
    ValueError
        If ``normalize`` is something else.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import jax.numpy as jnp
    >>> from brainstate.nn import Param
    >>> readout = bf.LeadfieldReadout(jnp.eye(4, 3), y0=Param(0.0), cy0=Param(2.0), normalize=False)
    >>> readout.update(jnp.ones((10, 3))).shape
    (10, 4)
    """

    def __init__(
        self, lm: Any, y0: Any, cy0: Any, normalize: bool | str | None = True, demean: bool = True
    ):
        super().__init__()
        norms = {True: 'l1', False: None, None: None, 'l1': 'l1', 'l2': 'l2'}
        if normalize not in norms:
            raise bad_value(
                'normalize', given=repr(normalize), expected="one of True, False, 'l1', 'l2'"
            )
        self.normalize, self.demean = norms[normalize], demean
        self.lm, self.y0, self.cy0 = Param.init(lm), Param.init(y0), Param.init(cy0)
        self.lm.precompute = self.normalize_leadfield

    def normalize_leadfield(self, lm: Any) -> Any:
        """Return the lead field with rows divided by their norm, and without the mean over sensors."""
        if self.normalize == 'l1':
            lm = lm / _norm(u.math.sum(u.math.abs(lm), axis=1, keepdims=True))
        elif self.normalize == 'l2':
            lm = lm / _norm(u.math.sqrt(u.math.sum(lm**2, axis=1, keepdims=True)))
        return lm - u.math.mean(lm, axis=0, keepdims=True) if self.demean else lm

    def update(self, x: Any) -> Any:
        """Return the sensor signals ``(..., sensors)`` of ``x``, ``(..., regions)``."""
        return self.cy0.value() * (x @ self.lm.value().T) - self.y0.value()


def _norm(norm: Any) -> Any:
    """Of rows; one in the unit of ``norm`` where a sensor sees nothing."""
    return u.math.where(norm == u.math.zeros_like(norm), u.math.ones_like(norm), norm)


def _factor(covariance: Any) -> Any:
    """A Cholesky factor, or the symmetric root of a covariance without full rank."""
    tiny = 1e-32 * jnp.eye(len(covariance), dtype=covariance.dtype)  # no noise has a factor too
    factor = jnp.linalg.cholesky(covariance + tiny)
    if isinstance(factor, jax.core.Tracer) or bool(jnp.isfinite(factor).all()):
        return factor
    values, vectors = jnp.linalg.eigh(covariance)
    rounding = 10 * len(values) * jnp.finfo(covariance.dtype).eps * values[-1]
    if not values[0] >= -rounding:
        raise bad_value(
            'noise_cov',
            given=f'a matrix with the eigenvalue {float(values[0]):.4g}',
            expected='a covariance, without negative eigenvalues',
        )
    return (vectors * jnp.sqrt(jnp.maximum(values, 0))) @ vectors.T
