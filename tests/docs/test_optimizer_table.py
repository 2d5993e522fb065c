"""The table of optimizers in the guide is what they do."""

import os
from pathlib import Path

import brainstate
import braintools
import brainunit as u
import numpy as np
import optax
import pytest
from brainstate.nn import Param, SigmoidT

import brainfit_fast as bf

optim = braintools.optim

PAGE = Path(__file__).parents[2] / 'docs' / 'guides' / 'optimizers.md'
FIRST, LAST = '<!-- optimizers: begin -->\n', '<!-- optimizers: end -->'
HEAD = '| optimizer | learning rate | first loss | best loss | remarks |\n|---|---|---|---|---|\n'
N_STEPS = 50

ADAPTIVE = 'a step for each number, by the size of its gradients'
FIXED = 'keeps its learning rate: no schedule'

#: Name: learning rate, remarks.
ROWS = {
    'AdaBelief': (0.01, ADAPTIVE),
    'Adadelta': (1.0, 'starts slowly, whatever the learning rate'),
    'Adafactor': (0.01, 'little memory: for matrices of parameters'),
    'Adagrad': (0.05, 'steps only ever shrink'),
    'Adam': (0.01, f'{ADAPTIVE}; the default'),
    'AdamW': (0.01, 'Adam that pulls parameters towards zero'),
    'Adamax': (0.01, 'Adam by the largest gradient'),
    'Fromage': (0.01, f'steps in proportion to the size of the parameters; {FIXED}'),
    'LBFGS': (0.01, 'for a loss without fresh noise, and then with a line search'),
    'Lamb': (0.01, 'steps in proportion to the size of the parameters'),
    'Lars': (0.05, 'steps in proportion to the size of the parameters'),
    'Lion': (0.003, 'steps of one size; a third of the learning rate of Adam'),
    'Lookahead': (0.01, f'around `optax.adam(0.01)`; {FIXED}'),
    'Momentum': (0.0003, 'learning rate by the scale of the gradient'),
    'MomentumNesterov': (0.0003, 'learning rate by the scale of the gradient'),
    'Nadam': (0.01, 'Adam that looks ahead'),
    'Novograd': (0.01, 'one scale for each parameter array'),
    'RAdam': (0.01, 'Adam with a cautious start'),
    'RMSprop': (0.005, ADAPTIVE),
    'Rprop': (0.01, f'looks at signs alone, which noise flips; {FIXED}'),
    'SGD': (0.001, 'learning rate by the scale of the gradient'),
    'SM3': (0.05, 'fails on single numbers in brainmass'),
    'Yogi': (0.01, ADAPTIVE),
}


def make(name: str):
    rate, _ = ROWS[name]
    if name == 'Lookahead':
        return optim.Lookahead(optax.adam(rate))
    return getattr(optim, name)(lr=rate)


def fit(optimizer):
    """Key 0, float64: eight noisy Hopf regions, a for each and k, FC correlation over two noise seeds."""
    data = bf.datasets.load_dataset('example_connectome')
    n = len(data.weights)
    node = bf.HopfStep(
        n, a=Param(np.full(n, -0.02)), w=0.3, noise_x=bf.GaussianNoise(n, sigma=0.02)
    )
    net = bf.Network(node, conn=data.weights, coupled_var='x', k=Param(0.1, t=SigmoidT(0.0, 1.0)))
    fitter = bf.Fitter(
        net,
        optimizer,
        predict=bf.Predict(200 * u.ms, dt=0.5 * u.ms, monitors='node.x', transient=50 * u.ms),
        objective=bf.objectives.fc_corr(as_loss=True),
    )
    target = bf.targets.fc(bf.datasets.load_dataset('example_signal').fc)
    brainstate.random.seed(0)
    return fitter.fit(target, n_steps=N_STEPS, n_noise_seeds=2)


def row(name: str, result) -> str:
    rate, remarks = ROWS[name]
    return f'| `{name}` | {rate:g} | {result.history[0]:.3f} | {result.best_loss:.3f} | {remarks} |'


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip('|').split('|')]


def test_these_are_all_optimizers():
    found = {
        name
        for name, value in vars(optim).items()
        if isinstance(value, type) and issubclass(value, optim.OptaxOptimizer)
    }
    assert found - {'OptaxOptimizer', 'SOFO', 'SOFOScan'} == set(ROWS)


@pytest.mark.slow
def test_table(x64):
    """Each lowers the loss, and the page has its numbers; BRAINFIT_FAST_WRITE_TABLES=1 writes them."""
    with brainstate.environ.context(precision=64):
        results = {name: fit(make(name)) for name in ROWS}
    for name, result in results.items():
        assert result.best_loss < result.history[0] - 0.05, name
    page = PAGE.read_text(encoding='utf-8')
    before, rest = page.split(FIRST)
    table, after = rest.split(LAST)
    lines = [row(name, result) for name, result in results.items()]
    if os.environ.get('BRAINFIT_FAST_WRITE_TABLES') == '1':
        table = HEAD + '\n'.join(lines) + '\n'
        PAGE.write_text(before + FIRST + table + LAST + after, encoding='utf-8')
    given = table.removeprefix(HEAD).splitlines()
    assert table.startswith(HEAD) and len(given) == len(lines)
    for there, here in zip(map(cells, given), map(cells, lines), strict=True):
        assert there[:2] + there[4:] == here[:2] + here[4:]
        np.testing.assert_allclose(
            [float(x) for x in there[2:4]],
            [float(x) for x in here[2:4]],
            rtol=1e-2,
            err_msg=here[0],
        )
