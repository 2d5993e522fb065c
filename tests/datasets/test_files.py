"""Readers of matrices, time series and labels: formats, and every message."""

import re

import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csr_matrix

from brainfit_fast import datasets

MATRIX = np.array([[0.0, 1.5, 2.0], [1.5, 0.0, 3e-4], [2.0, 3e-4, 0.0]])
FC = np.array([[1.0, 0.5, -0.1], [0.5, 1.0, 0.2], [-0.1, 0.2, 1.0]])


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding='utf-8')
    return path


def refused(match, reader, *args, error=ValueError, **kwargs):
    """Assert that a reader raises with this message, given literally."""
    with pytest.raises(error, match=re.escape(match)):
        reader(*args, **kwargs)


TEXTS = {
    'comma': ('m.csv', '0,1.5,2\n1.5,0,3e-4\n2,3e-4,0\n'),
    'semicolon': ('m.csv', '0;1.5;2\n1.5;0;3e-4\n2;3e-4;0\n'),
    'tab': ('m.tsv', '0\t1.5\t2\n1.5\t0\t3e-4\n2\t3e-4\t0\n'),
    'blanks': ('m.txt', '  0 1.5   2\n1.5 0 3e-4\n\n2 3e-4 0'),
    'comments': ('m.txt', '# made by hand\n0 1.5 2\n% half way\n1.5 0 3e-4\n2 3e-4 0\n'),
    'crlf_bom': ('m.csv', '\ufeff0,1.5,2\r\n1.5,0,3e-4\r\n2,3e-4,0\r\n'),
    'trailing_delimiter': ('m.csv', '0,1.5,2,\n1.5,0,3e-4,\n2,3e-4,0,\n'),
    'header': ('m.csv', 'A,B,C\n0,1.5,2\n1.5,0,3e-4\n2,3e-4,0\n'),
    'row_names': ('m.csv', 'A,0,1.5,2\nB,1.5,0,3e-4\nC,2,3e-4,0\n'),
    'both': ('m.csv', ',A,B,C\nA,0,1.5,2\nB,1.5,0,3e-4\nC,2,3e-4,0\n'),
    'quoted': ('m.csv', '"","A, left","B","C"\n"A, left",0,1.5,2\n"B",1.5,0,3e-4\n"C",2,3e-4,0\n'),
    'named_corner': ('m.csv', 'region,A,B,C\nA,0,1.5,2\nB,1.5,0,3e-4\nC,2,3e-4,0\n'),
    'counted': ('m.csv', ',0,1,2\n0,0,1.5,2\n1,1.5,0,3e-4\n2,2,3e-4,0\n'),
    'numbered_regions': ('m.csv', ',17,4,9\n17,0,1.5,2\n4,1.5,0,3e-4\n9,2,3e-4,0\n'),
    'data_frame': ('m.csv', ',A,B,C\n0,0,1.5,2\n1,1.5,0,3e-4\n2,2,3e-4,0\n'),
    'no_corner': ('m.txt', 'A B C\nA 0 1.5 2\nB 1.5 0 3e-4\nC 2 3e-4 0\n'),
    'no_corner_numbered': ('m.txt', 'A B C\n7 0 1.5 2\n8 1.5 0 3e-4\n9 2 3e-4 0\n'),
    'names_like_numbers': ('m.csv', '1_1,1_2,1_3\n0,1.5,2\n1.5,0,3e-4\n2,3e-4,0\n'),
    'suffix_in_capitals': ('m.CSV', '0,1.5,2\n1.5,0,3e-4\n2,3e-4,0\n'),
}


@pytest.mark.parametrize('case', TEXTS)
def test_text_formats(tmp_path, case):
    values = datasets.read_matrix(write(tmp_path, *TEXTS[case]), name='weights', kind='weights')
    assert values.dtype == np.float64 and np.array_equal(values, MATRIX)


