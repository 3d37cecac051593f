#!/bin/sh
# Exports that another program made, of logs with every history of keys and witnesses: both verifiers judge them alike.
exec "$JUDGES" -B "$(dirname -- "$0")/export_made.py"
