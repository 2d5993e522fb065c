"""Group-average connectome of the Human Connectome Project in 100 cortical regions."""

from __future__ import annotations

import copy
import csv
from importlib.resources import files
from typing import Any, NamedTuple

import brainunit as u
import numpy as np

__all__ = ['YEO7_NETWORKS', 'GroupConnectome', 'load_hcp_schaefer100']

#: Short names of the seven networks of Yeo et al. (2011), in their usual order.
YEO7_NETWORKS = ('Vis', 'SomMot', 'DorsAttn', 'SalVentAttn', 'Limbic', 'Cont', 'Default')

#: The maps whose terms allow redistribution; the others: load_cubnm_maps.
BUNDLED_MAPS = ('fcgradient01', 'myelinmap', 'thickness')

ACKNOWLEDGEMENT = (
    'Data were provided [in part] by the Human Connectome Project, WU-Minn Consortium (Principal '
    'Investigators: David Van Essen and Kamil Ugurbil; 1U54MH091657) funded by the 16 NIH '
    'Institutes and Centers that support the NIH Blueprint for Neuroscience Research; and by the '
    'McDonnell Center for Systems Neuroscience at Washington University.'
)

INFO: dict[str, Any] = {
    'source': 'HCP Young Adult, group averages as shipped under cubnm/data in cubnm 0.1.0 (PyPI)',
    'citation': (
        'Van Essen et al. 2013, NeuroImage 80:62-79 (HCP); '
        'Schaefer et al. 2018, Cerebral Cortex 28:3095-3114 (regions); '
        'Yeo et al. 2011, Journal of Neurophysiology 106:1125-1165 (networks); '
        'Saberi et al. 2025, bioRxiv 2025.11.13.688224 (cuBNM); '
        'Glasser et al. 2016, Nature 536:171-178 (myelin and thickness maps); '
        'Margulies et al. 2016, PNAS 113:12574-12579 (connectivity gradient)'
    ),
    'acknowledgement': ACKNOWLEDGEMENT,
    'licence': (
        'data: WU-Minn HCP Open Access Data Use Terms (redistribution under the same terms; no '
        'attempt to identify subjects; acknowledgement); cuBNM: BSD-3-Clause; region networks: '
        'MIT (CBIG). The Apache-2.0 licence of brainfit_fast does not cover these files.'
    ),
    'terms_url': (
        'https://www.humanconnectome.org/study/hcp-young-adult/document/'
        'wu-minn-hcp-consortium-open-access-data-use-terms'
    ),
    'units': {
        'weights': 'streamline weight, no unit',
        'lengths': 'mm',
        'fc': 'Pearson correlation',
        'fcd': 'Pearson correlation between windows',
        'maps': 'z-score over regions',
    },
    'n_subjects': {'train': 706, 'test': 303},
    'window_samples': 43,
    'step_samples': 7,
    'bundled_maps': BUNDLED_MAPS,
    'other_maps': "'genepc1', 'nmda', 'gabaa': datasets.load_cubnm_maps, from your own cubnm copy",
}


class GroupConnectome(NamedTuple):
    """Structure and function of a group of subjects, with a replicate group.

    Attributes
    ----------
    weights, weights_test : numpy.ndarray
        ``(N, N)`` float64 streamline weights ``[target, source]``, zero diagonal.
    lengths, lengths_test : brainunit.Quantity
        ``(N, N)`` tract lengths in mm; zero where there is no tract.
    fc, fc_test : numpy.ndarray
        ``(N, N)`` functional connectivity, unit diagonal.
    fcd, fcd_test : numpy.ndarray
        ``(n_values,)`` pooled correlations between the windowed FCs, ascending.
    window, step, TR : brainunit.Quantity
        Nominal length and step of the FCD windows and the repetition time, in s.
    maps : dict of str to numpy.ndarray
        ``(N,)`` z-scored heterogeneity maps.
    labels : numpy.ndarray
        ``(N,)`` region names.
    networks : numpy.ndarray
        ``(N,)`` network of each region.
    info : dict
        Source, citation, acknowledgement, licence, units, numbers of subjects.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> data = bf.datasets.load_dataset('hcp_schaefer100')
    >>> data.weights.shape, sorted(data.maps)
    ((100, 100), ['fcgradient01', 'myelinmap', 'thickness'])
    """

    weights: np.ndarray
    lengths: u.Quantity
    fc: np.ndarray
    fc_test: np.ndarray
    fcd: np.ndarray
    fcd_test: np.ndarray
    window: u.Quantity
    step: u.Quantity
    TR: u.Quantity
    maps: dict[str, np.ndarray]
    labels: np.ndarray
    networks: np.ndarray
    weights_test: np.ndarray
    lengths_test: u.Quantity
    info: dict[str, Any]


