#!/bin/sh
# deploy/secrets.sh [FOLDER]: makes the secrets that compose.yaml names, by default in deploy/secrets. What is there
# already is left as it is, so it may be run again at any time.
set -eu
umask 077

folder=${1:-$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/secrets}
mkdir -p "$folder"

# password NAME MODE: 192 random bits, in hexadecimal, which no file format has to quote.
password() {
    [ -s "$folder/$1" ] && return
    openssl rand -hex 24 >"$folder/$1.new"
    chmod "$2" "$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
    echo "made $folder/$1"
}

# pgpass NAME USER PASSWORD: what libpq reads a password from; it takes no file that others may read.
pgpass() {
    [ -s "$folder/$1" ] && return
    printf '*:*:*:%s:%s\n' "$2" "$(cat "$folder/$3")" >"$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
    echo "made $folder/$1"
}

# Those that other images read, each as a user of its own, are readable; the folder keeps everybody else out.
for name in postgres_password owner_password service_password replication_password grafana_password; do
    password "$name" 444
done
password key_passphrase 400
pgpass owner_pgpass pneumonia_owner owner_password
pgpass service_pgpass pneumonia service_password

# Of an object store, which makes it itself: put it in when BLOBS_S3 names one.
if [ ! -e "$folder/s3_secret_key" ]; then
    : >"$folder/s3_secret_key"
    chmod 400 "$folder/s3_secret_key"
    echo "made $folder/s3_secret_key, empty"
fi

# The service is user 1000 in its container.
if [ "$(id -u)" = 0 ]; then
    chown 1000:1000 "$folder" "$folder/key_passphrase" "$folder/owner_pgpass" "$folder/service_pgpass" \
        "$folder/s3_secret_key"
elif [ "$(id -u)" != 1000 ]; then
    echo "Run this as root: these files must belong to user 1000, who the service is in its container." >&2
    exit 1
fi
