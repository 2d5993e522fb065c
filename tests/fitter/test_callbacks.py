"""Callbacks of the library: when a fit stops, what is written down; alike in every backend."""

import csv
import math
import time

import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param

import brainfit_fast as bf
from brainfit_fast.callbacks import Checkpoint, CSVHistory, EarlyStopping, WallTime

BACKENDS = ['grad', 'nevergrad', 'scipy']


class Bowl(brainstate.nn.Module):
    """A model that is its parameter."""

    def __init__(self):
        super().__init__()
        self.x = Param(3.0)


def loss(model):
    return (model.x.value() - 1.0) ** 2, None


def flat(model):
    return 0.0 * model.x.value() + 1.0, None


def fit(backend='grad', n_steps=8, callbacks=(), loss_fn=loss, optimizer=None, **run):
    if backend != 'grad':
        pytest.importorskip('nevergrad')
    if backend == 'grad' and optimizer is None:
        optimizer = braintools.optim.SGD(lr=0.1)
    fitter = bf.Fitter(
        Bowl(), optimizer, backend=backend, loss_fn=loss_fn, callbacks=callbacks,
        search_space={'x': (-4.0, 4.0)},
    )  # fmt: skip
    return fitter.fit(n_steps=n_steps, seed=1, **run)


@pytest.mark.parametrize('backend', BACKENDS)
def test_what_callbacks_are_given(backend):
    seen = []
    result = fit(backend, 3, [lambda info: seen.append(dict(info))])
    assert [info['step'] for info in seen] == [0, 1, 2]
    assert seen[-1]['best_loss'] == result.best_loss
    assert all(info['model'] is result.model for info in seen)
    times = [info['elapsed'] for info in seen]
    assert times == sorted(times) and times[0] > 0
    if backend == 'grad':
        assert [info['grad_norm'] for info in seen] == [
            pytest.approx(4.0 * 0.8**k) for k in range(3)
        ]
        assert [info['learning_rate'] for info in seen] == [pytest.approx(0.1)] * 3
    else:
        assert seen[0]['grad_norm'] is None and seen[0]['learning_rate'] is None


@pytest.mark.parametrize('true', [True, np.True_, jnp.array(True)], ids=['bool', 'numpy', 'jax'])
def test_what_counts_as_true(true):
    """A comparison of arrays ends a fit as well; other things that are not false do not."""
    assert fit('grad', 5, [lambda info: true]).n_steps == 1
    for other in (None, 1, 'yes', np.False_, jnp.array(False), np.array([True, True])):
        assert fit('grad', 2, [lambda info, other=other: other]).n_steps == 2


@pytest.mark.parametrize('backend', BACKENDS)
def test_early_stopping_in_every_backend(backend):
    result = fit(backend, 20, [EarlyStopping(patience=3)], loss_fn=flat)
    assert result.status == 'stopped'
    assert result.n_steps == 4


def test_early_stopping_counts():
    """An improvement is one by more than min_delta; 'max' turns it around; patience begins anew."""
    stop = EarlyStopping(patience=2, min_delta=0.5)
    assert [stop({'loss': x}) for x in (3.0, 2.6, 2.4, 2.0, 2.0)] == [
        False,
        False,
        False,
        False,
        True,
    ]
    stop = EarlyStopping(patience=1, monitor='grad_norm', mode='max')
    assert [stop({'grad_norm': x}) for x in (1.0, 2.0, 1.5)] == [False, False, True]


def test_early_stopping_on_what_a_search_does_not_have():
    with pytest.raises(ValueError, match="given 'grad_norm'"):
        fit('nevergrad', 3, [EarlyStopping(monitor='grad_norm')])


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'patience': 0}, 'patience: given 0'),
        ({'min_delta': -1.0}, 'min_delta'),
        ({'min_delta': math.nan}, 'min_delta'),
        ({'monitor': 'accuracy'}, "'accuracy'"),
        ({'mode': 'up'}, "'up'"),
    ],
)
def test_bad_early_stopping(options, message):
    with pytest.raises(ValueError, match=message):
        EarlyStopping(**options)


@pytest.mark.parametrize('backend', BACKENDS)
def test_wall_time_ends_a_fit(backend):
    result = fit(backend, 1000, [WallTime(1e-6)])
    assert result.status == 'stopped'
    assert result.n_steps < 1000


def test_wall_time_lets_several_steps_run_per_round_trip():
    """It needs no look at each step."""
    calls = []

    class Counted(WallTime):
        def __call__(self, info):
            calls.append(info['step'])
            return super().__call__(info)

    result = fit('grad', 500, [Counted(1.0 * u.hour)])
    assert result.n_steps == 500
    assert len(calls) < 100


