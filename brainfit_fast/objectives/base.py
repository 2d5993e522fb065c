"""What every objective is: a frozen callable that shows its settings."""

from __future__ import annotations

from typing import Any, ClassVar

import jax


class Objective:
    """A score or loss of a prediction against a target.

    Objectives are frozen dataclasses: two with the same settings are equal, their settings can be
    read, and they can be used as keys. They work under jit, grad and vmap. In a traced loss the
    body of each is one equation whose name is :attr:`equation`.

    Examples
    --------
    See :func:`fc_corr`.
    """

    equation: ClassVar[str]

    def __call__(self, prediction: Any, target: Any = None) -> jax.Array:
        """Evaluate the objective.

        Parameters
        ----------
        prediction : array or Quantity, shape (time, regions)
            The simulated time series.
        target : array, Quantity or target object
            The data.

        Returns
        -------
        jax.Array
            A scalar.
        """
        raise NotImplementedError

    def prepare(self, target: Any) -> Any:
        """Check a target and reduce it to what the objective compares.

        Parameters
        ----------
        target : array, Quantity or target object
            The data, in any form that the objective accepts.

        Returns
        -------
        Any
            A pytree that gives the same value when it is passed instead of ``target``, and which
            may be an argument of a jitted function.
        """
        raise NotImplementedError
