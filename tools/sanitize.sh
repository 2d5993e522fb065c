#!/usr/bin/env bash
# Tests of the native code under the address and undefined-behaviour sanitizers: tools/sanitize.sh [pytest arguments]
#   PYTHON  an interpreter with the test requirements (default: python3)
#   CXX     g++ (default) or clang++ with its sanitizer runtimes
# Library, headers and Python code are put together under build/sanitize; the checkout's own library stays.
# Node models that are compiled at run time get the same instrumentation.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
python=${PYTHON:-python3}
compiler=$(command -v "${CXX:-g++}") || { echo "${CXX:-g++} was not found; set CXX" >&2; exit 1; }
build=$root/build/sanitize
site=$build/site
mkdir -p "$build"

# After the build's own flags, so that its -O3 does not count. Of the generated code, which takes by far the
# longest to compile, the shipped part is watched for addresses only; what is compiled at run time for both.
cat > "$build/c++" <<EOF
#!/bin/sh
case "\$*" in
*/kernels/nodes/*) watch=address ;;
*) watch=address,undefined ;;
esac
exec "$compiler" "\$@" -O1 -g1 -fno-omit-frame-pointer -fsanitize=\$watch -fno-sanitize-recover=all
EOF
chmod +x "$build/c++"

echo '== build'
generator=()
command -v ninja >/dev/null && generator=(-G Ninja)
cmake -S "$root" -B "$build/cmake" "${generator[@]}" -DCMAKE_CXX_COMPILER="$build/c++" \
    -DPython_EXECUTABLE="$("$python" -c 'import sys; print(sys.executable)')" \
    -DCMAKE_BUILD_TYPE=Release >"$build/configure.log"
cmake --build "$build/cmake" >"$build/build.log" || { tail -50 "$build/build.log" >&2; exit 1; }

rm -rf "$site"
mkdir -p "$site"
cp -r brainfit_fast "$site/"
cp -r kernels/include "$site/brainfit_fast/include"
cp "$build/cmake/libbrainfit_fast.so" "$site/brainfit_fast/libbrainfit_fast.so"

runtime() {
    for name in "$@"; do
        file=$("$compiler" -print-file-name="$name")
        [ -e "$file" ] && { readlink -f "$file"; return; }
    done
    echo "$compiler has no $1" >&2
    return 1
}
asan=$(runtime libasan.so libclang_rt.asan-x86_64.so)
ubsan=$(runtime libubsan.so libclang_rt.ubsan_standalone-x86_64.so)

echo '== tests'
# Python and XLA leak on purpose, and mix allocators of their own
export ASAN_OPTIONS=detect_leaks=0:alloc_dealloc_mismatch=0:new_delete_type_mismatch=0:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1
export JAX_PLATFORMS=cpu PYTHONPATH=$site CXX=$build/c++
[ $# -gt 0 ] || set -- -m 'not slow' tests/ops/simulate tests/native/test_simulate_handler.py \
    tests/kernels/test_maths.py tests/ops/test_fc.py
LD_PRELOAD="$asan $ubsan" "$python" -P -m pytest -q -p no:cacheprovider "$@"

echo '== coupling kernels on their own'
CXX=$compiler kernels/checks/coupling.sh check --sanitize
