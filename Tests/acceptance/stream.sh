#!/bin/sh
# Two instances over one log, in SQLite and in PostgreSQL, and curl as the subscriber, cut off and sent to the other one at
# random while instances and servers are killed: what it received is the log, without hole or repetition.
exec "$JUDGES" -B "$(dirname -- "$0")/stream.py"
