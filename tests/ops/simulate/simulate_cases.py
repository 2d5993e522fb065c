"""Networks, plans and arguments for the tests of ``simulate``, and the comparison that they share.

A case says in a few words what is simulated. Seven models serve all of them, so that a session compiles
fourteen libraries at most: ``'plain'``, a Hopf network with one diffusive sum; ``'full'``, which uses
everything that a model can hold; ``'states'``, a noisy Hopf network that is observed by its states alone, whose
trajectory a gradient may keep; ``'local'``, the same kind of node with regions that read their own past;
``'both'``, such regions in a network; ``'tracked'``, the noisy network measured by an observer after every
fourth step, and ``'followed'`` after every one.
"""

from __future__ import annotations

import contextlib
import functools
import re
import zlib
from dataclasses import dataclass
from typing import Any

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
from brainstate.nn import Param

import brainfit_fast as bf
from brainfit_fast.core.dispatch import record
from brainfit_fast.ops.simulate import Plan, SimulateArgs, simulate
from brainfit_fast.program.arrays import gather
from brainfit_fast.program.build import build
from brainfit_fast.program.track import Tracking
from brainfit_fast.testing import assert_close

DT = 0.1
SHORT = Plan(23)
#: Steps between two updates of the observer, by the model.
OBSERVED = {'tracked': 4, 'followed': 1}
#: What may differ by candidate.
FIELDS = ('params', 'states', 'keys', 'rings', 'weights', 'delays', 'inputs', 'targets')


class Everything(brainstate.nn.Dynamics):
    """Two noisy states; reads three sums, two inputs, the time and the region's own parameters."""

    def __init__(self, n: int):
        super().__init__(n)
        self.a = Param(np.linspace(-0.3, 0.4, n))
        self.rate = Param(0.7)
        self.noise = bf.OUProcess(n, sigma=0.3, tau=1.0 * u.ms)

    def init_state(self, batch_size: Any = None, **kwargs: Any) -> None:
        """Small random states."""
        for name in ('x', 'y'):
            value = brainstate.random.uniform(-0.5, 0.5, self.varshape)
            setattr(self, name, brainstate.HiddenState(value))

    def update(self, emitted: Any, added: Any, diffused: Any, drive: Any, field: Any) -> Any:
        """One Euler step."""
        x, y = self.x.value, self.y.value
        dt = u.get_magnitude(brainstate.environ.get('dt'))
        t = u.get_magnitude(brainstate.environ.get('t'))
        dx = self.a.value() * x - x**3 - y + emitted + drive + self.noise()
        dy = jnp.tanh(x + diffused) - self.rate.value() * y + added * field + 0.3 * jnp.sin(t)
        self.x.value, self.y.value = x + dt * dx, y + dt * dy
        return dx


class Full(brainstate.nn.Module):
    """Three couplings over two histories: one emits, one reads without delay what is kept with delays."""

    def __init__(self, n: int, conn: Any, steps: Any):
        super().__init__()
        self.node = Everything(n)
        pairs = np.tile(np.arange(n), (n, 1))
        init = braintools.init.Uniform(-0.4, 0.4)
        here = np.zeros((n, n)) * u.ms

        def read(name: str, times: Any) -> Any:
            return self.node.prefetch_delay(name, (times, pairs), init=init)

        times = np.asarray(steps) * DT * 0.999 * u.ms
        self.emitted = bf.SigmoidalJansenRitCoupling(
            read('x', times), conn, k=0.8, cmax=1.2, midpoint=0.1, r=2.0
        )
        self.added = bf.AdditiveCoupling(read('y', times), conn.T, k=0.4, b=0.1)
        self.diffused = bf.DiffusiveCoupling(
            read('x', here), self.node.prefetch('x'), conn**2, k=0.5
        )

    def update(self, drive: Any, field: Any) -> Any:
        """One step of everything."""
        return self.node(self.emitted(), self.added(), self.diffused(), drive, field)


