"""A result in a file, without code: what is stored, and how it comes back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.errors import bad_type
from ..core.files import read_arrays, write_arrays
from ..core.values import pack, unpack
from ..objectives.targets import FCDTarget, FCTarget, PerTerm
from .outcome import Evaluations
from .restarts import Restarts
from .uncertainty import Uncertainty

if TYPE_CHECKING:
    from .result import FitResult

__all__ = ['read_result', 'write_result']

_KIND = 'fit result'
_PLAIN = (
    'backend', 'best_loss', 'best_params', 'best_weights', 'best_key', 'best_step', 'n_steps', 'status',
    'message', 'implementation', 'fused', 'fusion', 'timings', 'memory', 'versions', 'seed', 'transient',
    'bounds', 'start_params', 'learning_rates', 'grad_norms', 'regions',
)  # fmt: skip
_TUPLES: dict[str, Any] = {
    'evaluations': Evaluations,
    'restarts': Restarts,
    'uncertainty': Uncertainty,
}


def write_result(result: FitResult, path: str | os.PathLike[str], prediction: Any) -> None:
    """Write all of a result that is not code: see :meth:`FitResult.save`."""
    arrays: dict[str, np.ndarray] = {'history': np.asarray(result.history)}
    about = {name: pack(name, getattr(result, name), arrays) for name in _PLAIN}
    for name in _TUPLES:
        value = getattr(result, name)
        about[name] = pack(name, None if value is None else value._asdict(), arrays)
    try:
        about['prediction'] = pack('prediction', prediction, arrays)
    except TypeError as error:
        raise bad_type(
            'prediction',
            given=prediction,
            expected='arrays, Quantities, or dicts, lists and tuples of these',
            remedy='Leave it out: save(path, prediction=False).',
        ) from error
    about['target'] = _pack_target('target', result.target, arrays)
    write_arrays(path, arrays, {'kind': _KIND, 'fields': about})


def read_result(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Arguments of a :class:`FitResult` from a file."""
    arrays, meta = read_arrays(path)
    if meta.get('kind') != _KIND:
        raise ValueError(f'{path}: holds a {meta.get("kind")}, not a {_KIND}.')
    about = meta['fields']
    fields = {name: unpack(about[name], arrays) for name in (*_PLAIN, 'prediction')}
    for name, kind in _TUPLES.items():
        content = unpack(about[name], arrays)
        fields[name] = None if content is None else kind(**content)
    fields['history'] = arrays['history'].tolist()
    fields['target'] = _unpack_target(about['target'], arrays)
    return fields


def _pack_target(name: str, target: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(target, FCTarget):
        return {'fc': pack(name, target.matrix, arrays)}
    if isinstance(target, FCDTarget):
        rest = {'window': target.window, 'step': target.step, 'own': target.own_bandwidth}
        return {'fcd': pack(name, target.values, arrays), **rest}
    if isinstance(target, PerTerm):
        terms = enumerate(target.targets)
        return {'terms': [_pack_target(f'{name}/{k}', term, arrays) for k, term in terms]}
    trial: dict[str, np.ndarray] = {}
    try:
        about = pack(name, target, trial)
    except TypeError:  # an object of the user's own
        return {'plain': pack(name, None, arrays)}
    arrays.update(trial)
    return {'plain': about}


def _unpack_target(about: Any, arrays: dict[str, np.ndarray]) -> Any:
    if 'fc' in about:
        return FCTarget(unpack(about['fc'], arrays))
    if 'fcd' in about:
        return FCDTarget(unpack(about['fcd'], arrays), about['window'], about['step'], about['own'])
    if 'terms' in about:
        return PerTerm(tuple(_unpack_target(term, arrays) for term in about['terms']))
    return unpack(about['plain'], arrays)
