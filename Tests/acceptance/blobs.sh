#!/bin/sh
# Two instances with nothing in common but a database, a lock, their keys and a foreign object store: pictures and models are
# there for both; while that store is down, silent, broken or wrong, nothing is predicted, nothing half recorded, and both
# say so; then a backup, a restore into another place of the store, and a verification that finds what was changed there.
exec "$JUDGES" -B "$(dirname -- "$0")/blobs.py"
