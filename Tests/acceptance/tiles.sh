#!/bin/sh
# Two services publish one log to a folder and a foreign object store and are killed over and over: what is published is
# whole at every moment, only grows, and is the same over HTTP.
exec "$JUDGES" -B "$(dirname -- "$0")/tiles.py"
