#!/bin/sh
# OpenSSL, by the README's own commands, and Python's cryptography verify exported DSSE lines from their bytes alone.
exec "$JUDGES" -B "$(dirname -- "$0")/dsse.py"