class Feedback(brainstate.nn.Dynamics):
    """Two states, one of them noisy; a region reads its own past twice, and its other state without delay."""

    def __init__(self, n: int, longest: int):
        super().__init__(n)
        self.gain = Param(np.linspace(0.2, 0.9, n))
        self.rate = Param(0.6)
        self.noise = bf.GaussianNoise(n, sigma=0.1)
        init = braintools.init.Uniform(-0.4, 0.4)
        time = longest * DT * 0.999 * u.ms
        times = u.math.ones(n) * time
        self.far = self.prefetch_delay('x', time, init=init)
        self.own = self.prefetch_delay('x', times, np.arange(n), init=init)
        self.here = self.prefetch_delay('y', 0.0 * u.ms, init=init)

    def init_state(self, batch_size: Any = None, **kwargs: Any) -> None:
        """Small random states."""
        for name in ('x', 'y'):
            value = brainstate.random.uniform(-0.5, 0.5, self.varshape)
            setattr(self, name, brainstate.HiddenState(value))

    def update(self, drive: Any, field: Any = 0.0) -> Any:
        """One Euler step."""
        drive = drive + field
        x, y, gain = self.x.value, self.y.value, self.gain.value()
        dt = u.get_magnitude(brainstate.environ.get('dt'))
        dx = gain * self.far() - x**3 - y + self.here() ** 2 + drive + self.noise()
        dy = jnp.tanh(x - gain * self.own()) - self.rate.value() * y
        self.x.value, self.y.value = x + dt * dx, y + dt * dy
        return dx


class Alone(brainstate.nn.Module):
    """Calls a node, which writes its histories."""

    def __init__(self, node: Any):
        super().__init__()
        self.node = node

    def update(self, drive: Any) -> Any:
        """One step."""
        return self.node(drive)


class Memory(brainstate.nn.Module):
    """An observer of two states, which reads a parameter of the model."""

    def __init__(self, net: Any):
        super().__init__()
        self.net = net
        self.level = brainstate.ShortTermState(0.1 * net.node.x.value)
        self.trace = brainstate.ShortTermState(0.3 + 0.1 * net.node.y.value)

    def update(self, returned: Any) -> None:
        """One Euler step of its own."""
        level, trace = self.level.value, self.trace.value
        x, k = self.net.node.x.value, self.net.coupling.k.value()
        dt = u.get_magnitude(brainstate.environ.get('dt'))
        self.level.value = level + dt * (k * x * trace - 0.2 * level)
        self.trace.value = trace + dt * jnp.tanh(level - trace**2)

    def read(self) -> Any:
        """What is sampled."""
        return self.level.value * (1 - self.trace.value)


def _model(case: Case, conn: Any, steps: Any) -> Any:
    n = case.n
    if case.model == 'full':
        return Full(n, conn, steps)
    if case.model in ('local', 'both'):
        node = Feedback(n, case.longest)
        if case.model == 'local':
            return Alone(node)
        delayed = steps.any() and case.delays != 'own'
        where = {'distance': steps * DT * 0.999, 'speed': 1.0} if delayed else {}
        return bf.Network(
            node,
            conn=conn,
            coupling='additive',
            coupled_var='x',
            k=0.7,
            self_connection=True,
            **where,
        )
    noisy = case.model in ('states', *OBSERVED)
    noise = {'noise_y': bf.GaussianNoise(n, sigma=0.2)} if noisy else {}
    return _hopf(n, conn, steps, **noise)


def _hopf(n: int, conn: Any, steps: Any, **noise: Any) -> Any:
    uniform = braintools.init.Uniform(-0.5, 0.5)
    a = np.linspace(-0.3, 0.4, n)
    node = bf.HopfStep(n, a=a, w=0.5, init_x=uniform, init_y=uniform, **noise)
    where = {'distance': steps * DT * 0.999, 'speed': 1.0} if steps.any() else {}
    return bf.Network(
        node, conn=conn, coupled_var='x', k=0.7, delay_init=uniform, self_connection=True, **where
    )


