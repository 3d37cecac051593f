#!/bin/sh
# Backup under load, restores in every state, damaged backups, keys rotated under load, and the timeline of it all.
exec "$JUDGES" "$(dirname -- "$0")/backup.py"
