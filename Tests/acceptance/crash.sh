#!/bin/sh
# kill -9 under sixteen clients: nothing acknowledged is missing, nothing is there twice, and a rebuild is the same.
exec "$JUDGES" -B "$(dirname -- "$0")/crash.py"
