"""What benchmarks/peers.py does besides measuring: arguments, agreement, ratios, rows kept, tables."""

import importlib.util
import json
import sys
from pathlib import Path

import brainstate
import numpy as np
import pytest

import brainfit_fast as bf

BENCHMARKS = Path(__file__).resolve().parents[2] / 'benchmarks'
MEASURED = BENCHMARKS / 'results' / 'peers-py311-jax0.10.2.json'


@pytest.fixture(scope='module')
def script():
    """The script; a package beside it has its name."""
    before = list(sys.path)
    sys.path.insert(0, str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location('peers_script', BENCHMARKS / 'peers.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = before


@pytest.fixture(scope='module')
def turns(script):
    from peers import turns

    return turns


def test_only_names_workloads_and_peers(script):
    options = script.parsed(['--only', 'rww-16,cubnm,scan'])
    assert options.workloads == ['rww-16']
    assert [n for n in script.CONTENDERS if script.takes_part(n, options.peers)] == [
        'brainfit_fast', 'brainfit_fast, HRF', 'brainfit_fast, HRF, no clip',
        'brainfit_fast, not compiled',
        'scan', 'scan, noise ahead', 'cubnm',
    ]  # fmt: skip
    everything = script.parsed([])
    assert everything.workloads == list(script.WORKLOADS) and everything.precision == [
        'float32', 'float64',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--only', 'rww,nobody'], 'no nobody; there are workloads rww'),
        (['--precision', '16'], '--precision 16: 32, 64 or both'),
        (['--table', 'a.json', '--json', 'b.json'], 'give one of them'),
        (['--page', 'page.md', '--json', 'b.json'], 'give --table'),
        (['--part', 'time', '--json', 'nothing.json'], 'needs the --json file of --part check'),
    ],
)
def test_refused_arguments(arguments, said, script, capsys):
    with pytest.raises(SystemExit):
        script.parsed(arguments)
    assert said in capsys.readouterr().err


def test_who_takes_part(script):
    """brainmass has no excitatory Wong-Wang model; those that store everything are left out of 16 runs."""
    peers = {
        name: {script.CONTENDERS[c].peer for c in work.contenders}
        for name, work in script.WORKLOADS.items()
    }
    everybody = {'brainfit_fast', 'scan', 'tvboptim', 'cubnm', 'brainmass'}
    assert peers['rww'] == everybody - {'brainmass'}
    assert peers['ei'] == everybody
    assert peers['hopf'] == everybody - {'cubnm'}
    assert 'tvboptim' not in script.WORKLOADS['rww-16'].contenders
    assert peers['ei-delays-16'] == {'brainfit_fast', 'cubnm'}
    for work in script.WORKLOADS.values():
        assert work.contenders[0] == 'brainfit_fast'
        if work.memory:
            continue
        assert {work.beside(name) for name in work.contenders} <= {*work.contenders}
    assert script.WORKLOADS['ei'].beside('brainmass') == 'brainfit_fast, HRF, no clip'
    assert script.WORKLOADS['hopf'].beside('brainmass') == 'brainfit_fast, HRF'


@pytest.mark.parametrize('quick', [False, True])
def test_seeds_and_lengths_of_checks(quick, script):
    from peers.workloads import noisy

    for short in (False, True):
        length, seeds = noisy(short, quick)
        assert len(seeds) == (4 if quick else 20) and length.steps % length.tr_steps == 0
        assert length.steps // length.tr_steps >= length.removed + 10


def test_double_precision_is_checked_once(turns, monkeypatch, tmp_path):
    """cuBNM computes the same at either precision; everybody else is asked again."""
    from contextlib import contextmanager

    asked = []

    class Answers:
        def answer(self):
            return {k: v for k, v in _answer().items() if k not in ('bold', 'seeds')}

    @contextmanager
    def working(name, task, envs):
        asked.append(name)
        np.savez(task['bold'], silent=np.ones((1, 3, 2)))
        yield Answers()

    monkeypatch.setattr(turns, 'working', working)
    monkeypatch.setattr(turns, '_DOUBLE', {})
    names = ['brainfit_fast', 'cubnm']
    for dtype in ('float32', 'float64'):
        rows = turns.measure(turns.w.WORKLOADS['rww'], dtype, names, 0, True, tmp_path, None)
        assert all('error' not in row for row in rows)
    assert asked == ['brainfit_fast', 'cubnm', 'brainfit_fast']


def test_goals(script):
    rww = script.WORKLOADS['rww']
    assert [rww.goal(n) for n in ('cubnm', 'scan, noise ahead', 'tvboptim, HRF')] == [6, 2, 2]
    assert script.WORKLOADS['hopf-delays'].goal('brainmass') == 1


def test_delays_are_cubnms(script):
    """At least one step, counted from the next state: 1 mm at 10 mm/ms is one step."""
    arrays = script.WORKLOADS['rww-delays'].arrays
    lengths, back = arrays['lengths'], arrays['back']
    assert back.dtype == np.int32 and back[0, 0] == 0
    far = lengths > 2
    assert far.any() and np.abs(back + 1 - lengths)[far].max() <= 0.5
    assert arrays['weights'].mean() == pytest.approx(0.01)


def test_inhibitory_weights_are_exact(script):
    """In float64, whatever the precision of this process: peers get them as numbers."""
    arrays = script.WORKLOADS['ei'].arrays
    with brainstate.environ.context(precision=64):
        exact = bf.fic.analytic_fic(arrays['weights'], rate=3.0630854, G=arrays['G'][0])
    np.testing.assert_allclose(arrays['J_i'][0], exact, rtol=1e-12)


def test_means_of_other_noise(turns):
    """Means 0 and 1.9, 2.1 standard errors of the difference apart; seeds 0 to 3."""
    from peers.agreement import compare_means

    spread = np.array([-1.0, 1.0, -1.0, 1.0])
    error = np.sqrt(2) * np.std(spread, ddof=1) / 2
    for apart, agrees in ((1.9, True), (2.1, False)):
        found = compare_means(list(spread + apart * error), list(spread), False)
        assert found['agrees'] is agrees and found['standard_errors'] == pytest.approx(apart)


def test_means_of_the_same_noise(turns):
    """Seed by seed: equal means do not help."""
    from peers.agreement import compare_means

    ours = [0.1, 0.2, 0.3, 0.9]
    assert compare_means([0.1, 0.2, 0.3005], ours, True)['agrees']
    assert not compare_means([0.2, 0.1, 0.3], ours, True)['agrees']


def _answer(**changes):
    return {
        'finite': True, 'repeats_equal': True, 'seeds': [0, 1], 'bold': {'silent': np.ones((1, 3, 2))},
        'mean_fc': [0.1, 0.2], 'bold_spread': [0.0195, 0.0205],
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    ('name', 'changes', 'said'),
    [
        ('scan', {}, None),
        (
            'scan',
            {'bold': {'silent': np.full((1, 3, 2), 1.02)}},
            'BOLD without noise differs by 2.0e-02',
        ),
        ('scan', {'bold': {'silent': np.full((1, 3, 2), np.nan)}, 'finite': False}, 'not finite'),
        ('scan', {'mean_fc': [0.8, 0.9]}, 'mean FC over seeds'),
        # standard errors 0.0005 of 0.03 and 0.02
        ('scan', {'bold_spread': [0.0205, 0.0215]}, None),
        (
            'scan',
            {'bold_spread': [0.0295, 0.0305]},
            'BOLD varies 1.500 times as much, standard error 0.05',
        ),
        ('scan', {'repeats_equal': False}, None),
        ('brainfit_fast, not compiled', {'repeats_equal': False}, 'two runs of one seed differ'),
        ('scan', {'error': 'stopped'}, 'stopped'),
    ],
)
def test_verdict(name, changes, said, turns):
    from peers.agreement import verdict

    answers = {'brainfit_fast': _answer(), name: _answer(**changes)}
    found = verdict(name, 'brainfit_fast', answers)
    assert said in found['error'] if said else 'error' not in found


def test_who_has_no_delays_is_found(turns):
    """Delays twenty times as long change BOLD by 5 %."""
    from peers.agreement import verdict

    without, long = np.ones((1, 3, 2)), np.full((1, 3, 2), 1.05)
    ours = _answer(bold={'silent': without, 'slow': long})
    good = verdict('scan', 'brainfit_fast', {'brainfit_fast': ours, 'scan': ours})
    assert 'error' not in good and good['slow_bold_difference'] == 0
    none = _answer(bold={'silent': without, 'slow': without})
    found = verdict('scan', 'brainfit_fast', {'brainfit_fast': ours, 'scan': none})
    assert 'delays twenty times as long, differs by 0.0476' in found['error']
    with pytest.raises(ValueError, match='change BOLD by 0'):
        verdict('scan', 'brainfit_fast', {'brainfit_fast': none, 'scan': none})


@pytest.mark.parametrize(('again', 'fails'), [([0.15, 0.16], False), ([0.8, 0.9], True)])
def test_other_seeds_decide(again, fails, turns, monkeypatch, tmp_path):
    """Who is too far apart with the first seeds is asked with others, and so are we; nobody else."""
    from contextlib import contextmanager

    asked = []

    @contextmanager
    def working(name, task, envs):
        more = task['seeds'] == list(turns.w.MORE_SEEDS)
        asked.append((name, more))
        np.savez(task['bold'], silent=np.ones((1, 3, 2)))
        means = {'scan': again if more else [0.8, 0.9]}.get(name, [0.1, 0.2])
        answer = {k: v for k, v in _answer(mean_fc=means).items() if k not in ('bold', 'seeds')}
        yield type('Worker', (), {'answer': lambda self: answer})()

    monkeypatch.setattr(turns, 'working', working)
    names = ['brainfit_fast', 'scan', 'tvboptim']
    rows = turns.measure(turns.w.WORKLOADS['rww'], 'float32', names, 0, False, tmp_path, None)
    assert asked == [(n, False) for n in names] + [('scan', True), ('brainfit_fast', True)]
    assert [('error' in row) for row in rows] == [False, fails, False]
    check = rows[1]['check']
    assert check['standard_errors_first'] > 2 and check['seeds_that_decide'] == 100
    assert (check['standard_errors'] > 2) is fails
    assert 'seeds_that_decide' not in rows[2]['check']


def _timed(seconds, mb=120.0):
    return {'seconds': seconds, 'first_call_s': 2.0, 'peak_mb': 100.0 + mb, 'import_mb': 100.0}


ABOUT = {'dtype': 'float32', 'steps': 10, 'loadavg': [0.0, 0.0, 0.0]}
CHECK = {
    'silent_bold_difference': 2e-3, 'repeats_equal': True, 'seeds': [0], 'mean_fc': 0.1,
    'our_mean_fc': 0.2, 'standard_errors': 0.5, 'agrees': True,
    'bold_spread': 0.998,
}  # fmt: skip


def rows_of(script, turns, workload='rww'):
    timed = {
        'brainfit_fast': _timed([1.0, 2.0, 1.0]),
        'cubnm': _timed([5.0, 14.0, 7.0]),
        'scan': _timed([0.5, 1.0, 0.5]),
    }
    return [turns.row_of(script.WORKLOADS[workload], name, ABOUT, CHECK, timed) for name in timed]


def test_ratio_is_of_the_same_turn(script, turns):
    """Seconds 5, 14, 7 over 1, 2, 1 are 5, 7, 7."""
    ours, cubnm, scan = rows_of(script, turns)
    assert 'ratio' not in ours and ours['memory_mb'] == 120.0
    assert cubnm['ratio']['median'] == 7 and cubnm['goal'] == 6 and cubnm['met']
    assert scan['ratio']['median'] == 0.5 and not scan['met']


def test_disagreement_is_no_figure(script, turns):
    bad = turns.row_of(script.WORKLOADS['rww'], 'scan', ABOUT, {'error': 'scan: other'}, {})
    assert bad['error'] == 'scan: other' and 'ratio' not in bad and 'seconds' not in bad


def test_memory_is_above_the_imports(script, turns):
    row = rows_of(script, turns, 'memory')[0]
    assert row['limit'] == 100 and not row['met'] and 'ratio' not in row


def test_only_what_was_checked_is_timed(script):
    rows = [
        {'workload': 'rww', 'dtype': 'float32', 'contender': 'scan', 'check': CHECK},
        {'workload': 'rww', 'dtype': 'float64', 'contender': 'cubnm', 'check': CHECK},
    ]
    found = script.checks(rows, 'rww', 'float32')
    assert found['scan'] == CHECK and found['cubnm'] == {'error': 'not checked'}


def test_rows_of_other_work_are_kept(script):
    def row(workload, contender, **more):
        return {'workload': workload, 'dtype': 'float32', 'contender': contender, **more}

    earlier = [row('hopf', 'scan'), row('rww', 'scan'), row('rww', 'cubnm', seconds=1)]
    rows = script.merged(earlier, [row('rww', 'cubnm', seconds=2)], 'abc')
    assert [(r['workload'], r['contender']) for r in rows] == [
        ('rww', 'scan'), ('rww', 'cubnm'), ('hopf', 'scan'),
    ]  # fmt: skip
    assert rows[1] == row('rww', 'cubnm', seconds=2, commit='abc')


def test_table_names_who_wins_and_who_failed(script, turns, tmp_path):
    rows = rows_of(script, turns)
    rows.append({**rows[1], 'contender': 'tvboptim', 'error': 'tvboptim: other'})
    del rows[-1]['ratio']
    device = {
        'processor': 'some', 'cores': 2, 'cpu_level': 'x', 'loadavg_at_start': [0.1],
    }  # fmt: skip
    report = {'device': device, 'date': 'd', 'commit': 'c', 'repeats': 3, 'rows': rows}
    text = script.table(report)
    assert '| reduced Wong–Wang | cubnm | 1 | 7 | 7 (5.8–7) | – | 6 | yes |' in text
    assert '| 0.5 (0.5–0.5) | – | 2 | **no** |' in text
    assert 'Faster than we are: scan in reduced Wong–Wang, float32 (0.50).' in text
    assert 'failed: rww, float32: tvboptim: other' in text
    script.figure(report, tmp_path / 'ratios.svg')
    assert 'reduced Wong–Wang · cubnm' in (tmp_path / 'ratios.svg').read_text()


def test_docs_show_what_was_measured(script):
    """The page is what ``--table FILE --page`` makes of the committed file."""
    page = (BENCHMARKS.parent / 'docs' / 'benchmarks.md').read_text()
    assert script.on_page(page, json.loads(MEASURED.read_text())) == page
    figure = BENCHMARKS.parent / 'docs' / 'figures' / 'peers.svg'
    assert figure.exists() == ('figures/peers.svg' in page)


def test_a_page_without_a_place(script):
    with pytest.raises(ValueError, match='around the tables'):
        importlib.import_module('peers.pages').put('# A page\n', 'peers.py', 'a table')