@dataclass(frozen=True)
class Case:
    """One simulation.

    Attributes
    ----------
    n : int
        Regions.
    longest : int
        Longest delay in steps; 0: no sum has delays.
    model : str
        ``'plain'``, ``'full'``, ``'states'``, ``'local'``, ``'both'``, ``'tracked'`` or ``'followed'``.
    dtype : str
        float32 or float64.
    plan : Plan
    candidates : int
    varied : tuple of str
        Which of ``FIELDS`` differ by candidate.
    delays : str
        ``'mixed'`` from zero to ``longest``; ``'same'``: all ``longest``; ``'own'``: mixed, with delays of
        the local sums alone.
    sparse : float
        Share of the weights that are zero.
    seed : int
    """

    n: int = 5
    longest: int = 0
    model: str = 'plain'
    dtype: str = 'float64'
    plan: Plan = SHORT
    candidates: int = 1
    varied: tuple[str, ...] = ()
    delays: str = 'mixed'
    sparse: float = 0.0
    seed: int = 0

    def __str__(self) -> str:
        plan = self.plan
        words = [self.model, f'n{self.n}', f'd{self.longest}{self.delays[0]}', self.dtype]
        words.append(f't{plan.n_steps}-{plan.first}-{plan.every}')
        words += [*plan.streams, f'c{self.candidates}', *self.varied, *['kept'] * (plan.memory > 0)]
        words += [f'z{self.sparse}'] if self.sparse else []
        return '-'.join(words) + (f'-s{self.seed}' if self.seed else '')


def precision(dtype: str) -> contextlib.AbstractContextManager:
    """The dtype of every float that is made inside."""
    return brainstate.environ.context(dt=DT * u.ms, precision={'float32': 32, 'float64': 64}[dtype])


@functools.lru_cache(maxsize=8)
def problem(case: Case) -> tuple[Any, SimulateArgs]:
    """The program and the arguments of a case."""
    rng = np.random.default_rng([case.seed, zlib.crc32(str(case).encode())])
    n, plan = case.n, case.plan
    with precision(case.dtype):
        conn = rng.random((n, n)) / n * (rng.random((n, n)) >= case.sparse)
        conn = np.asarray(conn, case.dtype)
        steps = np.full((n, n), case.longest)
        brainstate.random.seed(case.seed + 3)
        full = case.model == 'full'
        model = _model(case, conn, steps)
        brainstate.nn.init_all_states(model)
        node = model.node
        inputs = (jnp.zeros(()), jnp.zeros(n)) if full else (jnp.zeros(n),)

        every = OBSERVED.get(case.model, 0)
        memory = Memory(model) if every else None
        tracking = Tracking(memory.update, (memory,), every) if memory else None

        def measure(_: Any) -> Any:
            x, y = node.x.value, node.y.value
            if memory is not None:
                return {'a_read': memory.read(), 'b_state': memory.level.value, 'c_state': x}
            if case.model in ('states', 'local'):
                return {'a_state': x, 'b_state': y, 'c_state': x}
            gain = model.emitted.k.value() if full else model.coupling.k.value()
            return {'a_state': x, 'b_computed': x * y + 0.5, 'c_scalar': gain}

        built = build(model, measure, inputs, DT * u.ms, tracking=tracking)
        arrays = gather(built)
        lead = jax.tree.map(lambda leaf: leaf[None], arrays._replace(pointers=()))
        depths = [built.program.channels[s.channel].depth for s in built.program.sums]
        args = SimulateArgs(
            lead.params, lead.consts, lead.states, lead.rings, lead.weights,
            tuple(
                jnp.asarray(_steps(case, rng, leaf.shape[1:], depth)[None], leaf.dtype)
                if sum_.delayed
                else None
                for leaf, sum_, depth in zip(lead.delays, built.program.sums, depths, strict=True)
            ),
            tuple(jnp.asarray(rng.normal(size=(1, plan.n_steps, *leaf.shape))) for leaf in inputs),
            tuple(
                jnp.asarray(rng.normal(size=(1, plan.n_samples, n)), case.dtype)
                for stream in plan.streams
                if stream == 'squares'
            ),
            arrays.pointers, jnp.asarray(DT), jnp.asarray(8 if every else 7, jnp.int32),
        )  # fmt: skip
        return built.program, vary(args, case.candidates, case.varied, rng)