def test_missing_first_cell_is_not_taken_for_a_header(tmp_path):
    path = write(tmp_path, 'm.csv', ',0.5,0.7\n0.1,0.2,0.3\n0.4,0.5,0.6\n')
    refused(
        '1 of 9 values are NaN, missing or infinite, the first at [0, 0]',
        datasets.read_matrix,
        path,
        name='weights',
    )


@pytest.mark.parametrize('form', ['npy', 'npz', 'npz_key', 'mat', 'mat_key', 'mat_sparse'])
def test_containers(tmp_path, form):
    path = tmp_path / f'm.{form[:3]}'
    key = ''
    if form == 'npy':
        np.save(path, MATRIX.astype(np.float32))
    elif form == 'npz':
        np.savez(path, weights=MATRIX, labels=np.array(['a', 'b', 'c']))
    elif form == 'npz_key':
        np.savez(path, weights=MATRIX, fc=FC)
        key = ':weights'
    elif form == 'mat':
        savemat(path, {'weights': MATRIX, 'labels': np.array(['a', 'b'], dtype=object)})
    elif form == 'mat_key':
        savemat(path, {'weights': MATRIX, 'fc': FC})
        key = ':weights'
    else:
        savemat(path, {'weights': csr_matrix(MATRIX)})
    values = datasets.read_matrix(f'{path}{key}', name='weights')
    assert values.dtype == np.float64
    np.testing.assert_allclose(values, MATRIX, rtol=1e-6 if form == 'npy' else 0)


def test_integers_and_booleans_become_float64(tmp_path):
    np.save(tmp_path / 'm.npy', np.eye(3, dtype=bool))
    assert datasets.read_matrix(tmp_path / 'm.npy', name='weights').dtype == np.float64


def test_file_not_found_suggests_similar_names(tmp_path):
    write(tmp_path, 'weights.csv', '0')
    refused(
        'weights file',
        datasets.read_matrix,
        tmp_path / 'weight.csv',
        name='weights',
        error=FileNotFoundError,
    )
    refused(
        "did you mean 'weights.csv'?",
        datasets.read_matrix,
        tmp_path / 'weight.csv',
        name='weights',
        error=FileNotFoundError,
    )
    refused(
        f"does not exist (looked in '{tmp_path / 'no'}').",
        datasets.read_matrix,
        tmp_path / 'no' / 'x.csv',
        name='weights',
        error=FileNotFoundError,
    )


def test_folder_suffix_and_stray_key(tmp_path):
    refused('is a folder; give one file in it', datasets.read_matrix, tmp_path, name='weights')
    refused(
        "has the suffix '.xlsx'; known are .csv, .tsv, .txt, .npy, .npz, .mat",
        datasets.read_matrix,
        write(tmp_path, 'm.xlsx', '0'),
        name='weights',
    )
    path = write(tmp_path, 'm.csv', '0')
    refused(
        "names an array 'w', and a .csv file holds a single one; drop ':w'",
        datasets.read_matrix,
        f'{path}:w',
        name='weights',
    )


def test_several_arrays_need_a_name(tmp_path):
    np.savez(tmp_path / 'm.npz', weights=MATRIX, fc=FC)
    refused(
        "holds several arrays: 'weights' (3, 3) float64, 'fc' (3, 3) float64; say which one "
        "by appending a colon and its name, as in ':weights'",
        datasets.read_matrix,
        tmp_path / 'm.npz',
        name='weights',
    )
    refused(
        "has no array 'sc'; it has 'weights' (3, 3) float64",
        datasets.read_matrix,
        f'{tmp_path / "m.npz"}:sc',
        name='weights',
    )
    savemat(tmp_path / 'm.mat', {'a': MATRIX, 'b': FC})
    refused(
        "holds several arrays: 'a' (3, 3) float64, 'b' (3, 3) float64",
        datasets.read_matrix,
        tmp_path / 'm.mat',
        name='weights',
    )


