#!/bin/sh
# Two processes of one witness, killed again and again under overlapping requests: nothing is rolled back, no second
# history is cosigned. Then a service with that witness, and a time-stamp authority made of `openssl ts`.
exec "$JUDGES" -B "$(dirname -- "$0")/witness.py"
