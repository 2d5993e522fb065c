"""What ran, on what, how often and how long; and what fell back, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..core.place import Place
from .compare import Comparison

__all__ = ['Entry', 'Ledger', 'Tally']


@dataclass(frozen=True)
class Entry:
    """Calls that are counted together.

    Attributes
    ----------
    what : str
        ``'Simulator.run'`` or ``'Fitter.fit'``.
    place : Place
        In the user's code.
    model : str
        Its class, and that of its node.
    implementation : str
        Of the op ``simulate``; ``'generic'`` where the model was stepped, ``'brainmass'`` for the original.
    reason : str
        Why it fell back; empty where it did not.
    inside : str
        What was being traced around the call, whose time contains it; else empty.
    """

    what: str
    place: Place
    model: str
    implementation: str
    reason: str = ''
    inside: str = ''


@dataclass
class Tally:
    """How often, and how long: seconds of all calls, and of the first, which compiles."""

    calls: int = 0
    seconds: float = 0.0
    first_seconds: float = 0.0


@dataclass
class Ledger:
    """Everything that was served since :func:`brainfit_fast.patch`.

    Printed, it is the report of ``python -m brainfit_fast --report``.

    Attributes
    ----------
    tallies : dict of Entry to Tally
        In the order of first calls.
    comparisons : list of Comparison
        Of ``--check``: one for each call that was run both ways.
    """

    tallies: dict[Entry, Tally] = field(default_factory=dict)
    comparisons: list[Comparison] = field(default_factory=list)

    def add(self, entry: Entry, seconds: float) -> None:
        """Count one call."""
        tally = self.tallies.setdefault(entry, Tally())
        if not tally.calls:
            tally.first_seconds = seconds
        tally.calls += 1
        tally.seconds += seconds

    @property
    def fallbacks(self) -> list[Entry]:
        """Entries that did not run accelerated."""
        return [entry for entry in self.tallies if entry.reason]

    @property
    def mismatches(self) -> list[Comparison]:
        """Comparisons whose numbers are further apart than rounding explains."""
        return [comparison for comparison in self.comparisons if not comparison.equal]

    def __str__(self) -> str:
        lines = ['brainfit_fast: what ran']
        served = [entry for entry in self.tallies if not entry.reason]
        lines += [f'  {_line(entry, self.tallies[entry])}' for entry in served]
        if not self.tallies:
            lines.append('  nothing: no call of Simulator.run or Fitter.fit was made')
        elif not served:
            lines.append('  nothing ran accelerated')
        if self.fallbacks:
            lines.append('fell back:')
            for entry in self.fallbacks:
                lines.append(f'  {_line(entry, self.tallies[entry])}')
                lines.append(f'    because {entry.reason}')
        if self.comparisons:
            lines.append('compared with brainmass:')
            lines += [f'  {comparison}' for comparison in self.comparisons]
        return '\n'.join(lines)

    __repr__ = __str__


def _line(entry: Entry, tally: Tally) -> str:
    times = 'once' if tally.calls == 1 else f'{tally.calls} times'
    text = f'{entry.place}  {entry.what}  {entry.model}  on {entry.implementation}, {times}'
    if entry.inside:
        return f'{text}, inside {entry.inside}'
    text += f', {tally.seconds:.3g} s'
    if tally.calls > 1:
        text += f' (the first {tally.first_seconds:.3g} s)'
    return text