def test_arrays_of_other_types(tmp_path):
    np.savez(tmp_path / 'm.npz', names=np.array(['a', 'b']))
    refused(
        "holds no array of numbers; it has 'names' (2,) <U1",
        datasets.read_matrix,
        tmp_path / 'm.npz',
        name='weights',
    )
    refused(
        'the array has type <U1, needed real numbers; save it with such a type',
        datasets.read_matrix,
        f'{tmp_path / "m.npz"}:names',
        name='weights',
    )
    np.save(tmp_path / 'c.npy', MATRIX.astype(complex))
    refused(
        "holds no array of numbers; it has 'array' (3, 3) complex128",
        datasets.read_matrix,
        tmp_path / 'c.npy',
        name='weights',
    )
    np.save(tmp_path / 'o.npy', np.array([[1, None]], dtype=object), allow_pickle=True)
    refused(
        'Save plain arrays of numbers or text with numpy.save',
        datasets.read_matrix,
        tmp_path / 'o.npy',
        name='weights',
    )


def test_damaged_containers(tmp_path):
    for suffix in ('.npy', '.npz', '.mat'):
        path = write(tmp_path, f'm{suffix}', 'these are words and no arrays ' * 30)
        refused(f'cannot be read as {suffix}', datasets.read_matrix, path, name='weights')


@pytest.mark.parametrize(
    'head', [b'MATLAB 7.3 MAT-file, Platform: GLNXA64'.ljust(512), b'', b'x' * 512]
)
def test_damaged_matlab_73(tmp_path, head):
    (tmp_path / 'm.mat').write_bytes(head + b'\x89HDF\r\n\x1a\n' + bytes(100))
    refused(
        'cannot be read as HDF5 (MATLAB v7.3)',
        datasets.read_matrix,
        tmp_path / 'm.mat',
        name='weights',
    )


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('', 'is empty; rows of values are expected'),
        ('# only a comment\n', 'is empty'),
        ('A,B\n', 'has a header and no data'),
        ('0,1\n1,abc\n', "line 2, column 2: 'abc' is not a number; correct the cell"),
        ('A,B\n0,1\n# note\n1,1_0\n', "line 4, column 2: '1_0' is not a number"),
        (
            '0;1,5\n1,5;0\n',
            "line 1, column 2: '1,5' is not a number; decimal commas need to become",
        ),
        ('0,1\n1,0,2\n', 'line 2 has 3 values and line 1 has 2; all rows need the same number'),
        ('A,B,C,D\n0,1\n1,0\n', 'the header in line 1 names 4 columns and line 2 has 2 values'),
        ('0,abc\n1,0\n', "line 1, column 2: 'abc' is not a number"),
    ],
)
def test_text_that_does_not_parse(tmp_path, text, message):
    path = write(tmp_path, 'm.csv', text)
    refused(message, datasets.read_matrix, path, name='weights')
    refused(f"weights file '{path}'", datasets.read_matrix, path, name='weights')


def test_text_in_another_encoding(tmp_path):
    (tmp_path / 'm.csv').write_bytes('Präzentral,0\n'.encode('latin-1'))
    refused(
        'is not UTF-8 text (byte 2); save it as UTF-8',
        datasets.read_matrix,
        tmp_path / 'm.csv',
        name='weights',
    )


@pytest.mark.parametrize(
    ('shape', 'options', 'message'),
    [
        ((2, 3), {}, 'found shape (2, 3), needed (N, N); there is one column more than rows'),
        ((4, 3), {}, 'found shape (4, 3), needed (N, N); there is one row more than columns'),
        ((2, 7), {}, 'found shape (2, 7), needed (N, N); give the full matrix'),
        ((6,), {}, 'found shape (6,), needed (N, N); a matrix has two dimensions'),
        ((3, 3), {'n_regions': 4}, 'found shape (3, 3), needed (4, 4); all files need the same'),
        ((2, 7), {'n_regions': 4, 'square': False}, 'found shape (2, 7), needed (rows, 4)'),
    ],
)
def test_shapes(tmp_path, shape, options, message):
    np.save(tmp_path / 'm.npy', np.zeros(shape))
    refused(message, datasets.read_matrix, tmp_path / 'm.npy', name='weights', **options)


