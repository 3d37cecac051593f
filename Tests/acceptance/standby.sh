#!/bin/sh
# A standby of the database: lists are read from it, and it takes over. One that lost the tail is found out by the checkpoint
# lock and gets it back from the published tiles; a synchronous one goes on without loss. And TLS that checks who answers.
exec "$JUDGES" -B "$(dirname -- "$0")/standby.py"
