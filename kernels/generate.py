"""Write the code of the node models that ship with the library: ``python kernels/generate.py``.

Each model of the table below is traced, lowered and written to ``kernels/nodes/<family>.cc``; the build
compiles these files as they are and needs neither a trace nor brainstate. A model whose code equals one of
them, whatever its size, parameters, delays and dt, is not compiled at run time. The files do not depend on
the versions of JAX and brainstate. With ``--check`` nothing is written: it fails if a file is out of date.

The models of brainmass are here where they are written in another order than ours, which another
rounding makes another code.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import brainmass  # noqa: E402
import brainstate  # noqa: E402
import brainunit as u  # noqa: E402
import jax  # noqa: E402
import numpy as np  # noqa: E402

import brainfit_fast as bf  # noqa: E402
from brainfit_fast.codegen.cpp import NodeSource, unit_of  # noqa: E402
from brainfit_fast.codegen.library import source_of  # noqa: E402
from brainfit_fast.codegen.node import node_of  # noqa: E402
from brainfit_fast.monitors import measurement  # noqa: E402
from brainfit_fast.program.build import build  # noqa: E402
from brainfit_fast.program.inputs import input_rows  # noqa: E402
from brainfit_fast.program.recognise import refresh_delays  # noqa: E402

FOLDER = ROOT / 'kernels' / 'nodes'
TABLE = 'nodes.cc'
_N = 2  # regions; the code does not depend on it
_DT = 0.1 * u.ms


@dataclass(frozen=True)
class Model:
    """A node model in the forms that are shipped.

    Attributes
    ----------
    family : str
        File that it goes to.
    make : callable
        ``make(n, **arguments)``.
    variable : str
        What is coupled and, without monitors, recorded.
    noises : dict
        Noise arguments and their units, the first that of ``variable``.
    library : module
        Where its Network and noise come from.
    alone, diffusive, additive : tuple of str
        Kinds of noise of the node alone, and of its networks; see :data:`NOISES`.
    arguments : dict
        Further arguments.
    monitors : callable or None
        What is recorded, if it is computed.
    inputs : tuple
        External inputs of one step.
    """

    family: str
    make: Callable[..., Any]
    variable: str
    noises: dict[str, Any]
    library: Any = bf
    alone: tuple[str, ...] = ('none', 'gaussian', 'ou')
    diffusive: tuple[str, ...] = ('none', 'gaussian first', 'gaussian', 'ou first', 'ou')
    additive: tuple[str, ...] = ('none', 'gaussian first', 'gaussian')
    arguments: tuple[tuple[str, Any], ...] = ()
    monitors: Callable[[Any], Any] | None = None
    inputs: tuple[Any, ...] | None = None


#: Kinds of noise: class, and whether only the first noise argument is given.
NOISES = {
    'gaussian first': ('GaussianNoise', True),
    'gaussian': ('GaussianNoise', False),
    'ou first': ('OUProcess', True),
    'ou': ('OUProcess', False),
}

_XY = {'noise_x': 1.0, 'noise_y': 1.0}
_EI = {'noise_E': 1.0, 'noise_I': 1.0}
_GATINGS = {'noise_e': 1.0, 'noise_i': 1.0}
_VW = {'noise_V': 1.0, 'noise_w': 1.0}
_RV = {'noise_r': u.Hz, 'noise_v': 1.0}
_ONE = ('none', 'gaussian', 'ou')  # of models with one noise argument
_UPSTREAM = {
    'library': brainmass,
    'alone': ('none', 'ou'),
    'diffusive': ('none', 'ou'),
    'additive': (),
}

#: What ships.
MODELS = (
    Model('hopf', bf.HopfStep, 'x', _XY),
    # the noisy network of the demo
    Model('hopf', bf.HopfStep, 'x', _XY, alone=(), diffusive=('none', 'gaussian first'), additive=(),
          arguments=(('method', 'heun'),)),
    Model('wilson_cowan', bf.WilsonCowanStep, 'rE', _EI),
    Model('wilson_cowan', brainmass.WilsonCowanStep, 'rE', _EI, **_UPSTREAM),
    Model('fitzhugh_nagumo', bf.FitzHughNagumoStep, 'V', _VW),
    Model('fitzhugh_nagumo', brainmass.FitzHughNagumoStep, 'V', _VW, **_UPSTREAM),
    # a rate in Hz has no additive coupling: its current would have to be a pure number
    Model('montbrio', bf.MontbrioPazoRoxinStep, 'r', _RV, additive=()),
    Model('montbrio', brainmass.MontbrioPazoRoxinStep, 'r', _RV, **_UPSTREAM),
    Model('wong_wang', bf.ReducedWongWangStep, 'S', {'noise_S': 1.0},
          alone=_ONE, diffusive=('none', 'gaussian'), additive=_ONE),
    Model('wong_wang_exc_inh', bf.WongWangExcInhStep, 'S_e', _GATINGS,
          alone=('none', 'gaussian'), diffusive=(), additive=('none', 'gaussian')),
    # the steps of cuBNM
    Model('wong_wang', bf.ReducedWongWangStep, 'S', {'noise_S': 1.0}, alone=(), diffusive=(),
          additive=('gaussian',), arguments=(('method', 'euler'),)),
    Model('wong_wang_exc_inh', bf.WongWangExcInhStep, 'S_e', _GATINGS, alone=(), diffusive=(),
          additive=('gaussian',), arguments=(('method', 'euler'), ('clip', True))),
    Model('jansen_rit', brainmass.JansenRitStep, 'M', {'noise_E': u.Hz}, **_UPSTREAM),
    Model('jansen_rit', brainmass.JansenRitStep, 'M', {}, library=brainmass,
          alone=('none',), diffusive=(), additive=(), monitors=lambda m: m.eeg(),
          inputs=(0.0 * u.mV, 220.0 * u.Hz, 0.0 * u.mV)),
)  # fmt: skip


def instances(model: Model) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every form of a model, as a label and what builds it."""
    weights = np.ones((_N, _N)) - np.eye(_N)
    for wiring in ('alone', 'diffusive', 'additive'):
        for kind in getattr(model, wiring):

            def make(wiring: str = wiring, kind: str = kind) -> Any:
                node = model.make(_N, **_noises(model, kind), **dict(model.arguments))
                if wiring == 'alone':
                    return node
                return model.library.Network(
                    node, conn=weights, coupling=wiring, coupled_var=model.variable, k=1.0
                )

            library = model.library.__name__
            further = ''.join(f', {value}' for _, value in model.arguments)
            noise = 'no noise' if kind == 'none' else f'noise {kind}'
            yield f'{library}.{model.make.__name__}{further}, {wiring}, {noise}', make