def test_header_of_numbers_is_suspected(tmp_path):
    path = write(tmp_path, 'm.csv', '3,7\n0,1\n1,0\n')
    refused(
        'one row more than columns: is the first row a header of numbers?',
        datasets.read_matrix,
        path,
        name='weights',
    )


def test_shapes_that_fit(tmp_path):
    np.save(tmp_path / 'm.npy', np.zeros((2, 7)))
    values = datasets.read_matrix(tmp_path / 'm.npy', name='maps', square=False, n_regions=7)
    assert values.shape == (2, 7)


def test_names_of_rows_and_columns_must_agree(tmp_path):
    path = write(tmp_path, 'm.csv', ',A,B\nA,0,1\nC,1,0\n')
    refused(
        "row 1 is named 'C' and column 1 'B' (counted from 0)",
        datasets.read_matrix,
        path,
        name='weights',
    )
    path = write(tmp_path, 'n.csv', ',1,2\n1,0,1\n3,1,0\n')
    refused("row 1 is named '3' and column 1 '2'", datasets.read_matrix, path, name='weights')
    table = write(tmp_path, 't.csv', ',A,B\nx,0,1\ny,1,0\n')
    assert datasets.read_matrix(table, name='maps', square=False).shape == (2, 2)


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
def test_values_must_be_finite(tmp_path, bad):
    values = MATRIX.copy()
    values[1, 2] = values[2, 0] = bad
    np.save(tmp_path / 'm.npy', values)
    refused(
        '2 of 9 values are NaN, missing or infinite, the first at [1, 2] (counted from 0)',
        datasets.read_matrix,
        tmp_path / 'm.npy',
        name='weights',
    )


def changed(matrix, i, j, value):
    matrix = matrix.copy()
    matrix[i, j] = value
    return matrix


@pytest.mark.parametrize(
    ('values', 'kind', 'message'),
    [
        (
            changed(MATRIX, 1, 2, -0.5),
            'weights',
            '1 values are negative, the first -0.5 at [1, 2] (counted from 0); structural weights',
        ),
        (
            changed(MATRIX, 0, 1, -2.0),
            'lengths',
            '1 values are negative, the first -2 at [0, 1] (counted from 0); tract lengths are 0 or more',
        ),
        (changed(FC, 0, 1, 0.4), 'fc', 'the matrix is asymmetric, by 0.1 at [0, 1]'),
        (FC - np.eye(3), 'fc', 'the diagonal at [0, 0] is 0, and functional connectivity has a'),
        (changed(FC, 2, 2, 1.1), 'fc', 'the diagonal at [2, 2] is 1.1'),
        (
            3.0 * FC,
            'fc',
            'values reach 1.5, and correlations lie in [-1, 1]; if the matrix is Fisher',
        ),
    ],
)
def test_values_of_each_kind(tmp_path, values, kind, message):
    np.save(tmp_path / 'm.npy', values)
    refused(message, datasets.read_matrix, tmp_path / 'm.npy', name=kind, kind=kind)
    assert datasets.read_matrix(tmp_path / 'm.npy', name=kind).shape == (3, 3)


def test_correlations_in_single_precision_pass(tmp_path):
    series = np.random.default_rng(0).normal(size=(300, 20))
    fc = np.corrcoef(series.T).astype(np.float32)
    fc[0, 0] -= np.float32(3e-7)
    np.save(tmp_path / 'fc.npy', fc)
    assert datasets.read_matrix(tmp_path / 'fc.npy', name='fc', kind='fc').shape == (20, 20)


def test_asymmetric_weights_keep_their_orientation(tmp_path):
    path = write(tmp_path, 'm.csv', '0,1\n2,0\n')
    values = datasets.read_matrix(path, name='weights', kind='weights')
    assert np.array_equal(values, [[0.0, 1.0], [2.0, 0.0]])


