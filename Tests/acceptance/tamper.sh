#!/bin/sh
# Every single-bit change, deletion, swap, insertion and re-signed log is found by verify, and its place named.
exec "$JUDGES" -B "$(dirname -- "$0")/tamper.py"
