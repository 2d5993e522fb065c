"""Parcellated CIFTI-2 files and GIFTI functional files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

import numpy as np

from ..core.optional import library
from ._text import Table


def read_cifti(path: Path, where: str) -> Table:
    """Values of a CIFTI-2 file with parcels in its columns, named by them."""
    image = _load(path, where)
    from nibabel.cifti2 import BrainModelAxis, Cifti2Image, ParcelsAxis, SeriesAxis

    if not isinstance(image, Cifti2Image):
        raise ValueError(
            f'{where} is an image of shape {image.shape}, needed a parcellated CIFTI-2 file '
            f'(.ptseries.nii, .pconn.nii); average the voxels of each region first, and save the '
            f'result as (time, regions) in .csv or .npy.'
        )
    axes = [image.header.get_axis(i) for i in range(image.ndim)]
    parcels = [isinstance(axis, ParcelsAxis) for axis in axes]
    if len(axes) != 2 or not any(parcels) or any(isinstance(axis, BrainModelAxis) for axis in axes):
        kinds = ' × '.join(type(axis).__name__ for axis in axes)
        raise ValueError(
            f'{where} is a CIFTI-2 file of {kinds}, needed parcels (.ptseries.nii, .pconn.nii); '
            f'average over parcels first, as with `wb_command -cifti-parcellate`.'
        )
    # float64 on disk comes as a view of the file, which may change or go.
    with _readable(path, where):
        values = np.array(image.get_fdata(dtype=np.float64))
    if not parcels[1]:
        values, axes = values.T, axes[::-1]
    rows, columns = axes
    names = tuple(str(name) for name in columns.name)
    if isinstance(rows, ParcelsAxis):
        return Table(values, tuple(str(name) for name in rows.name), names)
    TR = None
    if isinstance(rows, SeriesAxis) and rows.unit == 'SECOND' and rows.step > 0:
        TR = float(rows.step)
    return Table(values, None, names, TR)


def read_gifti(path: Path, where: str) -> Table:
    """A GIFTI functional file: one array of node values per sample."""
    arrays = [np.asarray(array.data) for array in _load(path, where).darrays]
    shapes = {array.shape for array in arrays}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1:
        found = ', '.join(str(shape) for shape in sorted(shapes)) or 'none'
        raise ValueError(
            f'{where}: found {len(arrays)} arrays of shape {found}, needed one array (nodes,) for '
            f'each sample, as in a functional file (.func.gii).'
        )
    return Table(np.array(arrays, dtype=np.float64))


def _load(path: Path, where: str) -> Any:
    """The image of a file."""
    nibabel = library('nibabel', extra='io', needed_by=f'reading {where}')
    with _readable(path, where):
        return nibabel.load(path)


@contextmanager
def _readable(path: Path, where: str) -> Iterator[None]:
    """Say in our words that a file is damaged."""
    from nibabel.filebasedimages import ImageFileError

    try:
        yield
    except (ImageFileError, ExpatError, OSError, EOFError, ValueError) as error:
        raise ValueError(f'{where} cannot be read as {path.suffix}: {error}.') from error
