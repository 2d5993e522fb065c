"""Fits that are saved, killed and resumed: the same numbers to the bit, and never less than there was."""

import errno
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Const, Param, SigmoidT

import brainfit_fast as bf
from brainfit_fast.callbacks import Checkpoint, CSVHistory, EarlyStopping

pytest.importorskip('nevergrad')

N, DT, STEPS = 3, 0.1 * u.ms, 5
TARGET = np.random.default_rng(8).standard_normal((STEPS, N)).astype('float32')
SPACE = {'a': (-0.5, 0.5)}
PREDICT = bf.Predict(STEPS * DT, dt=DT, monitors='x')


@pytest.fixture(autouse=True)
def clock():
    with brainstate.environ.context(dt=DT):
        yield


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'fit.npz'


def make(backend='grad', optimizer=None, **options):
    """A fresh noisy node and its Fitter; key 3, float32."""
    brainstate.random.seed(3)
    start = braintools.init.Uniform(0.0, 0.5)
    model = bf.HopfStep(
        N,
        a=Param(np.linspace(0.05, 0.3, N)),
        w=Param(0.2, t=SigmoidT(0.05, 0.9)),
        init_x=start,
        init_y=start,
        noise_x=bf.GaussianNoise(N, sigma=0.05),
    )
    options = {'predict': PREDICT, 'search_space': SPACE, **options}
    return bf.Fitter(model, optimizer, backend=backend, **options)


def adam():
    return braintools.optim.Adam(lr=braintools.optim.StepLR(0.05, step_size=4, gamma=0.5))


FITS = {
    'grad': ({'optimizer': adam}, {}, 12, 7),
    'restarts': ({'optimizer': adam}, {'n_restarts': 3, 'seed': 5, 'n_noise_seeds': 2}, 12, 7),
    'nevergrad': (
        {'backend': 'nevergrad', 'optimizer': lambda: {'n_sample': 4}},
        {'seed': 5, 'noise': 'sequential'},
        4,
        2,
    ),
    'scipy': ({'backend': 'scipy'}, {'seed': 5}, 3, 1),
    'scipy without gradients': (
        {'backend': 'scipy', 'optimizer': lambda: {'method': 'Powell', 'options': {'maxfev': 12}}},
        {'seed': 5},
        3,
        1,
    ),
}


def build(name):
    options = dict(FITS[name][0])
    optimizer = options.pop('optimizer', lambda: None)()
    return make(optimizer=optimizer, **options)


def same(one, other):
    assert one.history == other.history
    assert one.best_loss == other.best_loss
    assert one.best_step == other.best_step
    assert one.n_steps == other.n_steps
    for name, value in one.best_params.items():
        np.testing.assert_array_equal(value, other.best_params[name])
    assert (one.best_key == other.best_key).all()
    if one.evaluations is not None:
        np.testing.assert_array_equal(one.evaluations.losses, other.evaluations.losses)
        np.testing.assert_array_equal(one.evaluations.steps, other.evaluations.steps)
        for name, values in one.evaluations.params.items():
            np.testing.assert_array_equal(values, other.evaluations.params[name])
    if one.restarts is not None:
        np.testing.assert_array_equal(one.restarts.history, other.restarts.history)
        np.testing.assert_array_equal(one.restarts.starts['a'], other.restarts.starts['a'])


# ------------------------------------------------------------------------------------------ to the bit


@pytest.mark.parametrize('name', FITS)
def test_a_resumed_fit_is_the_uninterrupted_one(name, path):
    """Every number of the result, and the random key that it leaves behind."""
    _, run, n_steps, part = FITS[name]
    whole = build(name).fit(TARGET, n_steps, **run)
    key = brainstate.random.DEFAULT.value
    build(name).fit(TARGET, part, checkpoint=path, **run)
    brainstate.random.seed(99)  # what the process was doing meanwhile
    resumed = build(name).resume(path, TARGET, n_steps=n_steps)
    same(whole, resumed)
    assert (brainstate.random.DEFAULT.value == key).all()