def _noises(model: Model, kind: str) -> dict[str, Any]:
    if kind == 'none':
        return {}
    name, only_first = NOISES[kind]
    process = getattr(model.library, name)
    units = list(model.noises.items())[: 1 if only_first else None]
    return {argument: process(_N, sigma=0.1 * unit) for argument, unit in units}


def source(model: Model, make: Callable[[], Any], precision: int) -> NodeSource:
    """The code of one form of a model in one precision."""
    with brainstate.environ.context(dt=_DT, precision=precision):
        instance = make()
        rows = None if model.inputs is None else (lambda i, t: model.inputs)
        refresh_delays(instance)
        brainstate.nn.init_all_states(instance)
        example, _ = input_rows(rows, 1, _DT)
        monitors = model.monitors
        if monitors is None:
            name = model.variable if instance.__class__ is model.make else f'node.{model.variable}'
            monitors = name
        program = build(instance, measurement(instance, monitors), example, _DT).program
        return source_of(node_of(program))


def generate(only: str | None = None) -> dict[str, str]:
    """Contents of every file by name.

    Parameters
    ----------
    only : str, optional
        One family; the table of all nodes is then left out.
    """
    families: dict[str, list[str]] = {}
    known: dict[str, None] = {}
    for model in MODELS:
        if only not in (None, model.family):
            continue
        nodes = families.setdefault(model.family, [])
        for label, make in instances(model):
            for precision in (32, 64):
                node = source(model, make, precision)
                if node.key not in known:
                    known[node.key] = None
                    nodes.append(f'// {label}, float{precision}.\n{node.code}')
    files = {f'{name}.cc': unit_of(*nodes) for name, nodes in families.items()}
    if only is None:
        files[TABLE] = _table(list(known))
    return files


def _table(keys: list[str]) -> str:
    declared = '\n'.join(f'extern const NodeEntry node_{key};' for key in keys)
    listed = '\n'.join(f'    &node_{key},' for key in keys)
    return f"""\
// The node models that ship with the library. Written by kernels/generate.py.
#include "brainfit_fast/levels.h"

namespace brainfit_fast {{
namespace BRAINFIT_FAST_LEVEL {{

{declared}

extern const NodeEntry* const nodes[];
const NodeEntry* const nodes[] = {{
{listed}
    nullptr,
}};

}}  // namespace BRAINFIT_FAST_LEVEL
}}  // namespace brainfit_fast
"""


def main(argv: list[str] | None = None) -> None:
    """Write the files, or say which differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--check', action='store_true', help='write nothing; fail if a file differs'
    )
    options = parser.parse_args(argv)
    files = generate()
    old = {path.name: path.read_text() for path in FOLDER.glob('*.cc')}
    different = sorted(name for name in {*files, *old} if files.get(name) != old.get(name))
    if options.check:
        if different:
            sys.exit(f'out of date, run python kernels/generate.py: {", ".join(different)}')
        return
    for name in different:
        if name in files:
            (FOLDER / name).write_text(files[name])
        else:
            (FOLDER / name).unlink()
    print(f'{len(files)} files in {FOLDER}, changed: {", ".join(different) or "none"}')


if __name__ == '__main__':
    jax.config.update('jax_platforms', 'cpu')
    main()
