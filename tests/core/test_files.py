"""Files of arrays: what is kept, and that a write is whole or has not happened."""

import errno
import io
import os
import stat
import zipfile

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brainfit_fast.core import files
from brainfit_fast.core.files import read_arrays, write_arrays

OLD = {'x': np.arange(3)}


@pytest.fixture
def path(tmp_path):
    """A file of an earlier write."""
    path = tmp_path / 'fit.npz'
    write_arrays(path, OLD, {'number': 1})
    return path


def is_old(path):
    arrays, meta = read_arrays(path)
    np.testing.assert_array_equal(arrays['x'], OLD['x'])
    return meta == {'number': 1} and os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize(
    'array',
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.float64(np.nan),
        np.array([np.inf, -0.0]),
        np.zeros((0, 4), np.int32),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array([True, False]),
        np.array(2**60),
        np.array([1 + 2j], np.complex64),
        np.array(['lh.V1', 'rh.Größe']),
    ],
    ids=lambda array: f'{array.dtype}{array.shape}',
)
def test_arrays_come_back_to_the_bit(array, tmp_path):
    write_arrays(tmp_path / 'a.npz', {'a': array}, {})
    (back,) = read_arrays(tmp_path / 'a.npz')[0].values()
    assert back.dtype == array.dtype and back.shape == array.shape
    assert back.tobytes() == np.asarray(array).tobytes()


def test_any_name_and_any_json(path):
    """Names that numpy.savez takes for its own arguments, text, nesting."""
    names = ['file', 'allow_pickle', 'coupling.x.module.a', 'with space']
    meta = {'text': 'µ ≥ 0', 'none': None, 'list': [1, {'a': 0.1}]}
    write_arrays(path, {name: np.array(k) for k, name in enumerate(names)}, meta)
    arrays, back = read_arrays(path)
    assert list(arrays) == names and [int(a) for a in arrays.values()] == [0, 1, 2, 3]
    assert back == meta


def test_numpy_reads_the_file(path):
    with np.load(path, allow_pickle=False) as content:
        np.testing.assert_array_equal(content['x'], OLD['x'])
        assert b'"number": 1' in content['meta.json']


def test_a_link_stays_a_link(path):
    link = path.with_name('link.npz')
    link.symlink_to(path)
    write_arrays(link, {}, {'number': 2})
    assert link.is_symlink() and read_arrays(path)[1] == {'number': 2}


def test_no_closer_mode_than_other_files(path):
    (path.parent / 'other').touch()
    assert path.stat().st_mode == (path.parent / 'other').stat().st_mode


class _Full(io.RawIOBase):
    """A stream on a disk that fills up after some bytes."""

    def __init__(self, stream, room):
        self.stream, self.room = stream, room

    def write(self, data):
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, 'No space left on device')
        return self.stream.write(data)

    def __getattr__(self, name):
        return getattr(self.stream, name)


@pytest.mark.parametrize('room', [0, 100, 5000])
def test_a_full_disk_while_writing_keeps_the_old_file(path, room, monkeypatch):
    write = files._write
    monkeypatch.setattr(files, '_write', lambda stream, *rest: write(_Full(stream, room), *rest))
    with pytest.raises(OSError, match='No space left on device; nothing was written') as caught:
        write_arrays(path, {'x': np.zeros(1000)}, {})
    assert caught.value.errno == errno.ENOSPC and caught.value.filename == str(path)
    assert is_old(path)


@pytest.mark.parametrize(
    'error', [OSError(errno.ENOSPC, 'No space left on device'), KeyboardInterrupt()], ids=repr
)
@pytest.mark.parametrize('where', ['fsync', 'replace'])
def test_an_error_before_the_new_file_is_in_place_keeps_the_old_one(
    path, where, error, monkeypatch
):
    def fail(*args):
        raise error

    monkeypatch.setattr(os, where, fail)
    with pytest.raises(type(error)):
        write_arrays(path, {'x': np.zeros(10)}, {})
    monkeypatch.undo()
    assert is_old(path)


def test_the_content_is_on_the_disk_before_the_name_changes(path, monkeypatch):
    """fsync of the file, replace, fsync of the directory."""
    order = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor):
        order.append('directory' if stat.S_ISDIR(os.fstat(descriptor).st_mode) else 'file')
        fsync(descriptor)

    def replaced(*names):
        order.append('replace')
        replace(*names)

    monkeypatch.setattr(os, 'fsync', synced)
    monkeypatch.setattr(os, 'replace', replaced)
    write_arrays(path, {}, {})
    assert order == ['file', 'replace', 'directory']


@pytest.mark.parametrize(
    ('array', 'match'),
    [
        (np.array([None]), 'dtype object, expected numbers'),
        (jnp.zeros(2, jnp.bfloat16), 'dtype bfloat16, expected numbers.*float32 first'),
    ],
)
def test_arrays_that_the_format_does_not_hold(path, array, match):
    with pytest.raises(ValueError, match=r"arrays\['y'\]: given " + match):
        write_arrays(path, {'y': array}, {})
    assert is_old(path)


def test_what_json_does_not_hold(path):
    with pytest.raises(ValueError, match='meta: given NaN or infinity'):
        write_arrays(path, {}, {'loss': float('inf')})
    with pytest.raises(TypeError):
        write_arrays(path, {}, {'key': jax.random.key(0)})
    with pytest.raises(TypeError):
        write_arrays(path, {'key': jax.random.key(0)}, {})
    assert is_old(path)


def test_a_directory_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'fit.npz: there is no directory .*new'):
        write_arrays(tmp_path / 'new' / 'fit.npz', {}, {})


# ------------------------------------------------------------------------------------------ reading


def test_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'nothing.npz: there is no such file'):
        read_arrays(tmp_path / 'nothing.npz')


def test_every_cut_is_noticed(path):
    whole = path.read_bytes()
    for length in [0, 1, 30, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r'fit.npz: not a whole .npz file'):
            read_arrays(path)


def test_a_damaged_number_is_noticed(path):
    write_arrays(path, {'x': np.full(100, 7, np.uint8)}, {})
    content = path.read_bytes()
    path.write_bytes(content.replace(b'\7' * 100, b'\7' * 50 + b'\6' + b'\7' * 49))
    with pytest.raises(ValueError, match=r'fit.npz: not a whole .npz file .*CRC'):
        read_arrays(path)


def test_foreign(path):
    np.savez(path, x=np.arange(3))
    with pytest.raises(ValueError, match=r'fit.npz: not a file that brainfit_fast wrote'):
        read_arrays(path)
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('meta.json', '{"name": "another program"}')
    with pytest.raises(ValueError, match=r'fit.npz: not a file that brainfit_fast wrote'):
        read_arrays(path)


def test_a_later_format(path, monkeypatch):
    monkeypatch.setattr(files, '_VERSION', 7)
    write_arrays(path, {}, {})
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r'fit.npz: format version 7, .* reads up to 1'):
        read_arrays(path)


def test_no_code_is_run(path):
    """A member with pickled objects is refused."""
    with zipfile.ZipFile(path, 'a') as archive, archive.open('bad.npy', 'w') as member:
        np.lib.format.write_array(member, np.array([{}]), allow_pickle=True)
    with pytest.raises(ValueError, match=r'fit.npz: bad.npy cannot be read: .*allow_pickle=False'):
        read_arrays(path)
