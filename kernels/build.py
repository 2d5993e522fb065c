"""Build the native kernels into the checkout: ``python kernels/build.py``.

For development without installing. The library lands beside the Python code, as
``brainfit_fast/libbrainfit_fast.so``; the FFI headers are those of the jaxlib that this Python
has. Build with the lowest supported jaxlib: later ones load the result, earlier ones do not.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = 'libbrainfit_fast.so'


def main() -> None:
    """Configure, build and copy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--build-dir', type=Path, default=ROOT / 'build' / 'checkout')
    parser.add_argument('--cmake', default=shutil.which('cmake'), help='the cmake to use')
    options, extra = parser.parse_known_args()
    if options.cmake is None:
        sys.exit("cmake is not on PATH: 'pip install cmake ninja', or pass --cmake")
    print(f'FFI headers of jaxlib {importlib.metadata.version("jaxlib")}')
    configure = [options.cmake, '-S', str(ROOT), '-B', str(options.build_dir)]
    configure += [f'-DPython_EXECUTABLE={sys.executable}', '-DCMAKE_BUILD_TYPE=Release', *extra]
    if shutil.which('ninja'):
        configure += ['-G', 'Ninja']
    subprocess.run(configure, check=True)
    subprocess.run([options.cmake, '--build', str(options.build_dir)], check=True)
    # Replaced in one step: a process that has the old library loaded keeps it.
    target = ROOT / 'brainfit_fast' / LIBRARY
    fresh = target.with_suffix('.new')
    shutil.copy2(options.build_dir / LIBRARY, fresh)
    fresh.replace(target)
    print(f'built {target.relative_to(ROOT)}')


if __name__ == '__main__':
    main()
