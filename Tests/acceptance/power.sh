#!/bin/sh
# Power loss: a file system under SQLite that forgets what was not yet synced; 200 seeds, or 20.
set -eu
cd -- "$(dirname -- "$0")/../.."
[ "$LONG" = 1 ] && rounds=200 || rounds=20
export CXRLEDGER_POWER_LOSS_ROUNDS="$rounds"
swift test --disable-xctest --explicit-target-dependency-import-check error --filter 'When power is lost' \
    >"$SCRATCH/out" 2>&1 || { tail -50 "$SCRATCH/out" && exit 1; }
# A filter that finds no test would pass too.
grep "Test \"nothing acknowledged is missing.*with $rounds test cases passed" "$SCRATCH/out"
