"""A result as tables, labelled arrays and what a figure shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import brainunit as u
import jax
import numpy as np

from ..core.errors import bad_value
from ..core.optional import library
from ..objectives.targets import FCTarget, PerTerm
from ..ops.fc import functional_connectivity
from .uncertainty import element_names

if TYPE_CHECKING:
    from .result import FitResult

__all__ = [
    'TABLES',
    'connectivity',
    'dataframe',
    'dataset',
    'elements',
    'n_regions',
    'numbers',
    'panels',
]

TABLES = ('history', 'params', 'restarts')


def numbers(value: Any) -> tuple[np.ndarray, str]:
    """A value as an array and the text of its unit; empty without one."""
    unit = u.get_unit(value)
    return np.asarray(u.get_mantissa(value)), '' if unit.is_unitless else str(unit)


# ----------------------------------------------------------------------------------- pandas


def dataframe(result: FitResult, table: str) -> Any:
    """See :meth:`FitResult.to_dataframe`."""
    pandas = library('pandas', extra='tables', needed_by='to_dataframe()')
    if table == 'params':
        return pandas.DataFrame(_parameter_rows(result))
    if table == 'restarts':
        columns = _restart_columns(result)
    else:
        columns = _history_columns(result)
    frame = pandas.DataFrame(columns)
    frame.attrs['units'] = {name: numbers(value)[1] for name, value in result.best_params.items()}
    return frame


def _history_columns(result: FitResult) -> dict[str, Any]:
    found = result.evaluations
    if found is None:
        return {'step': np.arange(len(result.history)), **_per_step(result)}
    return {
        'evaluation': np.arange(len(found.losses)),
        'step': found.steps,
        'loss': found.losses,
        **_elements(result, found.params),
    }


def _per_step(result: FitResult) -> dict[str, Any]:
    columns = {
        'loss': np.asarray(result.history),
        'learning_rate': result.learning_rates,
        'grad_norm': result.grad_norms,
    }
    return {name: column for name, column in columns.items() if column is not None}


def _elements(result: FitResult, values: Mapping[str, Any], before: str = '') -> dict[str, Any]:
    """A column for each number of parameters ``(n, ...)``."""
    columns: dict[str, Any] = {}
    for name, value in values.items():
        array = numbers(value)[0]
        names = element_names(before + name, array.shape[1:], result.regions)
        columns.update(zip(names, array.reshape(len(array), -1).T, strict=True))
    return columns


def elements(result: FitResult) -> dict[str, Any]:
    """Every number of the best parameters by its name."""
    stacked = {name: value[None] for name, value in result.best_params.items()}
    return {name: column[0] for name, column in _elements(result, stacked).items()}


def _restart_columns(result: FitResult) -> dict[str, Any]:
    found = result.restarts
    if found is None:
        raise bad_value(
            'table', given="'restarts' of a fit from one start", expected="'history' or 'params'"
        )
    return {
        'restart': np.arange(len(found.best_losses)),
        'best_loss': found.best_losses,
        'best_step': found.best_steps,
        'status': list(found.statuses),
        **_elements(result, found.best_params),
        **_elements(result, found.starts, 'start '),
    }


def _parameter_rows(result: FitResult) -> list[dict[str, Any]]:
    errors = {} if result.uncertainty is None else result.uncertainty.values
    starts = result.start_params or {}
    rows = []
    for name, value in result.best_params.items():
        array, unit = numbers(value)
        columns = {'value': array}
        if starts:
            columns['start'] = numbers(starts[name])[0]
        if errors:
            columns['standard_error'] = numbers(errors[name])[0]
        for index in np.ndindex(*array.shape):
            row = {'parameter': name, 'region': _label(result, array.shape, index), 'unit': unit}
            rows.append({**row, **{key: column[index] for key, column in columns.items()}})
    return rows


def _label(result: FitResult, shape: tuple[int, ...], index: tuple[int, ...]) -> Any:
    if len(index) == 1:
        labelled = result.regions is not None and shape == (len(result.regions),)
        return result.regions[index[0]] if labelled else str(index[0])  # type: ignore[index]
    return ', '.join(map(str, index))


# ----------------------------------------------------------------------------------- xarray


def dataset(result: FitResult) -> Any:
    """See :meth:`FitResult.to_xarray`."""
    xarray = library('xarray', extra='tables', needed_by='to_xarray()')
    count = n_regions(result)
    variables: dict[str, Any] = {}

    def add(name: str, value: Any, *first: str) -> None:
        array, unit = numbers(value)
        rest = array.shape[len(first) :]
        regional = count is not None and rest == (count,)
        dims = ('region',) if regional else tuple(f'{name}_{k}' for k in range(len(rest)))
        variables[name] = ((*first, *dims), array, {'units': unit} if unit else {})

    for name, value in result.best_params.items():
        add(name, value)
    for name, value in (result.uncertainty.values if result.uncertainty else {}).items():
        if name in result.best_params:
            add(f'{name} standard_error', value)
    if result.evaluations is None:
        for name, value in _per_step(result).items():
            add(name, value, 'step')
    else:
        add('loss', result.evaluations.losses, 'evaluation')
        add('step', result.evaluations.steps, 'evaluation')
        for name, value in result.evaluations.params.items():
            add(f'{name} evaluated', value, 'evaluation')
    if result.restarts is not None:
        add('restart best_loss', result.restarts.best_losses, 'restart')
        add('restart loss', result.restarts.history, 'restart', 'restart_step')
        for name in result.best_params:
            add(f'{name} restart', result.restarts.best_params[name], 'restart')
            add(f'{name} restart start', result.restarts.starts[name], 'restart')
    series = _series(result.prediction)
    if series is not None and series.shape[1] == count:
        add('prediction', result.prediction, 'time')
    for name, matrix in zip(('fc', 'fc_target'), connectivity(result), strict=True):
        if matrix is not None:
            variables[name] = (('region', 'other_region'), matrix)
    labels = result.regions or (None if count is None else np.arange(count))
    used = {dim for dims, *_ in variables.values() for dim in dims}
    coords = {dim: labels for dim in ('region', 'other_region') if dim in used}
    return xarray.Dataset(variables, coords, _attributes(result))


def _attributes(result: FitResult) -> dict[str, Any]:
    """What a netCDF file can hold."""
    names = ('backend', 'status', 'message', 'best_loss', 'best_step', 'implementation', 'seed')
    values = {name: getattr(result, name) for name in names}
    values.update({f'version_{name}': text for name, text in result.versions.items()})
    return {name: value for name, value in values.items() if value is not None}


def n_regions(result: FitResult) -> int | None:
    """How many regions there are: of the labels, of the prediction, or of all regional parameters."""
    series = _series(result.prediction)
    if result.regions is not None:
        count = len(result.regions)
        matrix = _matrix(result.target, None)
        for size in [] if matrix is None else [len(matrix)]:
            if size != count:
                raise bad_value(
                    'regions', given=f'{count} labels', expected=f'{size}, as the target'
                )
        return count
    if series is not None:
        return series.shape[1]
    sizes = {np.shape(value)[0] for value in result.best_params.values() if np.ndim(value) == 1}
    return sizes.pop() if len(sizes) == 1 else None


# ------------------------------------------------------------------------------------ figures


def connectivity(result: FitResult) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Functional connectivity of the prediction and of the target, where both are of some regions.

    Returns
    -------
    simulated, empirical : numpy.ndarray or None
        ``(N, N)``.
    """
    series = _series(result.prediction)
    if series is None or series.shape[1] < 3:
        return None, None
    simulated = np.asarray(functional_connectivity(series[result.transient or 0 :]))
    return simulated, _matrix(result.target, series.shape[1])


