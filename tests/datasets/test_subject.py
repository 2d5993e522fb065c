"""Files of one subject, checked against each other."""

import re

import brainunit as u
import numpy as np
import pytest

from brainfit_fast import datasets

N = 4


@pytest.fixture
def folder(tmp_path):
    """Consistent files without region names."""
    rng = np.random.default_rng(0)
    upper = np.triu(rng.uniform(1.0, 2.0, (N, N)), 1)
    weights = upper + upper.T
    series = rng.normal(size=(60, N)) @ (np.eye(N) + weights)
    np.save(tmp_path / 'weights.npy', weights)
    np.savetxt(tmp_path / 'lengths.txt', 10.0 * weights)
    np.savetxt(tmp_path / 'fc.csv', np.corrcoef(series.T), delimiter=',')
    np.savetxt(tmp_path / 'bold.tsv', series, delimiter='\t')
    (tmp_path / 'labels.txt').write_text('A\nB\nC\nD\n')
    return tmp_path


def named(path, values, names):
    """Write a matrix with names of rows and columns."""
    rows = [','.join(['', *names])]
    rows += [
        ','.join([name, *(repr(float(v)) for v in row)])
        for name, row in zip(names, values, strict=True)
    ]
    path.write_text('\n'.join(rows))
    return path


def refused(match, error=ValueError, **paths):
    with pytest.raises(error, match=re.escape(match)):
        datasets.load_subject(**paths)


def test_everything(folder):
    subject = datasets.load_subject(
        weights=folder / 'weights.npy',
        lengths=folder / 'lengths.txt',
        fc=folder / 'fc.csv',
        timeseries=folder / 'bold.tsv',
        labels=folder / 'labels.txt',
    )
    assert np.array_equal(subject.weights, np.load(folder / 'weights.npy'))
    assert u.get_unit(subject.lengths) == u.mm
    np.testing.assert_allclose(u.get_magnitude(subject.lengths), 10.0 * subject.weights)
    np.testing.assert_allclose(subject.fc, np.loadtxt(folder / 'fc.csv', delimiter=','), rtol=0)
    assert subject.timeseries.shape == (60, N)
    assert subject.labels.tolist() == ['A', 'B', 'C', 'D'] and subject.notes == ()


def test_weights_alone(folder):
    subject = datasets.load_subject(weights=folder / 'weights.npy')
    assert subject.lengths is None and subject.fc is None and subject.timeseries is None
    assert subject.labels.tolist() == [f'region_{i:03d}' for i in range(1, N + 1)]


def test_fc_from_the_time_series(folder):
    subject = datasets.load_subject(weights=folder / 'weights.npy', timeseries=folder / 'bold.tsv')
    np.testing.assert_allclose(subject.fc, np.corrcoef(subject.timeseries.T), atol=1e-14)
    assert np.array_equal(subject.fc, subject.fc.T) and (np.diagonal(subject.fc) == 1.0).all()


def test_lengths_in_another_unit(folder):
    subject = datasets.load_subject(
        weights=folder / 'weights.npy', lengths=folder / 'lengths.txt', length_unit=u.cmeter
    )
    assert u.get_unit(subject.lengths) == u.mm
    np.testing.assert_allclose(u.get_magnitude(subject.lengths), 100.0 * subject.weights)
    with pytest.raises(u.UnitMismatchError):
        datasets.load_subject(
            weights=folder / 'weights.npy', lengths=folder / 'lengths.txt', length_unit=u.second
        )


@pytest.mark.parametrize('name', ['lengths', 'fc'])
def test_matrices_of_another_size(folder, name):
    np.save(folder / 'small.npy', np.eye(3))
    refused(
        f"{name} file '{folder / 'small.npy'}': found shape (3, 3), needed (4, 4), because "
        f"weights file '{folder / 'weights.npy'}' has 4 regions",
        weights=folder / 'weights.npy',
        **{name: folder / 'small.npy'},
    )


def test_transposed_series(folder):
    np.save(folder / 't.npy', np.ones((N, 60)))
    refused(
        'found shape (4, 60), needed (time, 4), because weights file',
        weights=folder / 'weights.npy',
        timeseries=folder / 't.npy',
    )
    refused(
        'it looks transposed, as (regions, time)',
        weights=folder / 'weights.npy',
        timeseries=folder / 't.npy',
    )


@pytest.mark.parametrize(
    ('name', 'values', 'message'),
    [
        ('weights', -np.ones((N, N)), "weights file '{}': 16 values are negative"),
        ('lengths', -np.ones((N, N)), "lengths file '{}': 16 values are negative"),
        ('fc', np.zeros((N, N)), "fc file '{}': the diagonal at [0, 0] is 0"),
        ('timeseries', np.full((9, N), np.nan), "timeseries file '{}': 36 of 36 values are NaN"),
    ],
)
def test_each_file_is_checked_for_its_kind(folder, name, values, message):
    path = folder / 'bad.npy'
    np.save(path, values)
    refused(message.format(path), **{'weights': folder / 'weights.npy', name: path})


