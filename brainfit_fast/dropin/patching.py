"""patch() and unpatch(): what of brainmass is replaced, and put back."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

from ..core.optional import library
from .builders import BODIES
from .fitting import accelerated_fit
from .ledger import Ledger
from .running import accelerated_run
from .session import Session

__all__ = ['patch', 'patch_report', 'unpatch']

#: The version whose behaviour docs/compat.md describes.
_KNOWN = '0.1.1'


@dataclass
class _Swap:
    """One attribute, with its value before and during the patch."""

    owner: Any
    name: str
    before: Any
    during: Any

    def on(self) -> None:
        setattr(self.owner, self.name, self.during)

    def off(self) -> None:
        setattr(self.owner, self.name, self.before)


_swaps: list[_Swap] = []
_session = Session()


def patch(*, strict: bool = False, check: bool = False, timed: bool = False) -> None:
    """Make ``brainmass.Simulator.run``, ``brainmass.Fitter`` and ``brainmass.objectives`` run on this library.

    Everything else stays brainmass. Objects and names that exist already are served, too: classes and
    functions keep their identity, and only what they execute changes. What cannot run accelerated runs on
    brainmass, with a :class:`FallbackWarning` that says why and where. Calling it again changes the options
    alone.

    Parameters
    ----------
    strict : bool
        Raise :class:`FallbackError` where a call would fall back.
    check : bool
        Run each call on brainmass, too, and compare the numbers; see :func:`patch_report`.
    timed : bool
        Wait for each result, so that the times of the report are those of the work.

    Raises
    ------
    ImportError
        If brainmass is not installed.

    Warns
    -----
    RuntimeWarning
        If brainmass is of another version than the one whose behaviour is known.

    See Also
    --------
    unpatch : puts everything back.
    patch_report : says what ran, and what fell back.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainmass
    >>> import brainunit as u
    >>> bf.patch()
    >>> node = brainmass.HopfStep(2, a=-0.2)
    >>> result = brainmass.Simulator(node, dt=0.1 * u.ms).run(10.0 * u.ms, monitors=['x'])
    >>> result.reason is None
    True
    >>> bf.unpatch()
    """
    brainmass = library('brainmass', extra='brainmass', needed_by='patch()')
    _session.strict, _session.check, _session.timed = strict, check, timed
    if _swaps:
        return
    if brainmass.__version__ != _KNOWN:
        warnings.warn(
            f'patch: brainmass {brainmass.__version__} is installed; what is known of its behaviour was '
            f'measured on {_KNOWN}.',
            RuntimeWarning,
            stacklevel=2,
        )
    _session.ledger = Ledger()
    _session.warned.clear()
    run, fit = brainmass.Simulator.run, brainmass.Fitter.fit
    swaps = [
        _Swap(brainmass.Simulator, 'run', run, accelerated_run(run, _session)),
        _Swap(brainmass.Fitter, 'fit', fit, accelerated_fit(brainmass, fit, _session)),
    ]
    for body in BODIES:
        builder = getattr(brainmass.objectives, body.__name__)
        swaps.append(_Swap(builder, '__code__', builder.__code__, body.__code__))
    for swap in swaps:
        swap.on()
    _swaps.extend(swaps)


def unpatch() -> None:
    """Put back what :func:`patch` replaced; nothing where it is not on.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> bf.unpatch()
    """
    while _swaps:
        _swaps.pop().off()


def patch_report() -> Ledger:
    """Say what ran since :func:`patch`, on which implementation, how often and how long, and what fell back.

    Returns
    -------
    Ledger
        Prints as text; its attributes hold the same as data. It stays after :func:`unpatch`.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> bf.patch()
    >>> print(bf.patch_report())
    brainfit_fast: what ran
      nothing: no call of Simulator.run or Fitter.fit was made
    >>> bf.unpatch()
    """
    return _session.ledger
