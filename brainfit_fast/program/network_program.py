"""NetworkProgram: everything static that a simulation of a network needs to know."""

from __future__ import annotations

from dataclasses import dataclass

from .piece import Piece
from .primitives import rows_of

__all__ = ['Channel', 'NetworkProgram', 'StepProgram', 'Sum', 'Track']


@dataclass(frozen=True)
class Track:
    """Measurements with states of their own, advanced inside the time loop (BOLD, temporal average).

    What they track does not depend on them: they are states of the program, not of the model.

    Attributes
    ----------
    update : Piece
        Inputs: parameters, the time between two updates, ``i``, ``t``, returned values, states of the model
        after the step, tracked states. Outputs: tracked states. Elementwise.
    n_states : int
        Number of tracked states.
    every : int
        Steps between two updates, which follow the steps ``every - 1``, ``2 * every - 1``, ...
    """

    update: Piece
    n_states: int
    every: int = 1


@dataclass(frozen=True)
class StepProgram:
    """One ``update`` of the model with every coupling replaced by its sum, and its observables.

    Attributes
    ----------
    step : Piece
        Inputs: parameters, sums, in-degrees of the sums with weights, ``dt``, ``i``, ``t``, inputs, states.
        Outputs: returned values, states.
    observe : Piece
        Inputs: parameters, ``dt``, ``i``, ``t``, returned values, states after the step, tracked states.
        Outputs: observables. Elementwise.
    n_params, n_inputs, n_returns, n_states, n_observables : int
        Numbers of leaves; states are those of the model.
    keys : tuple of int
        Which states are random keys.
    region_shape : tuple of int
        ``(..., n_regions)``: what the lanes are; leading sizes are brainstate batch sizes.
    track : Track or None
        Measurements inside the loop.
    """

    step: Piece
    observe: Piece
    n_params: int
    n_inputs: int
    n_returns: int
    n_states: int
    n_observables: int
    keys: tuple[int, ...]
    region_shape: tuple[int, ...]
    track: Track | None = None

    @property
    def n_tracked(self) -> int:
        """Number of tracked states, which follow those of the model."""
        return 0 if self.track is None else self.track.n_states

    def input_rows(self, shape: tuple[int, ...]) -> int:
        """The number of rows of an external input of this shape; 0 where it is one value per region."""
        return rows_of(shape, self.region_shape)


@dataclass(frozen=True)
class Channel:
    """A feature of the state whose past is kept: ``emit(state)`` after each step, ``depth`` steps back.

    Attributes
    ----------
    state : int
        Index of the state that is emitted.
    emit : Piece or None
        Inputs: parameters, the state. None emits the state itself.
    depth : int
        Rows of the ring.
    """

    state: int
    emit: Piece | None
    depth: int


@dataclass(frozen=True)
class Sum:
    """What a region reads: ``s_i = sum_j W_ij f_j(t - d_ij)``, or ``s_i = f_i(t - d_i)`` where it is local.

    Attributes
    ----------
    channel : int
        The channel that is summed.
    delayed : bool
        False where every delay is zero, so that the sum is one matrix-vector product.
    local : bool
        Whether each region reads its own past alone, without weights.
    """

    channel: int
    delayed: bool
    local: bool = False


@dataclass(frozen=True)
class NetworkProgram:
    """Emit, couple, step and observe: one hashable description for every implementation."""

    node: StepProgram
    channels: tuple[Channel, ...] = ()
    sums: tuple[Sum, ...] = ()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Everything that is evaluated in the loop, in the order of the constants."""
        emits = [channel.emit for channel in self.channels if channel.emit is not None]
        track = [] if self.node.track is None else [self.node.track.update]
        return (self.node.step, self.node.observe, *emits, *track)

    @property
    def n_regions(self) -> int:
        """Number of regions N."""
        return self.node.region_shape[-1] if self.node.region_shape else 1
