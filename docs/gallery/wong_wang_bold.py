"""Global coupling of an excitatory-inhibitory Wong-Wang network with BOLD: searched for FC and FCD."""

import brainstate
import braintools
import brainunit as u
import jax
import numpy as np
from _page import BLUE, GREY, VERMILLION, canvas, publish
from brainstate.nn import Param, SigmoidT

import brainfit_fast as bf
from brainfit_fast import viz

TR, DT = 720.0 * u.ms, 2.0 * u.ms
WINDOWS = {'TR': TR, 'convention': 'cubnm'}


def main(samples=400, n_steps=4, n_sample=8, grid=20):
    hcp = bf.datasets.load_dataset('hcp_schaefer100')
    noise = {key: bf.GaussianNoise(100, sigma=0.01 / 2**0.5) for key in ('noise_e', 'noise_i')}
    G = Param(1.0, t=SigmoidT(0.1, 1.5))
    node = bf.WongWangExcInhStep(100, G=G, method='euler', clip=True, **noise)
    net = bf.Network(
        node,
        conn=0.01 * hcp.weights / hcp.weights.mean(),
        coupling='additive',
        coupled_var='S_e',
        delay_init=braintools.init.Constant(0.001),
    )
    node.J_i = bf.fic.AnalyticFIC(net)  # 3 Hz in every region, whatever G
    times = {'duration': (50 + samples) * TR, 'transient': 50 * TR}
    bold = bf.BOLD('node.S_e', period=TR, step=DT)
    distance = bf.objectives.fcd_ks(30.0 * u.second, 5.0 * u.second, exact=True, **WINDOWS)
    fcd = bf.targets.fcd(hcp.fcd, window=30.0 * u.second, step=5.0 * u.second, **WINDOWS)
    fit = bf.Fitter(
        net,
        {'method': 'DE', 'n_sample': n_sample},
        backend='nevergrad',
        predict=bf.Predict(dt=DT, monitors=bold, **times),
        objective=bf.objectives.combine(
            (2.0, bf.objectives.fc_corr(as_loss=True)), (1.0, distance)
        ),
    )
    brainstate.random.seed(0)
    fit = fit.fit(bf.targets.per_term(bf.targets.fc(hcp.fc), fcd), n_steps=n_steps, seed=1)
    best = float(fit.best_params['coupling.x.module.G'])

    values = np.linspace(0.1, 1.5, grid)
    run = bf.Simulator(net, dt=DT).run(**times, monitors=bold, candidates={'node.G': values})
    upper = np.triu_indices(100, 1)
    series = np.swapaxes(run['output'], 0, 1)
    r = [np.corrcoef(np.corrcoef(x.T)[upper], hcp.fc[upper])[0, 1] for x in series]
    ks = jax.lax.map(lambda x: distance(x, fcd), series)
    simulated = np.asarray(fit.prediction)
    dynamics = np.asarray(bf.objectives.fcd(30.0 * u.second, 5.0 * u.second, **WINDOWS)(simulated))

    figure = canvas()
    landscape, distribution, pairs = figure.subplots(1, 3)
    landscape.plot(values, r, color=BLUE)
    landscape.text(0.1, 0.02 + max(r), 'FC r', color=BLUE)
    landscape.plot(values, ks, color=VERMILLION, ls='--')
    landscape.text(0.1, 0.02 + float(ks[0]), 'FCD KS distance', color=VERMILLION)
    tried = fit.evaluations.params['coupling.x.module.G']
    landscape.plot(tried, np.zeros(len(tried)), '|', color=GREY, clip_on=False)
    landscape.axvline(best, color=GREY, lw=1, ls=':')
    landscape.set(xlabel='Global coupling G', ylim=(0, 1))
    landscape.set_title(f'found: G = {best:.2f}')
    bins = np.linspace(-0.2, 1, 61)
    for x, colour, label in (
        (hcp.fcd, GREY, 'HCP'),
        (dynamics[np.triu_indices(len(dynamics), 1)], BLUE, 'simulated'),
    ):
        distribution.hist(x, bins, density=True, color=colour, alpha=0.6, label=label)
    distribution.set(xlabel='FCD value', ylabel='Density')
    distribution.legend()
    fc = np.corrcoef(simulated.T)
    viz.plot_fc_scatter(pairs, hcp.fc, fc)
    return figure, {
        'data': 'HCP: FC of all 4,950 pairs and pooled FCD values, 30 s windows every 5 s',
        'parameters': f'1: G; {len(fit.evaluations.losses)} evaluations',
        'simulated per evaluation, s': 0.72 * (50 + samples),
        'G': best,
        'FC r on the fitted pairs': np.corrcoef(fc[upper], hcp.fc[upper])[0, 1],
        'raw weights against FC, r': np.corrcoef(hcp.weights[upper], hcp.fc[upper])[0, 1],
        'FCD KS distance': float(distance(simulated, fcd)),
        'implementation': fit.implementation,
    }


if __name__ == '__main__':
    publish(__file__, main)
