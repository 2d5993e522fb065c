"""Connectomes from TVB objects, TVB archives and files of several arrays."""

import bz2
import gzip
import io
import pickle
import re
import zipfile
from types import SimpleNamespace

import braintools
import brainunit as u
import numpy as np
import pytest
from scipy.io import savemat

import brainfit_fast as bf
from brainfit_fast import datasets

WEIGHTS = np.array([[0.0, 2.0, 0.0], [0.5, 0.0, 1.0], [0.0, 1.0, 0.0]])
SYMMETRIC = np.array([[0.0, 2.0, 0.0], [2.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
LENGTHS = np.array([[0.0, 40.0, 30.0], [41.0, 0.0, 20.0], [30.0, 20.0, 0.0]])
CENTRES = np.array([[0.0, 0.0, 0.0], [3.0, 4.0, 0.0], [0.0, 0.0, 12.0]])
LABELS = ['rA1', 'rV1', 'lA1']


def refused(match, reader, *args, error=ValueError, **kwargs):
    with pytest.raises(error, match=re.escape(match)):
        reader(*args, **kwargs)


def tvb_object(**changed):
    """Stands for tvb.datatypes.connectivity.Connectivity, by its documented attributes."""
    return SimpleNamespace(
        **{
            'weights': WEIGHTS,
            'tract_lengths': LENGTHS,
            'region_labels': np.array(LABELS),
            'speed': np.array([3.0]),
            'centres': CENTRES,
            'cortical': np.array([True, True, False]),
            'hemispheres': np.array([True, True, False]),
            'areas': np.array([1.0, 2.0, 3.0]),
            'orientations': np.eye(3),
            'undirected': False,
        }
        | changed
    )


def check_facts(conn):
    assert conn.labels.tolist() == LABELS
    np.testing.assert_array_equal(conn.regions['centres'].to_decimal(u.mm), CENTRES)
    assert conn.regions['cortical'].tolist() == [True, True, False]
    assert conn.regions['hemispheres'].dtype == bool
    assert conn.regions['areas'].tolist() == [1.0, 2.0, 3.0]
    assert np.array_equal(conn.regions['orientations'], np.eye(3))


class TestFromTVB:
    def test_every_attribute(self):
        source = tvb_object()
        conn = datasets.from_tvb(source)
        assert np.array_equal(conn.weights, WEIGHTS) and conn.weights is not source.weights
        assert np.array_equal(conn.distances.to_decimal(u.mm), LENGTHS)
        assert conn.speed == 3.0 * u.mm / u.ms and np.ndim(conn.speed) == 0
        check_facts(conn)
        source.weights = WEIGHTS + 1.0
        assert np.array_equal(conn.weights, WEIGHTS)

    def test_source_target_turns_weights_lengths_and_speeds(self):
        speeds = np.arange(1.0, 10.0).reshape(3, 3)
        conn = datasets.from_tvb(tvb_object(speed=speeds), orientation='source_target')
        assert np.array_equal(conn.weights, WEIGHTS.T)
        assert np.array_equal(conn.distances.to_decimal(u.mm), LENGTHS.T)
        assert np.array_equal(conn.speed.to_decimal(u.mm / u.ms), speeds.T)
        assert conn.orientation == 'source_target' and conn.notes == ()

    def test_what_asymmetric_and_symmetric_ones_say(self):
        conn = datasets.from_tvb(tvb_object())
        assert conn.asymmetry == 0.75 and conn.orientation == 'target_source'
        assert conn.notes == (
            'connectivity is asymmetric and read as [target, source], the convention of TVB: row '
            "i holds what region i receives; pass orientation='source_target', or transpose it, "
            'if its rows are sources.',
        )
        assert repr(conn) == (
            "ImportedConnectome(3 regions 'rA1' … 'lA1'; weights [target, source] asymmetric (by "
            'up to 0.75 of the largest), read as target_source; distances up to 41 mm; speed 3 '
            'mm/ms; centres, orientations, areas, cortical, hemispheres; 1 note; from '
            'connectivity)'
        )
        assert datasets.from_tvb(tvb_object(), orientation='target_source').notes == ()
        conn = datasets.from_tvb(tvb_object(weights=SYMMETRIC))
        assert conn.asymmetry == 0.0 and conn.notes == ()
        assert 'weights [target, source] symmetric, read as target_source' in repr(conn)

    def test_unset_attributes(self):
        # TVB has None or an empty array where nothing is known.
        conn = datasets.from_tvb(
            SimpleNamespace(weights=SYMMETRIC, centres=CENTRES, areas=np.array([]), cortical=None)
        )
        assert list(conn.regions) == ['centres'] and conn.speed is None
        assert conn.labels.tolist() == ['region_001', 'region_002', 'region_003']
        np.testing.assert_allclose(
            conn.distances.to_decimal(u.mm), [[0, 5, 12], [5, 0, 13], [12, 13, 0]], rtol=1e-15
        )
        assert 'they are the distances of the centres' in conn.notes[0]
        assert 'has no labels' in conn.notes[1]
        assert datasets.from_tvb(SimpleNamespace(weights=SYMMETRIC)).distances is None

    def test_survives_pickling(self):
        conn = pickle.loads(pickle.dumps(datasets.from_tvb(tvb_object())))
        assert conn.notes and np.array_equal(conn.weights, WEIGHTS)

    @pytest.mark.parametrize(
        ('changed', 'message'),
        [
            ({'weights': np.zeros((3, 2))}, 'connectivity.weights: found shape (3, 2), needed'),
            ({'weights': -WEIGHTS}, 'connectivity.weights: 4 values are negative'),
            ({'weights': WEIGHTS * np.nan}, 'connectivity.weights: 9 of 9 values are NaN'),
            (
                {'tract_lengths': -LENGTHS},
                'connectivity, tract lengths: 6 values are negative, the first -40 at [0, 1]',
            ),
            (
                {'tract_lengths': np.zeros((2, 2))},
                'found shape (2, 2), needed (3, 3), because there are weights of 3 regions',
            ),
            ({'region_labels': LABELS[:2]}, 'labels: found 2 names, needed 3, one per region'),
            ({'region_labels': ['a', 'b', 'a']}, "labels: the name 'a' occurs twice"),
            ({'centres': CENTRES.T[:2]}, "'centres': found shape (2, 3), needed (3, 3)"),
            ({'centres': CENTRES + np.nan}, "'centres': 9 of 9 values are NaN"),
            ({'areas': [1.0, 2.0]}, "'areas': found shape (2,), needed (3,)"),
            ({'cortical': [0, 1, 2]}, "'cortical': found the value 2, needed 0 or 1"),
            ({'speed': [1.0, 2.0]}, 'connectivity.speed: given [1.0, 2.0], expected one number'),
            ({'speed': 0.0}, 'connectivity.speed: given 0.0, expected speeds above zero'),
            ({'speed': np.nan}, 'connectivity.speed: given nan, expected speeds above zero'),
        ],
    )
    def test_refused(self, changed, message):
        refused(message, datasets.from_tvb, tvb_object(**changed))

    def test_other_objects_and_orientations(self):
        refused(
            'connectivity: given a str without weights, expected a tvb.datatypes.connectivity',
            datasets.from_tvb,
            'connectivity_76.zip',
            error=TypeError,
        )
        refused(
            "orientation: given 'rows', expected one of 'target_source', 'source_target'",
            datasets.from_tvb,
            tvb_object(),
            orientation='rows',
        )

    def test_object_of_tvb(self):
        module = pytest.importorskip('tvb.datatypes.connectivity')
        source = module.Connectivity(
            weights=WEIGHTS,
            tract_lengths=LENGTHS,
            region_labels=np.array(LABELS),
            centres=CENTRES,
            cortical=np.array([True, True, False]),
            hemispheres=np.array([True, True, False]),
            areas=np.array([1.0, 2.0, 3.0]),
            orientations=np.eye(3),
        )
        source.configure()
        conn = datasets.from_tvb(source)
        assert np.array_equal(conn.weights, WEIGHTS) and conn.speed == 3.0 * u.mm / u.ms
        check_facts(conn)
        bare = module.Connectivity(weights=SYMMETRIC, centres=CENTRES)
        assert datasets.from_tvb(bare).distances is not None


def as_text(values):
    stream = io.StringIO()
    np.savetxt(stream, values)
    return stream.getvalue().encode()


def as_npy(values):
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


def as_npz(values):
    stream = io.BytesIO()
    np.savez(stream, values)
    return stream.getvalue()


def centres_text():
    rows = zip(LABELS, CENTRES, strict=True)
    return ''.join(f'{label}  {x:.4e} {y} {z}\n' for label, (x, y, z) in rows).encode()


def archive(path, changed=()):
    """An archive as TVB ships them; None takes a file out."""
    members = {
        'weights.txt': as_text(WEIGHTS),
        'tract_lengths.txt': as_text(LENGTHS),
        'centres.txt': centres_text(),
        'areas.txt': as_text([1.0, 2.0, 3.0]),
        'average_orientations.txt': as_text(np.eye(3)),
        'cortical.txt': b'1\n1\n0\n',
        'hemispheres.txt': b'1\n1\n0\n',
        'info.txt': b'a connectivity for tests',
    } | dict(changed)
    with zipfile.ZipFile(path, 'w') as stream:
        for name, content in members.items():
            if content is not None:
                stream.writestr(name, content)
    return path


FORMS = {
    'plain': {},
    'hemisphere': {'hemispheres.txt': None, 'hemisphere.txt': b'1\n1\n0\n'},
    'bz2': {
        'weights.txt': None,
        'weights.txt.bz2': bz2.compress(as_text(WEIGHTS)),
        'centres.txt': None,
        'centres.txt.bz2': bz2.compress(centres_text()),
    },
    'gz': {
        'tract_lengths.txt': None,
        'tract_lengths.txt.gz': gzip.compress(as_text(LENGTHS)),
    },
    'numpy': {
        'weights.txt': None,
        'weights.npz': as_npz(WEIGHTS),
        'tract_lengths.txt': None,
        'tract_lengths.npy': as_npy(LENGTHS),
        'centres.txt': None,
        'centres.npy': as_npy(
            np.array([[n, *map(str, c)] for n, c in zip(LABELS, CENTRES, strict=True)])
        ),
    },
    'folder': {
        'weights.txt': None,
        'subject/weights.txt': as_text(WEIGHTS),
        '__MACOSX/weights.txt': b'junk',
        'subject/._weights.txt': b'junk',
    },
    'prefix': {'weights.txt': None, 'Subject1_Weights.txt': as_text(WEIGHTS)},
}


class TestTVBArchive:
    @pytest.mark.parametrize('form', FORMS)
    def test_forms(self, tmp_path, form):
        conn = datasets.read_connectome(archive(tmp_path / 'c.zip', FORMS[form]))
        assert np.array_equal(conn.weights, WEIGHTS)
        assert np.array_equal(conn.distances.to_decimal(u.mm), LENGTHS)
        check_facts(conn)
        assert len(conn.notes) == 1 and 'the convention of TVB' in conn.notes[0]

    def test_weights_alone(self, tmp_path):
        with zipfile.ZipFile(tmp_path / 'c.zip', 'w') as stream:
            stream.writestr('weights.txt', as_text(SYMMETRIC))
        conn = datasets.read_connectome(tmp_path / 'c.zip', labels=LABELS)
        assert conn.distances is None and conn.labels.tolist() == LABELS and conn.notes == ()

    def test_empty_tract_lengths_become_distances_of_centres(self, tmp_path):
        path = archive(tmp_path / 'c.zip', {'tract_lengths.txt': b'\n'})
        conn = datasets.read_connectome(path, length_unit=u.cm)
        assert conn.distances.to_decimal(u.mm)[0, 1] == 5.0

    def test_labels_that_are_numbers(self, tmp_path):
        centres = b'17 0 0 0\n4 1 1 1\n9 2 2 2\n'
        conn = datasets.read_connectome(archive(tmp_path / 'c.zip', {'centres.txt': centres}))
        assert conn.labels.tolist() == ['17', '4', '9']

    def test_arrays_by_name_in_other_readers(self, tmp_path):
        path = archive(tmp_path / 'c.zip')
        assert datasets.read_labels(path).tolist() == LABELS
        subject = datasets.load_subject(
            weights=f'{path}:weights', lengths=f'{path}:tract_lengths', labels=path
        )
        assert np.array_equal(subject.weights, WEIGHTS)
        assert subject.labels.tolist() == LABELS

    @pytest.mark.parametrize(
        ('changed', 'message'),
        [
            ({'weights.txt': None}, "holds 'tract_lengths.txt', 'centres.txt', 'areas.txt', "),
            ({'weights.txt': b''}, "'weights.txt' in connectome file"),
            (
                {'weights.npy': as_npy(WEIGHTS)},
                "holds two files of weights: 'weights.txt' and 'weights.npy'; take one of them out",
            ),
            ({'weights.txt': b'0 1\n1 x\n'}, "line 2, column 2: 'x' is not a number"),
            ({'weights.txt': as_text(-WEIGHTS)}, "'weights': 4 values are negative"),
            ({'tract_lengths.txt': as_text(-LENGTHS)}, 'tract lengths: 6 values are negative'),
            ({'centres.txt': b'a 0 0 0\nb 1 1 1\n'}, 'found shape (2, 3), needed (3, 3)'),
            ({'centres.txt': b'a b 0 0 0\n'}, 'row 0 (counted from 0) has 5 values, needed 4'),
            ({'cortical.txt': b'1\n2\n0\n'}, "'cortical': found the value 2, needed 0 or 1"),
            (
                {'areas.txt': None, 'areas.txt.bz2': b'junk'},
                "'areas.txt.bz2' in connectome file",
            ),
            ({'areas.txt': None, 'areas.npz': b'junk'}, "'areas.npz' in connectome file"),
        ],
    )
    def test_refused(self, tmp_path, changed, message):
        refused(message, datasets.read_connectome, archive(tmp_path / 'c.zip', changed))

    def test_damaged(self, tmp_path):
        (tmp_path / 'c.zip').write_text('words')
        refused('cannot be read as .zip', datasets.read_connectome, tmp_path / 'c.zip')


class TestSeveralArrays:
    @pytest.mark.parametrize('suffix', ['mat', 'npz'])
    def test_known_names(self, tmp_path, suffix):
        arrays = {'SC': WEIGHTS, 'fc': np.eye(3), 'lengths': LENGTHS / 10.0, 'TR': 0.72}
        if suffix == 'mat':
            savemat(
                tmp_path / 's.mat', arrays | {'labels': np.array(LABELS, object), 'id': 'sub-01'}
            )
        else:
            np.savez(tmp_path / 's.npz', **arrays, labels=LABELS, id='sub-01')
        conn = datasets.read_connectome(tmp_path / f's.{suffix}', length_unit=u.cm)
        assert np.array_equal(conn.weights, WEIGHTS) and conn.labels.tolist() == LABELS
        np.testing.assert_allclose(conn.distances.to_decimal(u.mm), LENGTHS, rtol=1e-15)
        assert 'the convention of this library' in conn.notes[0]
        refused(
            'because there are weights of 3 regions'
            if suffix == 'npz'
            else 'found shape (2, 2), needed (3, 3)',
            datasets.read_connectome,
            *self.with_short_lengths(tmp_path, suffix, arrays),
        )

    def with_short_lengths(self, folder, suffix, arrays):
        changed = arrays | {'lengths': LENGTHS[:2, :2]}
        if suffix == 'mat':
            savemat(folder / 't.mat', changed)
        else:
            np.savez(folder / 't.npz', **changed)
        return (folder / f't.{suffix}',)

    def test_the_only_square_one(self, tmp_path):
        savemat(
            tmp_path / 's.mat',
            {'A': SYMMETRIC, 'bold': np.ones((9, 3)), 'names': np.array(LABELS, object)},
        )
        conn = datasets.read_connectome(tmp_path / 's.mat')
        assert np.array_equal(conn.weights, SYMMETRIC)
        assert conn.labels.tolist() == LABELS and conn.distances is None

    def test_by_name_and_from_other_files(self, tmp_path):
        path = tmp_path / 's.mat'
        savemat(path, {'A': SYMMETRIC, 'B': WEIGHTS, 'mm': LENGTHS})
        (tmp_path / 'l.txt').write_text('\n'.join(LABELS))
        conn = datasets.read_connectome(
            f'{path}:B', lengths=f'{path}:mm', labels=tmp_path / 'l.txt'
        )
        assert np.array_equal(conn.weights, WEIGHTS) and conn.labels.tolist() == LABELS
        assert np.array_equal(conn.distances.to_decimal(u.mm), LENGTHS)

    def test_what_cannot_be_told(self, tmp_path):
        path = tmp_path / 's.mat'
        savemat(path, {'A': SYMMETRIC, 'B': WEIGHTS})
        refused(
            "holds several arrays: 'A' (3, 3) float64, 'B' (3, 3) float64; say which one by "
            "appending a colon and its name, as in ':A'",
            datasets.read_connectome,
            path,
        )
        refused(
            "has no array 'C'; it has 'A' (3, 3) float64", datasets.read_connectome, f'{path}:C'
        )
        np.savez(tmp_path / 'n.npz', SC=WEIGHTS, weights=SYMMETRIC)
        refused(
            "holds 'SC' and 'weights', and either may be meant; say which one by its name behind a "
            "colon, as in 'FILE:SC'",
            datasets.read_connectome,
            tmp_path / 'n.npz',
        )
        np.savez(tmp_path / 'l.npz', sc=WEIGHTS, lengths=LENGTHS, distances=LENGTHS)
        refused("as in lengths='FILE:lengths'", datasets.read_connectome, tmp_path / 'l.npz')
        assert (
            datasets.read_connectome(
                tmp_path / 'l.npz', lengths=f'{tmp_path / "l.npz"}:lengths'
            ).distances
            is not None
        )

    def test_labels_of_another_number(self, tmp_path):
        np.save(tmp_path / 'w.npy', WEIGHTS)
        refused(
            'labels: found 2 names, needed 3',
            datasets.read_connectome,
            tmp_path / 'w.npy',
            labels=['a', 'b'],
        )

    def test_names_of_a_table(self, tmp_path):
        (tmp_path / 'w.csv').write_text(',A,B\nA,0,1\nB,2,0\n')
        conn = datasets.read_connectome(tmp_path / 'w.csv', orientation='source_target')
        assert conn.labels.tolist() == ['A', 'B']
        assert np.array_equal(conn.weights, [[0.0, 2.0], [1.0, 0.0]])


class TestSubjects:
    def test_orientation_of_a_subject(self, tmp_path):
        np.save(tmp_path / 'w.npy', WEIGHTS)
        np.save(tmp_path / 'l.npy', LENGTHS)
        files = {'weights': tmp_path / 'w.npy', 'lengths': tmp_path / 'l.npy'}
        subject = datasets.load_subject(**files, orientation='source_target')
        assert np.array_equal(subject.weights, WEIGHTS.T) and subject.notes == ()
        assert np.array_equal(subject.lengths.to_decimal(u.mm), LENGTHS.T)
        assert "pass orientation='source_target'" in datasets.load_subject(**files).notes[0]
        refused("given 'T', expected one of", datasets.load_subject, **files, orientation='T')


class TestSignals:
    def test_labels_beside_a_series(self, tmp_path):
        series = np.random.default_rng(0).normal(size=(30, 3))
        savemat(tmp_path / 's.mat', {'bold': series, 'labels': np.array(LABELS, object)})
        signal = datasets.read_signal(tmp_path / 's.mat', dt=2 * u.second)
        assert signal.labels.tolist() == LABELS and signal.dt == 2000.0 * u.ms
        assert np.array_equal(signal.signal, series)
        (tmp_path / 's.csv').write_text('A,B\n0,1\n1,0\n3,1\n')
        signal = datasets.read_signal(tmp_path / 's.csv', dt=2 * u.second)
        assert signal.labels.tolist() == ['A', 'B']
        np.save(tmp_path / 's.npy', series)
        signal = datasets.read_signal(tmp_path / 's.npy', dt=2 * u.second)
        assert signal.labels[0] == 'region_001'

    def test_refused(self, tmp_path):
        path = tmp_path / 's.npy'
        np.save(path, np.random.default_rng(0).normal(size=(30, 3)))
        refused('dt: given None, expected a time, because', datasets.read_signal, path)
        for dt in (2.0, 2.0 * u.mm, -1.0 * u.second):
            refused('expected a time above zero', datasets.read_signal, path, dt=dt)
        options = {'dt': 2 * u.second}
        refused('found 2 names', datasets.read_signal, path, labels=['a', 'b'], **options)
        np.save(path, np.ones((30, 3)))
        refused('3 regions are constant in time', datasets.read_signal, path, **options)
        np.save(path, np.full((30, 3), np.nan))
        refused('90 of 90 values are NaN', datasets.read_signal, path, **options)


def test_activity_spreads_from_sources_to_targets():
    weights = np.array([[0.0, 0.0], [1.0, 0.0]])  # from region 0 to region 1
    conn = datasets.from_tvb(
        SimpleNamespace(weights=weights, tract_lengths=6.0 * (1 - np.eye(2)), speed=[3.0])
    )

    def activity(k):
        network = bf.Network(
            bf.HopfStep(2, a=-0.1, w=0.3, init_x=braintools.init.Constant(1.0)),
            conn=conn.weights,
            distance=conn.distances,
            speed=conn.speed,
            coupling='additive',
            coupled_var='x',
            k=k,
            delay_init=braintools.init.Constant(1.0),
        )
        run = bf.Simulator(network, dt=1.0 * u.ms).run(20.0 * u.ms, monitors=['node.x'])
        return np.asarray(run['node.x'])

    alone, coupled = activity(0.0), activity(0.5)
    assert np.array_equal(alone[:, 0], coupled[:, 0])
    assert np.abs(alone[:, 1] - coupled[:, 1]).max() > 0.1
