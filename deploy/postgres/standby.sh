#!/bin/sh
# Starts a standby of the server $PRIMARY, which it copies when its own folder is empty. Arguments are what to run.
set -eu
umask 077

: "${PGDATA:?}" "${PRIMARY:?}"
passwords=$(mktemp)
printf '*:*:*:replicator:%s\n' "$(cat "${SECRETS:-/run/secrets}/replication_password")" >"$passwords"
primary="host=$PRIMARY port=${PRIMARY_PORT:-5432} user=replicator application_name=standby passfile=$passwords"

chmod 0700 "$PGDATA"  # a fresh volume is open to all, which the server refuses
while [ ! -s "$PGDATA/PG_VERSION" ]; do
    # A copy that was broken off is begun anew: PG_VERSION comes last, behind what makes it a standby.
    find "$PGDATA" -mindepth 1 -delete
    copy=$PGDATA/copy
    if pg_basebackup --pgdata="$copy" --dbname="$primary" --slot=standby --wal-method=stream --checkpoint=fast; then
        touch "$copy/standby.signal"
        for file in "$copy"/*; do
            [ "${file##*/}" = PG_VERSION ] || mv "$file" "$PGDATA/"
        done
        sync
        mv "$copy/PG_VERSION" "$PGDATA/"
        rmdir "$copy"
    else
        echo "$PRIMARY cannot be copied yet; trying again" >&2
        sleep 3
    fi
done

# A standby that was promoted has no standby.signal, and goes on as a primary.
exec "$@" -c "primary_conninfo=$primary" -c primary_slot_name=standby
