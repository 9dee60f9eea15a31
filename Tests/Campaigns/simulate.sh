#!/usr/bin/env bash
# Simulates whole clusters under all faults in a release build, seed after seed, and prints how often
# each fault came. A broken promise is printed with its seed, which replays it:
# simulate.sh TIME (as 90s, 15m, 2h) | simulate.sh SEEDS [FIRST-SEED]
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in
  *s) export SIMULATION_SECONDS=${1%s} ;;
  *m) export SIMULATION_SECONDS=$((${1%m} * 60)) ;;
  *h) export SIMULATION_SECONDS=$((${1%h} * 3600)) ;;
  [1-9]*) export SIMULATION_SEEDS=$1 SIMULATION_FIRST=${2:-1} ;;
  *) sed -n '2,4p' "$0"; exit 2 ;;
esac
flags=(-c release -Xswiftc -enable-testing --scratch-path "${SCRATCH:-.build/simulate}")
swift build --build-tests "${flags[@]}" | grep -vE '^\[|^Building' || true
test "${PIPESTATUS[0]}" = 0
swift test "${flags[@]}" --skip-build --filter SimulationCampaign | grep -E '\||✘|Test run'
test "${PIPESTATUS[0]}" = 0
