#!/usr/bin/env bash
# Tests of what runs on several threads, under a sanitizer; stops at the first report.
# sanitize.sh [thread|address] [TEST-FILTER]
# It has no smoke mode: a sanitizer needs a build of all of its own, which takes longer than the gate may.
set -euo pipefail
cd "$(dirname "$0")/../.."
sanitizer=${1:-thread}
filter=${2:-'StorageTests.(JournalThread|Mailbox)|ReplicationTests.(EventLoop|Connection|PeerLinks|Front|ClusterClient|ClientEventStream|Replica[A-Z])'}
case $sanitizer in
thread) export TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1 ${TSAN_OPTIONS:-}" ;;
# Exit tests end without giving memory back, so leaks are not looked for.
address) export ASAN_OPTIONS="halt_on_error=1 detect_leaks=0 ${ASAN_OPTIONS:-}" ;;
*) echo "the sanitizer is 'thread' or 'address', not '$sanitizer'" >&2 && exit 64 ;;
esac
# One at a time: they are slow enough to miss their deadlines together.
swift test --no-parallel --sanitize="$sanitizer" --scratch-path ".build-$sanitizer" --filter "$filter"
