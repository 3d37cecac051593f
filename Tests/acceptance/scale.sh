#!/bin/sh
# A long log: a restart is healthy within five seconds. The full campaign's million events are made by the benchmarks.
set -eu
here=$(dirname -- "$0")
if [ "$LONG" = 1 ] && [ -z "${FILLER:-}" ]; then
    (cd "$here/../.." && swift build --configuration release --product Benchmarks >&2)
    FILLER=$here/../../.build/release/Benchmarks
    export FILLER
fi
exec "$JUDGES" -B "$here/scale.py"
