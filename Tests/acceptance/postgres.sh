#!/bin/sh
# One log in PostgreSQL behind two instances, while servers and instances are killed: nothing acknowledged is lost, what is
# repeated is recorded once, what is answered while connections are cut is so, and everything recovers by itself; then the
# log moves to another database by its backup.
exec "$JUDGES" -B "$(dirname -- "$0")/postgres.py"
