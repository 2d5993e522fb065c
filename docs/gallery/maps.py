"""Local recurrence made of two brain maps, from one number for each region, with standard errors."""

import brainstate
import brainunit as u
import jax
import numpy as np
from _page import BLUE, GREY, VERMILLION, canvas, publish
from brainstate.nn import Param

import brainfit_fast as bf

TRUE = {'bias': 1.4, 'scale.myelinmap': 0.1, 'scale.fcgradient01': -0.05}
PREFIX = 'coupling.x.module.w_p.'
ERROR = 0.01  # of a measured gating


def main(datasets=6, milliseconds=1500):
    with jax.enable_x64(True), brainstate.environ.context(precision=64):
        return _main(datasets, milliseconds)


def _main(datasets, milliseconds):
    hcp = bf.datasets.load_dataset('hcp_schaefer100')
    conn = 0.01 * hcp.weights / hcp.weights.mean()
    maps = {name: hcp.maps[name] for name in ('myelinmap', 'fcgradient01')}

    def network(bias, myelin, gradient):
        w_p = bf.MapParam(maps, bias=bias, scale={'myelinmap': myelin, 'fcgradient01': gradient})
        J_i = bf.fic.analytic_fic(conn, G=0.3)
        node = bf.WongWangExcInhStep(100, w_p=w_p, G=0.3, J_i=J_i)
        return bf.Network(node, conn=conn, coupling='additive', coupled_var='S_e')

    dt = 1.0 * u.ms  # without noise, and sampled once at the end: the steady state
    predict = bf.Predict(
        milliseconds * dt, dt=dt, transient=(milliseconds - 1) * dt, monitors='node.S_e'
    )
    exact = np.asarray(predict(network(*TRUE.values())))
    noise = np.random.default_rng(0).normal(0.0, ERROR, (datasets, *exact.shape))
    bounds = {'bias': (1.0, 1.8), 'scale.myelinmap': (-0.3, 0.3), 'scale.fcgradient01': (-0.3, 0.3)}
    fits, found, errors, valid = [], [], [], []
    for data in exact + noise:
        fitter = bf.Fitter(
            network(Param(1.2), Param(0.0), Param(0.0)),
            {'method': 'L-BFGS-B'},
            backend='scipy',
            predict=predict,
            objective=bf.objectives.timeseries_rmse(),
            search_space={PREFIX + name: ends for name, ends in bounds.items()},
        )
        fits.append(fitter.fit(data, n_steps=1, seed=0))
        error = fits[-1].standard_errors('root_mean_squared_error', n_observations=100)
        found.append([float(fits[-1].best_params[PREFIX + name]) for name in TRUE])
        errors.append([float(error.values[PREFIX + name]) for name in TRUE])
        valid.append(error.valid)
    found, errors = np.array(found), np.array(errors)
    off = found - list(TRUE.values())

    figure = canvas()
    estimates, parameter, gating = figure.subplots(1, 3)
    for k, (name, colour) in enumerate(zip(TRUE, (GREY, BLUE, VERMILLION), strict=True)):
        at = np.arange(1, datasets + 1) + 0.22 * (k - 1)
        label = name.removeprefix('scale.')
        estimates.errorbar(
            at, off[:, k], 2 * errors[:, k], fmt='o^s'[k], color=colour, ms=3.5, lw=1, label=label
        )
    estimates.axhline(0.0, color='black', lw=0.8, ls=':')
    estimates.set(xlabel='Data set', ylabel='Fitted − true (± 2 s.e.)')
    estimates.legend(
        ncols=3, loc='lower center', bbox_to_anchor=(0.5, 1.0), columnspacing=0.8, handletextpad=0.2
    )
    node = fits[0].fitted_model().node
    parameter.plot(hcp.maps['myelinmap'], node.w_p.value(), 'o', ms=3.5, color=BLUE)
    parameter.set(xlabel='Myelin map (z)', ylabel='Fitted $w_p$')
    ends = [exact.min() - 0.02, exact.max() + 0.02]
    gating.plot(ends, ends, color=GREY, lw=1, ls='--')
    gating.plot((exact + noise[0])[0], fits[0].prediction[0], 'o', ms=3.5, color=BLUE)
    gating.set(xlabel='Measured gating', ylabel='Fitted gating', aspect='equal')
    return figure, {
        'data': f'100 simulated gatings with an error of {ERROR}, {datasets} times; HCP weights and maps',
        'parameters': '3: ' + ', '.join(f'{name} (true {value})' for name, value in TRUE.items()),
        'fitted, first data set': ', '.join(
            f'{value:.3f} ± {error:.3f}' for value, error in zip(found[0], errors[0], strict=True)
        ),
        'within two standard errors': f'{(np.abs(off) < 2 * errors).sum()} of {off.size}',
        'spread over data sets ÷ mean standard error': ', '.join(
            f'{ratio:.2f}' for ratio in off.std(axis=0, ddof=1) / errors.mean(axis=0)
        ),
        'standard errors valid': f'{sum(valid)} of {datasets}',
        'implementation': fits[0].implementation,
    }


if __name__ == '__main__':
    publish(__file__, main)
