#!/bin/sh
# Run once, when the database is made: the roles, the database, and what the standby needs.
#
# `pneumonia_owner` owns the schema and is used by `cxrledger migrate` alone. `pneumonia`, as whom the service connects and
# operators look around, may add entries and change none.
set -eu

# Passwords are read by psql itself: they are in no process list, and in no log.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
\set owner `cat "${SECRETS:-/run/secrets}/owner_password"`
\set service `cat "${SECRETS:-/run/secrets}/service_password"`
\set replication `cat "${SECRETS:-/run/secrets}/replication_password"`
SET log_min_error_statement = panic;
SET password_encryption = 'scram-sha-256';
CREATE ROLE pneumonia_owner LOGIN PASSWORD :'owner';
CREATE ROLE pneumonia LOGIN PASSWORD :'service';
CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'replication';
CREATE DATABASE pneumonia_prod OWNER pneumonia_owner;
REVOKE ALL ON DATABASE pneumonia_prod FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE pneumonia_prod TO pneumonia;
GRANT pg_monitor TO pneumonia;
SELECT FROM pg_create_physical_replication_slot('standby');
\connect pneumonia_prod
CREATE EXTENSION pg_stat_statements;
SQL

echo 'host replication replicator samenet scram-sha-256' >>"$PGDATA/pg_hba.conf"
