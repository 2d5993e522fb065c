#!/bin/sh
# Builds and runs coupling.cc for every CPU level that this machine can run:
#     kernels/checks/coupling.sh [check|time|all] [--sanitize]
# CXX names the compiler.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
mode=${1:-check}
flags="-std=c++17 -O3 -ffp-contract=fast -fno-math-errno -Wall -Wextra -Werror"
if [ "${2:-}" = --sanitize ]; then
  flags="$flags -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all"
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

check() {
  level=$1
  shift
  echo "== $level"
  # shellcheck disable=SC2086
  "${CXX:-c++}" $flags "$@" -DBRAINFIT_FAST_LEVEL="$level" -I"$root/kernels/include" \
    "$root/kernels/checks/coupling.cc" -o "$out/$level"
  "$out/$level" "$mode"
}

can_run() {
  grep -q "^flags.*[[:space:]]$1\([[:space:]]\|\$\)" /proc/cpuinfo 2>/dev/null
}

case $(uname -m) in
  x86_64 | amd64)
    check v2 -march=x86-64-v2
    if can_run avx2; then check v3 -march=x86-64-v3; else echo "== v3 cannot run here"; fi
    if can_run avx512vl; then
      check v4 -march=x86-64-v4 -mprefer-vector-width=512
    else
      echo "== v4 cannot run here"
    fi
    ;;
  *) check baseline ;;
esac
