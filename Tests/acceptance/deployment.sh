#!/bin/sh
# What deploy/ has, without containers: real nginx in front of three instances on PostgreSQL with a standby, one instance
# killed under load; Prometheus with rules and dashboard; compose file, image and unit as far as they can be judged.
exec "$JUDGES" -B "$(dirname -- "$0")/deployment.py"
