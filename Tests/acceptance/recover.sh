#!/bin/sh
# Yesterday's database over today's lock: BEHIND, read-only, recovered to the same root by tiles or a backup, also when
# that is killed; and where the tail is nowhere, refused until a new origin is begun.
exec "$JUDGES" -B "$(dirname -- "$0")/recover.py"
