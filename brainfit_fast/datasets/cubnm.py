"""Reading data files out of a cubnm wheel or installation, without importing cubnm."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np

__all__ = ['CUBNM_MAPS', 'load_cubnm_maps']

#: The heterogeneity maps of cuBNM 0.1.0, by file name.
CUBNM_MAPS = ('fcgradient01', 'myelinmap', 'thickness', 'genepc1', 'nmda', 'gabaa')

_REMEDY = (
    'fetch it with `pip download cubnm==0.1.0 --no-deps` and pass the path of the wheel '
    '(cubnm asks for numpy < 2, so it cannot be installed beside JAX), or pass the folder of an '
    'unpacked or installed cubnm'
)


class CubnmFiles:
    """The files under ``cubnm/data`` of a wheel or of a folder."""

    def __init__(self, path: Path, archive: zipfile.ZipFile | None):
        self._path = path
        self._archive = archive

    def read(self, name: str) -> bytes:
        """Content of one file, named relative to ``cubnm/data``."""
        try:
            if self._archive is not None:
                return self._archive.read(f'cubnm/data/{name}')
            return (self._path / 'data' / name).read_bytes()
        except (KeyError, FileNotFoundError):
            raise FileNotFoundError(
                f"'{self._path}' holds no cubnm/data/{name}; cubnm 0.1.0 is expected: {_REMEDY}."
            ) from None

    def array(self, name: str) -> np.ndarray:
        """The array of one ``.npz`` or ``.txt`` file."""
        content = io.BytesIO(self.read(name))
        if name.endswith('.npz'):
            with np.load(content, allow_pickle=False) as archive:
                return archive['arr_0']
        return np.loadtxt(content)


@contextmanager
def open_cubnm(path: str | os.PathLike[str] | None = None) -> Iterator[CubnmFiles]:
    """Open a wheel, an unpacked wheel, a package folder or (None) the installed package."""
    if path is None:
        spec = find_spec('cubnm')
        if spec is None or not spec.submodule_search_locations:
            raise FileNotFoundError(f'cubnm is not installed in this environment: {_REMEDY}.')
        path = spec.submodule_search_locations[0]
    path = Path(path)
    if path.is_dir():
        folder = path / 'cubnm' if (path / 'cubnm').is_dir() else path
        yield CubnmFiles(folder, None)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield CubnmFiles(path, archive)
    else:
        found = 'is neither a wheel nor a folder' if path.exists() else 'does not exist'
        raise FileNotFoundError(f"'{path}' {found}: {_REMEDY}.")


def load_cubnm_maps(path: str | os.PathLike[str] | None = None) -> dict[str, np.ndarray]:
    """Read all six heterogeneity maps of cuBNM from the user's own copy.

    Three of the maps stand under terms that do not allow bundling them here: ``'gabaa'``
    (Nørgaard et al. 2021, CC BY-NC-SA 4.0), ``'genepc1'`` (Allen Human Brain Atlas, Allen
    Institute terms of use, noncommercial) and ``'nmda'`` (Galovic et al. 2021, no licence
    stated). Who reads them is bound by those terms.

    Parameters
    ----------
    path : path-like, optional
        A cubnm 0.1.0 wheel, an unpacked wheel, or the package folder. By default the cubnm
        installed in this environment; it is located, not imported.

    Returns
    -------
    dict of str to numpy.ndarray
        ``'fcgradient01'``, ``'myelinmap'``, ``'thickness'``, ``'genepc1'``, ``'nmda'`` and
        ``'gabaa'``, each ``(100,)``, z-scored, in the region order of ``'hcp_schaefer100'``.

    Raises
    ------
    FileNotFoundError
        If there is no cubnm at `path`; the message says how to get one.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> maps = bf.datasets.load_cubnm_maps('cubnm-0.1.0-….whl')  # doctest: +SKIP
    >>> maps['nmda'].shape  # doctest: +SKIP
    (100,)
    """
    with open_cubnm(path) as source:
        return {
            name: source.array(f'maps/ctx_parc-schaefer-100_desc-{name}_zscore.txt')
            for name in CUBNM_MAPS
        }