def test_timeseries(tmp_path):
    series = np.arange(12.0).reshape(4, 3)
    np.save(tmp_path / 'ts.npy', series)
    assert np.array_equal(datasets.read_timeseries(tmp_path / 'ts.npy', n_regions=3), series)
    text = 'time,A,B,C\n' + ''.join(
        f'{i * 0.72},{a},{b},{c}\n' for i, (a, b, c) in enumerate(series)
    )
    assert np.array_equal(datasets.read_timeseries(write(tmp_path, 'ts.csv', text)), series)


@pytest.mark.parametrize(
    ('shape', 'n_regions', 'message'),
    [
        ((3, 40), 3, 'found shape (3, 40), needed (time, 3); it looks transposed, as (regions'),
        ((40, 4), 3, 'found shape (40, 4), needed (time, 3); all files need the same regions'),
        (
            (40,),
            None,
            'found shape (40,), needed (time, regions); a time series has two dimensions',
        ),
        ((1, 3), 3, 'found shape (1, 3), needed (time, 3); two samples or more are needed'),
    ],
)
def test_timeseries_shapes(tmp_path, shape, n_regions, message):
    np.save(tmp_path / 'ts.npy', np.ones(shape))
    refused(message, datasets.read_timeseries, tmp_path / 'ts.npy', n_regions=n_regions)
    refused('timeseries file', datasets.read_timeseries, tmp_path / 'ts.npy', n_regions=n_regions)


def test_timeseries_must_be_finite(tmp_path):
    path = write(tmp_path, 'ts.csv', 'A,B\n1,2\n3,\n5,6\n')
    refused(
        '1 of 6 values are NaN, missing or infinite, the first at [1, 1]',
        datasets.read_timeseries,
        path,
    )


@pytest.mark.parametrize(
    ('name', 'text'),
    [
        ('l.txt', 'Left V1\nM1\n'),
        ('l.txt', '# regions\nLeft V1\n\nM1\n'),
        ('l.csv', 'label\nLeft V1\nM1\n'),
        ('l.csv', 'Left V1,M1\n'),
        ('l.tsv', 'index\tname\tx\n0\tLeft V1\t3.5\n1\tM1\t4\n'),
    ],
)
def test_labels_from_text(tmp_path, name, text):
    labels = datasets.read_labels(write(tmp_path, name, text), n_regions=2)
    assert labels.dtype.kind == 'U' and labels.tolist() == ['Left V1', 'M1']


def test_labels_from_containers(tmp_path):
    np.save(tmp_path / 'l.npy', np.array(['V1', 'M1']))
    np.savez(tmp_path / 'l.npz', labels=np.array(['V1', 'M1']), weights=np.eye(2))
    savemat(tmp_path / 'cell.mat', {'labels': np.array(['V1', 'M1'], dtype=object)})
    savemat(tmp_path / 'char.mat', {'labels': ['V1 ', 'M1'], 'weights': np.eye(2)})
    for name in ('l.npy', 'l.npz', 'l.npz:labels', 'cell.mat', 'char.mat'):
        assert datasets.read_labels(f'{tmp_path / name}').tolist() == ['V1', 'M1'], name


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('V1\nM1\nA1\n', 'found 3 names, needed 2, one per region'),
        ('V1\nV1\n', "the name 'V1' occurs twice, at 0 and 1 (counted from 0)"),
        ('label,x\nV1,1\n,2\n', 'name 1 (counted from 0) is empty; give it one'),
        (
            'a,b\nV1,1\nM1,2\n',
            'has several columns (a, b); keep one name per line, or head the column',
        ),
        ('', 'is empty; rows of values are expected'),
    ],
)
def test_labels_refused(tmp_path, text, message):
    refused(message, datasets.read_labels, write(tmp_path, 'l.csv', text), n_regions=2)


def test_labels_in_an_array_of_numbers_are_refused(tmp_path):
    np.save(tmp_path / 'l.npy', np.arange(3))
    refused(
        "holds no array of text; it has 'array' (3,) int64",
        datasets.read_labels,
        tmp_path / 'l.npy',
    )
