"""The command line: ``brainfit-fast demo`` and ``brainfit-fast fit``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .errors import Interrupted, UsageError
from .options import parser

__all__ = ['main']


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; None reads the command line.

    Returns
    -------
    int
        0 when done, 1 when the fit found no usable point, 2 for input that cannot be used, 130 when
        interrupted.

    Examples
    --------
    >>> from brainfit_fast.cli import main
    >>> main(['fit', '--weights', 'missing.csv', '--fc', 'fc.csv'])
    2
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        options = parser().parse_args(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    # a command that was typed is timed from the start of its process, imports included
    options.from_process_start = argv is None
    options.command_line = 'brainfit-fast ' + ' '.join(arguments)
    try:
        return options.run(options)
    except UsageError as error:
        print(f'brainfit-fast: error: {error}', file=sys.stderr)
        return 2
    except (Interrupted, KeyboardInterrupt) as stop:
        print(f'\nbrainfit-fast: interrupted. {stop}'.rstrip(), file=sys.stderr)
        return 130