def _steps(case: Case, rng: Any, shape: tuple[int, ...], depth: int) -> Any:
    if case.delays == 'same':
        return np.full(shape, case.longest)
    steps = rng.integers(0, case.longest + 1, shape)
    steps.flat[rng.integers(steps.size)] = case.longest
    assert steps.max() < depth
    return steps


def vary(args: SimulateArgs, count: int, fields: tuple[str, ...], rng: Any) -> SimulateArgs:
    """Give the named fields a value of its own for each candidate."""
    assert set(fields) <= set(FIELDS) and (count == 1 or fields)

    def moved(leaf: Any) -> Any:
        if leaf is None:
            return None
        wide = jnp.broadcast_to(leaf, (count, *leaf.shape[1:]))
        if jnp.issubdtype(leaf.dtype, jnp.integer):
            return jnp.asarray(rng.permuted(np.asarray(wide), axis=-1), leaf.dtype)
        return wide * jnp.asarray(rng.uniform(0.7, 1.3, wide.shape), leaf.dtype)

    def is_key(leaf: Any) -> bool:
        return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)

    own = {
        name: tuple(map(moved, getattr(args, name)))
        for name in fields
        if name not in ('states', 'keys')
    }
    own['states'] = tuple(
        (jax.random.split(leaf[0], count) if 'keys' in fields else leaf)
        if is_key(leaf)
        else (moved(leaf) if 'states' in fields else leaf)
        for leaf in args.states
    )
    return args._replace(**own)


def one_of(args: SimulateArgs, candidate: int) -> SimulateArgs:
    """The arguments of one candidate."""
    cut = [
        jax.tree.map(lambda leaf: leaf[candidate : candidate + 1] if len(leaf) > 1 else leaf, field)
        for field in args.mapped
    ]
    return SimulateArgs(*cut, args.pointers, args.dt, args.start)


def is_float(leaf: Any) -> bool:
    """Whether a leaf can be differentiated."""
    return jnp.issubdtype(jnp.result_type(leaf), jnp.floating)


def floats(tree: Any) -> list[Any]:
    """The leaves that can be differentiated."""
    return [leaf for leaf in jax.tree.leaves(tree) if is_float(leaf)]


def with_floats(tree: Any, values: Any) -> Any:
    """The same tree with other floating leaves."""
    leaves, structure = jax.tree.flatten(tree)
    values = iter(values)
    return structure.unflatten([next(values) if is_float(leaf) else leaf for leaf in leaves])


def moving(args: SimulateArgs) -> list[Any]:
    """Every argument with a derivative; the targets of streamed errors have none in the kernel."""
    return floats(args._replace(targets=()))


def replaced(args: SimulateArgs, values: Any) -> SimulateArgs:
    """The inverse of :func:`moving`."""
    return with_floats(args._replace(targets=()), values)._replace(targets=args.targets)


def of_a_vector(case: Case, program: Any, args: SimulateArgs) -> tuple[Any, Any]:
    """All of :func:`moving` as one vector, and per implementation the results as a vector function of it."""
    flat, unflatten = jax.flatten_util.ravel_pytree(moving(args))

    def function(implementation: str) -> Any:
        def run(values: Any) -> Any:
            given = replaced(args, unflatten(values))
            result = simulate(program, case.plan, given, implementation=implementation)
            return jax.flatten_util.ravel_pytree(floats(result))[0]

        return jax.jit(run)

    return flat, function


def cotangents(result: Any, seed: int = 5) -> list[Any]:
    """A random weight for each floating leaf of a result."""
    rng = np.random.default_rng(seed)
    return [jnp.asarray(rng.normal(size=leaf.shape), leaf.dtype) for leaf in floats(result)]


def value_and_pullback(program: Any, plan: Plan, args: SimulateArgs, implementation: str) -> Any:
    """The result and the pulled back :func:`cotangents`; for a kernel, after proof that it is called."""
    return compiled_pullback(program, plan, args, implementation)(args)


