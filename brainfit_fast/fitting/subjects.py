"""What the subjects of a study bring: targets, connectomes, tract lengths; checked, named, stacked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import brainstate
import jax
import jax.numpy as jnp
import numpy as np

from ..core.errors import bad_type, bad_value, count_bad
from ..network import connectome, delays
from ..program.wiring import coupling_of, trained_weights

__all__ = ['read_subjects', 'stacked', 'starts_of']


def starts_of(model: Any, data: dict[str, Any]) -> dict[Any, Any]:
    """The model's values for each subject; of a trained connectome the subject's."""
    n = len(jax.tree.leaves(data)[0])
    own = (
        jax.vmap(lambda conn: trained_weights(model, conn))(data['conn']) if 'conn' in data else {}
    )
    return {
        path: own[id(state)]
        if id(state) in own
        else jax.tree.map(lambda leaf: jnp.stack([jnp.asarray(leaf)] * n), state.value)
        for path, state in model.states(brainstate.ParamState).items()
    }


def read_subjects(
    model: Any, targets: Any, conn: Any, distance: Any, speed: Any, names: Sequence[str] | None
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """What each subject brings, and who brings nothing usable."""
    if (distance is None) != (speed is None):
        raise bad_value(
            'distance and speed',
            given='one without the other',
            expected='both, which make conduction delays, or neither',
        )
    given = {
        name: _listed(name, value)
        for name, value in (('targets', targets), ('conn', conn), ('distance', distance))
        if value is not None
    }
    if 'targets' not in given or not given['targets']:
        raise bad_value('targets', given='none', expected='one for each subject')
    if names is None:
        mapped = next((v for v in given.values() if isinstance(v, dict)), None)
        names = (
            list(mapped) if mapped is not None else [str(k) for k in range(len(given['targets']))]
        )
    names = [str(name) for name in names]
    if len(set(names)) < len(names):
        raise bad_value('names', given='a name more than once', expected='one for each subject')
    for what, values in given.items():
        if len(values) != len(names) or (isinstance(values, dict) and set(values) != set(names)):
            raise bad_value(
                what,
                given=f'{len(values)} subjects'
                + (f' named {", ".join(values)}' if isinstance(values, dict) else ''),
                expected=f'{len(names)} subjects: {", ".join(names)}',
            )
    ordered = {
        what: [values[name] for name in names] if isinstance(values, dict) else list(values)
        for what, values in given.items()
    }
    n, keep = 0, getattr(model, 'self_connection', False)
    if 'conn' in ordered or 'distance' in ordered:
        n = round(np.size(coupling_of(model).x.delay_info[0]) ** 0.5)
    subjects: dict[str, dict[str, Any]] = {}
    failed: dict[str, str] = {}
    for k, name in enumerate(names):
        try:
            subject = {'target': _finite(ordered['targets'][k])}
            if 'conn' in ordered:
                subject['conn'] = jnp.asarray(connectome(ordered['conn'][k], n, keep))
            if 'distance' in ordered:
                subject['delay'] = delays(ordered['distance'][k], speed, n)
            subjects[name] = subject
        except (TypeError, ValueError) as problem:
            subjects[name] = {}
            failed[name] = str(problem)
    return subjects, failed


def _listed(what: str, values: Any) -> Any:
    if isinstance(values, Mapping):
        return {str(name): value for name, value in values.items()}
    if isinstance(values, (list, tuple)) or getattr(values, 'ndim', 0) > 0:
        return list(values)
    raise bad_type(
        what,
        given=values,
        expected='a sequence, a mapping by name, or an array with an axis of subjects',
    )


def _finite(target: Any) -> Any:
    """The target as arrays of the present precision."""

    def array(leaf: Any) -> Any:
        leaf = jnp.asarray(leaf, brainstate.environ.dftype())
        bad = ~np.isfinite(np.asarray(leaf))
        if bad.any():
            raise bad_value(
                'target',
                given=count_bad(bad, 'values that are NaN or infinite'),
                expected='finite values',
            )
        return leaf

    return jax.tree.map(array, target)


def stacked(subjects: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """With an axis of subjects."""
    shapes = [[leaf.shape for leaf in jax.tree.leaves(s['target'])] for s in subjects]
    if any(shape != shapes[0] for shape in shapes):
        raise bad_value(
            'targets',
            given='shapes ' + ', '.join(str(shape[0]) for shape in shapes),
            expected='one shape for all, so that they can be fitted together',
            remedy='Cut the series to one length, or compare functional connectivity: targets.fc(...).',
        )
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *subjects)
