"""Options of the commands."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

from .recipes import DEFAULT_RECIPE, RECIPES
from .settings import WEIGHT_TRANSFORMS

__all__ = ['parser']


def parser() -> argparse.ArgumentParser:
    """Build the parser of ``brainfit-fast``."""
    top = argparse.ArgumentParser(
        prog='brainfit-fast',
        description='Fit whole-brain network models to functional connectivity.',
    )
    commands = top.add_subparsers(dest='command', required=True, metavar='COMMAND')
    _demo(commands)
    _fit(commands)
    return top


def _demo(commands: argparse._SubParsersAction) -> None:
    demo = commands.add_parser(
        'demo',
        help='fit a Hopf network to the bundled HCP group data, in under a minute',
        description='Fit a noisy Hopf network of 100 regions to the group-average functional '
        'connectivity of the Human Connectome Project, and write numbers and one figure.',
    )
    demo.add_argument(
        '--parameters',
        metavar='NAMES',
        help='what is fitted, separated by commas: a (bifurcation parameter per region), f or w '
        '(frequency per region), k (global coupling), gain (coupling per region, in place of '
        'one k); default: a,f,gain',
    )
    _common(demo, folder='brainfit-fast-demo')
    demo.set_defaults(run=_run('demo'))


def _fit(commands: argparse._SubParsersAction) -> None:
    fit = commands.add_parser(
        'fit',
        help='fit a model to your own connectome and functional connectivity',
        description='Fit a model to your own files (.csv, .tsv, .txt, .npy, .npz, .mat, .h5, .zip of '
        'TVB, .ptseries.nii, .pconn.nii, .func.gii; '
        'file.npz:key and file.mat:key choose one of several arrays). Matrices are '
        '[target, source]: row i holds what region i receives.',
    )
    files = fit.add_argument_group('files')
    files.add_argument(
        '--weights', required=True, metavar='FILE', help='structural weights, N x N, not negative'
    )
    files.add_argument(
        '--lengths',
        metavar='FILE',
        help='tract lengths in mm, N x N; with --speed they give delays',
    )
    files.add_argument('--fc', metavar='FILE', help='functional connectivity, N x N correlations')
    files.add_argument(
        '--timeseries', metavar='FILE', help='samples, time x N; correlated where --fc is not given'
    )
    files.add_argument('--labels', metavar='FILE', help='N region names')
    model = fit.add_argument_group('model')
    model.add_argument(
        '--model', default=DEFAULT_RECIPE, choices=tuple(RECIPES), help='node model (default: hopf)'
    )
    model.add_argument(
        '--fit',
        dest='parameters',
        metavar='NAMES',
        help='what is fitted, separated by commas. '
        + '; '.join(f'{name}: {", ".join(recipe.names)}' for name, recipe in RECIPES.items()),
    )
    model.add_argument(
        '--speed', type=_positive, metavar='MM_PER_MS', help='conduction speed, mm/ms (= m/s)'
    )
    model.add_argument(
        '--scale-weights',
        choices=tuple(WEIGHT_TRANSFORMS),
        default='sqrt',
        help='applied before the weights are divided by the mean strength (default: sqrt)',
    )
    model.add_argument('--tr', type=_positive, metavar='S', help='sampling interval, s')
    _common(fit, folder='brainfit-fast-fit')
    fit.set_defaults(run=_run('fit'))


def _common(command: argparse.ArgumentParser, folder: str) -> None:
    run = command.add_argument_group('run')
    run.add_argument(
        '--out', default=folder, metavar='DIR', help=f'folder to write (default: {folder})'
    )
    run.add_argument(
        '--seed', type=_count(0), default=0, metavar='S', help='random seed (default: 0)'
    )
    run.add_argument('--steps', type=_count(1), metavar='K', help='optimizer steps (default: 100)')
    run.add_argument('--dt', type=_positive, metavar='MS', help='time step, ms')
    run.add_argument('--duration', type=_positive, metavar='S', help='simulated time, s')
    run.add_argument('--transient', type=_not_negative, metavar='S', help='discarded lead-in, s')
    run.add_argument(
        '--noise', type=_not_negative, metavar='SD', help='noise per square root of a second'
    )
    run.add_argument(
        '--noise-seeds', type=_count(1), metavar='M', help='noise seeds per step (default: 4)'
    )
    run.add_argument(
        '--quick',
        action='store_true',
        help='skip the held-out pairs and the recovery of known parameters',
    )


def _run(name: str) -> Callable[[argparse.Namespace], int]:
    """The command, imported when it is needed."""

    def run(options: argparse.Namespace) -> int:
        if name == 'demo':
            from .demo import run_demo as command
        else:
            from .fit import run_fit as command
        return command(options)

    return run


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'{text!r} is not a number') from None
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f'{text!r} is not a finite number')
    return value


def _positive(text: str) -> float:
    value = _number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f'{text} is not above zero')
    return value


def _not_negative(text: str) -> float:
    value = _number(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f'{text} is below zero')
    return value


def _count(low: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f'{text!r} is not a whole number') from None
        if value < low:
            raise argparse.ArgumentTypeError(f'{text} is below {low}')
        return value

    return parse
