#!/usr/bin/env bash
# Makes two accounts and a session on a fresh cluster, and prints the token as JSON.
# setup.sh HOST:PORT
# setup.sh smoke: on a node of the debug build that is started for it
set -euo pipefail
if [ "${1:-}" = smoke ]; then
  cd "$(dirname "$0")/../.."
  work=$(mktemp -d)
  port=$((20000 + RANDOM % 20000))
  .build/debug/chat-node --id n1 --data-dir "$work/n1" --listen "127.0.0.1:$port" --peer-listen 127.0.0.1:0 \
    --bootstrap-expect 1 >"$work/out" 2>"$work/log" &
  node=$!
  trap 'kill "$node" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
  for _ in $(seq 100); do
    ! curl -sf --max-time 10 "http://127.0.0.1:$port/readyz" >/dev/null || break
    sleep 0.1
  done
  Tests/Benchmarks/setup.sh "127.0.0.1:$port" | grep -E '^\{"token":"[0-9a-f]{64}"\}$'
  exit
fi
post() {
  curl -sf --max-time 10 "http://$1/v1/requests" -H 'content-type: application/json' -d "$2"
}
for name in ann bob; do
  post "$1" "{\"register\":{\"name\":\"$name\",\"password\":\"bench-password\"}}" >/dev/null
done
token=$(post "$1" '{"login":{"name":"ann","password":"bench-password","device":"bench"}}' |
  sed 's/.*"token":"\([0-9a-f]*\)".*/\1/')
echo "{\"token\":\"$token\"}"
