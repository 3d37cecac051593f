#!/bin/sh
# A long log: a restart is healthy within five seconds.
exec "$JUDGES" -B "$(dirname -- "$0")/scale.py"
