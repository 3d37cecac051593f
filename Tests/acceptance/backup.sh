#!/bin/sh
# Backup under load, restores in every state, damaged backups, keys rotated under load, and the timeline of it all.
exec "$JUDGES" -B "$(dirname -- "$0")/backup.py"
