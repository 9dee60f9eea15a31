#!/usr/bin/env bash
# The main job once, with real processes: a demo cluster, two people, the leader killed, nothing lost.
# main-job.sh BIN-DIRECTORY
set -euo pipefail
bin=$(cd "${1:-.build/release}" && pwd)
work=$(mktemp -d)
export XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config
setsid "$bin/chat-node" demo --data-dir "$work/demo" >"$work/demo.out" 2>"$work/demo.err" </dev/null &
demo=$!
finish() {
  kill -TERM "$demo" 2>/dev/null || true
  wait "$demo" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
fail() {
  echo "FAILED: $1"
  cat "$work"/demo.out "$work"/demo.err "$work"/demo/*.log 2>/dev/null | tail -40
  exit 1
}
within() { # SECONDS COMMAND…: tries until it works
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

within 30 grep -qs CHAT_SERVERS "$work/demo.out" || fail "the demo did not start"
export CHAT_SERVERS=$(sed -n 's/.*CHAT_SERVERS=//p' "$work/demo.out")
ann() { "$bin/chat-cli" --profile ann "$@"; }
bob() { "$bin/chat-cli" --profile bob "$@"; }
echo 'ann-password' | ann register ann --password-stdin || fail "register ann"
echo 'bob-password' | bob register bob --password-stdin || fail "register bob"
for n in 1 2 3; do ann send bob "before $n" >/dev/null || fail "send"; done

leader=$(ann --json cluster status | sed -n 's/.*"leader":"\([^"]*\)".*/\1/p' | head -1)
pid=$(sed -n "s/.*$leader .*(process \([0-9]*\)).*/\1/p" "$work/demo.out")
echo "killing the leader $leader (process $pid)"
kill -9 "$pid"
for n in 4 5 6; do within 10 ann send bob "after $n" --key "after-$n" >/dev/null || fail "send after"; done

expected=$(printf 'before %s\n' 1 2 3; printf 'after %s\n' 4 5 6)
found=$(bob --json history ann | sed -n 's/.*"text":"\([^"]*\)".*/\1/p')
[ "$found" = "$expected" ] || fail "bob's history is: $found"
[ "$(ann --json history bob | sed -n 's/.*"text":"\([^"]*\)".*/\1/p')" = "$expected" ] || fail "ann's"
echo "six messages, each once and in order, and the leader killed in between"