@pytest.mark.parametrize('limit', [0.0, -1.0, math.nan, 3.0 * u.mV])
def test_bad_wall_time(limit):
    with pytest.raises(ValueError, match='limit'):
        WallTime(limit)


@pytest.mark.parametrize('backend', BACKENDS)
def test_csv_history(backend, tmp_path):
    path = tmp_path / 'history.csv'
    for _ in range(2):  # the second fit begins the file anew
        result = fit(backend, 5, [CSVHistory(path)])
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row['step']) for row in rows] == list(range(5))
    assert float(rows[-1]['best_loss']) == result.best_loss
    if backend == 'grad':
        assert [float(row['loss']) for row in rows] == result.history
        assert [float(row['grad_norm']) for row in rows] == [float(x) for x in result.grad_norms]
        best = [min(result.history[: k + 1]) for k in range(5)]
        assert [float(row['best_loss']) for row in rows] == best
    else:
        assert rows[0]['grad_norm'] == ''


def test_files_in_folders_that_do_not_exist(tmp_path):
    for make in (CSVHistory, Checkpoint):
        with pytest.raises(FileNotFoundError, match='folder does not exist'):
            make(tmp_path / 'nowhere' / 'file')


def test_bad_checkpoint(tmp_path):
    with pytest.raises(ValueError, match='every: given 0'):
        Checkpoint(tmp_path / 'fit.npz', every=0)


def test_checkpoints_are_not_written_more_often_than_every_second(tmp_path):
    """The first at once, then none for a second."""
    checkpoint, written = Checkpoint(tmp_path / 'fit.npz'), []
    assert checkpoint.due(1)
    checkpoint.save(written.append)
    assert not checkpoint.due(2)
    began = time.monotonic()
    while not checkpoint.due(3):
        time.sleep(0.02)
    assert time.monotonic() - began > 0.9


def test_all_callbacks_are_called_also_after_one_that_stops():
    seen = []
    result = fit('grad', 5, [lambda info: True, lambda info: seen.append(info['step'])])
    assert result.n_steps == 1 and seen == [0]


@pytest.mark.parametrize('backend', BACKENDS)
def test_progress_bar_goes_on_where_a_resumed_fit_does(backend, tmp_path, capsys):
    path = tmp_path / 'fit.npz'
    fit(backend, 2, checkpoint=path)
    fitter = bf.Fitter(
        Bowl(),
        braintools.optim.SGD(lr=0.1) if backend == 'grad' else None,
        backend=backend,
        loss_fn=loss,
        search_space={'x': (-4.0, 4.0)},
    )
    fitter.resume(path, n_steps=4, verbose='bar')
    assert '4/4' in capsys.readouterr().err


def test_grad_norm_is_that_of_all_parameters():
    class Two(brainstate.nn.Module):
        def __init__(self):
            super().__init__()
            self.x, self.y = Param(3.0), Param(jnp.array([1.0, 2.0]))

    def both(model):
        return 3.0 * model.x.value() + jnp.sum(model.y.value()) * 2.0, None

    result = bf.Fitter(Two(), loss_fn=both).fit(n_steps=1)
    assert result.grad_norms[0] == pytest.approx(math.sqrt(9.0 + 4.0 + 4.0))


def test_patience_begins_anew_in_each_fit():
    stop = EarlyStopping(patience=3)
    assert fit(n_steps=20, callbacks=[stop], loss_fn=flat).n_steps == 4

    def higher(model):
        return 0.0 * model.x.value() + 2.0, None

    assert fit(n_steps=20, callbacks=[stop], loss_fn=higher).n_steps == 4


@pytest.mark.parametrize('callbacks', [EarlyStopping(), [3], 'abc'])
def test_callbacks_that_are_none(callbacks):
    with pytest.raises(TypeError, match=r'callbacks: given .* expected'):
        bf.Fitter(Bowl(), loss_fn=loss, callbacks=callbacks)


def test_files_stay_where_they_were_named(tmp_path, monkeypatch):
    """A relative path is that of the folder in which it was given."""
    other = tmp_path / 'other'
    other.mkdir()
    monkeypatch.chdir(tmp_path)
    files = [CSVHistory('history.csv'), Checkpoint('fit.npz')]
    monkeypatch.chdir(other)
    fit('grad', 2, files)
    assert {path.name for path in tmp_path.iterdir()} == {'other', 'history.csv', 'fit.npz'}
    assert not list(other.iterdir())
