"""Simulator: run a model for a while and collect what its monitors see."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import brainstate
import jax
import numpy as np

from .candidates import candidate_arrays, candidate_values
from .core.dispatch import asked_for
from .core.errors import ImplementationError, bad_value
from .core.fallback import warn_fallback
from .monitors import measurement
from .observing import (
    finished,
    observers_in,
    samples_per_period,
    start_observers,
    tracking_of,
)
from .ops.simulate.api import choose
from .program.arrays import gather, write_back
from .program.build import BuiltModel, Unrecognised, build
from .program.checks import require_finite
from .program.inputs import input_function, input_rows
from .program.recognise import refresh_delays
from .program.walking import walked
from .running import run_on_op, run_step_by_step
from .timing import resolve_dt, resolve_plan

__all__ = ['SimulationResult', 'Simulator']


@jax.tree_util.register_pytree_with_keys_class
class SimulationResult(dict):
    """What a run recorded: a dict from monitor name to trajectory, with ``'ts'``.

    Attributes
    ----------
    finite : bool array or None
        Whether every state was finite at every step: a scalar, or ``(candidates,)``. None on the generic
        path, which does not watch the states.
    implementation : str
        What ran: the name of an implementation, or ``'generic'``.
    reason : str or None
        Why the generic path ran.

    Examples
    --------
    See :class:`Simulator`, whose ``run`` returns one.
    """

    def __init__(
        self,
        values: Any = (),
        finite: Any = None,
        implementation: str = '',
        reason: str | None = None,
    ):
        super().__init__(values)
        self.finite = finite
        self.implementation = implementation
        self.reason = reason

    def tree_flatten_with_keys(self) -> tuple[Any, Any]:
        """Flatten for JAX, by sorted monitor name."""
        names = tuple(sorted(self))
        children = [(jax.tree_util.DictKey(name), self[name]) for name in names]
        children.append((jax.tree_util.GetAttrKey('finite'), self.finite))
        return children, (names, self.implementation, self.reason)

    @classmethod
    def tree_unflatten(cls, facts: tuple[Any, ...], children: Any) -> SimulationResult:
        """Rebuild from leaves."""
        names, implementation, reason = facts
        *values, finite = children
        return cls(zip(names, values, strict=True), finite, implementation, reason)


class Simulator:
    r"""Drive a node or a network and collect monitored trajectories.

    Parameters
    ----------
    model : brainstate.nn.Module
        A single node, a :class:`Network`, or any module with ``update``.
    dt : Quantity or float, optional
        Time step. None reads ``brainstate.environ`` at each run.

    See Also
    --------
    brainfit_fast.Fitter : fits the parameters of the model.
    brainfit_fast.explain : says how a model will run, and why.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> sim = bf.Simulator(bf.HopfStep(2, a=-0.2), dt=0.1 * u.ms)
    >>> result = sim.run(10.0 * u.ms, monitors=['x'])
    >>> result['x'].shape, result['ts'].shape
    ((100, 2), (100,))
    """

    def __init__(self, model: Any, dt: Any = None):
        self.model = model
        self.dt = dt

    def run(
        self,
        duration: Any,
        *,
        inputs: Any = None,
        monitors: Any = None,
        transient: Any = None,
        sample_every: int | None = None,
        batch_size: int | None = None,
        init_states: bool = True,
        jit: bool = True,
        candidates: Mapping[str, Any] | None = None,
        noise: str = 'shared',
    ) -> SimulationResult:
        r"""Simulate for ``duration`` and return the recorded trajectories.

        Parameters
        ----------
        duration : Quantity or float
            Simulated time, in units of ``dt``. Floored to whole steps, with a warning.
        inputs : None, array ``(n_steps, ...)`` or callable, optional
            What ``update`` is called with: nothing, ``inputs[i]``, or ``inputs(i, t)`` (a tuple gives
            several arguments).
        monitors : None, list of str, callable or dict, optional
            What is recorded after each step: what ``update`` returns (key ``'output'``), states by name,
            ``monitors(model)`` (key ``'output'``), or a dict of either by name. An :class:`Observer` (BOLD, an
            average) measures inside the time loop, and sets the stride of the samples by its period.
        transient : None, Quantity or int, optional
            Lead-in that is not recorded, as time or as a number of steps.
        sample_every : int, optional
            Record every k-th step; ``ceil((n_steps - transient) / k)`` samples.
        batch_size : int, optional
            Size of a batch of initial states; trajectories are ``(time, batch, region)``.
        init_states : bool
            Initialise the states first; False continues from where the model is.
        jit : bool
            Compile the run.
        candidates : mapping of str to array, optional
            Parameter values with a leading candidate axis, by name (``'k'`` or ``'node.a'``): all run as
            one batch, trajectories are ``(time, candidate, region)``. The model's states stay as
            initialised.
        noise : {'shared', 'independent', 'sequential'}
            Random numbers of the candidates: the same for all (noise and initial history); keys folded
            with the candidate's index; or the stream that a loop of single runs would draw.

        Returns
        -------
        SimulationResult
            A dict with one trajectory per monitor, time first, and ``'ts'``, the times at the ends of the
            recorded steps; its attribute ``finite`` says whether all states stayed finite.

        Raises
        ------
        ValueError
            If ``dt`` is unset, the duration has no step, the transient is not shorter than the run, a
            monitor does not exist, ``sample_every`` < 1, the inputs have another length, a parameter is
            NaN or infinite, or a candidate does not fit its parameter.
        """
        require_finite(self.model)
        dt = resolve_dt(self.dt)
        observers = observers_in(monitors)
        plan = resolve_plan(duration, dt, transient, sample_every, observers)
        input_function(inputs, plan.n_steps)  # a wrong length is said before anything is drawn
        values = None if candidates is None else candidate_values(self.model, candidates)
        if values is not None and not init_states:
            raise bad_value(
                'candidates', given='init_states=False', expected='a run from initial states'
            )

        def initialise() -> None:
            brainstate.nn.init_all_states(
                self.model, *(() if batch_size is None else (batch_size,))
            )
            start_observers(self.model, observers, anew=True)

        with brainstate.environ.context(dt=dt), contextlib.ExitStack() as stack:
            refresh_delays(self.model)
            base_key = brainstate.random.DEFAULT.value
            if init_states:
                initialise()
            elif observers:
                start_observers(self.model, observers, anew=False)
            stack.enter_context(walked(self.model))
            measure = measurement(self.model, monitors)
            tracking = tracking_of(self.model, observers, dt)
            examples = (
                None if values is None else {name: value[0] for name, value in values.items()}
            )

            def again() -> BuiltModel:
                initialise()
                return build(self.model, measure, example, dt, examples, monitors, tracking)

            try:
                example, rows = input_rows(inputs, plan.n_steps, dt)
                built = build(self.model, measure, example, dt, examples, monitors, tracking)
            except Unrecognised as reason:
                if values is not None:
                    raise bad_value(
                        'candidates',
                        given=f'a model that runs step by step, because {reason}',
                        expected='a model that can be traced',
                        remedy='Map brainstate.transform.vmap over a function of the parameters instead.',
                    ) from reason
                if observers:
                    raise bad_value(
                        'monitors',
                        given=f'observers of a model that runs step by step, because {reason}',
                        expected='a model and observers that can be traced',
                        remedy='Record the activity and apply the measurement to it afterwards.',
                    ) from reason
                _refuse_kernels(reason)
                warn_fallback(
                    f'{type(self.model).__name__} runs step by step on the generic path, because {reason}. '
                    'This is slower, and its memory grows with the duration.'
                )
                recorded = run_step_by_step(self.model, measure, inputs, plan, dt, jit)
                result = SimulationResult(recorded, None, 'generic', str(reason))
            else:
                choice = choose(built.program, plan)
                if values is None:
                    arrays = gather(built)
                else:
                    arrays = candidate_arrays(built, values, noise, plan.n_steps, base_key, again)
                recorded, final, finite = run_on_op(
                    built, plan, choice, arrays, rows, dt, batched=values is not None, jit=jit
                )
                if values is None:
                    write_back(built, *final)
                else:
                    _set_key(built, final[0], noise, base_key, len(finite))
                if observers:
                    recorded = finished(recorded, monitors, observers)
                result = SimulationResult(recorded, finite, choice.name)
        ends = np.arange(plan.first, plan.n_steps, plan.every) + 1
        per_period = samples_per_period(observers)
        result['ts'] = ends[per_period - 1 :: per_period] * dt
        return result


def _refuse_kernels(reason: Exception) -> None:
    """A named kernel serves or raises: stepping is neither."""
    wanted = asked_for('simulate')
    if wanted not in ('auto', 'reference'):
        raise ImplementationError(
            f'simulate: {wanted!r} was asked for and cannot serve: {reason}. '
            "Leave the choice to the library, or use('reference')."
        ) from reason


def _set_key(built: Any, states: Any, noise: str, base_key: Any, extent: int) -> None:
    """Leave the random stream behind what the candidates drew."""
    random = brainstate.random.DEFAULT
    if noise == 'independent':
        random.value = jax.random.fold_in(base_key, extent)
    elif built.program.node.keys:
        random.value = states[built.program.node.keys[0]][-1]
