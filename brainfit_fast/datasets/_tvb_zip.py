"""The connectivity archives of The Virtual Brain: text files in a zip, under TVB's names."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import numpy as np

from ._text import Line, decode, parse_lines, parse_numbers, parse_table

#: Attributes of a TVB Connectivity and the files that hold them.
_FILES = {
    'weights': ('weights',),
    'tract_lengths': ('tract_lengths', 'tracts', 'tract'),
    'centres': ('centres', 'centers'),
    'orientations': ('average_orientations', 'orientations', 'orientation'),
    'areas': ('areas', 'area'),
    'cortical': ('cortical',),
    'hemispheres': ('hemispheres', 'hemisphere'),
}
_MATRICES = ('weights', 'tract_lengths', 'orientations')
_UNPACK = {'.gz': gzip.decompress, '.bz2': bz2.decompress}
_FORMS = ('.txt', '.csv', '.npy', '.npz')


def read_tvb_zip(path: Path, where: str) -> dict[str, np.ndarray]:
    """Arrays of an archive under the names of TVB's attributes; labels as `region_labels`."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, where)
            contents = {name: archive.read(member) for name, member in members.items()}
    except (zipfile.BadZipFile, OSError, RuntimeError, zlib.error) as error:
        raise ValueError(f'{where} cannot be read as .zip: {error}.') from error
    arrays: dict[str, np.ndarray] = {}
    for name, content in contents.items():
        inside = f"'{members[name]}' in {where}"
        suffix = PurePosixPath(members[name]).suffix.lower()
        if suffix in _UNPACK:
            try:
                content = _UNPACK[suffix](content)
            except (OSError, EOFError, ValueError, zlib.error) as error:
                raise ValueError(f'{inside} cannot be read as {suffix}: {error}.') from error
        # TVB takes an empty file for one that is not there.
        if content.strip() or name == 'weights':
            arrays |= _arrays(name, _form(members[name]), content, inside)
    return arrays


def _form(member: str) -> str:
    """Suffix of a member below its compression."""
    path = PurePosixPath(member.lower())
    return (path.with_suffix('') if path.suffix in _UNPACK else path).suffix


def _members(archive: zipfile.ZipFile, where: str) -> dict[str, str]:
    """Which file holds what."""
    members: dict[str, str] = {}
    seen = []
    for info in archive.infolist():
        path = PurePosixPath(info.filename)
        # macOS adds a folder of its own with files of the same names.
        if info.is_dir() or '__MACOSX' in path.parts or path.name.startswith('.'):
            continue
        seen.append(info.filename)
        form = _form(path.name)
        stem = path.name.lower().partition(form)[0] if form else ''
        for name, stems in _FILES.items():
            if form in _FORMS and any(stem == s or stem.endswith(f'_{s}') for s in stems):
                if name in members:
                    raise ValueError(
                        f"{where} holds two files of {name}: '{members[name]}' and "
                        f"'{info.filename}'; take one of them out."
                    )
                members[name] = info.filename
    if 'weights' not in members:
        listing = ', '.join(f"'{name}'" for name in seen[:10]) or 'nothing'
        raise ValueError(
            f'{where} holds {listing}, needed weights.txt: a TVB connectivity has weights, '
            f'tract_lengths and centres, as .txt, .npy or .npz, plain or as .gz or .bz2.'
        )
    return members


def _arrays(name: str, form: str, content: bytes, where: str) -> dict[str, np.ndarray]:
    """Arrays of one file: two of centres, whose first column are the labels."""
    if form in ('.npy', '.npz'):
        values = _numpy(content, where)
        if name == 'centres' and values.dtype.kind == 'U' and values.ndim == 2:
            return _centres([[str(cell) for cell in row] for row in values], where)
    elif name == 'centres':
        return _centres([line.cells for line in parse_lines(decode(content, where), where)], where)
    else:
        values = parse_table(decode(content, where), where).values
    return {name: values if name in _MATRICES or name == 'centres' else values.ravel()}


def _centres(rows: list[list[str]], where: str) -> dict[str, np.ndarray]:
    """Labels and coordinates."""
    centres = []
    for i, row in enumerate(rows):
        if len(row) != 4:
            raise ValueError(
                f'{where}: row {i} (counted from 0) has {len(row)} values, needed 4: a label '
                f'without blanks, x, y and z.'
            )
        centres.append(parse_numbers(Line(i + 1, row), 1, where))
    return {
        'region_labels': np.array([row[0] for row in rows]),
        'centres': np.array(centres),
    }


def _numpy(content: bytes, where: str) -> np.ndarray:
    """The one array of an .npy or .npz file."""
    try:
        loaded = np.load(io.BytesIO(content), allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            arrays = [loaded[name] for name in loaded.files]
    except (zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
        raise ValueError(f'{where} cannot be read: {error}.') from error
    if len(arrays) != 1:
        raise ValueError(f'{where} holds {len(arrays)} arrays, needed one; save it alone.')
    return arrays[0]
