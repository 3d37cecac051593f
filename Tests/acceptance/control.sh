#!/bin/sh
# Model swaps, key rotations and revocations on one instance while three are under load: no request that began after the
# acknowledgement acts on the old one, on any instance.
exec "$JUDGES" -B "$(dirname -- "$0")/control.py"
