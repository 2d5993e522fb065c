"""The public entry of the op: check, choose an implementation, run."""

from __future__ import annotations

import functools

import jax

from ...core.dispatch import Choice, Implementation, declare_op, resolve
from ...program.network_program import NetworkProgram
from . import cpu_ffi, pallas_triton, xla
from .args import Plan, SimulateArgs, SimulateResult, check
from .label import labelled
from .reference import simulate_reference
from .streams import native, reduce_samples, without_streams
from .vjp import simulate_cpu_ffi, simulate_pallas_triton, simulate_xla
from .windows import run_windows

__all__ = ['IMPLEMENTATIONS', 'choose', 'run_named', 'simulate']

#: In order of preference.
IMPLEMENTATIONS = (
    Implementation('pallas_triton', pallas_triton.supports, pallas_triton.declines),
    Implementation('cpu_ffi', cpu_ffi.supports, cpu_ffi.declines),
    Implementation('xla', xla.supports, xla.declines),
    Implementation('reference'),
)

_RUN = {
    'pallas_triton': simulate_pallas_triton,
    'cpu_ffi': simulate_cpu_ffi,
    'xla': simulate_xla,
    'reference': simulate_reference,
}

declare_op('simulate')


def simulate(
    program: NetworkProgram, plan: Plan, args: SimulateArgs, *, implementation: str = 'auto'
) -> SimulateResult:
    r"""Run a delay-coupled network and return the samples that the plan asks for.

    For every step and every candidate,

    .. math::

        s_i(t) = \sum_j W_{ij} f(x_j(t - d_{ij})), \qquad x(t + dt) = \mathrm{step}(x(t), s(t)).

    Parameters
    ----------
    program : NetworkProgram
        Static: emit, sums, step, observables, tracked states.
    plan : Plan
        Static: number of steps, transient, sampling.
    args : SimulateArgs
        Arrays with a leading candidate axis of extent 1 or C.
    implementation : str, optional
        ``'auto'`` or the name of an implementation, which then serves or raises.

    Returns
    -------
    SimulateResult
        Samples ``(C, n_samples, ...)`` or, where the plan streams them, their statistics; the final
        state; and ``finite`` ``(C,)``.

    Raises
    ------
    ValueError
        If an array does not fit the program.
    ImplementationError
        If the implementation asked for cannot serve.

    Notes
    -----
    In a traced program the op is one equation named ``brainfit_fast_simulate``. Reverse mode keeps about
    ``sqrt(n_steps)`` states and recomputes the rest.

    Examples
    --------
    Four regions, 100 steps; :class:`brainfit_fast.Simulator` does this for a model.

    >>> import brainfit_fast as bf, brainstate, brainunit as u, jax, jax.numpy as jnp
    >>> from brainfit_fast.ops.simulate import Plan, SimulateArgs, simulate
    >>> from brainfit_fast.program.arrays import gather
    >>> from brainfit_fast.program.build import build
    >>> net = bf.Network(bf.HopfStep(4), conn=jnp.ones((4, 4)), coupled_var='x', k=0.5)
    >>> with brainstate.environ.context(dt=0.1 * u.ms):
    ...     _ = brainstate.nn.init_all_states(net)
    ...     built = build(net, lambda returned: net.node.x.value, (), 0.1 * u.ms)
    ...     arrays = gather(built)
    >>> named = {
    ...     name: jax.tree.map(lambda leaf: leaf[None], getattr(arrays, name))  # one candidate
    ...     for name in ('params', 'consts', 'states', 'rings', 'weights')
    ... }
    >>> others = {'delays': (None,), 'inputs': (), 'pointers': arrays.pointers, 'dt': jnp.float32(0.1)}
    >>> result = simulate(built.program, Plan(n_steps=100, every=4), SimulateArgs(**named, **others))
    >>> result.samples[0].shape, bool(result.finite[0])
    ((1, 25, 4), True)
    """
    check(program, plan, args)
    return run_named(program, plan, choose(program, plan, implementation).name, args)


def choose(program: NetworkProgram, plan: Plan, implementation: str = 'auto') -> Choice:
    """Return which implementation serves this program, and why the others do not."""
    return resolve('simulate', IMPLEMENTATIONS, (program, plan), implementation)


def run_named(program: NetworkProgram, plan: Plan, name: str, args: SimulateArgs) -> SimulateResult:
    """Run the implementation called ``name``; for callers that chose and checked already."""
    return brainfit_fast_simulate(program, plan, name, args)


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def brainfit_fast_simulate(
    program: NetworkProgram, plan: Plan, name: str, args: SimulateArgs
) -> SimulateResult:
    """The op as one named equation."""
    args = labelled(program, plan, name, args)
    windowed = 0 < plan.window < plan.n_steps
    streamed = bool(plan.streams) and native(name) and not windowed
    own, given = (plan, args) if streamed else without_streams(plan, args)
    if windowed:
        result = run_windows(
            functools.partial(_RUN[name], program), own, given, program.node.n_states
        )
    else:
        result = _RUN[name](program, own, given)
    if plan.streams and not streamed:
        result = reduce_samples(plan, args, result)
    # a custom VJP gives its flag a tangent of type float0, which no reduction takes; a comparison has none
    return result._replace(finite=jax.numpy.equal(result.finite, True))
