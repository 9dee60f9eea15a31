#!/usr/bin/env bash
# Makes two accounts and a session on a fresh cluster, and prints the token as JSON.
# setup.sh HOST:PORT
set -euo pipefail
post() {
  curl -sf --max-time 10 "http://$1/v1/requests" -d "$2"
}
for name in ann bob; do
  post "$1" "{\"register\":{\"name\":\"$name\",\"password\":\"bench-password\"}}" >/dev/null
done
token=$(post "$1" '{"login":{"name":"ann","password":"bench-password","device":"bench"}}' |
  sed 's/.*"token":"\([0-9a-f]*\)".*/\1/')
echo "{\"token\":\"$token\"}"
