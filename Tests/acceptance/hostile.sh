#!/bin/sh
# Malformed pictures, oversized and broken requests: a problem document each, no crash, bounded memory.
exec "$JUDGES" -B "$(dirname -- "$0")/hostile.py"
