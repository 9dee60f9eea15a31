#!/usr/bin/env bash
# Shows that the simulation has teeth: plants each bug in turn, and runs seeds until one breaks a
# promise; then the same runs without a bug, which must break none. Prints a table.
# planted-bugs.sh [SCRATCH-PATH]
set -euo pipefail
cd "$(dirname "$0")/../.."
flags=(-c release -Xswiftc -enable-testing --scratch-path "${1:-.build/planted-bugs}" -Xswiftc -DPLANTED_BUGS)
swift build --build-tests "${flags[@]}" | grep -vE '^\[|^Building' || true
test "${PIPESTATUS[0]}" = 0
# One suite after the other: which bug is planted is the process's to know.
swift test "${flags[@]}" --skip-build --filter PlantedBugTests | grep -E '\||✘|Test run'
test "${PIPESTATUS[0]}" = 0
swift test "${flags[@]}" --skip-build --filter ConsensusInvariantTests | grep -E 'seed [0-9]+:|✘|Test run'
test "${PIPESTATUS[0]}" = 0
