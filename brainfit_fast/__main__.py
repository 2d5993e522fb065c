"""``python -m brainfit_fast script.py`` runs a brainmass script on the kernels of this library."""

import sys

from brainfit_fast.dropin.command import main

if __name__ == '__main__':
    sys.exit(main())