def test_a_search_is_resumed_in_its_refinement(path, monkeypatch):
    run = {'seed': 5, 'n_restarts': 2, 'n_refine_steps': 6}
    whole = build('nevergrad').fit(TARGET, 2, **run)

    def stop(info):
        return info['step'] == 4  # two generations, three gradient steps

    fitter = build('nevergrad')
    fitter.callbacks = [stop]
    assert fitter.fit(TARGET, 2, checkpoint=path, **run).n_steps == 5
    same(whole, build('nevergrad').resume(path, TARGET))


def test_a_finished_fit_is_read_back(path):
    done = build('grad').fit(TARGET, 5, checkpoint=path)
    same(done, build('grad').resume(path, TARGET))


def test_a_fit_that_is_resumed_twice(path):
    whole = build('grad').fit(TARGET, 12)
    build('grad').fit(TARGET, 3, checkpoint=path)
    build('grad').resume(path, TARGET, n_steps=7)
    same(whole, build('grad').resume(path, TARGET, n_steps=12))


def test_interrupted_from_the_keyboard(path):
    def interrupt(info):
        if info['step'] == 3:
            raise KeyboardInterrupt

    whole = build('grad').fit(TARGET, 8)
    fitter = build('grad')
    fitter.callbacks = [interrupt]
    with pytest.warns(RuntimeWarning, match='interrupted'):
        part = fitter.fit(TARGET, 8, checkpoint=path)
    assert part.history == whole.history[: part.n_steps]
    same(whole, build('grad').resume(path, TARGET))


def test_callbacks_go_on(path, tmp_path):
    """Patience is that of the whole fit, and the file has each step once."""

    def callbacks():
        return [EarlyStopping(patience=3, min_delta=10.0), CSVHistory(tmp_path / 'history.csv')]

    fitter = make(callbacks=callbacks())
    fitter.fit(TARGET, 2, checkpoint=path)
    # steps that the checkpoint does not have: killed before the next one was saved
    with (tmp_path / 'history.csv').open('a') as file:
        file.write('2,1.0,1.0,,,0.1\n')
    resumed = make(callbacks=callbacks()).resume(path, TARGET, n_steps=12)
    assert resumed.status == 'stopped' and resumed.n_steps == 4
    rows = (tmp_path / 'history.csv').read_text().splitlines()
    assert [row.split(',')[0] for row in rows] == ['step', '0', '1', '2', '3']
    assert [float(row.split(',')[1]) for row in rows[1:]] == resumed.history


def test_resumed_with_other_callbacks(path):
    make(callbacks=[EarlyStopping()]).fit(TARGET, 2, checkpoint=path)
    with pytest.raises(ValueError, match=r'callbacks: given none, expected .*EarlyStopping'):
        make().resume(path, TARGET)


# --------------------------------------------------------------------------- what does not fit is refused


def test_no_such_file(path):
    with pytest.raises(FileNotFoundError, match='no such file'):
        make().resume(path, TARGET)


def test_a_result_is_no_checkpoint(path):
    make().fit(TARGET, 1).save(path)
    with pytest.raises(ValueError, match='holds no checkpoint'):
        make().resume(path, TARGET)


def test_a_checkpoint_of_another_backend(path):
    make().fit(TARGET, 1, checkpoint=path)
    with pytest.raises(ValueError, match=r"backend='grad'.*'scipy'"):
        make('scipy').resume(path, TARGET)


def test_a_checkpoint_of_another_model(path):
    make().fit(TARGET, 1, checkpoint=path)
    other = make()
    other.model.a.val.value = jnp.zeros(())
    with pytest.raises(ValueError, match=r'resume: given a checkpoint with float32\[3\]'):
        other.resume(path, TARGET)
    fewer = make()
    fewer.model.w = Const(0.2)
    with pytest.raises(ValueError, match='that this fit has no place for'):
        fewer.resume(path, TARGET)


def test_a_checkpoint_of_another_optimizer(path):
    make().fit(TARGET, 1, checkpoint=path)
    for other in (braintools.optim.RAdam, braintools.optim.Lion):  # of the same and of another form
        with pytest.raises(ValueError, match=rf"'Adam'.*'{other.__name__}'"):
            make(optimizer=other(lr=0.1)).resume(path, TARGET)


def test_another_target_is_told(path):
    make().fit(TARGET, 2, checkpoint=path)
    with pytest.warns(RuntimeWarning, match='not that of the checkpoint'):
        make().resume(path, TARGET + 1.0, n_steps=3)


