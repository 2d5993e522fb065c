"""``python -m brainfit_fast script.py``: run a script with the patch on."""

from __future__ import annotations

import argparse
import os
import runpy
import sys
from collections.abc import Sequence

from .kept import compiled_programs_kept
from .patching import patch, patch_report

__all__ = ['main']

_USAGE = 'python -m brainfit_fast [--report] [--strict] [--check] (script.py | -m module) [arguments ...]'


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a script or module, accelerated.

    Parameters
    ----------
    arguments : sequence of str, optional
        Options, the script, and its own arguments; None reads the command line.

    Returns
    -------
    int
        0; 1 where ``--check`` found numbers that differ. What the script raises passes through.
    """
    options, script = _parsed(list(sys.argv[1:] if arguments is None else arguments))
    patch(strict=options.strict, check=options.check, timed=options.report)
    sys.argv = script
    try:
        with compiled_programs_kept():
            if options.module:
                sys.path[0] = os.getcwd()
                runpy.run_module(script[0], run_name='__main__', alter_sys=True)
            else:
                sys.path[0] = os.path.dirname(os.path.abspath(script[0]))
                runpy.run_path(script[0], run_name='__main__')
    finally:
        if options.report or options.check:
            print(patch_report(), file=sys.stderr)
    return 1 if patch_report().mismatches else 0


def _parsed(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Options up to the script, and the script with what follows it, which is its own."""
    parser = argparse.ArgumentParser(
        prog='python -m brainfit_fast',
        usage=_USAGE,
        description='Run a script written for brainmass on the kernels of brainfit_fast.',
        epilog='The command brainfit-fast has the demo and fits without a script.',
    )
    parser.add_argument(
        '--report',
        action='store_true',
        help='print at exit what ran accelerated, on which implementation, how often and how long, and why '
        'anything fell back',
    )
    parser.add_argument('--strict', action='store_true', help='make a fallback an error')
    parser.add_argument(
        '--check', action='store_true', help='run each call on brainmass, too, and compare'
    )
    parser.add_argument('-m', dest='module', action='store_true', help='run a module, not a file')
    parser.add_argument('script', nargs=argparse.REMAINDER, help='the script and its arguments')
    options = parser.parse_args(arguments)
    if not options.script:
        parser.error('no script was given')
    if not options.module and not os.path.exists(options.script[0]):
        parser.error(f'there is no file {options.script[0]!r}')
    return options, options.script
