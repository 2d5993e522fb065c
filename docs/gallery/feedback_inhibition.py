"""Feedback inhibition control: firing rates and FC of an excitatory-inhibitory network with and without."""

import brainstate
import braintools
import brainunit as u
import numpy as np
from _page import BLUE, GREEN, GREY, VERMILLION, canvas, publish
from brainstate.nn import Param

import brainfit_fast as bf

TR, DT = 720.0 * u.ms, 1.0 * u.ms


def main(samples=300, grid=12, seconds=10.0):
    hcp = bf.datasets.load_dataset('hcp_schaefer100')
    conn = 0.01 * hcp.weights / hcp.weights.mean()
    upper = np.triu_indices(100, 1)
    values = np.linspace(0.05, 1.2, grid)

    def network(controlled=False):
        noise = {key: bf.GaussianNoise(100, sigma=0.01) for key in ('noise_e', 'noise_i')}
        node = bf.WongWangExcInhStep(100, G=Param(1.0), method='euler', clip=True, **noise)
        start = braintools.init.Constant(0.001)
        net = bf.Network(node, conn=conn, coupling='additive', coupled_var='S_e', delay_init=start)
        if controlled:
            node.J_i = bf.fic.AnalyticFIC(net)
        return net

    def fc_r(net):
        brainstate.random.seed(0)
        bold = bf.Simulator(net, dt=DT).run(
            (50 + samples) * TR,
            transient=50 * TR,
            monitors=bf.BOLD('node.S_e', period=TR, step=DT),
            candidates={'node.G': values},
        )['output']
        fc = [np.corrcoef(x.T)[upper] for x in np.swapaxes(bold, 0, 1)]
        return [float(np.corrcoef(each, hcp.fc[upper])[0, 1]) for each in fc]

    r = {'J = 1': fc_r(network()), 'analytic': fc_r(network(controlled=True))}
    G = float(values[np.argmax(r['analytic'])])

    def balance(start, trials):
        net = network()
        net.node.G = Param(G)
        brainstate.random.seed(0)
        return bf.fic.numerical_fic(
            net, dt=DT, duration=seconds * u.second, start=start, max_trials=trials
        )

    analytic = bf.fic.analytic_fic(conn, G=G)
    found = {'J = 1': balance(np.ones(100), 0), 'analytic': balance(analytic, 0)}
    found['numerical'] = balance(analytic, 20)

    figure = canvas()
    curve, rate, weight = figure.subplots(1, 3)
    colours = {'J = 1': VERMILLION, 'analytic': BLUE, 'numerical': GREEN}
    markers = {'J = 1': 's', 'analytic': 'o', 'numerical': '^'}
    for name, series in r.items():
        curve.plot(values, series, markers[name] + '-', color=colours[name], ms=3.5, label=name)
    curve.axvline(G, color=GREY, lw=1, ls=':')
    curve.set(xlabel='Global coupling G', ylabel='FC r', ylim=(0, None))
    for name, each in found.items():
        style = {'color': colours[name], 'ms': 3.5, 'label': name}
        rate.plot(conn.sum(axis=1), each.rate, markers[name], **style)
        weight.plot(conn.sum(axis=1), each.J_i, markers[name], **style)
    rate.axhline(bf.fic.RATE, color=GREY, lw=1, ls=':')
    rate.set(xlabel='Strength of the region', ylabel='Firing rate (Hz)', ylim=(0, None))
    weight.set(xlabel='Strength of the region', ylabel='Inhibitory weight J', ylim=(0, None))
    for axes in (curve, rate, weight):
        axes.legend()

    def spread(name):
        return f'{found[name].rate.min():.2f} to {found[name].rate.max():.2f}'

    return figure, {
        'data': 'HCP: weights, FC of all 4,950 pairs',
        'parameters': '1: G, on a grid; J of each region follows from it',
        'simulated for each G, s': 0.72 * (50 + samples),
        'G of the highest FC r with control': G,
        'FC r on the fitted pairs, with control': max(r['analytic']),
        'without, at its own best G': max(r['J = 1']),
        'raw weights against FC, r': np.corrcoef(hcp.weights[upper], hcp.fc[upper])[0, 1],
        'rates without control, Hz': spread('J = 1'),
        'rates with analytic weights, Hz': spread('analytic'),
        'rates with numerical weights, Hz': spread('numerical'),
        'numerical: trials, converged': f'{found["numerical"].trials}, '
        f'{"yes" if found["numerical"].converged else "no"}',
    }


if __name__ == '__main__':
    publish(__file__, main)
