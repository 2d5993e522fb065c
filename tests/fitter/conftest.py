"""What several tests of the Fitter look at."""

import jax
import pytest

from brainfit_fast.fitting.loss import LossProgram


@pytest.fixture
def compiled_programs(monkeypatch):
    """The jaxpr of each function around a loss that is compiled in the test."""
    seen = []
    compiled = LossProgram.compiled

    def watched(self, function, *args):
        seen.append(jax.make_jaxpr(function)(*args).jaxpr)
        return compiled(self, function, *args)

    monkeypatch.setattr(LossProgram, 'compiled', watched)
    return seen
