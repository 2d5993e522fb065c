"""The loss of a model as a pure function of its trainable values and random key."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr

from ..core.compiling import compile_around_kernels
from ..core.dispatch import record
from ..core.errors import bad_value
from ..ops.simulate.label import EQUATION, call_of
from ..program.snapshot import preserved
from ..program.tracing import trace
from .fusion import fuse
from .inline import inline

__all__ = ['LossProgram', 'loss_program']


class LossProgram:
    """A traced loss.

    Parameters
    ----------
    model : brainstate.nn.Module
        Whose trainable states are differentiated.
    evaluate : callable
        ``evaluate(*data) -> (loss, aux)``, reading the model.
    fused : bool, optional
        Whether simulations stream the statistics that the loss is made of instead of storing samples:
        None where their implementation does so by itself, True wherever the loss allows, False never.
    data : tuple
        Examples of what the loss takes besides the model: pytrees of arrays.

    Attributes
    ----------
    weights : dict
        Trainable states by path.
    carried : tuple of brainstate.State
        Other states that the loss reads (the random key among them), in order.
    is_native : bool
        Whether a simulation runs in the native CPU kernels.
    is_fused : bool
        Whether a simulation streams.
    fusion : str
        What is streamed, or why nothing is; a clause.
    """

    def __init__(
        self,
        model: Any,
        evaluate: Callable[..., tuple[Any, Any]],
        fused: bool | None = None,
        data: tuple[Any, ...] = (),
    ):
        self.weights: Mapping[Any, brainstate.State] = model.states(brainstate.ParamState)
        with preserved(model), record() as choices:
            traced = trace(evaluate, *data)
        self.is_native = any(c.op == 'simulate' and c.name == 'cpu_ffi' for c in choices)
        trainable = {id(state) for state in self.weights.values()}
        self.carried = tuple(state for state in traced.states if id(state) not in trainable)
        self._states = traced.states
        self._written = traced.written
        self._consts = traced.consts
        self._out_tree = traced.out_tree
        self._n_out = traced.n_out
        closed = inline(traced.jaxpr)
        outvars = [*closed.jaxpr.outvars, *_finite_flags(closed.jaxpr)]
        self._whole = _with_outputs(closed, outvars)
        self._check(
            jax.tree.unflatten(
                traced.out_tree, [v.aval for v in traced.jaxpr.outvars[: traced.n_out]]
            )
        )
        # what goes with the loss is looked at afterwards, if ever: samples that only it needs are none
        value = _with_outputs(closed, [outvars[0], *outvars[traced.n_out :]])
        leaves = [
            id(state) in trainable for state in traced.states for _ in jax.tree.leaves(state.value)
        ]
        inputs = value.jaxpr.invars[len(value.jaxpr.invars) - len(leaves) :]
        weights = [v for v, is_weight in zip(inputs, leaves, strict=True) if is_weight]
        fusion = fuse(value.jaxpr, weights, fused)
        self.is_fused, self.fusion = fusion.closed is not None, fusion.note
        self._value = value
        if fusion.closed is not None:
            self._value = _bound(fusion.closed, value.consts)

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
    def n_steps(self) -> int:
        """Time steps of the longest simulation without a window; 0 where none was recognised."""
        calls = [call_of(eqn) for eqn in self._whole.jaxpr.eqns]
        return max(
            (c.plan.n_steps for c in calls if c is not None and not c.plan.window), default=0
        )

    @property
    def key_index(self) -> int | None:
        """Which carried state is ``brainstate.random``'s key."""
        for index, state in enumerate(self.carried):
            if state is brainstate.random.DEFAULT:
                return index
        return None

    def digest(self, data: tuple[Any, ...] = ()) -> str:
        """Of the constants: connectome, target and whatever else the loss has taken in."""
        hashed = hashlib.sha256()
        for const in (*self._consts, *self._whole.consts, *jax.tree.leaves(data)):
            array = np.asarray(const)
            hashed.update(f'{array.dtype}{array.shape}'.encode())
            hashed.update(array.tobytes())
        return hashed.hexdigest()

    def bound(self, data: tuple[Any, ...], states: Mapping[int, brainstate.State]) -> LossProgram:
        """The loss with its data as constants, of a copy of the model.

        Parameters
        ----------
        data : tuple
            As for :meth:`value`.
        states : mapping
            State of the copy by ``id`` of the state that it is a copy of.
        """
        other = copy.copy(self)
        other._consts = (*self._consts, *jax.tree.leaves(data))
        other.weights = {path: states[id(state)] for path, state in self.weights.items()}
        other.carried = tuple(states.get(id(state), state) for state in self.carried)
        other._states = tuple(states.get(id(state), state) for state in self._states)
        return other

    def with_key(self, carried: tuple[Any, ...], key: Any) -> tuple[Any, ...]:
        """Carried values with another random key, of a loss that has one."""
        index = self.key_index
        assert index is not None
        return (*carried[:index], key, *carried[index + 1 :])

    def weight_values(self) -> dict[Any, Any]:
        """Current values of the trainable states."""
        return {path: state.value for path, state in self.weights.items()}

    def carried_values(self) -> tuple[Any, ...]:
        """Current values of the other states."""
        return tuple(state.value for state in self.carried)

    def publish(self, weights: Mapping[Any, Any], carried: tuple[Any, ...] = ()) -> None:
        """Put values into the states: of trainable ones by path, and of all carried ones or none."""
        for path, value in weights.items():
            self.weights[path].value = value
        if carried:
            for state, value in zip(self.carried, carried, strict=True):
                state.value = value

    def compiled(self, function: Callable[..., Any], *args: Any) -> Any:
        """Compile a function that evaluates the loss, for arguments like these."""
        lowered = jax.jit(function).lower(*args)
        return compile_around_kernels(lowered) if self.is_native else lowered.compile()

    def __call__(
        self, weights: Mapping[Any, Any], carried: tuple[Any, ...], data: tuple[Any, ...] = ()
    ) -> tuple[Any, tuple[Any, tuple[Any, ...], Any]]:
        """Evaluate.

        Parameters
        ----------
        weights : mapping
            Values of the trainable states, by path.
        carried : tuple
            Values of the carried states.
        data : tuple
            What the loss takes besides the model.

        Returns
        -------
        loss : scalar
        rest : tuple
            ``(aux, carried after the evaluation, whether all trajectories were finite)``.
        """
        out, after = self._evaluate(self._whole, self._n_out, weights, carried, data)
        loss, aux = jax.tree.unflatten(self._out_tree, out)
        return loss, (aux, *after)

    def value(
        self, weights: Mapping[Any, Any], carried: tuple[Any, ...], data: tuple[Any, ...] = ()
    ) -> tuple[Any, tuple[tuple[Any, ...], Any]]:
        """Evaluate the loss without what goes with it; fused where it can be.

        Parameters
        ----------
        weights, carried, data
            As for a call.

        Returns
        -------
        loss : scalar
        rest : tuple
            ``(carried after the evaluation, whether all trajectories were finite)``.
        """
        (loss,), after = self._evaluate(self._value, 1, weights, carried, data)
        return loss, after

    def _evaluate(
        self,
        closed: ClosedJaxpr,
        n_out: int,
        weights: Mapping[Any, Any],
        carried: tuple[Any, ...],
        data: tuple[Any, ...],
    ) -> tuple[list[Any], tuple[tuple[Any, ...], Any]]:
        values = {id(state): weights[path] for path, state in self.weights.items()}
        values.update(
            {id(state): value for state, value in zip(self.carried, carried, strict=True)}
        )
        leaves = [leaf for state in self._states for leaf in jax.tree.leaves(values[id(state)])]
        out = jax.core.eval_jaxpr(
            closed.jaxpr, closed.consts, *self._consts, *jax.tree.leaves(data), *leaves
        )
        after, position = {}, n_out
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
        return out[:n_out], (carried, finite)

    def over_noise_seeds(self, n: int) -> Callable[..., Any]:
        """Return :meth:`value` averaged over ``n`` keys split from the carried one; one batch."""
        index = self.key_index
        if n == 1 or index is None:
            return self.value

        def averaged(weights: Any, carried: tuple[Any, ...], data: tuple[Any, ...] = ()) -> Any:
            key, *keys = jax.random.split(carried[index], n + 1)

            def one(own: Any) -> Any:
                return self.value(weights, self.with_key(carried, own), data)

            losses, (after, finite) = jax.vmap(one)(jnp.stack(keys))
            after = jax.tree.map(lambda leaf: leaf[0], after)
            return losses.mean(), (self.with_key(after, key), finite.all())

        return averaged


