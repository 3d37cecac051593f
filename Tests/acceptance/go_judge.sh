#!/bin/sh
# Go's own note and tlog packages read our key, checkpoint, tiles and proofs from disk, and refuse them once changed.
exec "$JUDGES" -B "$(dirname -- "$0")/go_judge.py"
