#!/bin/sh
# Entries in PostgreSQL are changed, removed and truncated by the service's role, by the owner, and by a superuser whose
# triggers are switched off: refused, refused, and found by verify and by the scrubber; so are changes of all that stands
# beside the entries.
exec "$JUDGES" -B "$(dirname -- "$0")/append_only.py"