def _matrix(target: Any, count: int | None) -> np.ndarray | None:
    """The FC of a target, of ``count`` regions."""
    if isinstance(target, PerTerm):
        found = (_matrix(term, count) for term in target.targets)
        return next((matrix for matrix in found if matrix is not None), None)
    if isinstance(target, FCTarget):
        matrix = np.asarray(target.matrix)
    else:
        series = _series(target)
        if series is None:
            return None
        matrix = np.asarray(functional_connectivity(series))
    return matrix if count in (None, len(matrix)) else None


def _series(value: Any) -> Any:
    """A time series ``(time, region)`` without unit, or None for anything else."""
    if not isinstance(value, (np.ndarray, jax.Array, u.Quantity)):
        return None
    array = u.get_mantissa(value)
    real = jax.numpy.issubdtype(array.dtype, np.floating)
    return array if real and array.ndim == 2 and len(array) > 1 else None


def panels(result: FitResult) -> dict[str, tuple[np.ndarray, Any, Any]]:
    """Label to ``(values, bounds, start)`` of each parameter, for :func:`brainfit_fast.viz.fit_figure`."""
    found = {}
    for name, value in result.best_params.items():
        array, unit = numbers(value)
        bounds = (result.bounds or {}).get(name)
        start = (result.start_params or {}).get(name)
        found[f'{name} ({unit})' if unit else name] = (
            array.ravel(),
            None if bounds is None else (float(np.min(bounds[0])), float(np.max(bounds[1]))),
            None if start is None else numbers(start)[0].ravel(),
        )
    return found