def test_constant_region(folder):
    series = np.loadtxt(folder / 'bold.tsv')
    series[:, 2] = 7.0
    np.save(folder / 'flat.npy', series)
    refused(
        "1 regions are constant in time, the first 'C' (column 2, counted from 0)",
        weights=folder / 'weights.npy',
        timeseries=folder / 'flat.npy',
        labels=folder / 'labels.txt',
    )
    # With an FC of its own the series is not correlated.
    subject = datasets.load_subject(
        weights=folder / 'weights.npy', fc=folder / 'fc.csv', timeseries=folder / 'flat.npy'
    )
    assert subject.fc.shape == (N, N)


def test_paths_are_checked_before_anything_is_parsed(folder):
    (folder / 'weights.csv').write_text('not a matrix')
    for name in ('lengths', 'fc', 'timeseries', 'labels'):
        refused(
            f'{name} file',
            FileNotFoundError,
            weights=folder / 'weights.csv',
            **{name: folder / 'missing.csv'},
        )


def test_names_in_the_files_become_labels(folder):
    path = named(folder / 'w.csv', np.ones((N, N)) - np.eye(N), 'ABCD')
    assert datasets.load_subject(weights=path).labels.tolist() == ['A', 'B', 'C', 'D']


def test_names_beside_numbers_become_labels(folder):
    (folder / 'w.csv').write_text(',1,2\nA,0,1\nB,1,0\n')
    assert datasets.load_subject(weights=folder / 'w.csv').labels.tolist() == ['A', 'B']
    (folder / 'w.csv').write_text(',A,B\n0,0,1\n1,1,0\n')
    assert datasets.load_subject(weights=folder / 'w.csv').labels.tolist() == ['A', 'B']


def test_names_must_agree_between_files(folder):
    weights = named(folder / 'w.csv', np.ones((N, N)), 'ABCD')
    fc = named(folder / 'f.csv', np.eye(N), 'ABDC')
    refused(
        f"fc file '{fc}': region 2 (counted from 0) is 'D', and 'C' in weights file "
        f"'{weights}'; all files need the same regions in the same order",
        weights=weights,
        fc=fc,
    )
    (folder / 'bold.csv').write_text('A,C,B,D\n1,2,3,4\n2,1,5,3\n4,3,1,1\n')
    refused(
        "region 1 (counted from 0) is 'C', and 'B' in weights file",
        weights=weights,
        timeseries=folder / 'bold.csv',
    )


def test_counted_names_are_not_compared(folder):
    weights = named(folder / 'w.csv', np.ones((N, N)) - np.eye(N), '0123')
    fc = named(folder / 'f.csv', np.eye(N), '1234')
    subject = datasets.load_subject(weights=weights, fc=fc)
    assert subject.labels[0] == 'region_001'


def test_times_are_not_taken_for_region_names(folder):
    weights = named(folder / 'w.csv', np.ones((N, N)), 'ABCD')
    (folder / 'b.csv').write_text('t0,1,2,3,4\nt1,2,1,5,3\nt2,4,3,1,1\nt3,0,3,2,1\n')
    subject = datasets.load_subject(weights=weights, timeseries=folder / 'b.csv')
    assert subject.timeseries.shape == (4, N) and subject.labels.tolist() == list('ABCD')


def test_labels_file_renames_but_does_not_reorder(folder):
    weights = named(folder / 'w.csv', np.ones((N, N)), 'WXYZ')
    subject = datasets.load_subject(weights=weights, labels=folder / 'labels.txt')
    assert subject.labels.tolist() == ['A', 'B', 'C', 'D']
    (folder / 'swapped.txt').write_text('W\nY\nX\nZ\n')
    refused(
        "name 1 (counted from 0) is 'Y', and 'X' in weights file",
        weights=weights,
        labels=folder / 'swapped.txt',
    )
    (folder / 'three.txt').write_text('W\nX\nY\n')
    refused('found 3 names, needed 4', weights=weights, labels=folder / 'three.txt')


def test_repeated_names(folder):
    weights = named(folder / 'w.csv', np.ones((N, N)), 'ABBD')
    refused("the name 'B' occurs twice, at 1 and 2", weights=weights)


def test_notes(folder):
    weights = np.zeros((N, N))
    weights[0, 1], weights[1, 0], weights[0, 0] = 1.0, 2.0, 5.0
    lengths = np.zeros((N, N))
    lengths[0, 1] = 30.0
    np.save(folder / 'w.npy', weights)
    np.save(folder / 'l.npy', lengths)
    notes = datasets.load_subject(weights=folder / 'w.npy', lengths=folder / 'l.npy').notes
    assert len(notes) == 4
    for note, part in zip(
        notes,
        (
            'asymmetric and read as [target, source]',
            'has a diagonal of up to 5; networks leave',
            '2 regions are connected to no other',
            '1 connections have weight and a length of 0',
        ),
        strict=True,
    ):
        assert part in note
