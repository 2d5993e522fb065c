"""Plots: what is on the axes."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from brainfit_fast import viz


def matrices(n=7):
    rng = np.random.default_rng(0)
    return np.corrcoef(rng.normal(size=(n, 40))), np.corrcoef(rng.normal(size=(n, 40)))


def axes():
    return Figure().add_subplot()


def test_loss_marks_the_best_step():
    panel = axes()
    viz.plot_loss(panel, [0.9, 0.3, np.nan, 0.4])
    line, best = panel.get_lines()
    np.testing.assert_array_equal(line.get_xdata(), [0, 1, 2, 3])
    assert (best.get_xdata()[0], best.get_ydata()[0]) == (1, 0.3)
    assert panel.get_xlabel() and panel.get_ylabel()


def test_loss_without_a_finite_value_is_refused():
    with pytest.raises(ValueError, match='no finite loss'):
        viz.plot_loss(axes(), [np.nan])


def test_matrices_share_colours_and_order():
    empirical, simulated = matrices()
    networks = ['A', 'B'] * 3 + ['A']
    left, right = Figure().subplots(1, 2)
    viz.plot_fc_pair(left, right, empirical, simulated, networks)
    one, two = left.get_images()[0], right.get_images()[0]
    assert one.get_clim() == two.get_clim()
    assert one.get_clim()[0] == -one.get_clim()[1]
    order = [0, 2, 4, 6, 1, 3, 5]
    np.testing.assert_array_equal(one.get_array(), empirical[np.ix_(order, order)])
    np.testing.assert_array_equal(two.get_array(), simulated[np.ix_(order, order)])
    assert [label.get_text() for label in left.get_yticklabels()] == ['A', 'B']


def test_scatter_returns_and_shows_r():
    empirical, simulated = matrices()
    panel = axes()
    r = viz.plot_fc_scatter(panel, empirical, simulated)
    pairs = np.triu_indices(7, 1)
    assert r == pytest.approx(np.corrcoef(empirical[pairs], simulated[pairs])[0, 1])
    assert panel.get_title() == f'21 pairs: r = {r:.3f}'
    assert len(panel.collections[0].get_offsets()) == 21
    assert panel.get_xlim() == panel.get_ylim()


@pytest.mark.parametrize(
    'function', [viz.plot_fc_scatter, lambda a, x, y: viz.plot_fc_pair(a, a, x, y)]
)
def test_shapes_that_differ_are_refused(function):
    with pytest.raises(ValueError, match='two square matrices of one shape'):
        function(axes(), np.eye(4), np.eye(5))


def test_two_regions_have_no_scatter():
    with pytest.raises(ValueError, match='at least three regions'):
        viz.plot_fc_scatter(axes(), np.eye(2), np.eye(2))


def test_parameters_are_grouped_by_network():
    panel = axes()
    values = np.arange(4.0)
    viz.plot_parameters(panel, 'a (1/s)', values, (-1, 5), 0.5, ['B', 'A', 'B', 'A'])
    np.testing.assert_array_equal(panel.collections[0].get_offsets()[:, 1], [0, 2, 1, 3])
    assert panel.get_ylabel() == 'a (1/s)'
    assert [label.get_text() for label in panel.get_xticklabels()] == ['B', 'A']
    medians = [line.get_ydata()[0] for line in panel.get_lines()[-2:]]
    assert medians == [1.0, 2.0]


def test_networks_of_another_length_are_refused():
    with pytest.raises(ValueError, match='3 names, expected 4'):
        viz.plot_parameters(axes(), 'a', np.zeros(4), networks=['A', 'B', 'C'])


def test_figure_has_every_panel_and_a_slide_format():
    empirical, simulated = matrices()
    figure = viz.fit_figure(
        history=[0.9, 0.2],
        empirical=empirical,
        simulated=simulated,
        parameters={'a (1/s)': (np.zeros(7), None, None), 'k (1/s)': (np.array(0.3), (0, 1), 0.2)},
        title='Title',
    )
    labels = {panel.get_ylabel() for panel in figure.axes}
    assert {'a (1/s)', 'k (1/s)', 'FC (Pearson r)', 'Simulated FC (Pearson r)'} <= labels
    width, height = figure.get_size_inches()
    assert width / height == pytest.approx(16 / 9, rel=0.01)
