#!/bin/sh
# The command line as people use it: on the store itself, beside a running service, and over --server.
# Needs the built program as $CXRLEDGER_BIN (or $CXRLEDGER); works in $SCRATCH, or in a folder of its own.
set -u

root=$(cd -- "$(dirname -- "$0")/../.." && pwd)
binary=${CXRLEDGER_BIN:-${CXRLEDGER:-$root/.build/release/cxrledger}}
xrays=$root/Tests/Fixtures/xrays
[ -x "$binary" ] || { echo "there is no program $binary; name it in CXRLEDGER_BIN" >&2; exit 2; }
if [ -z "${SCRATCH:-}" ]; then
    SCRATCH=$(mktemp -d) && trap 'rm -rf "$SCRATCH"' EXIT
fi
cd "$SCRATCH" || exit 2

# Nothing of ours comes from the caller.
for name in $(env | sed -n 's/^\(CXRLEDGER_[A-Z_]*\|API_[A-Z_]*\|POSTGRES_[A-Z_]*\|DATABASE_URL\|LOG_[A-Z]*\|BATCH_SIZE\|CACHE_ENABLED\|NO_COLOR\)=.*/\1/p'); do
    unset "$name"
done
CXRLEDGER_HOME=$SCRATCH/home
MODEL_PATH=$root/saved_models/pneumonia_cnn_v1.keras
export CXRLEDGER_HOME MODEL_PATH

passed=0
failed=0
service=

# expect NAME STATUS WORD...: runs the program; its exit code must be STATUS. Leaves `out` and `err`.
expect() {
    name=$1
    want=$2
    shift 2
    "$binary" "$@" >out 2>err </dev/null
    got=$?
    if [ "$got" = "$want" ]; then verdict ok "$name"; else verdict 'not ok' "$name" "exit code $got, not $want: $*"; fi
}

