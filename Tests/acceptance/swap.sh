#!/bin/sh
# Models swapped and rolled back under load, also by another process: no failed request, no old model after it.
exec "$JUDGES" -B "$(dirname -- "$0")/swap.py"
