#!/bin/sh
# Writes the settings of a new Slipway into a folder: one file for each process, with a Redis user of its own, and
# Valkey's files. Overwrites nothing. What only you know is left as `...`.
#   packaging/new-settings.sh FOLDER REDIS_HOST:PORT redis|rediss
set -eu
umask 077
[ $# -eq 3 ] || { echo "usage: $0 FOLDER REDIS_HOST:PORT redis|rediss" >&2; exit 2; }
folder=$1 redis=$2 scheme=$3
source=$(cd "$(dirname "$0")/.." && pwd)
if [ -e "$folder" ]; then
    echo "$folder is there already, so nothing was written. Name a folder that is not there yet." >&2
    exit 1
fi
secret() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

mkdir -p "$folder/valkey" "$folder/slipway"
cp "$source/packaging/valkey.conf" "$folder/valkey/"
cp "$source/services.example.yml" "$folder/slipway/services.yml"
chmod 755 "$folder" "$folder/slipway"
chmod 644 "$folder/slipway/services.yml" "$folder/valkey/valkey.conf"

acl=$(sed -n '/^```acl$/,/^```$/p' "$source/docs/security.md" | grep -v '^```')
for process in bot worker scheduler events audit; do
    password=$(secret)
    acl=$(echo "$acl" | sed "s/>$(echo "$process" | tr '[:lower:]' '[:upper:]')_PASSWORD/>$password/")
    echo "REDIS_URL=$scheme://slipway-$process:$password@$redis/0" > "$folder/$process.env"
done
echo "$acl" > "$folder/valkey/users.acl"

cp "$folder/bot.env" "$folder/web.env"
for process in bot web worker; do
    printf 'AWS_REGION=...\nSLACK_BOT_TOKEN=xoxb-...\n' >> "$folder/$process.env"
done
echo 'AWS_REGION=...' >> "$folder/events.env"
echo 'SLACK_APP_TOKEN=xapp-...' >> "$folder/bot.env"
echo 'SLACK_SIGNING_SECRET=...' >> "$folder/web.env"
echo "RESTORE_TAG_KEY=$(secret)" >> "$folder/worker.env"
echo "Wrote $folder. Replace each ... in its .env files, and edit $folder/slipway/services.yml."
