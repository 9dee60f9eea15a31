#!/usr/bin/env bash
# How long nobody's message is acknowledged after the leader is killed with SIGKILL, over many rounds;
# then 5,000 messages of 16 clients while leaders are killed and answers are lost, and as many kills
# as asked for, of one node after the other, under load. Real processes, release build of the nodes.
# failover.sh [ROUNDS] [MESSAGES] [KILLS]
# failover.sh smoke: one round with what the debug build made; the other two are among the tests
set -euo pipefail
cd "$(dirname "$0")/../.."
smoke=
[ "${1:-}" != smoke ] || { smoke=1 && set -- 1; }
rounds=${1:-100}
messages=${2:-5000}
kills=${3:-100}
if [ -n "$smoke" ]; then
  CHAT_TEST_PROGRAMS=$PWD/.build/debug
else
  swift build -c release --product chat-node
  swift build --build-tests
  CHAT_TEST_PROGRAMS=$(swift build -c release --show-bin-path)
fi
export CHAT_TEST_PROGRAMS CHAT_TEST_ROUNDS=$rounds CHAT_TEST_SENDS=$messages CHAT_TEST_KILLS=$kills CHAT_TEST_MINUTES=60
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
  if ! swift test --skip-build --filter "IntegrationTests.ClusterTests/$1" >"$log" 2>&1; then
    cat "$log"
    exit 1
  fi
  grep -E '^(failover|repeated|acknowledged)' "$log"
}
run FailoverTests
[ -z "$smoke" ] || exit 0
run CrashTests