# verdict ok|'not ok' NAME [WHY]
verdict() {
    echo "$1 $2"
    if [ "$1" = ok ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "    ${3:-}"
        sed 's/^/    | /' out err | head -20
    fi
}

# says NAME FILE PATTERN: the file holds a line with the pattern. silent: it holds none.
says() { if grep -q -e "$3" "$2"; then verdict ok "$1"; else verdict 'not ok' "$1" "no line with: $3"; fi; }
silent() { if grep -q -e "$3" "$2"; then verdict 'not ok' "$1" "a line with: $3"; else verdict ok "$1"; fi; }
# value NAME: the first text or number under a name in the JSON document `out`.
value() { sed -n "s/^ *\"$1\" : \"\{0,1\}\([^\",]*\).*/\1/p" out | head -1; }

one=$(find "$xrays/PNEUMONIA" -name '*.jpeg' | sort | head -1)
count=$(find "$xrays" -name '*.jpeg' | wc -l)

# -- Help and misuse
expect "help teaches" 0 help
says "help names its exit codes" out '^  2  misused'
for command in serve predict "predictions list" verify "models register" restore config; do
    # shellcheck disable=SC2086
    expect "help $command" 0 help $command
    says "help $command has an example" out '^  .*cxrledger '
done
expect "short help" 0 predict -h
expect "an unknown command is misuse" 2 predct
says "and is put right" err "Did you mean \`predict\`?"
expect "an unknown flag is misuse" 2 predict x.png --patent P
says "and is put right too" err 'Did you mean --patient?'
expect "a missing operand is misuse" 2 review
expect "a command of the replaced service is out of scope" 3 train --train_dir x
expect "help as JSON" 0 help models --json
says "with each command" out '"name" : "models register"'
for words in "predct --json" "verify --json" "models list --json --port 70000"; do
    # shellcheck disable=SC2086
    "$binary" $words >out 2>err </dev/null
    got=$?
    says "a failure of $words is JSON" err "^  \"exit\" : $got"
    silent "with nothing on standard output" out .
done
expect "version" 0 version --json
says "version as JSON" out '"version" : "'
expect "a wrong setting is refused" 2 verify --port 70000
says "with its name and an example" err 'API_PORT: .* Example: API_PORT=8000'
expect "config check finds it" 1 config check --port 70000
# unusable NAME VALUE FLAG: serve and config check refuse the setting alike.
unusable() {
    setting=$1
    expect "serve refuses $setting=$2" 2 serve "$3" "$2"
    says "by its name, with an example" err "$setting: .* Example: $setting="
    expect "config check refuses $setting=$2" 1 config check "$3" "$2"
    says "by its name, with an example too" out "$setting: .* Example: $setting="
}
unusable API_HOST 999.1.1.1 --host
unusable CXRLEDGER_LOCK /tmp --lock
unusable LOG_FILE /proc/x --log-file
expect "config check passes" 0 config check
API_PORT=8123 expect "config shows where a value came from" 0 config
says "from the environment" out '^API_PORT *8123 *environment'
expect "a PostgreSQL that does not answer is named" 1 config check --database postgresql://u:hunter2@h/db
says "as what it is" out 'DATABASE_URL: no connection'
silent "without the password" out hunter2
expect "a password is masked" 0 config --database postgresql://u:hunter2@h/db
silent "in the settings" out hunter2
expect "formats" 0 formats
expect "a store is not created by looking" 1 verify
says "and the way out is told" err 'error \[no-log\]'

# -- On the store itself
expect "the first prediction creates the log" 0 predict "$one" --patient P-123 --json
says "is PNEUMONIA" out '"prediction" : "PNEUMONIA"'
says "the administrator's key is told once" err '^administrator key: cxr_'
silent "the patient is not printed" out 'P-123'
id=$(value id)
index=$(value index)
expect "a folder is predicted" 0 predict "$xrays" --patient P-123
says "with a row for each picture" out '^FILE .*PROBABILITY'
silent "no key a second time" err 'cxr_'
expect "a folder as JSON" 0 predict "$xrays" --json
if [ "$(grep -c '"entry_hash"' out)" = "$count" ]; then verdict ok "with each picture"; else verdict 'not ok' "with each picture"; fi
expect "a pattern is predicted" 0 predict "$xrays/NORMAL/*.jpeg"
echo nothing >notes.png
expect "what is no picture is refused" 1 predict notes.png
says "with a code" err '^error \[image-'
expect "beside pictures it does not stop them" 1 predict notes.png "$one" --json
says "the picture is there" out '"prediction" : "PNEUMONIA"'
says "and the refusal" out '"refused" : \['
expect "a file that is not there" 1 predict nowhere.png
expect "inspect says what would be done" 0 inspect "$one"
expect "inspect refuses what is no picture" 1 inspect notes.png
expect "predictions of a patient" 0 predictions list --patient P-123 --json
says "are found" out "\"id\" : \"$id\""
silent "without the patient" out 'P-123'
expect "predictions of another patient" 0 predictions list --patient P-999 --json
silent "are none" out '"entry_hash"'
expect "one prediction" 0 predictions show "$id"
says "shows the patient to whoever may see it" out '^patient *P-123'
expect "an unknown prediction" 1 predictions show 00000000-0000-7000-8000-000000000000
expect "an override needs a reason" 2 review "$id" --override NORMAL
expect "an override" 0 review "$id" --override NORMAL --reason 'Motion artefact'
expect "an agreement" 0 review "$id" --agree
expect "it stands in the list" 0 predictions list --reviewed yes
says "as agreed" out 'agreed'
expect "reproduce one" 0 reproduce "$id"
expect "reproduce all" 0 reproduce --all --json
says "all the same" out '"different" : 0'
expect "reproduce needs a name" 2 reproduce
expect "events" 0 events list --limit 3
says "begin with the keys" out '^ *0 .*KeysCertified'
expect "one event with its proof" 0 events show "$index"
says "which is verified" out '^inclusion *verified'
expect "the timeline" 0 timeline --type PredictionReviewed
says "holds the review" out 'label NORMAL'
expect "models" 0 models list
expect "the active model" 0 models show
says "by the digest of its file" out "^sha256 *$(sha256sum "$MODEL_PATH" | cut -c1-64)"
says "and the one operators compare" out "^md5 *$(md5sum "$MODEL_PATH" | cut -c1-32)"
expect "the model files are right" 0 models verify
expect "the threshold is changed" 0 models threshold pneumonia_cnn 0.6 --reason test
expect "a threshold that is none" 1 models threshold pneumonia_cnn 1.5
expect "nothing to roll back to" 1 models rollback
expect "rebuild" 0 rebuild --json
says "reports digests" out '"digest" : "[0-9a-f]\{64\}"'
expect "verify" 0 verify
says "each check passed" out '^entries *passed'
expect "verify as JSON" 0 verify --json
says "is ok" out '"ok" : true'
if env LC_ALL=C grep -rq -e P-123 -e 'Motion artefact' home; then
    verdict 'not ok' "no patient in clear in the home"
else
    verdict ok "no patient in clear in the home"
fi

# -- Beside a running service, and over --server
"$binary" serve --port 0 >serve.out 2>serve.err </dev/null &
service=$!
for _ in $(seq 100); do grep -q '^listening on' serve.out && break; sleep 0.1; done
url=$(sed -n 's/^listening on //p' serve.out)
if [ -n "$url" ]; then verdict ok "serve listens"; else verdict 'not ok' "serve listens" "$(cat serve.err)"; fi
silent "and tells no key the second time" serve.out 'cxr_'
expect "a key for a clinician" 0 credentials issue --role clinician --name 'Dr. Okafor' --json
value key >clinician.key
expect "a key for an administrator" 0 credentials issue --role administrator --name Root --json
value key >administrator.key
holder=$(value id)
expect "predict beside the service" 0 predict "$one"
expect "predict over --server" 0 predict "$one" --server "$url" --key-file clinician.key --json
says "the same document" out '"entry_hash" : "'
remote=$(value id)
expect "a folder over --server" 0 predict "$xrays" --server "$url" --key-file clinician.key
expect "the list over --server" 0 predictions list --server "$url" --key-file clinician.key
expect "one prediction over --server" 0 predictions show "$remote" --server "$url" --key-file clinician.key
expect "a review over --server" 0 review "$remote" --agree --server "$url" --key-file clinician.key
expect "a clinician may not read events" 1 events list --server "$url" --key-file clinician.key
says "and is told so" err '^error \[forbidden\]'
for command in "events list" "events show 0" timeline "models list" "models show" "credentials list" backup health; do
    # shellcheck disable=SC2086
    expect "$command over --server" 0 $command --server "$url" --key-file administrator.key
done
expect "verify does not go over --server" 2 verify --server "$url" --key-file administrator.key
expect "settings cannot be honoured there" 2 models list --port 1 --server "$url" --key-file administrator.key
expect "a key is needed" 2 models list --server "$url"
CXRLEDGER_API_KEY=cxr_wrong expect "a wrong key is refused" 1 models list --server "$url"
expect "rotating a key" 0 credentials rotate "$holder" --json
expect "ends the old one at once" 1 models list --server "$url" --key-file administrator.key
expect "revoking a key" 0 credentials revoke "$holder" --reason 'test over'
expect "no server there" 1 health --server http://127.0.0.1:1
expect "verify beside the service" 0 verify
kill -TERM "$service"
if wait "$service"; then verdict ok "SIGTERM ends the service with 0"; else verdict 'not ok' "SIGTERM ends the service with 0"; fi
expect "the stop is recorded" 0 timeline --type ServiceStopped
says "with its reason" out 'SIGTERM'

# -- Backup and restore
expect "backup" 0 backup --out backups --json
backup=$(value path)
expect "restore into a new home" 0 restore "$backup" --into restored --json
size=$(value size)
expect "the copy verifies" 0 verify --home restored --json
if [ "$(value size)" = "$size" ]; then verdict ok "with every event"; else verdict 'not ok' "with every event"; fi
expect "the copy reproduces" 0 reproduce "$id" --home restored
expect "a restore into nothing is misuse" 2 restore "$backup" --into ''
expect "a restore of nothing is refused" 1 restore NOPE --into nothing
says "as no backup" err '^error \[backup-missing\]: There is no backup at NOPE'
CXRLEDGER_LOCK=$CXRLEDGER_HOME/lock/checkpoint expect "a rehearsal beside the log" 0 restore "$backup" --into rehearsed --json
says "does not take its lock" err 'not taken'
says "and is read-only" out '"state" : "read-only"'
mv home lost && mkdir lockvolume && cp lost/lock/checkpoint lockvolume/
CXRLEDGER_LOCK=lockvolume/checkpoint expect "a restore after the home is lost" 0 restore "$backup" --into revived --json
says "takes the lock that the settings name" err 'lockvolume/checkpoint (CXRLEDGER_LOCK, environment) is taken'
mv lost home
expect "not into a home in use" 1 restore "$backup" --into restored
picture=$(find "$backup/images" -type f | head -1)
printf x >>"$picture"
expect "a damaged backup is refused" 1 restore "$backup" --into damaged
says "the file is named" err "$(basename "$picture")"
if [ -e damaged ]; then verdict 'not ok' "and nothing was written"; else verdict ok "and nothing was written"; fi

# -- Tampering
picture=$(find home/images -type f | head -1)
printf x >>"$picture"
expect "verify finds a changed picture" 1 verify
says "and names it" out "$(basename "$picture")"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