def test_another_search_is_refused(path):
    build('nevergrad').fit(TARGET, 2, seed=5, checkpoint=path)
    other = make('nevergrad', {'n_sample': 4, 'method': 'PSO'})
    with pytest.raises(ValueError, match='proposes other points'):
        other.resume(path, TARGET, n_steps=3)


def test_fewer_steps_than_were_run(path):
    make().fit(TARGET, 4, checkpoint=path)
    with pytest.raises(ValueError, match='n_steps: given 2, expected at least the 4'):
        make().resume(path, TARGET, n_steps=2)


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(FileNotFoundError, match='folder does not exist'):
        make().fit(TARGET, 1, checkpoint=tmp_path / 'nowhere' / 'fit.npz')


# ------------------------------------------------------------------------------------- nothing is lost


def test_a_full_disk_does_not_end_the_fit(path, monkeypatch):
    """The file stays as it was, a warning says so, the result is whole."""
    whole = make().fit(TARGET, 6)
    make().fit(TARGET, 2, checkpoint=path)
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(os, 'fsync', full)
    with pytest.warns(RuntimeWarning, match='No space left on device'):
        result = make().fit(TARGET, 6, checkpoint=Checkpoint(path, every=1))
    same(whole, result)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_fit_that_meets_nan_is_saved(path):
    class Risky(brainstate.nn.Module):
        def __init__(self):
            super().__init__()
            self.x = Param(1.0)

    def loss(model):
        return jnp.sqrt(model.x.value() - 0.75), None

    def fitter():
        return bf.Fitter(Risky(), braintools.optim.SGD(lr=0.1), loss_fn=loss)

    with pytest.warns(RuntimeWarning, match='not finite'):
        result = fitter().fit(n_steps=20, checkpoint=path)
    assert result.status == 'diverged'
    with pytest.warns(RuntimeWarning, match='not finite'):
        again = fitter().resume(path)
    assert again.best_loss == result.best_loss and again.best_params == result.best_params


def test_checkpoints_every_few_steps(path, monkeypatch):
    from brainfit_fast.fitting import checkpoint

    seen = []
    write = checkpoint.write_arrays

    def counted(path, arrays, meta):
        seen.append(int(arrays["gradient:['state']['step']"]))
        write(path, arrays, meta)

    monkeypatch.setattr(checkpoint, 'write_arrays', counted)
    make(callbacks=[Checkpoint(path, every=4)]).fit(TARGET, 10)
    assert seen == [4, 8, 10]
    make().resume(Checkpoint(path, every=2), TARGET, n_steps=15)
    assert seen == [4, 8, 10, 12, 14, 15]


CHILD = """
    import sys
    import brainstate
    sys.path.insert(0, {here!r})
    from test_checkpoint import TARGET, build, DT
    from pathlib import Path
    path = Path(sys.argv[2])
    with brainstate.environ.context(dt=DT):
        fitter = build(sys.argv[1])
        # slow enough to be killed at work: each step takes a twentieth of a second
        import time
        fitter.callbacks = [lambda info: time.sleep(0.05)]
        from brainfit_fast.callbacks import Checkpoint
        n_steps, run = int(sys.argv[3]), eval(sys.argv[4])
        print('started', flush=True)
        if path.exists():
            result = fitter.resume(path, TARGET)
        else:
            result = fitter.fit(TARGET, n_steps, checkpoint=Checkpoint(path, every=1), **run)
        print('result', repr(result.history), result.best_loss, flush=True)
"""


def run_and_kill(name, path, n_steps, run, moments):
    """Start a fit, kill it at each of the moments (seconds), and let it end at last."""
    code = textwrap.dedent(CHILD.format(here=str(Path(__file__).parent)))
    command = [sys.executable, '-c', code, name, str(path), str(n_steps), repr(run)]
    killed = 0
    for moment in moments:
        # elsewhere than in a checkout, whose package would be imported instead of the installed one
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=path.parent)
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith('started'):
                break
        time.sleep(moment)
        killed += child.poll() is None
        child.send_signal(signal.SIGKILL)
        child.wait()
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=path.parent)
    out = done.stdout
    line = next(line for line in out.splitlines() if line.startswith('result'))
    history, best = line.removeprefix('result ').rsplit(' ', 1)
    return eval(history), float(best), killed


