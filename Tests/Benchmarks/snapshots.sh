#!/usr/bin/env bash
# Measures in a release build what a write after a freeze costs, and how long a snapshot of a chat
# takes to write and to restore: snapshots.sh ["ENTRIES…"] ["MESSAGES…"]
# snapshots.sh smoke: a few entries with the tests of the debug build
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${1:-}" = smoke ]; then
  SNAPSHOT_SIZES=400 SNAPSHOT_MESSAGES=300 swift test --skip-build --filter SnapshotBenchmark |
    grep -E '^\||✘|Test run'
  exit
fi
export SNAPSHOT_SIZES=${1:-"10000 1000000"} SNAPSHOT_MESSAGES=${2:-100000}
flags=(-c release --scratch-path "${SCRATCH:-.build/snapshots}" -Xswiftc -enable-testing)
swift build --build-tests "${flags[@]}" | grep -vE '^\[|^Building' || true
test "${PIPESTATUS[0]}" = 0
swift test "${flags[@]}" --skip-build --no-parallel --filter SnapshotBenchmark |
  grep -E '^\||✘|Test run'
test "${PIPESTATUS[0]}" = 0