def load_hcp_schaefer100() -> GroupConnectome:
    """Load the HCP group averages in the 100 regions of Schaefer et al. (2018).

    Regions 0–49 are in the left hemisphere and 50–99 in the right one. The train group has 706
    subjects, the test group 303 others. FC is averaged over all resting sessions. FCD values
    are a regular subsample of the sorted values of all subjects and sessions, so they describe
    the pooled distribution. Windows are nominally 30 s long, 5 s apart; in samples cuBNM makes
    that 43 and 7 (30.96 s and 5.04 s).

    The bundled numbers are single precision (weights exact, lengths within 1e-5 mm, FC and FCD
    within 3e-8 of the source) and come as float64.

    Returns
    -------
    GroupConnectome
        With N = 100; 13 677 FCD values for the train group and 13 678 for the test group; maps
        ``'fcgradient01'``, ``'myelinmap'``, ``'thickness'``. Three more maps that cannot be
        bundled: :func:`load_cubnm_maps`.

    Notes
    -----
    Source: HCP Young Adult by way of cuBNM 0.1.0 (Saberi et al. 2025). The data stand under
    the WU-Minn HCP Open Access Data Use Terms: redistribution under the same terms, no attempt
    to identify subjects, acknowledgement of the HCP in anything published (wording in
    ``info['acknowledgement']``). ``NOTICE.md`` beside the files has the details. No data of
    single subjects are included.

    The replicate group is no evidence against overfitting: train and test FC correlate at
    r = 0.998.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> hcp = bf.datasets.load_dataset('hcp_schaefer100')
    >>> hcp.weights.shape, sorted(hcp.maps)
    ((100, 100), ['fcgradient01', 'myelinmap', 'thickness'])
    """
    folder = files(__package__) / 'data' / 'hcp_schaefer100'

    def pair(name: str) -> tuple[np.ndarray, np.ndarray]:
        path = folder / f'{name}.npz'
        with path.open('rb') as stream, np.load(stream, allow_pickle=False) as archive:
            return archive['train'].astype(np.float64), archive['test'].astype(np.float64)

    table = (folder / 'regions.csv').read_text(encoding='utf-8')
    regions = list(csv.DictReader(table.splitlines()))
    weights, weights_test = pair('weights')
    lengths, lengths_test = pair('lengths')
    fc, fc_test = pair('fc')
    fcd, fcd_test = pair('fcd')
    return GroupConnectome(
        weights=weights,
        lengths=lengths * u.mm,
        fc=fc,
        fc_test=fc_test,
        fcd=fcd,
        fcd_test=fcd_test,
        window=30.0 * u.second,
        step=5.0 * u.second,
        TR=0.72 * u.second,
        maps={name: np.array([float(row[name]) for row in regions]) for name in BUNDLED_MAPS},
        labels=np.array([row['label'] for row in regions]),
        networks=np.array([row['network'] for row in regions]),
        weights_test=weights_test,
        lengths_test=lengths_test * u.mm,
        info=copy.deepcopy(INFO) | {'notice': str(folder / 'NOTICE.md')},
    )
