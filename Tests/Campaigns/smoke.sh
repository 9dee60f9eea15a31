#!/usr/bin/env bash
# Starts each script of campaigns and benchmarks for some seconds, with what the debug build made, so that
# none rots unseen: it says nothing about what they look for. The main job and the sanitizers are not
# among them: the gate runs the one, and the others need a build of their own.
# smoke.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for script in Tests/Campaigns/*.sh Tests/Benchmarks/*.sh; do
  bash -n "$script"
  case $script in
    */smoke.sh | */main-job.sh | */sanitize.sh) continue ;;
  esac
  began=$SECONDS
  if ! timeout 120 "$script" smoke >"$log" 2>&1; then
    echo "FAILED: $script smoke"
    cat "$log"
    exit 1
  fi
  echo "$script: $((SECONDS - began)) s"
done
