#!/usr/bin/env bash
# Install into a fresh environment and run the tests: tools/test.sh [pytest arguments]
#   PYTHON       the interpreter (default: python3); 3.11 or later
#   CONSTRAINTS  a pip constraints file (default: none, the newest versions)
#   VENV         where the environment goes (default: .venv-test)
#   WHEEL        a built wheel to test (default: this checkout is built)
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
venv=${VENV:-.venv-test}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    { echo "Python 3.11 or later is needed; $python is $("$python" -V). Set PYTHON=..." >&2; exit 1; }
"$python" -m venv --clear "$venv"
"$venv/bin/python" -m pip install --quiet ${CONSTRAINTS:+--constraint "$CONSTRAINTS"} "${WHEEL:-.}[test]"
export JAX_PLATFORMS=cpu
[ $# -gt 0 ] || set -- -m 'not slow' -n 2
exec "$venv/bin/pytest" -q "$@"
