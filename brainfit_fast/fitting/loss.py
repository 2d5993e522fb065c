"""The loss of a model as a pure function of its trainable values and random key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
from jax.extend.core import Jaxpr, JaxprEqn

from ..core.errors import bad_value
from ..program.snapshot import preserved
from ..program.tracing import trace

__all__ = ['LossProgram', 'loss_program']

_SIMULATE = 'brainfit_fast_simulate'


class LossProgram:
    """A traced loss.

    Parameters
    ----------
    model : brainstate.nn.Module
        Whose trainable states are differentiated.
    evaluate : callable
        ``evaluate() -> (loss, aux)``, reading the model.

    Attributes
    ----------
    weights : dict
        Trainable states by path.
    carried : tuple of brainstate.State
        Other states that the loss reads (the random key among them), in order.
    """

    def __init__(self, model: Any, evaluate: Callable[[], tuple[Any, Any]]):
        self.weights: Mapping[Any, brainstate.State] = model.states(brainstate.ParamState)
        with preserved(model):
            traced = trace(evaluate)
        trainable = {id(state) for state in self.weights.values()}
        self.carried = tuple(state for state in traced.states if id(state) not in trainable)
        self._states = traced.states
        self._written = traced.written
        self._consts = traced.consts
        self._out_tree = traced.out_tree
        self._n_out = traced.n_out
        flags = _finite_flags(traced.jaxpr)
        self._jaxpr = traced.jaxpr.replace(
            outvars=[*traced.jaxpr.outvars, *flags],
            debug_info=traced.jaxpr.debug_info._replace(result_paths=None),
        )
        self._check(
            jax.tree.unflatten(
                traced.out_tree, [v.aval for v in traced.jaxpr.outvars[: traced.n_out]]
            )
        )

    @staticmethod
    def _check(result: Any) -> None:
        if not isinstance(result, tuple) or len(result) != 2:
            raise bad_value(
                'loss_fn',
                given=f'a {type(result).__name__}',
                expected='(loss, aux)',
                remedy='Return the loss and anything that goes with it, or None: return loss, None.',
            )
        loss = result[0]
        shape: Any = getattr(loss, 'shape', None)
        dtype: Any = getattr(loss, 'dtype', None)
        if isinstance(loss, u.Quantity) or shape != () or not jnp.issubdtype(dtype, jnp.floating):
            raise bad_value(
                'loss',
                given=f'{loss}',
                expected='one real number without unit',
                remedy='Reduce it to a scalar, and divide by its unit.',
            )

    @property
    def key_index(self) -> int | None:
        """Which carried state is ``brainstate.random``'s key."""
        for index, state in enumerate(self.carried):
            if state is brainstate.random.DEFAULT:
                return index
        return None

    def weight_values(self) -> dict[Any, Any]:
        """Current values of the trainable states."""
        return {path: state.value for path, state in self.weights.items()}

    def carried_values(self) -> tuple[Any, ...]:
        """Current values of the other states."""
        return tuple(state.value for state in self.carried)

    def __call__(
        self, weights: Mapping[Any, Any], carried: tuple[Any, ...]
    ) -> tuple[Any, tuple[Any, tuple[Any, ...], Any]]:
        """Evaluate.

        Parameters
        ----------
        weights : mapping
            Values of the trainable states, by path.
        carried : tuple
            Values of the carried states.

        Returns
        -------
        loss : scalar
        rest : tuple
            ``(aux, carried after the evaluation, whether all trajectories were finite)``.
        """
        values = {id(state): weights[path] for path, state in self.weights.items()}
        values.update(
            {id(state): value for state, value in zip(self.carried, carried, strict=True)}
        )
        leaves = [leaf for state in self._states for leaf in jax.tree.leaves(values[id(state)])]
        out = jax.core.eval_jaxpr(self._jaxpr, self._consts, *leaves)
        loss, aux = jax.tree.unflatten(self._out_tree, out[: self._n_out])
        after, position = {}, self._n_out
        for state, written in zip(self._states, self._written, strict=True):
            old, tree = jax.tree.flatten(values[id(state)])
            new = out[position : position + len(old)]
            position += len(old)
            if written:
                new = [_like(a, b) for a, b in zip(new, old, strict=True)]
                after[id(state)] = jax.tree.unflatten(tree, new)
        finite = jnp.array(True)
        for flag in out[position:]:
            finite = finite & jnp.all(flag)
        carried = tuple(
            after.get(id(state), value) for state, value in zip(self.carried, carried, strict=True)
        )
        return loss, (aux, carried, finite)

    def over_noise_seeds(self, n: int) -> Callable[..., Any]:
        """Return the loss averaged over ``n`` keys split from the carried one; one batch."""
        index = self.key_index
        if n == 1 or index is None:
            return self

        def averaged(weights: Any, carried: tuple[Any, ...]) -> Any:
            key, *keys = jax.random.split(carried[index], n + 1)

            def one(own: Any) -> Any:
                return self(weights, (*carried[:index], own, *carried[index + 1 :]))

            losses, (aux, after, finite) = jax.vmap(one)(jnp.stack(keys))
            after = jax.tree.map(lambda leaf: leaf[0], after)
            after = (*after[:index], key, *after[index + 1 :])
            return losses.mean(), (aux, after, finite.all())

        return averaged


def loss_program(model: Any, evaluate: Callable[[], tuple[Any, Any]]) -> LossProgram:
    """Trace ``evaluate`` under ``model.param_precompute()``."""

    def whole() -> tuple[Any, Any]:
        with model.param_precompute():
            return evaluate()

    return LossProgram(model, whole)


def _finite_flags(jaxpr: Jaxpr) -> list[Any]:
    """Outputs of the simulate equations that say whether their trajectories were finite."""
    return [eqn.outvars[-1] for eqn in jaxpr.eqns if _is_simulate(eqn)]


def _is_simulate(eqn: JaxprEqn) -> bool:
    return eqn.params.get('name') == _SIMULATE


def _like(new: Any, old: Any) -> Any:
    if jnp.issubdtype(old.dtype, jax.dtypes.prng_key):
        return new
    return jax.lax.convert_element_type(new, old.dtype)
