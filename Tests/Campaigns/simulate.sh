#!/usr/bin/env bash
# Simulates whole clusters under all kinds of fault in a release build, seed after seed on two threads,
# and prints how often each fault came. A broken promise is printed with its seed, which replays it:
# The first seed is drawn if none is given, and printed.
# simulate.sh TIME (as 90s, 15m, 2h) [FIRST-SEED] | simulate.sh SEEDS [FIRST-SEED] | simulate.sh seed NUMBER
# simulate.sh traces: ten random seeds in two processes, which must go the same way though hashes differ
# simulate.sh smoke: one seed with the program of the debug build
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "${1:-}" != smoke ] || exec .build/debug/simulate seeds 1 1
case "${1:-}" in
  *s) what=(seconds "${1%s}" ${2:+"$2"}) ;;
  *m) what=(seconds $((${1%m} * 60)) ${2:+"$2"}) ;;
  *h) what=(seconds $((${1%h} * 3600)) ${2:+"$2"}) ;;
  [1-9]*) what=(seeds "$1" ${2:+"$2"}) ;;
  traces) what=(traces 10 $((RANDOM * 32768 + RANDOM))) ;;
  seed) what=(seed "${2:?the seed to replay}") ;;
  *) sed -n '2,6p' "$0"; exit 2 ;;
esac
flags=(-c release --scratch-path "${SCRATCH:-.build/simulate}" --product simulate)
swift build "${flags[@]}" | grep -vE '^\[|^Building|^Build of' || true
test "${PIPESTATUS[0]}" = 0
program="$(swift build "${flags[@]}" --show-bin-path)/simulate"
[ "${what[0]}" = traces ] || exec "$program" "${what[@]}"
first=$("$program" "${what[@]}")
second=$("$program" "${what[@]}")
echo "$first"
[ "$first" = "$second" ] || { echo "simulate.sh: another process went another way: $second"; exit 1; }
