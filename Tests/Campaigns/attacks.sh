#!/usr/bin/env bash
# What an ordinary account can do to others by asking for much and reading little, and what strangers
# can do on both ports (kind strangers, which ends with 1 if too much): each attack
# against a new cluster of three nodes, release build, all on this machine.
# attacks.sh [SECONDS] [KIND ...]; CHAT_NODE names another chat-node to attack
# attacks.sh smoke: one attack of a second with the programs of the debug build
set -euo pipefail
cd "$(dirname "$0")/../.."
attack=
if [ "${1:-}" = smoke ]; then
  set -- 1 pipelined
  CHAT_NODE=.build/debug/chat-node attack=.build/debug/attack
fi
seconds=${1:-10}
shift || true
kinds=("$@")
if [ ${#kinds[@]} -eq 0 ]; then
  kinds=(none pipelined unread clients pages streams200 streams800 bodies wholeBodies strangers)
fi
node=${CHAT_NODE:-}
if [ -z "$node" ]; then
  swift build -c release --product chat-node >&2
  node=$(swift build -c release --show-bin-path)/chat-node
fi
if [ -z "$attack" ]; then
  swift build -c release --product attack >&2
  attack=$(swift build -c release --show-bin-path)/attack
fi
ulimit -n "$(ulimit -Hn)"
directory=$(mktemp -d)
pids=()
finish() {
  kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  pids=()
}
trap 'finish; rm -rf "$directory"' EXIT
for kind in "${kinds[@]}"; do
  port=$((20000 + RANDOM % 20000))
  join="127.0.0.1:$((port + 10)),127.0.0.1:$((port + 11)),127.0.0.1:$((port + 12))"
  servers=
  for number in 0 1 2; do
    "$node" run --id "n$number" --data-dir "$directory/$kind/n$number" \
      --listen "127.0.0.1:$((port + number))" --peer-listen "127.0.0.1:$((port + 10 + number))" \
      --join "$join" --bootstrap-expect 3 >"$directory/$kind.$number.log" 2>&1 &
    pids+=($!)
    servers+="${servers:+,}127.0.0.1:$((port + number))"
  done
  # A leader is known when the first session begins; until then requests are refused.
  for _ in $(seq 100); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port" && printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3 &&
      grep -q '200 OK' <&3) 2>/dev/null; then break; fi
    sleep 0.1
  done
  "$attack" "$kind" "$seconds" "$servers" "$(IFS=,; echo "${pids[*]}")"
  finish
done
