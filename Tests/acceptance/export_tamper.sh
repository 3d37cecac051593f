#!/bin/sh
# Every field of every file of exports and passports changed: both verifiers refuse each, for the same, right reason.
exec "$JUDGES" -B "$(dirname -- "$0")/export_tamper.py"
