"""The table of named datasets: register, list, load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ['list_datasets', 'load_dataset', 'register_dataset']


class _Entry(NamedTuple):
    """One row of the table."""

    loader: Callable[[], Any]
    description: str


_REGISTRY: dict[str, _Entry] = {}


def register_dataset(
    name: str, loader: Callable[[], Any], *, description: str | None = None
) -> None:
    """Make a dataset available under a name.

    Parameters
    ----------
    name : str
        The name to pass to :func:`load_dataset`; it must be free.
    loader : callable
        Takes no argument and returns the dataset. It runs at every
        :func:`load_dataset`, never here.
    description : str, optional
        One line for :func:`list_datasets`; empty by default.

    Raises
    ------
    TypeError
        If `loader` cannot be called.
    ValueError
        If `name` is taken.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> bf.datasets.register_dataset('my_ring', lambda: [1, 2, 3], description='three numbers')
    >>> bf.datasets.load_dataset('my_ring')
    [1, 2, 3]
    """
    if not callable(loader):
        raise TypeError(
            f'register_dataset({name!r}): the loader is a {type(loader).__name__}, and a callable '
            f'without arguments is expected; wrap a ready object as `lambda: obj`.'
        )
    if name in _REGISTRY:
        raise ValueError(
            f'register_dataset({name!r}): a dataset of this name is already registered; '
            f'choose another name.'
        )
    _REGISTRY[name] = _Entry(loader, '' if description is None else str(description))


def list_datasets() -> list[tuple[str, str]]:
    """Name and describe every registered dataset.

    Returns
    -------
    list of (str, str)
        ``(name, description)``, in alphabetical order of the names.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> 'hcp_schaefer100' in dict(bf.datasets.list_datasets())
    True
    """
    return [(name, _REGISTRY[name].description) for name in sorted(_REGISTRY)]


def load_dataset(name: str) -> Any:
    """Load a registered dataset.

    Parameters
    ----------
    name : str
        A name from :func:`list_datasets`.

    Returns
    -------
    object
        What its loader returns, made anew at each call.

    Raises
    ------
    KeyError
        If nothing is registered under `name`; the message names what exists.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> bf.datasets.load_dataset('example_connectome').weights.shape
    (8, 8)
    """
    if name not in _REGISTRY:
        known = ', '.join(sorted(_REGISTRY)) or 'none'
        raise KeyError(f'no dataset is registered as {name!r}; registered datasets: {known}.')
    return _REGISTRY[name].loader()
