"""Frequency of the alpha rhythm in each of 100 regions, from power spectra, by gradient."""

import brainstate
import braintools
import brainunit as u
import numpy as np
from _page import BLUE, GREY, VERMILLION, canvas, publish
from brainstate.nn import Param, SigmoidT

import brainfit_fast as bf
from brainfit_fast import viz

HERTZ = 2e-3 * np.pi  # rad/ms


def main(seconds=30, n_steps=40):
    hcp = bf.datasets.load_dataset('hcp_schaefer100')
    weights = np.sqrt(hcp.weights)
    weights /= weights.sum(axis=1).mean()
    dt, TR = 1.0 * u.ms, 4.0 * u.ms

    def network(w):
        node = bf.HopfStep(100, a=-0.005, w=w, noise_x=bf.GaussianNoise(100, sigma=0.02))
        return bf.Network(
            node,
            conn=weights,
            distance=hcp.lengths,
            speed=10.0 * u.mm / u.ms,
            coupled_var='x',
            k=0.004,
        )

    predict = bf.Predict(
        (seconds + 1) * u.second,
        dt=dt,
        monitors='node.x',
        transient=1.0 * u.second,
        sample_every=4,
    )
    true = np.random.default_rng(0).normal(10.0, 0.8, 100)  # Hz
    brainstate.random.seed(1)
    recording = predict(network(true * HERTZ))

    net = network(Param(np.full(100, 10.0 * HERTZ), t=SigmoidT(6.0 * HERTZ, 14.0 * HERTZ)))
    welch = {'nperseg': 500, 'low': 5.0 * u.Hz, 'high': 15.0 * u.Hz}
    loss = bf.objectives.spectrum_rmse(TR, **welch)
    brainstate.random.seed(2)
    fitter = bf.Fitter(net, braintools.optim.Adam(lr=0.1), predict=predict, objective=loss)
    fit = fitter.fit(recording, n_steps=n_steps)
    found = np.asarray(fit.best_params['coupling.x.module.w']) / HERTZ

    power = bf.objectives.spectrum_corr(TR, **welch)
    hertz, measured, fitted = (
        loss.frequencies,
        np.asarray(power(recording)),
        np.asarray(power(fit.prediction)),
    )
    figure = canvas()
    history, spectra, recovered = figure.subplots(1, 3)
    viz.plot_loss(history, fit.history, 'Error of log10 power')
    history.set_ylim(0.9 * min(fit.history), None)
    for region, colour in zip(np.argsort(true)[[5, 94]], (BLUE, VERMILLION), strict=True):
        spectra.semilogy(hertz, measured[:, region], color=colour)
        spectra.semilogy(hertz, fitted[:, region], '--', color=colour)
    for label, style in (('recording', '-'), ('fit', '--')):
        spectra.plot([], [], style, color=GREY, label=label)
    spectra.set(xlabel='Frequency (Hz)', ylabel='Power (1/Hz)', title='slow and fast region')
    spectra.legend(loc='lower left')
    recovered.plot([7.5, 12.5], [7.5, 12.5], color=GREY, lw=1, ls='--')
    recovered.plot(true, found, 'o', ms=3.5, color=BLUE)
    recovered.set(xlabel='True frequency (Hz)', ylabel='Fitted frequency (Hz)', aspect='equal')
    r = float(np.corrcoef(true, found)[0, 1])
    recovered.set_title(f'100 regions: r = {r:.3f}')
    return figure, {
        'data': f'a simulated recording of {seconds} s at 250 Hz, frequencies known; HCP weights and lengths',
        'parameters': '100: a frequency for each region',
        'error of log10 power, first and best': f'{fit.history[0]:.3f}, {fit.best_loss:.3f}',
        'true and fitted frequencies, r': r,
        'mean absolute error, Hz': float(np.abs(found - true).mean()),
        'the same at the start, Hz': float(np.abs(10.0 - true).mean()),
        'implementation': fit.implementation,
    }


if __name__ == '__main__':
    publish(__file__, main)
