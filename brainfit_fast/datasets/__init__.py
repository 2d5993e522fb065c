"""Bundled datasets, a registry for more, and readers for the user's own files."""

from .connectome import ImportedConnectome, read_connectome
from .cubnm import load_cubnm_maps
from .examples import Connectome, Signal, load_example_connectome, load_example_signal
from .files import read_labels, read_matrix, read_timeseries
from .hcp import GroupConnectome, load_hcp_schaefer100
from .registry import _REGISTRY as _REGISTRY
from .registry import list_datasets, load_dataset, register_dataset
from .signal import read_signal
from .subject import Subject, load_subject
from .task import delayed_match_task
from .tvb import from_tvb

__all__ = [
    'Connectome',
    'GroupConnectome',
    'ImportedConnectome',
    'Signal',
    'Subject',
    'delayed_match_task',
    'from_tvb',
    'list_datasets',
    'load_cubnm_maps',
    'load_dataset',
    'load_subject',
    'read_connectome',
    'read_labels',
    'read_matrix',
    'read_signal',
    'read_timeseries',
    'register_dataset',
]

register_dataset(
    'example_connectome',
    load_example_connectome,
    description='Synthetic connectome of 8 regions: weights and distances in mm.',
)
register_dataset(
    'example_signal',
    load_example_signal,
    description='Synthetic signal of the 8 example regions, 500 samples at 1 ms, with its FC.',
)
register_dataset(
    'delayed_match_task',
    delayed_match_task,
    description='Synthetic delayed-match-to-sample trials: (inputs, targets).',
)
register_dataset(
    'hcp_schaefer100',
    load_hcp_schaefer100,
    description='HCP group averages in 100 regions: SC, tract lengths, FC, FCD, maps, networks.',
)
