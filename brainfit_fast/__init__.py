"""brainfit_fast: fit whole-brain network models to data, fast.

A drop-in for ``brainmass.Fitter`` on compiled kernels: the same models, simulators, objectives and
datasets, the same numbers, less time and memory.
"""

from .core.deferred import deferred as _deferred

# braintools imports nevergrad, and with it scikit-learn and pandas: a quarter of what starting takes.
with _deferred('nevergrad'):
    import braintools as _braintools

from . import callbacks, datasets, fic, objectives
from .core.dispatch import record, use
from .core.errors import (
    BrainfitError,
    ForwardModeError,
    HigherOrderError,
    ImplementationError,
)
from .core.fallback import FallbackWarning
from .core.memory import gradient_memory
from .core.window import gradient_window
from .coupling import (
    AdditiveCoupling,
    DiffusiveCoupling,
    HyperbolicTangentCoupling,
    LaplacianConnParam,
    SigmoidalCoupling,
    SigmoidalJansenRitCoupling,
    additive_coupling,
    diffusive_coupling,
    hyperbolic_tangent_coupling,
    laplacian_connectivity,
    sigmoidal_coupling,
    sigmoidal_jansen_rit_coupling,
)
from .dropin import FallbackError, patch, patch_report, unpatch
from .explain import explain
from .fitter import Fitter
from .fitting.predict import Predict
from .fitting.result import FitResult
from .many import SubjectResults, fit_many
from .maps import MapParam
from .models import *
from .network import Network
from .objectives import targets
from .observation import *
from .simulator import SimulationResult, Simulator

__version__ = '0.1.0'
