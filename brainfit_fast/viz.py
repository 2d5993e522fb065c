"""Figures of a fit. They need matplotlib: ``pip install "brainfit_fast[viz]"``.

No function touches pyplot, so that nothing needs a display. Colours are told apart by colour-blind readers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .core.errors import bad_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    'MatplotlibMissing',
    'fit_figure',
    'network_order',
    'plot_fc_pair',
    'plot_fc_scatter',
    'plot_loss',
    'plot_parameters',
]

# Okabe and Ito (2008): blue, vermillion, green, purple, orange, sky, black
BLUE, VERMILLION = '#0072B2', '#D55E00'
GREY = '#555555'
_FC_COLOURS = 'RdBu_r'
_ROOM = 24  # region labels that can be read on one axis


class MatplotlibMissing(ImportError):
    """Matplotlib is not installed; the message says how to install it.

    Examples
    --------
    See :func:`fit_figure`, which raises it.
    """


def _matplotlib() -> Any:
    try:
        import matplotlib
        import matplotlib.figure
    except ImportError as error:
        raise MatplotlibMissing(
            'figures need matplotlib, which is not installed. Install it with: '
            'pip install "brainfit_fast[viz]"'
        ) from error
    return matplotlib


def network_order(
    networks: Sequence[str] | None, n: int
) -> tuple[np.ndarray, list[tuple[str, int, int]]]:
    """Order regions by network.

    Parameters
    ----------
    networks : sequence of str or None
        Network of each region ``(n,)``; None leaves the order as it is.
    n : int
        Number of regions.

    Returns
    -------
    order : numpy.ndarray
        ``(n,)`` region indices, networks in the order in which they first appear.
    blocks : list of (str, int, int)
        Name, first and last + 1 position of each network.

    Raises
    ------
    ValueError
        If there is not one network per region.

    Examples
    --------
    >>> from brainfit_fast.viz import network_order
    >>> order, blocks = network_order(['Vis', 'Default', 'Vis'], 3)
    >>> order.tolist(), blocks
    ([0, 2, 1], [('Vis', 0, 2), ('Default', 2, 3)])
    """
    if networks is None:
        return np.arange(n), []
    names = [str(name) for name in networks]
    if len(names) != n:
        raise bad_value('networks', given=f'{len(names)} names', expected=f'{n}, one per region')
    distinct = list(dict.fromkeys(names))
    order = np.array(sorted(range(n), key=lambda i: (distinct.index(names[i]), i)), dtype=int)
    blocks, start = [], 0
    for name in distinct:
        stop = start + names.count(name)
        blocks.append((name, start, stop))
        start = stop
    return order, blocks


def plot_loss(
    axes: Axes,
    history: Sequence[float],
    label: str = 'Loss, 1 − FC r',
    *,
    evaluations: bool = False,
    others: Any = None,
) -> None:
    """Draw the loss of each optimizer step, or of each evaluation of a search, and mark the lowest.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    history : sequence of float
        Loss of each step, no unit.
    label : str
        Of the vertical axis.
    evaluations : bool
        Draw points, and the lowest so far as a line.
    others : array, optional
        ``(R, n)`` histories of other starts, drawn thin.

    Raises
    ------
    ValueError
        If there is no finite loss.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from brainfit_fast.viz import plot_loss
    >>> axes = Figure().add_subplot()
    >>> plot_loss(axes, [0.9, 0.5, 0.4])
    >>> axes.get_xlabel()
    'Optimizer step'
    """
    losses = np.asarray(history, float)
    if not np.isfinite(losses).any():
        raise bad_value('history', given='no finite loss', expected='at least one')
    finite = np.where(np.isfinite(losses), losses, np.nan)
    best = int(np.nanargmin(finite))
    if others is not None:
        axes.plot(np.asarray(others, float).T, color=GREY, lw=0.6, alpha=0.6)
    if evaluations:
        axes.plot(losses, '.', color=GREY, ms=3)
        axes.plot(np.fmin.accumulate(finite), color=BLUE, lw=2)
    else:
        axes.plot(np.arange(len(losses)), losses, color=BLUE, lw=2)
    axes.plot(best, losses[best], 'o', color=VERMILLION, ms=7, label=f'best: {losses[best]:.3f}')
    axes.set(xlabel='Evaluation' if evaluations else 'Optimizer step', ylabel=label)
    if np.nanmin(finite) >= 0:
        axes.set_ylim(0, None)
    axes.legend(frameon=False, loc='upper right')
    _open(axes)


def plot_fc_pair(
    left: Axes,
    right: Axes,
    empirical: np.ndarray,
    simulated: np.ndarray,
    networks: Sequence[str] | None = None,
    regions: Sequence[str] | None = None,
) -> Any:
    """Draw two FC matrices on one colour scale, regions ordered by network.

    Parameters
    ----------
    left, right : matplotlib.axes.Axes
        For the empirical and the simulated matrix.
    empirical, simulated : numpy.ndarray
        ``(N, N)`` correlations.
    networks : sequence of str, optional
        Network of each region.
    regions : sequence of str, optional
        Label of each region, written where no networks are given and there is room.

    Returns
    -------
    matplotlib.image.AxesImage
        For a colour bar.

    Raises
    ------
    ValueError
        If the matrices have different shapes.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from brainfit_fast.viz import plot_fc_pair
    >>> left, right = Figure().subplots(1, 2)
    >>> image = plot_fc_pair(left, right, np.eye(3), np.eye(3), ['Vis', 'Vis', 'Cont'])
    >>> image.get_array().shape
    (3, 3)
    """
    empirical, simulated = _same_shape(empirical, simulated)
    order, blocks = network_order(networks, len(empirical))
    pairs = np.triu_indices(len(empirical), 1)
    values = np.abs(np.concatenate([empirical[pairs], simulated[pairs]]))
    limit = max(0.1, float(np.ceil(10 * np.quantile(values, 0.99)) / 10)) if len(values) else 1.0
    for axes, matrix, title in (
        (left, empirical, 'Empirical FC'),
        (right, simulated, 'Simulated FC'),
    ):
        image = axes.imshow(
            matrix[np.ix_(order, order)],
            cmap=_FC_COLOURS,
            vmin=-limit,
            vmax=limit,
            interpolation='nearest',
        )
        axes.set_title(title)
        _mark_blocks(axes, blocks)
        if not blocks:
            _name_regions(axes, regions, len(matrix))
    if blocks:
        left.set_yticks([(start + stop - 1) / 2 for _, start, stop in blocks])
        left.set_yticklabels([name for name, _, _ in blocks], fontsize='small')
    elif regions is None or len(regions) > _ROOM:
        left.set_ylabel('Region')
    else:
        left.set_yticks(range(len(regions)), regions, fontsize='small')
        right.set_yticks([])
    return image


def plot_fc_scatter(axes: Axes, empirical: np.ndarray, simulated: np.ndarray) -> float:
    """Draw simulated against empirical FC, one point per region pair, with r and the line of identity.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    empirical, simulated : numpy.ndarray
        ``(N, N)`` correlations.

    Returns
    -------
    float
        Pearson's r over the pairs above the diagonal.

    Raises
    ------
    ValueError
        If the matrices have different shapes or fewer than three regions.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from brainfit_fast.viz import plot_fc_scatter
    >>> fc = np.corrcoef(np.random.default_rng(0).normal(size=(5, 40)))
    >>> round(plot_fc_scatter(Figure().add_subplot(), fc, fc), 6)
    1.0
    """
    empirical, simulated = _same_shape(empirical, simulated)
    if len(empirical) < 3:
        raise bad_value('empirical', given=empirical, expected='at least three regions')
    pairs = np.triu_indices(len(empirical), 1)
    x, y = empirical[pairs], simulated[pairs]
    r = float(np.corrcoef(x, y)[0, 1])
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    margin = 0.04 * (high - low)
    span = (low - margin, high + margin)
    axes.plot(span, span, color=GREY, lw=1, ls='--', zorder=1)
    axes.scatter(x, y, s=6, color=BLUE, alpha=0.35, linewidths=0, rasterized=True, zorder=2)
    axes.set(
        xlabel='Empirical FC (Pearson r)', ylabel='Simulated FC (Pearson r)', xlim=span, ylim=span
    )
    axes.set_aspect('equal')
    axes.locator_params(nbins=5)
    ticks = [tick for tick in axes.get_yticks() if span[0] <= tick <= span[1]]
    axes.set_xticks(ticks)
    axes.set_yticks(ticks)
    axes.set_title(f'{len(x)} pairs: r = {r:.3f}')
    _open(axes)
    return r


def plot_parameters(
    axes: Axes,
    label: str,
    values: np.ndarray,
    bounds: tuple[float, float] | None = None,
    start: Any = None,
    networks: Sequence[str] | None = None,
    regions: Sequence[str] | None = None,
) -> None:
    """Draw one fitted parameter, a dot per region, grouped by network.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    label : str
        Name with unit.
    values : numpy.ndarray
        ``(N,)``, or one number.
    bounds : tuple of float, optional
        Limits that the fit could not leave.
    start : float or array, optional
        Where the fit started, one number or ``(N,)``.
    networks : sequence of str, optional
        Network of each region.
    regions : sequence of str, optional
        Label of each region, written where no networks are given and there is room.

    Raises
    ------
    ValueError
        If there is not one network per region.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from brainfit_fast.viz import plot_parameters
    >>> axes = Figure().add_subplot()
    >>> plot_parameters(axes, 'Frequency f (Hz)', np.array([0.05, 0.06]), start=0.055)
    >>> axes.get_ylabel()
    'Frequency f (Hz)'
    """
    values = np.atleast_1d(np.asarray(values, float))
    if len(values) == 1:
        networks = None
    order, blocks = network_order(networks, len(values))
    for index, (_, first, stop) in enumerate(blocks):
        if index % 2:
            axes.axvspan(first - 0.5, stop - 0.5, color='0.94', lw=0, zorder=0)
    if bounds is not None:
        for bound in bounds:
            axes.axhline(bound, color=GREY, lw=0.8, ls=':', zorder=1)
    starts = np.unique(np.asarray([] if start is None else start, float))
    if len(starts) == 1:
        axes.axhline(starts[0], color=GREY, lw=1, ls='--', zorder=1)
    elif len(starts):
        first = np.asarray(start, float)[order]
        axes.scatter(
            np.arange(len(values)), first, s=16, facecolors='none', edgecolors=GREY, zorder=1
        )
    axes.scatter(np.arange(len(values)), values[order], s=16, color=BLUE, linewidths=0, zorder=2)
    for _, first, stop in blocks:
        median = np.median(values[order][first:stop])
        axes.plot([first - 0.4, stop - 0.6], [median, median], color=VERMILLION, lw=2.2, zorder=3)
    axes.set_ylabel(label)
    axes.set_xlim(-1, len(values))
    if blocks:
        axes.set_xticks([(first + stop - 1) / 2 for _, first, stop in blocks])
        axes.set_xticklabels(
            [name for name, _, _ in blocks],
            fontsize='small',
            rotation=30,
            ha='right',
            rotation_mode='anchor',
        )
        axes.tick_params(axis='x', length=0)
    elif len(values) > 1:
        _name_regions(axes, regions, len(values))
    else:
        axes.set_xticks([0], [f'{values[0]:.3g}'])
        axes.tick_params(axis='x', length=0)
    _open(axes)


def fit_figure(
    *,
    history: Sequence[float],
    parameters: Mapping[str, tuple[np.ndarray, tuple[float, float] | None, Any]],
    empirical: np.ndarray | None = None,
    simulated: np.ndarray | None = None,
    networks: Sequence[str] | None = None,
    regions: Sequence[str] | None = None,
    title: str = '',
    subtitle: str = '',
    label: str = 'Loss, 1 − FC r',
    evaluations: bool = False,
    others: Any = None,
) -> Figure:
    """Draw a whole fit: loss, both FC matrices, region pairs, fitted parameters. One slide.

    Parameters
    ----------
    history : sequence of float
        Loss of each step.
    parameters : mapping
        Label with unit to ``(values, bounds, start)``, as in :func:`plot_parameters`.
    empirical, simulated : numpy.ndarray, optional
        ``(N, N)`` correlations; without both there is no panel of FC.
    networks, regions : sequence of str, optional
        Network and label of each region.
    title, subtitle : str
        Above the panels.
    label, evaluations, others
        As in :func:`plot_loss`.

    Returns
    -------
    matplotlib.figure.Figure
        13.3 by 7.5 inches; save it with ``figure.savefig(path)``.

    Raises
    ------
    MatplotlibMissing
        If matplotlib is not installed.
    ValueError
        If the shapes do not agree.

    Examples
    --------
    >>> import numpy as np
    >>> from brainfit_fast.viz import fit_figure
    >>> fc = np.corrcoef(np.random.default_rng(0).normal(size=(5, 40)))
    >>> figure = fit_figure(
    ...     history=[0.9, 0.4],
    ...     empirical=fc,
    ...     simulated=fc,
    ...     parameters={'Coupling k (1/s)': (np.array(0.5), (0.0, 1.0), 0.4)},
    ... )
    >>> len(figure.axes)
    6
    """
    matplotlib = _matplotlib()
    style = {'font.size': 11, 'axes.titlesize': 12, 'axes.titleweight': 'bold'}
    with matplotlib.rc_context(style):
        figure = matplotlib.figure.Figure(figsize=(13.33, 7.5), layout='constrained')
        figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08, hspace=0.04, wspace=0.02)
        top, bottom = figure.subfigures(2, 1, height_ratios=[1.12, 1])
        if title or subtitle:
            figure.suptitle(f'{title}\n{subtitle}'.strip(), fontsize=14)
        if empirical is None or simulated is None:
            loss = top.subplots()
        else:
            loss, left, right, scatter = top.subplots(1, 4, width_ratios=[0.8, 1, 1, 0.95])
            image = plot_fc_pair(left, right, empirical, simulated, networks, regions)
            bar = top.colorbar(
                image, ax=[left, right], location='right', shrink=0.8, aspect=28, pad=0.02
            )
            bar.set_label('FC (Pearson r)')
            plot_fc_scatter(scatter, empirical, simulated)
        plot_loss(loss, history, label, evaluations=evaluations, others=others)
        loss.set_title('Fit')
        widths = [1.0 if np.size(values) > 1 else 0.25 for values, _, _ in parameters.values()]
        panels = bottom.subplots(
            1, max(len(widths), 1), squeeze=False, width_ratios=widths or None
        )[0]
        for axes, (name, (values, bounds, start)) in zip(panels, parameters.items(), strict=False):
            plot_parameters(axes, name, values, bounds, start, networks, regions)
        lines = ('— median of network   ' if networks is not None else '') + '-- start   ·· bounds'
        bottom.suptitle(f'Fitted parameters by region   ({lines})', fontsize=12, fontweight='bold')
    return figure


def _same_shape(empirical: Any, simulated: Any) -> tuple[np.ndarray, np.ndarray]:
    empirical, simulated = np.asarray(empirical, float), np.asarray(simulated, float)
    if (
        empirical.ndim != 2
        or empirical.shape[0] != empirical.shape[1]
        or empirical.shape != simulated.shape
    ):
        raise bad_value(
            'empirical, simulated',
            given=f'shapes {empirical.shape} and {simulated.shape}',
            expected='two square matrices of one shape',
        )
    return empirical, simulated


def _mark_blocks(axes: Axes, blocks: list[tuple[str, int, int]]) -> None:
    for _, first, _ in blocks[1:]:
        axes.axhline(first - 0.5, color='black', lw=0.5)
        axes.axvline(first - 0.5, color='black', lw=0.5)
    if blocks:
        axes.set_xticks([])
        axes.set_yticks([])


def _name_regions(axes: Axes, regions: Sequence[str] | None, n: int) -> None:
    """Write the labels below, where there is room for them."""
    if regions is None or len(regions) != n or n > _ROOM:
        axes.set_xlabel('Region')
    else:
        axes.set_xticks(range(n), regions, rotation=90, fontsize='small')


def _open(axes: Axes) -> None:
    axes.spines[['top', 'right']].set_visible(False)