def compiled_pullback(program: Any, plan: Plan, args: SimulateArgs, implementation: str) -> Any:
    """The same for any arguments of these shapes."""

    def run(args: SimulateArgs) -> Any:
        def function(values: Any) -> Any:
            result = simulate(program, plan, replaced(args, values), implementation=implementation)
            return floats(result), result

        value, pull, result = jax.vjp(function, moving(args), has_aux=True)
        return result, pull(cotangents(value))[0]

    return compiled(run, args, implementation, ('forward', 'backward'))


def value(program: Any, plan: Plan, args: SimulateArgs, implementation: str) -> Any:
    """The result alone, after the same proof."""
    return compiled_value(program, plan, args, implementation)(args)


def compiled_value(program: Any, plan: Plan, args: SimulateArgs, implementation: str) -> Any:
    """The same for any arguments of these shapes."""

    def run(args: SimulateArgs) -> Any:
        return simulate(program, plan, args, implementation=implementation)

    return compiled(run, args, implementation, ('forward',))


def compiled(function: Any, given: Any, implementation: str, ways: tuple[str, ...]) -> Any:
    """Compile; prove that ``implementation`` was chosen and which native kernels are called."""
    with record() as choices:
        lowered = jax.jit(function).lower(given)
    assert {choice.name for choice in choices} == {implementation}
    dtype = {str(leaf.dtype) for leaf in floats(given)}
    suffix = {"{'float32'}": 'f32', "{'float64'}": 'f64'}[str(dtype)]
    expected = {f'brainfit_fast_simulate_{way}_{suffix}' for way in ways}
    called = set(re.findall(r'@(brainfit_fast_simulate_\w+)\(', lowered.as_text()))
    # the op's own equation is a function of that name
    called = {name for name in called if name.endswith(('_f32', '_f64'))}
    assert called == (expected if implementation == 'cpu_ffi' else set())
    # the reference is written to be read, and a test reads it once: no time for optimising it
    options = None if implementation == 'cpu_ffi' else {'xla_backend_optimization_level': 0}
    return lowered.compile(compiler_options=options)


@functools.lru_cache(maxsize=32)
def expected(case: Case) -> Any:
    """What the reference gives for a case."""
    with precision(case.dtype):
        program, args = problem(case)
        return value_and_pullback(program, case.plan, args, 'reference')


def assert_parity(case: Case, implementation: str) -> None:
    """Value and pullback of an implementation against the reference."""
    with precision(case.dtype):
        program, args = problem(case)
        actual = value_and_pullback(program, case.plan, args, implementation)
        assert_same(actual, expected(case), length=case.plan.n_steps * case.n)


def assert_same(actual: Any, reference: Any, *, length: int) -> None:
    """Leaf by leaf: floats to rounding, everything else equal."""
    given = jax.tree_util.tree_leaves_with_path(actual)
    assert jax.tree.structure(actual) == jax.tree.structure(reference)
    for (path, a), b in zip(given, jax.tree.leaves(reference), strict=True):
        name = jax.tree_util.keystr(path)
        assert (a.shape, a.dtype) == (b.shape, b.dtype), name
        if jnp.issubdtype(a.dtype, jax.dtypes.prng_key):
            np.testing.assert_array_equal(
                jax.random.key_data(a), jax.random.key_data(b), err_msg=name
            )
        elif not is_float(a):
            np.testing.assert_array_equal(a, b, err_msg=name)
        elif a.size:
            scale = _largest(b)
            if a.dtype == np.float32 and a.ndim < 2 and name.startswith('[1]'):
                # a derivative by what acts everywhere is a sum in which larger terms cancel
                scale = max(map(_largest, reference[1]))
            try:
                assert_close(a, b, length=length, scale=max(scale, 1e-3))
            except AssertionError as error:
                raise AssertionError(f'{name}: {error}') from None


def _largest(leaf: Any) -> float:
    return float(np.max(np.abs(leaf), initial=0.0))
