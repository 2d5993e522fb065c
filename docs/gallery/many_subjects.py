"""Eight subjects, each with a connectome and an FC of its own, fitted as one batch and one by one."""

import time

import brainstate
import braintools
import numpy as np
from _page import BLUE, GREY, VERMILLION, canvas, publish
from hopf_fc import DT, network

import brainfit_fast as bf


def main(subjects=8, samples=1900, n_steps=100):
    hcp = bf.datasets.load_dataset('hcp_schaefer100')
    rng, upper = np.random.default_rng(0), np.triu_indices(100, 1)
    conn, fc = [], []
    for _ in range(subjects):  # the bundled data are averages: subjects are drawn around them
        scatter = np.triu(rng.lognormal(0.0, 0.3, (100, 100)), 1)
        weights = np.sqrt(hcp.weights) * (scatter + scatter.T)
        conn.append(weights / weights.sum(axis=1).mean())
        scans = rng.multivariate_normal(np.zeros(100), hcp.fc, 1200, method='eigh')
        fc.append(np.corrcoef(scans.T))

    options = {
        'predict': bf.Predict((100 + samples) * DT, dt=DT, monitors='node.x', transient=100 * DT),
        'objective': bf.objectives.fc_corr(as_loss=True),
    }
    targets = [bf.targets.fc(each) for each in fc]
    brainstate.random.seed(0)
    start = time.perf_counter()
    adam = braintools.optim.Adam(lr=0.1)
    results = bf.fit_many(
        network(conn[0]), targets, conn=conn, optimizer=adam, n_steps=n_steps, **options
    )
    together, alone = time.perf_counter() - start, []
    for weights, target in zip(conn, targets, strict=True):
        start = time.perf_counter()
        fitter = bf.Fitter(network(weights), braintools.optim.Adam(lr=0.1), **options)
        brainstate.random.seed(0)
        fitter.fit(target, n_steps=n_steps)
        alone.append(time.perf_counter() - start)

    r, raw = [], []
    for weights, target, result in zip(conn, fc, results.values(), strict=True):
        brainstate.random.seed(1)
        simulated = np.corrcoef(np.asarray(options['predict'](result.fitted_model())).T)
        r.append(float(np.corrcoef(simulated[upper], target[upper])[0, 1]))
        raw.append(float(np.corrcoef(weights[upper], target[upper])[0, 1]))

    figure = canvas()
    loss, match, seconds = figure.subplots(1, 3)
    loss.plot(np.array([result.history for result in results.values()]).T, color=BLUE, lw=1)
    loss.set(xlabel='Optimizer step', ylabel='Loss, 1 − FC r', ylim=(0, None))
    names = np.arange(1, subjects + 1)
    match.plot(names, r, 'o', color=BLUE, label='model')
    match.plot(names, raw, 's', color=VERMILLION, label='weights of the subject')
    match.set(xlabel='Subject', ylabel='r with FC', ylim=(0, 1), xticks=names)
    match.legend(loc='center right')
    seconds.barh([1], [together], color=BLUE)
    seconds.barh([0] * subjects, alone, left=np.cumsum([0, *alone[:-1]]), color=GREY, ec='white')
    seconds.set(xlabel='Seconds, compilation included')
    seconds.set_yticks([0, 1], ['one by one', 'one batch'])
    return figure, {
        'data': f'{subjects} subjects drawn around the HCP averages: weights × lognormal scatter, '
        'FC of 1,200 Gaussian samples',
        'parameters': '300 for each subject, as in the first figure',
        'FC r on the fitted pairs, fresh noise, lowest to highest': f'{min(r):.3f} to {max(r):.3f}',
        'weights of the subject against FC, r': f'{min(raw):.3f} to {max(raw):.3f}',
        'one batch, s': round(together, 1),
        'one by one, s': round(sum(alone), 1),
        'implementation': next(iter(results.values())).implementation,
    }


if __name__ == '__main__':
    publish(__file__, main)
