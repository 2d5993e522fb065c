#!/usr/bin/env bash
# Install into a fresh environment and fit the bundled connectome: tools/demo.sh [demo arguments]
#   PYTHON  the interpreter (default: python3); 3.11 or later
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    { echo "Python 3.11 or later is needed; $python is $("$python" -V). Set PYTHON=..." >&2; exit 1; }
[ -x .venv/bin/brainfit-fast ] || { "$python" -m venv .venv && .venv/bin/pip install --quiet '.[viz]'; }
.venv/bin/brainfit-fast demo "$@"
