#!/usr/bin/env bash
# How long nobody's message is acknowledged around a SIGTERM to the leader, over many rounds with six
# clients that write without a pause, and that nothing is lost or doubled; each pause must be shorter
# than the election timeout, and the term rise by one. Real processes, release build of the nodes.
# transfer.sh [ROUNDS] [ELECTION_TIMEOUT_IN_MILLISECONDS]
# transfer.sh smoke: one round with what the debug build made
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${1:-}" = smoke ]; then
  set -- 1 2000
  CHAT_TEST_PROGRAMS=$PWD/.build/debug
else
  swift build -c release --product chat-node
  swift build --build-tests
  CHAT_TEST_PROGRAMS=$(swift build -c release --show-bin-path)
fi
export CHAT_TEST_PROGRAMS CHAT_TEST_ROUNDS=${1:-50} CHAT_TEST_ELECTION_TIMEOUT=${2:-300} CHAT_TEST_MINUTES=60
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! swift test --skip-build --filter 'IntegrationTests.ClusterTests/TransferTests' >"$log" 2>&1; then
  cat "$log"
  exit 1
fi
grep -E '^transfer' "$log"
