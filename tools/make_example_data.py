"""Make the synthetic files under brainfit_fast/datasets/data/examples.

    python tools/make_example_data.py [FOLDER]

The same seed gives the same numbers; run it again only to change the example itself.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

DESTINATION = Path(__file__).parents[1] / 'brainfit_fast' / 'datasets' / 'data' / 'examples'
SEED = 20240607
LABELS = np.array([f'R{i}' for i in range(8)])


def connectome(seed: int = SEED) -> dict[str, np.ndarray]:
    """Weights, distances (mm) and labels of two mirrored hemispheres with four regions each."""
    rng = np.random.default_rng(seed)
    # Left hemisphere: points on an ellipsoid with half axes of 65, 80 and 60 mm.
    azimuth = np.deg2rad([100.0, 150.0, 200.0, 250.0]) + rng.normal(0.0, 0.1, 4)
    height = np.array([0.1, 0.6, 0.4, -0.2])
    ring = np.sqrt(1.0 - height**2)
    left = np.stack(
        [-65.0 * np.abs(ring * np.cos(azimuth)), 80.0 * ring * np.sin(azimuth), 60.0 * height],
        axis=1,
    )
    left[:, 0] -= 8.0
    position = np.concatenate([left, left * [-1.0, 1.0, 1.0]])
    distances = np.linalg.norm(position[:, None] - position[None], axis=-1)
    distances = 0.5 * (distances + distances.T)

    upper = np.triu(np.exp(-distances / 40.0) * rng.lognormal(0.0, 0.5, (8, 8)), 1)
    weights = upper + upper.T
    # Homotopic regions are joined through the corpus callosum although they lie far apart.
    for i in range(4):
        weights[i, i + 4] = weights[i + 4, i] = 0.5 * weights.max()
    return {'weights': weights / weights.max(), 'distances': distances, 'labels': LABELS}


def signal(weights: np.ndarray, seed: int = SEED + 1) -> dict[str, np.ndarray]:
    """Samples (500, 8) at 1 ms of noisy Hopf oscillators coupled by `weights`.

    dz_i = [(a + i omega_i - |z_i|^2) z_i + k sum_j W_ij (z_j - z_i)] dt + s dW  (Deco et al. 2017,
    Scientific Reports 7:3095), Euler-Maruyama at 0.1 ms after 1 s of lead-in.
    """
    rng = np.random.default_rng(seed)
    dt, every, n_samples, lead_in = 0.1, 10, 500, 10_000
    a, k, noise = -0.02, 0.02, 0.03
    omega = 2.0 * np.pi * rng.normal(10.0, 0.7, 8) / 1000.0
    strength = weights.sum(axis=1)
    z = 0.1 * (rng.standard_normal(8) + 1j * rng.standard_normal(8))
    samples = np.empty((n_samples, 8))
    for step in range(lead_in + n_samples * every):
        kick = rng.standard_normal(8) + 1j * rng.standard_normal(8)
        drift = (a + 1j * omega - np.abs(z) ** 2) * z + k * (weights @ z - strength * z)
        z = z + dt * drift + noise * np.sqrt(dt) * kick
        if step >= lead_in and (step - lead_in + 1) % every == 0:
            samples[(step - lead_in) // every] = z.real
    fc = np.corrcoef(samples, rowvar=False)
    fc = 0.5 * (fc + fc.T)
    np.fill_diagonal(fc, 1.0)
    return {'signal': samples, 'dt': np.float64(1.0), 'labels': LABELS, 'fc': fc}


def main(folder: Path) -> None:
    """Write both files."""
    folder.mkdir(parents=True, exist_ok=True)
    conn = connectome()
    np.savez_compressed(folder / 'example_connectome.npz', **conn)
    np.savez_compressed(folder / 'example_signal.npz', **signal(conn['weights']))


if __name__ == '__main__':
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DESTINATION)
