"""Serve a call of brainmass on this library; where that fails, on brainmass, with the reason."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import brainstate
import jax
import jax.numpy as jnp

from ..core.dispatch import record
from ..core.errors import BrainfitError
from ..core.fallback import FallbackWarning, told_otherwise
from ..core.place import Place, calling_place
from ..program.snapshot import snapshot
from ..program.tracing import has_tracer
from .compare import Comparison
from .ledger import Entry, Ledger

__all__ = ['Call', 'FallbackError', 'PassOn', 'Session']


class FallbackError(BrainfitError, RuntimeError):
    """A patched call of brainmass did not run accelerated, and ``strict`` was asked for.

    Examples
    --------
    See :func:`patch`.
    """


class PassOn(Exception):
    """An exception of the user's code, which no other way of running would mend: its cause."""


@dataclass(frozen=True)
class Call:
    """One call of brainmass.

    Attributes
    ----------
    what : str
        Name of the method.
    model : brainstate.nn.Module
    accelerated : callable
        ``accelerated() -> (result, implementation, reason)`` on this library.
    original : callable
        ``original() -> result`` on brainmass.
    compare : callable
        ``compare(place) -> Comparison`` runs both ways, and leaves the model as it was found.
    """

    what: str
    model: Any
    accelerated: Callable[[], tuple[Any, str, str | None]]
    original: Callable[[], Any]
    compare: Callable[[Place], Comparison]


#: What is being traced or fitted around a call.
_around: ContextVar[str] = ContextVar('brainfit_fast_around', default='')


@dataclass
class Session:
    """How patched calls are served, from :func:`patch` to :func:`unpatch`.

    Attributes
    ----------
    strict : bool
        Whether a fallback is an error.
    check : bool
        Whether each call is run on brainmass, too, and compared.
    timed : bool
        Whether results are waited for, so that times are those of the work.
    ledger : Ledger
    paused : bool
        Whether calls go to brainmass, unseen.
    warned : set of Entry
        Fallbacks that were told.
    """

    strict: bool = False
    check: bool = False
    timed: bool = False
    ledger: Ledger = field(default_factory=Ledger)
    paused: bool = False
    warned: set[Entry] = field(default_factory=set)

    def serve(self, call: Call) -> Any:
        """Run a call and note how."""
        if self.paused:
            return call.original()
        place, inside = calling_place(), _around.get()
        if self.check and not inside and not _tracing(call.model):
            self.ledger.comparisons.append(self._unseen(call.compare, place))
        restore = snapshot(call.model)
        began = time.perf_counter()
        reason: str | None
        try:
            with record() as choices, told_otherwise(), _inside(call.what):
                result, implementation, reason = call.accelerated()
            slower = [str(choice) for choice in choices if choice.fallback]
            reason = reason or ('; '.join(dict.fromkeys(slower)) or None)
        except PassOn as error:
            raise error.__cause__ or error from None
        except Exception as error:
            failure = error
        else:
            self._note(call, place, inside, implementation, reason, result, began)
            return result
        reason = _sentence(failure)
        if self.strict:
            raise _strict(call, place, reason) from failure
        restore()
        began = time.perf_counter()
        with _inside(call.what):
            result = call.original()
        self._note(call, place, inside, 'brainmass', reason, result, began)
        return result

    def _unseen(self, compare: Callable[[Place], Comparison], place: Place) -> Comparison:
        """Compare without noting what is run for it."""
        seen, self.ledger, self.check = self.ledger, Ledger(), False
        try:
            return compare(place)
        finally:
            self.ledger, self.check = seen, True

    @contextlib.contextmanager
    def brainmass_alone(self) -> Iterator[None]:
        """Send all calls to brainmass inside the context."""
        self.paused = True
        try:
            yield
        finally:
            self.paused = False

    def _note(
        self,
        call: Call,
        place: Place,
        inside: str,
        implementation: str,
        reason: str | None,
        result: Any,
        began: float,
    ) -> None:
        if not inside and has_tracer(result):
            inside = 'a function that JAX traces'
        if self.timed and not inside:
            jax.block_until_ready(result)
        entry = Entry(call.what, place, _name(call.model), implementation, reason or '', inside)
        self.ledger.add(entry, time.perf_counter() - began)
        if reason is None:
            return
        if self.strict:
            raise _strict(call, place, reason)
        if entry not in self.warned:
            self.warned.add(entry)
            message = f'{call.what} did not run accelerated, because {reason}'
            warnings.warn_explicit(message, FallbackWarning, *place)


@contextlib.contextmanager
def _inside(what: str) -> Iterator[None]:
    token = _around.set(_around.get() or what)
    try:
        yield
    finally:
        _around.reset(token)


def _tracing(model: Any) -> bool:
    # inside jit every array is a tracer; inside grad and vmap those that depend on their arguments
    own = [state.value for state in model.states().values()]
    return has_tracer((jnp.zeros(()), own, brainstate.random.DEFAULT.value))


def _strict(call: Call, place: Place, reason: str) -> FallbackError:
    return FallbackError(f'{call.what} at {place} cannot run accelerated: {reason}')


def _sentence(error: Exception) -> str:
    text = ' '.join(str(error).split()) or type(error).__name__
    return (
        text
        if isinstance(error, (ValueError, BrainfitError))
        else f'{type(error).__name__}: {text}'
    )


def _name(model: Any) -> str:
    name = type(model).__name__
    node = getattr(model, 'node', None)
    return name if node is None else f'{name}({type(node).__name__})'
