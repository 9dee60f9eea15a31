#!/usr/bin/env bash
# Shows that the simulation has teeth: plants each bug in turn, and runs seeds until one breaks a
# promise; then the same runs without a bug, which must break none. Prints a table.
# planted-bugs.sh [SCRATCH-PATH]
# planted-bugs.sh smoke: checks the types of the libraries with the bugs in them, beside the debug build; the
# tests with the bugs need a build of their own of some minutes, which the gate does not make
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${1:-}" = smoke ]; then
  features=(-swift-version 6 -strict-memory-safety)
  for feature in ExistentialAny InternalImportsByDefault MemberImportVisibility NonisolatedNonsendingByDefault \
    InferIsolatedConformances; do features+=(-enable-upcoming-feature "$feature"); done
  modules=$(mktemp -d)
  trap 'rm -rf "$modules"' EXIT
  for module in Storage Replication; do
    find "Sources/$module" -name '*.swift' -not -path '*/Collections/*' -print0 |
      xargs -0 swiftc -emit-module -module-name "$module" -package-name main -D PLANTED_BUGS "${features[@]}" \
        -o "$modules/$module.swiftmodule" -I "$modules" -I .build/debug/Modules
    echo "$module with planted bugs: the types are right"
  done
  exit 0
fi
flags=(-c release -Xswiftc -enable-testing --scratch-path "${1:-.build/planted-bugs}" -Xswiftc -DPLANTED_BUGS)
swift build --build-tests "${flags[@]}" | grep -vE '^\[|^Building' || true
test "${PIPESTATUS[0]}" = 0
# One suite after the other: which bug is planted is the process's to know.
swift test "${flags[@]}" --skip-build --filter PlantedBugTests | grep -E '\||✘|Test run'
test "${PIPESTATUS[0]}" = 0
swift test "${flags[@]}" --skip-build --filter ConsensusInvariantTests | grep -E 'seed [0-9]+:|✘|Test run'
test "${PIPESTATUS[0]}" = 0