@pytest.mark.parametrize('name', ['grad', pytest.param('nevergrad', marks=pytest.mark.slow)])
def test_a_killed_fit_goes_on(name, path):
    """SIGKILL while it works; float32, keys and seeds as above."""
    _, run, *_ = FITS[name]
    n_steps = 60
    whole = build(name).fit(TARGET, n_steps, **run)
    history, best, killed = run_and_kill(name, path, n_steps, run, [2.0])
    assert killed == 1
    assert history == whole.history and best == whole.best_loss


@pytest.mark.slow
@pytest.mark.parametrize('name', FITS)
def test_a_fit_that_is_killed_twenty_times_loses_nothing(name, path):
    """Twenty random moments, from before the first step on; then the history of an uninterrupted fit."""
    _, run, *_ = FITS[name]
    n_steps = {'grad': 300, 'restarts': 300, 'nevergrad': 80}.get(name, 40)
    whole = build(name).fit(TARGET, n_steps, **run)
    draw = random.Random(7)
    moments = [draw.uniform(0.5, 4.0) for _ in range(20)]
    history, best, killed = run_and_kill(name, path, n_steps, run, moments)
    assert killed >= 10
    assert history == whole.history and best == whole.best_loss


def test_a_line_of_the_history_that_was_cut_short(path, tmp_path):
    """The rest of a line that a kill has left is removed."""
    log = tmp_path / 'history.csv'
    make(callbacks=[CSVHistory(log)]).fit(TARGET, 3, checkpoint=path)
    log.write_text(log.read_text() + '1')
    make(callbacks=[CSVHistory(log)]).resume(path, TARGET, n_steps=4)
    assert [line.split(',')[0] for line in log.read_text().split()] == ['step', *'0123']


def test_seeds_of_numpy_are_saved(path):
    run = {'n_restarts': 2, 'seed': np.int64(5)}
    result = make().fit(TARGET, 2, checkpoint=path, **run)
    assert make().resume(path, TARGET).history == result.history


def test_callbacks_with_a_state_of_another_kind(path):
    class Own:
        state = 'mine'

        def __call__(self, info):
            pass

    make(callbacks=[Own()]).fit(TARGET, 2, checkpoint=path)
    assert make(callbacks=[Own()]).resume(path, TARGET, n_steps=3).n_steps == 3


def searching(**options):
    return make('nevergrad', {'n_sample': 4}, **options)


def test_a_search_is_not_resumed_to_fewer_generations(path):
    searching().fit(TARGET, 3, seed=5, checkpoint=path)
    with pytest.raises(ValueError, match='n_steps: given 2, expected at least the 3'):
        searching().resume(path, TARGET, n_steps=2)


def test_a_longer_search_is_refined_anew(path):
    run = {'seed': 5, 'n_refine_steps': 3}
    whole = searching().fit(TARGET, 4, **run)
    searching().fit(TARGET, 2, checkpoint=path, **run)
    assert searching().resume(path, TARGET, n_steps=4).history == whole.history


class Rising(brainstate.nn.Module):
    """Each loss is higher than the one before, whatever the parameter."""

    def __init__(self):
        super().__init__()
        self.x, self.count = Param(0.5), brainstate.HiddenState(jnp.zeros(()))

    def loss(self):
        self.count.value = self.count.value + 10.0
        return self.count.value + self.x.value() ** 2, None


def test_callbacks_of_a_resumed_refinement_know_the_best_of_the_search(path):
    seen = []

    def note(info):
        seen.append(info['best_loss'])
        if len(seen) == 5:
            raise RuntimeError

    def fitter():
        return bf.Fitter(
            Rising(),
            backend='nevergrad',
            loss_fn=Rising.loss,
            search_space={'x': (-1.0, 1.0)},
            callbacks=[note],
        )

    with pytest.raises(RuntimeError):
        fitter().fit(n_steps=3, n_refine_steps=3, seed=5, checkpoint=Checkpoint(path, every=1))
    assert fitter().resume(path).best_loss == seen[0]
    assert seen == [seen[0]] * 7