def loss_program(
    model: Any,
    evaluate: Callable[..., tuple[Any, Any]],
    fused: bool | None = None,
    data: tuple[Any, ...] = (),
) -> LossProgram:
    """Trace ``evaluate(*data)`` under ``model.param_precompute()``."""

    def whole(*given: Any) -> tuple[Any, Any]:
        with model.param_precompute():
            return evaluate(*given)

    return LossProgram(model, whole, fused, data)


def _finite_flags(jaxpr: Jaxpr) -> list[Any]:
    """Outputs of the simulate equations that say whether their trajectories were finite."""
    return [eqn.outvars[-1] for eqn in jaxpr.eqns if eqn.params.get('name') == EQUATION]


def _with_outputs(closed: ClosedJaxpr, outvars: list[Any]) -> ClosedJaxpr:
    jaxpr = closed.jaxpr
    debug_info = jaxpr.debug_info._replace(result_paths=None)
    return ClosedJaxpr(jaxpr.replace(outvars=outvars, debug_info=debug_info), closed.consts)


def _bound(closed: ClosedJaxpr, consts: Any) -> ClosedJaxpr:
    """Make the first inputs of ``closed`` constants."""
    jaxpr = closed.jaxpr
    variables = [*jaxpr.constvars, *jaxpr.invars]
    count = len(closed.consts) + len(consts)
    bound = jaxpr.replace(
        constvars=variables[:count],
        invars=variables[count:],
        debug_info=jaxpr.debug_info._replace(arg_names=None),
    )
    return ClosedJaxpr(bound, [*closed.consts, *consts])


def _like(new: Any, old: Any) -> Any:
    if jnp.issubdtype(old.dtype, jax.dtypes.prng_key):
        return new
    return jax.lax.convert_element_type(new, old.dtype)
