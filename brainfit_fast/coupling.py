r"""Couplings between regions.

The current that region :math:`i` receives is a function of a weighted, delayed sum over the other
regions, :math:`c_i = \mathrm{post}\left(\sum_j W_{ij}\,\mathrm{pre}(x_j(t - d_{ij}))\right)`. The classes
hold the connectome and the coupling parameters and read the delayed source through
``node.prefetch_delay``; the functions are the bare formulas on arrays.

References
----------
Sanz-Leon P, Knock SA, Spiegler A, Jirsa VK (2015). Mathematical framework for large-scale brain network
modeling in The Virtual Brain. NeuroImage 111, 385-430.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brainstate
import brainunit as u
import numpy as np
from brainstate.nn import IdentityT, Module, Param, init_maybe_prefetch

from .core.errors import bad_type, bad_value
from .program.coupling_forms import FORMS

__all__ = [
    'DiffusiveCoupling',
    'AdditiveCoupling',
    'SigmoidalCoupling',
    'HyperbolicTangentCoupling',
    'SigmoidalJansenRitCoupling',
    'LaplacianConnParam',
    'diffusive_coupling',
    'additive_coupling',
    'sigmoidal_coupling',
    'hyperbolic_tangent_coupling',
    'sigmoidal_jansen_rit_coupling',
    'laplacian_connectivity',
]


def _apply(
    kind: str, delayed_x: Any, conn: Any, y: Any, p: dict[str, Any], n_target: int | None = None
) -> Any:
    """Evaluate one coupling form on arrays ``(..., target, source)``."""
    form = FORMS[kind]
    x = delayed_x() if callable(delayed_x) else delayed_x
    conn = _square(conn, n_target)
    shape = conn.shape
    if x.shape[-2:] != shape:
        if x.ndim < 1 or x.shape[-1] != conn.size:
            raise bad_value(
                'delayed_x',
                given=x,
                expected=f'(..., {shape[0]}, {shape[1]}) or flattened (..., {conn.size})',
                remedy='Read the source once per pair of regions, target first.',
            )
        x = u.math.reshape(x, (*x.shape[:-1], *shape))
    if form.pre is not None:
        x = form.pre(x, p)
    s = (conn * x).sum(axis=-1)
    if form.reads_target:
        y = y() if callable(y) else y
        return form.post(s, conn.sum(axis=-1), y, p)
    return form.post(s, None, None, p)


def _square(conn: Any, n_target: int | None) -> Any:
    """Return the connectome as ``(target, source)``."""
    if conn.ndim == 2:
        return conn
    n = n_target or round(conn.size**0.5)
    if conn.ndim != 1 or conn.size % n or (n_target is None and n * n != conn.size):
        raise bad_value('conn', given=conn, expected='(target, source), or that array flattened')
    return u.math.reshape(conn, (n, conn.size // n))


def diffusive_coupling(delayed_x: Any, y: Any, conn: Any, k: Any) -> Any:
    r"""Evaluate :math:`c_i = k \sum_j W_{ij} (x_{ij} - y_i)`.

    Parameters
    ----------
    delayed_x : array or callable
        Source read once per pair, ``(..., target, source)`` or flattened, or a function returning it.
    y : array or callable
        Target state ``(..., target)``.
    conn : array
        Weights ``(target, source)`` or flattened.
    k : array
        Global coupling: scalar or ``(target,)``.

    Returns
    -------
    array
        ``(..., target)``, in the unit of ``k * conn * x``.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import brainfit_fast as bf
    >>> x = jnp.array([[1.0, 2.0], [1.0, 2.0]])
    >>> y = jnp.array([1.0, 2.0])
    >>> [float(c) for c in bf.diffusive_coupling(x, y, jnp.ones((2, 2)), 0.5)]
    [0.5, -0.5]
    """
    y = y() if callable(y) else y
    return _apply('DiffusiveCoupling', delayed_x, conn, y, {'k': k}, n_target=y.shape[-1])


def additive_coupling(delayed_x: Any, conn: Any, k: Any = 1.0, b: Any = 0.0) -> Any:
    r"""Evaluate :math:`c_i = k \sum_j W_{ij} x_{ij} + b` (TVB: linear coupling).

    Parameters
    ----------
    delayed_x : array or callable
        Source read once per pair, ``(..., target, source)`` or flattened, or a function returning it.
    conn : array
        Weights ``(target, source)``.
    k, b : array
        Global coupling and offset: scalars or ``(target,)``.

    Returns
    -------
    array
        ``(..., target)``.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import brainfit_fast as bf
    >>> x = jnp.array([[1.0, 2.0], [3.0, 4.0]])
    >>> [float(c) for c in bf.additive_coupling(x, jnp.ones((2, 2)), k=1.0, b=0.5)]
    [3.5, 7.5]
    """
    return _apply('AdditiveCoupling', delayed_x, conn, None, {'k': k, 'b': b})


def sigmoidal_coupling(
    delayed_x: Any,
    conn: Any,
    k: Any = 1.0,
    a: Any = 1.0,
    b: Any = 0.0,
    slope: Any = 1.0,
    midpoint: Any = 0.0,
) -> Any:
    r"""Evaluate :math:`c_i = k\,\sigma(\mathrm{slope}\,(a \sum_j W_{ij} x_{ij} + b - \mathrm{midpoint}))`.

    Parameters
    ----------
    delayed_x : array or callable
        Source read once per pair, ``(..., target, source)`` or flattened, or a function returning it.
    conn : array
        Weights ``(target, source)`` or flattened.
    k, a, b, slope, midpoint : array
        Scalars or ``(target,)``; :math:`\sigma(z) = 1 / (1 + e^{-z})`.

    Returns
    -------
    array
        ``(..., target)``, in the unit of ``k``.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import brainfit_fast as bf
    >>> [float(c) for c in bf.sigmoidal_coupling(jnp.zeros((2, 2)), jnp.ones((2, 2)))]
    [0.5, 0.5]
    """
    p = {'k': k, 'a': a, 'b': b, 'slope': slope, 'midpoint': midpoint}
    return _apply('SigmoidalCoupling', delayed_x, conn, None, p)


def hyperbolic_tangent_coupling(delayed_x: Any, conn: Any, k: Any = 0.5, scale: Any = 2.0) -> Any:
    r"""Evaluate :math:`c_i = k \tanh(\mathrm{scale} \sum_j W_{ij} x_{ij})`.

    Parameters
    ----------
    delayed_x : array or callable
        Source read once per pair, ``(..., target, source)`` or flattened, or a function returning it.
    conn : array
        Weights ``(target, source)`` or flattened.
    k, scale : array
        Scalars or ``(target,)``.

    Returns
    -------
    array
        ``(..., target)``, in the unit of ``k``.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import brainfit_fast as bf
    >>> [float(c) for c in bf.hyperbolic_tangent_coupling(jnp.full((2, 2), 1e3), jnp.ones((2, 2)))]
    [0.5, 0.5]
    """
    return _apply('HyperbolicTangentCoupling', delayed_x, conn, None, {'k': k, 'scale': scale})


def sigmoidal_jansen_rit_coupling(
    delayed_x: Any,
    conn: Any,
    k: Any = 1.0,
    cmin: Any = 0.0,
    cmax: Any = 0.005,
    midpoint: Any = 6.0,
    r: Any = 0.56,
) -> Any:
    r"""Evaluate :math:`c_i = k \sum_j W_{ij} S(x_{ij})` with the rate function of Jansen and Rit.

    .. math::

        S(x) = c_{min} + \frac{c_{max} - c_{min}}{1 + e^{r (\mathrm{midpoint} - x)}}

    Parameters
    ----------
    delayed_x : array or callable
        Source potential (mV), once per pair, ``(..., target, source)`` or flattened, or a function
        returning it.
    conn : array
        Weights ``(target, source)`` or flattened.
    k, cmin, cmax, midpoint, r : array
        Global coupling, lowest and highest rate, potential of half activation, steepness.

    Returns
    -------
    array
        ``(..., target)``, in the unit of ``k * conn``.

    References
    ----------
    Jansen BH, Rit VG (1995). Biological Cybernetics 73, 357-366.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import brainfit_fast as bf
    >>> conn = jnp.array([[0.2, 0.3], [0.5, 0.1]])
    >>> [round(float(c), 6) for c in bf.sigmoidal_jansen_rit_coupling(jnp.full((2, 2), 6.0), conn)]
    [0.00125, 0.0015]
    """
    p = {'k': k, 'cmin': cmin, 'cmax': cmax, 'midpoint': midpoint, 'r': r}
    return _apply('SigmoidalJansenRitCoupling', delayed_x, conn, None, p)


class _Coupling(Module):
    """What the coupling classes share: a source to read, a connectome, parameters."""

    def _setup(self, x: Any, conn: Any, **parameters: Any) -> None:
        self.x = _readable(x, 'x')
        for name, value in parameters.items():
            setattr(self, name, Param.init(value))
        self.conn = Param.init(conn)
        if self.conn.value().ndim not in (1, 2):
            raise bad_value(
                'conn', given=self.conn.value(), expected='(N, N), or that array flattened'
            )

    @brainstate.nn.call_order(2)
    def init_state(self, *args: Any, **kwargs: Any) -> None:
        """Make sure that the source exists."""
        init_maybe_prefetch(self.x)

    def update(self, *args: Any, **kwargs: Any) -> Any:
        """Return the current of every region."""
        form = FORMS[type(self).__name__]
        p = {name: getattr(self, name).value() for name in form.parameters}
        y = self.y() if form.reads_target else None
        n_target = None if y is None else y.shape[-1]
        return _apply(type(self).__name__, self.x, self.conn.value(), y, p, n_target)


def _readable(x: Any, name: str) -> Any:
    if not callable(x):
        raise bad_type(
            name,
            given=x,
            expected='something to call for the source state',
            remedy="Pass node.prefetch_delay(...), node.prefetch('x') or a function without arguments.",
        )
    return x


class DiffusiveCoupling(_Coupling):
    r"""Diffusive coupling, :math:`c_i = k \sum_j W_{ij} (x_j(t - d_{ij}) - y_i(t))`.

    Parameters
    ----------
    x : Prefetch or callable
        Delayed source, once per pair of regions.
    y : Prefetch or callable
        Target state ``(N,)``.
    conn : array or Param
        Weights ``(N, N)`` ``[target, source]``, or flattened.
    k : array or Param
        Global coupling: scalar or ``(N,)``.

    See Also
    --------
    brainfit_fast.Network : wires the source, the target and the coupling.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import brainfit_fast as bf
    >>> coupling = bf.DiffusiveCoupling(lambda: jnp.ones((2, 2)), lambda: jnp.zeros(2), jnp.ones((2, 2)))
    >>> [float(c) for c in coupling()]
    [2.0, 2.0]
    """

    def __init__(self, x: Any, y: Any, conn: Any, k: Any = 1.0):
        super().__init__()
        self._setup(x, conn, k=k)
        self.y = _readable(y, 'y')

    @brainstate.nn.call_order(2)
    def init_state(self, *args: Any, **kwargs: Any) -> None:
        """Make sure that source and target exist."""
        init_maybe_prefetch(self.x)
        init_maybe_prefetch(self.y)


class AdditiveCoupling(_Coupling):
    r"""Additive (linear) coupling, :math:`c_i = k \sum_j W_{ij} x_j(t - d_{ij}) + b`.

    Parameters
    ----------
    x : Prefetch or callable
        Delayed source, once per pair of regions.
    conn : array or Param
        Weights ``(N, N)`` ``[target, source]``.
    k, b : array or Param
        Global coupling and offset.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import brainfit_fast as bf
    >>> [float(c) for c in bf.AdditiveCoupling(lambda: jnp.ones((2, 2)), jnp.ones((2, 2)), k=2.0)()]
    [4.0, 4.0]
    """

    def __init__(self, x: Any, conn: Any, k: Any = 1.0, b: Any = 0.0):
        super().__init__()
        self._setup(x, conn, k=k, b=b)


class SigmoidalCoupling(_Coupling):
    r"""Saturating coupling, a logistic function after the sum; see :func:`sigmoidal_coupling`.

    Parameters
    ----------
    x : Prefetch or callable
        Delayed source, once per pair of regions.
    conn : array or Param
        Weights ``(N, N)`` ``[target, source]``, or flattened.
    k, a, b, slope, midpoint : array or Param
        Parameters of the function.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import brainfit_fast as bf
    >>> [float(c) for c in bf.SigmoidalCoupling(lambda: jnp.zeros((2, 2)), jnp.ones((2, 2)))()]
    [0.5, 0.5]
    """

    def __init__(
        self,
        x: Any,
        conn: Any,
        k: Any = 1.0,
        a: Any = 1.0,
        b: Any = 0.0,
        slope: Any = 1.0,
        midpoint: Any = 0.0,
    ):
        super().__init__()
        self._setup(x, conn, k=k, a=a, b=b, slope=slope, midpoint=midpoint)


class HyperbolicTangentCoupling(_Coupling):
    r"""Saturating coupling, :math:`c_i = k \tanh(\mathrm{scale} \sum_j W_{ij} x_j(t - d_{ij}))`.

    Parameters
    ----------
    x : Prefetch or callable
        Delayed source, once per pair of regions.
    conn : array or Param
        Weights ``(N, N)`` ``[target, source]``, or flattened.
    k, scale : array or Param
        Parameters of the function.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import brainfit_fast as bf
    >>> coupling = bf.HyperbolicTangentCoupling(lambda: jnp.zeros((2, 2)), jnp.ones((2, 2)))
    >>> [float(c) for c in coupling()]
    [0.0, 0.0]
    """

    def __init__(self, x: Any, conn: Any, k: Any = 0.5, scale: Any = 2.0):
        super().__init__()
        self._setup(x, conn, k=k, scale=scale)


class SigmoidalJansenRitCoupling(_Coupling):
    r"""Coupling of firing rates; see :func:`sigmoidal_jansen_rit_coupling`.

    Parameters
    ----------
    x : Prefetch or callable
        Delayed source potential, once per pair of regions.
    conn : array or Param
        Weights ``(N, N)`` ``[target, source]``, or flattened.
    k, cmin, cmax, midpoint, r : array or Param
        Parameters of the rate function.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import brainfit_fast as bf
    >>> coupling = bf.SigmoidalJansenRitCoupling(lambda: jnp.full((2, 2), 6.0), jnp.ones((2, 2)))
    >>> [round(float(c), 4) for c in coupling()]
    [0.005, 0.005]
    """

    def __init__(
        self,
        x: Any,
        conn: Any,
        k: Any = 1.0,
        cmin: Any = 0.0,
        cmax: Any = 0.005,
        midpoint: Any = 6.0,
        r: Any = 0.56,
    ):
        super().__init__()
        self._setup(x, conn, k=k, cmin=cmin, cmax=cmax, midpoint=midpoint, r=r)


def laplacian_connectivity(
    W: Any, normalize: str | None = None, eps: float = 1e-12, return_diag: bool = False
) -> Any:
    r"""Return the graph Laplacian of a connectome, with the sign that diffuses.

    .. math::

        L = W - D, \qquad L_{rw} = D^{-1} W - I, \qquad L_{sym} = D^{-1/2} W D^{-1/2} - I,

    with :math:`D = \mathrm{diag}(\sum_j W_{ij})`.

    Parameters
    ----------
    W : array
        Weights ``(N, N)``.
    normalize : {None, 'rw', 'sym'}
        Which of the three.
    eps : float
        Smallest degree that is divided by.
    return_diag : bool
        Return ``(L, degree)``.

    Returns
    -------
    array or tuple of array

    Raises
    ------
    ValueError
        For another ``normalize``.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import brainfit_fast as bf
    >>> bf.laplacian_connectivity(jnp.array([[0.0, 2.0], [2.0, 0.0]])).tolist()
    [[-2.0, 2.0], [2.0, -2.0]]
    """
    W = u.math.asarray(W)
    degree = W.sum(axis=-1)
    if normalize is None:
        laplacian = W - u.math.diag(degree)
    elif normalize in ('rw', 'sym'):
        safe = u.math.maximum(u.get_mantissa(degree), eps)
        if normalize == 'rw':
            scaled = u.get_mantissa(W) / safe[:, None]
        else:
            root = 1.0 / u.math.sqrt(safe)
            scaled = u.get_mantissa(W) * root[:, None] * root[None, :]
        laplacian = scaled - np.eye(W.shape[-1], dtype=W.dtype)
    else:
        raise bad_value('normalize', given=repr(normalize), expected="None, 'rw' or 'sym'")
    return (laplacian, degree) if return_diag else laplacian


class LaplacianConnParam(Param):
    r"""A connectome whose value is the graph Laplacian of :math:`e^{w} \odot W`.

    Parameters
    ----------
    W : array
        Weights ``(N, N)``; both the fixed pattern and the initial value of the log-gains ``w``.
    t : Transform, optional
        Transform of the log-gains.
    reg : Regularization, optional
        Regularization of the log-gains.
    mask : array, optional
        ``(N, N)``, multiplied onto the weights.
    fit : bool
        Whether the log-gains are trained.
    normalize : {None, 'rw', 'sym'}
        See :func:`laplacian_connectivity`.
    eps : float
        Smallest degree that is divided by.
    return_diag : bool
        Whether the value is ``(L, degree)``.

    Raises
    ------
    ValueError
        If the mask has another shape.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import brainfit_fast as bf
    >>> param = bf.LaplacianConnParam(jnp.array([[0.0, 1.0], [1.0, 0.0]]))
    >>> bool(abs(param.value().sum(axis=1)).max() < 1e-6)
    True
    """

    def __init__(
        self,
        W: Any,
        t: Any = IdentityT(),
        reg: Any = None,
        mask: Any = None,
        fit: bool = True,
        normalize: str | None = None,
        eps: float = 1e-12,
        return_diag: bool = False,
    ):
        if mask is not None and mask.shape != W.shape:
            raise bad_value('mask', given=mask, expected=f'the shape of W, {tuple(W.shape)}')
        super().__init__(W, t=t, reg=reg, fit=fit, precompute=self._laplacian)
        self.original_W = W
        self.mask = mask
        self.normalize = normalize
        self.eps = eps
        self.return_diag = return_diag

    def _laplacian(self, log_gain: Any) -> Any:
        weights = u.math.exp(u.get_magnitude(log_gain)) * self.original_W
        if self.mask is not None:
            weights = weights * self.mask
        return laplacian_connectivity(weights, self.normalize, self.eps, self.return_diag)


#: Name in :class:`brainfit_fast.Network` -> how to build the coupling from (source, target, conn, k).
BY_NAME: dict[str, Callable[[Any, Any, Any, Any], Module]] = {
    'diffusive': lambda x, y, conn, k: DiffusiveCoupling(x, y, conn, k=k),
    'additive': lambda x, y, conn, k: AdditiveCoupling(x, conn, k=k),
    'laplacian': lambda x, y, conn, k: AdditiveCoupling(
        x, conn if isinstance(conn, Param) else LaplacianConnParam(conn), k=k
    ),
    'sigmoidal': lambda x, y, conn, k: SigmoidalCoupling(x, conn, k=k),
    'tanh': lambda x, y, conn, k: HyperbolicTangentCoupling(x, conn, k=k),
    'sigmoidal_jansen_rit': lambda x, y, conn, k: SigmoidalJansenRitCoupling(x, conn, k=k),
}
