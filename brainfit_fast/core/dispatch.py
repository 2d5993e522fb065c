"""Which implementation serves a call, and why the others do not.

Every op lists its implementations in order of preference. :func:`resolve` takes the first
that can serve the call; a name given by the caller, as an argument or through :func:`use`,
forces one, and a forced one that cannot serve raises. Every choice is recorded with the
reasons for what was skipped, and a fallback warns, so that nothing falls back in silence.

Implementations are chosen while JAX traces. The ambient choice is therefore part of the key
of ``jax.jit``'s caches: a jitted function that is called inside and outside ``use(...)`` is
traced once for each. A cache of one's own that outlives a trace has to hold
:func:`ambient_key` in its key.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax

from brainfit_fast.core import device
from brainfit_fast.core.errors import ImplementationError, bad_value, check_choice
from brainfit_fast.core.fallback import warn_fallback

__all__ = [
    'AUTO',
    'NAMES',
    'Choice',
    'Implementation',
    'ambient_key',
    'asked_for',
    'declare_op',
    'declared_ops',
    'record',
    'resolve',
    'use',
]

AUTO = 'auto'
REFERENCE = 'reference'
NAMES = (REFERENCE, 'xla', 'cpu_ffi', 'pallas_triton', 'pallas_mosaic')

_Reasons = tuple[str, ...]


def _never(args: Any) -> _Reasons:
    """The reasons of an implementation that has none."""
    return ()


@dataclass(frozen=True)
class Implementation:
    """One way to compute an op.

    Parameters
    ----------
    name : str
        One of :data:`NAMES`.
    supports : callable
        ``supports(args) -> tuple of str``: why it can *not* serve these arguments. Empty
        means that it can. These reasons hold for a forced choice as well.
    declines : callable, optional
        ``declines(args) -> tuple of str``: why it is not the best choice here although it
        could serve. These reasons count under ``'auto'`` only.

    Examples
    --------
    >>> from brainfit_fast.core.dispatch import Implementation
    >>> Implementation('reference').supports(None)
    ()
    """

    name: str
    supports: Callable[[Any], _Reasons] = _never
    declines: Callable[[Any], _Reasons] = _never

    def __post_init__(self) -> None:
        check_choice('Implementation.name', self.name, NAMES)


@dataclass(frozen=True)
class Choice:
    """Which implementation serves a call of an op, and why: what :func:`resolve` decided.

    Attributes
    ----------
    op : str
        Name of the op.
    name : str
        The implementation that serves the call.
    forced : bool
        Whether it was asked for by name.
    skipped : tuple of (str, str)
        ``(name, reason)`` of everything that was preferred and did not serve.
    fallback : bool
        Whether something was skipped that this device is meant for: it lacks a feature or
        was not built. A kernel for another device, or one that would be slower, is no fallback.
    interpret : bool
        Whether a Pallas kernel runs in interpret mode, because it was forced on a device
        that it is not written for.
    """

    op: str
    name: str
    forced: bool
    skipped: tuple[tuple[str, str], ...] = ()
    fallback: bool = False
    interpret: bool = False

    def __str__(self) -> str:
        text = f'{self.op}: {self.name}'
        if self.forced:
            text += ' (asked for by name)'
        if self.interpret:
            text += ' in interpret mode'
        if self.skipped:
            text += '; skipped ' + '; '.join(f'{name}: {why}' for name, why in self.skipped)
        return text


class _Ambient(NamedTuple):
    """The choice made by the enclosing ``use``: for all ops, and for single ones."""

    everywhere: str = AUTO
    per_op: tuple[tuple[str, str], ...] = ()

    def of(self, op: str) -> str:
        return dict(self.per_op).get(op, self.everywhere)


_ambient: ContextVar[_Ambient] = ContextVar('brainfit_fast_ambient', default=_Ambient())  # noqa: B039 (immutable)
_logs: ContextVar[tuple[list[Choice], ...]] = ContextVar('brainfit_fast_logs', default=())
_jit_key = jax.make_user_context(default_value=None)
_ops: set[str] = set()


def declare_op(op: str) -> None:
    """Make ``op`` known, so that ``use(op=...)`` accepts it and catches misspelt names.

    Parameters
    ----------
    op : str
        Name of the op; its ``api`` module calls this once on import.
    """
    _ops.add(op)


def declared_ops() -> tuple[str, ...]:
    """Names of the ops that ``use`` knows.

    Returns
    -------
    tuple of str
        In alphabetical order.
    """
    return tuple(sorted(_ops))


def ambient_key() -> tuple[str, tuple[tuple[str, str], ...]]:
    """The ambient choice as a hashable value, for the keys of caches that outlive a trace.

    Returns
    -------
    tuple
        Equal whenever the enclosing ``use`` blocks amount to the same choice.

    Examples
    --------
    >>> from brainfit_fast.core.dispatch import ambient_key, use
    >>> with use('reference'):
    ...     ambient_key()
    ('reference', ())
    """
    ambient = _ambient.get()
    return ambient.everywhere, ambient.per_op


def asked_for(op: str) -> str:
    """Name the implementation that the enclosing ``use`` blocks force for ``op``, or ``'auto'``.

    Parameters
    ----------
    op : str
        Name of the op.

    Returns
    -------
    str

    Examples
    --------
    >>> from brainfit_fast.core.dispatch import asked_for, use
    >>> with use('reference'):
    ...     asked_for('simulate')
    'reference'
    """
    return _ambient.get().of(op)


@contextlib.contextmanager
def use(implementation: str | None = None, **per_op: str) -> Iterator[None]:
    """Force implementations inside a ``with`` block.

    Parameters
    ----------
    implementation : str, optional
        For every op: ``'reference'``, ``'xla'`` (which ``simulate`` alone has), ``'cpu_ffi'``,
        ``'pallas_triton'``, or ``'auto'`` to leave the choice to the library again. It replaces
        what enclosing blocks said about any op.
    **per_op : str
        For single ops, by name: ``use(fc='reference')``. These win over ``implementation``.

    Raises
    ------
    ValueError
        If an implementation or an op of that name does not exist.
    ImplementationError
        From an op inside the block, if the forced implementation cannot serve the call; the
        message holds the reasons.

    Notes
    -----
    Blocks nest, and the innermost wins. The choice belongs to the current context (thread or
    asynchronous task). Jitted functions are traced anew where the choice differs; for that,
    JAX keeps one key per thread, so do not ``await`` between entering a block and calling a
    jitted function. An ``implementation`` argument of an op, other than ``'auto'``, wins over
    the ambient choice.

    The kernels of ``'pallas_triton'`` have not yet run on a GPU; ``'auto'`` takes the reference
    there.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import brainfit_fast as bf
    >>> from brainfit_fast.ops.fc import functional_connectivity
    >>> with bf.use('reference'):
    ...     functional_connectivity(jnp.eye(3)).shape
    (3, 3)
    """
    allowed = (AUTO, *NAMES)
    current = _ambient.get()
    singles = dict(current.per_op)
    everywhere = current.everywhere
    if implementation is not None:
        everywhere = check_choice('use(implementation)', implementation, allowed)
        singles = {}
    for op, name in per_op.items():
        if op not in _ops:
            raise bad_value(
                'use',
                given=f'the op {op!r}',
                expected='one of ' + ', '.join(repr(o) for o in declared_ops()),
                remedy='To force an implementation for every op, write use(implementation=...).',
            )
        singles[op] = check_choice(f'use({op}=...)', name, allowed)
    ambient = _Ambient(everywhere, tuple(sorted(singles.items())))
    token = _ambient.set(ambient)
    _tell_jit()
    try:
        yield
    finally:
        _ambient.reset(token)
        _tell_jit()


def _tell_jit() -> None:
    """Make the ambient choice part of the keys of jit's caches.

    The value is set, not restored: asynchronous tasks leave their blocks in any order.
    """
    ambient = _ambient.get()
    _jit_key(None if ambient == _Ambient() else tuple(ambient)).__enter__()


@contextlib.contextmanager
def record() -> Iterator[list[Choice]]:
    """Collect every choice that is made inside a ``with`` block.

    Yields
    ------
    list of Choice
        Grows while the block runs. A jitted function makes its choices while it is traced,
        so a call that finds a compiled program adds nothing.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from brainfit_fast.core.dispatch import record
    >>> from brainfit_fast.ops.fc import functional_connectivity
    >>> with record() as log:
    ...     _ = functional_connectivity(jnp.eye(3), implementation='reference')
    >>> log[0].name, log[0].forced
    ('reference', True)
    """
    log: list[Choice] = []
    token = _logs.set((*_logs.get(), log))
    try:
        yield log
    finally:
        _logs.reset(token)


def resolve(
    op: str,
    implementations: Sequence[Implementation],
    args: Any,
    implementation: str = AUTO,
) -> Choice:
    """Choose the implementation that serves one call.

    Parameters
    ----------
    op : str
        Name of the op.
    implementations : sequence of Implementation
        In order of preference. The reference is last and serves everything.
    args : object
        The op's checked arguments, handed to ``supports`` and ``declines``.
    implementation : str, optional
        ``'auto'``, or a name that must serve or raise. ``'auto'`` gives way to ``use(...)``.

    Returns
    -------
    Choice
        The implementation, and why those before it were skipped.

    Raises
    ------
    ValueError
        If ``implementation`` is not a known name.
    ImplementationError
        If the one that was asked for by name cannot serve.
    """
    declare_op(op)
    wanted = check_choice('implementation', implementation, (AUTO, *NAMES))
    if wanted == AUTO:
        wanted = _ambient.get().of(op)
    choice = (
        _automatic(op, implementations, args)
        if wanted == AUTO
        else _named(op, implementations, args, wanted)
    )
    for log in _logs.get():
        log.append(choice)
    if choice.fallback:
        warn_fallback(
            f"{choice}. This is slower; write use({op}='{choice.name}') where that is meant to be."
        )
    return choice


def _automatic(op: str, implementations: Sequence[Implementation], args: Any) -> Choice:
    """The first implementation with no reason against it."""
    skipped: list[tuple[str, str]] = []
    fallback = False
    for candidate in implementations:
        declined = candidate.declines(args)
        reasons = declined or candidate.supports(args)
        if not reasons:
            return Choice(op, candidate.name, False, tuple(skipped), fallback)
        skipped.extend((candidate.name, reason) for reason in reasons)
        fallback = fallback or not declined
    raise ImplementationError(_refusal(op, 'no implementation can serve this call', skipped))


def _named(op: str, implementations: Sequence[Implementation], args: Any, name: str) -> Choice:
    """The implementation of that name, or an error with every reason."""
    found = {candidate.name: candidate for candidate in implementations}.get(name)
    if found is None:
        has = ', '.join(repr(c.name) for c in implementations)
        reasons: _Reasons = (f'the op has no such implementation; it has {has}',)
    else:
        reasons = found.supports(args)
    if reasons:
        raise ImplementationError(
            _refusal(op, f'{name!r} was asked for and cannot serve', [(name, r) for r in reasons])
        )
    interpret = name.startswith('pallas_') and device.platform() != 'gpu'
    return Choice(op, name, True, (), False, interpret)


def _refusal(op: str, fact: str, reasons: Sequence[tuple[str, str]]) -> str:
    """The message of an ImplementationError."""
    lines = [f'{op}: {fact}:', *(f'  - {name}: {reason}' for name, reason in reasons)]
    lines.append(
        f"Leave the choice to the library (implementation='auto'), or use({op}='reference')."
    )
    return '\n'.join(lines)
