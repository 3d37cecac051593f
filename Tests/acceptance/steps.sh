#!/bin/sh
# Two processes on one log, ended by SIGKILL at every step of commit, sign, lock, acknowledge and publish.
set -eu
cd -- "$(dirname -- "$0")/../.."
[ "$LONG" = 1 ] && rounds=40 || rounds=2
export CXRLEDGER_CRASH_ROUNDS="$rounds"
swift test --disable-xctest --explicit-target-dependency-import-check error --filter 'When processes are killed' \
    >"$SCRATCH/out" 2>&1 || { tail -50 "$SCRATCH/out" && exit 1; }
# A filter that finds no test would pass too.
grep "Test \"there is one root for each size.*with $((9 * rounds)) test cases passed" "$SCRATCH/out"
