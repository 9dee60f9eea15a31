#!/usr/bin/env bash
# Kills a process that writes a journal with SIGKILL at a random moment, opens the journal again, and
# compares it with what the process had said to be acknowledged; over and over, on the real file system.
# A directory is used for ten kills, so that what was recovered is killed and recovered again. Prints how
# often it was killed with an append under way, and how many appends were acknowledged in all.
# kill-storage.sh [CYCLES] [SEED]
# kill-storage.sh smoke: a few cycles with the program of the debug build
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "${1:-}" != smoke ] || { STORAGE_LOAD=.build/debug/storage-load && set -- 11; }
cycles=${1:-1000}
RANDOM=${2:-$$}
if [ -z "${STORAGE_LOAD:-}" ]; then
  swift build -c release --product storage-load
  STORAGE_LOAD=$(swift build -c release --show-bin-path)/storage-load
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/kill-storage-XXXXXX")
trap 'rm -rf "$work"' EXIT
segments=(4096 65536 1048576)
batches=(1 3 16 64 1000)
acknowledged=0
torn=0
under_way=0
for ((cycle = 1; cycle <= cycles; cycle++)); do
  if ((cycle % 10 == 1)); then
    acknowledged=$((acknowledged + $(cat "$work"/said 2>/dev/null | grep -c '^ok' || true)))
    rm -rf "$work"/*
  fi
  # A directory either truncates or takes snapshots and drops files.
  mode=(--cuts-every 11)
  (((cycle - 1) / 10 % 2 == 0)) || mode=(--snapshots-every 13)
  "$STORAGE_LOAD" write "$work/data" --seed 7 --line 150 --votes-every 7 "${mode[@]}" \
    --segment "${segments[RANDOM % 3]}" --fill 65536 --batch "${batches[RANDOM % 4]}" \
    >>"$work/said" 2>"$work/notes" &
  writer=$!
  sleep "0.$(printf %03d $((1 + RANDOM % 150)))"
  kill -KILL "$writer"
  wait "$writer" 2>/dev/null && code=0 || code=$?
  if ((code != 137)); then
    echo "FAILED: cycle $cycle: the writer ended by itself, with $code"
    cat "$work/notes"
    exit 1
  fi
  # The last line that ends in ";" says whether an append was under way.
  ! grep ';$' "$work/said" | tail -1 | grep -q '^try' || under_way=$((under_way + 1))
  if ! "$STORAGE_LOAD" verify "$work/data" "$work/said" >"$work/found" 2>"$work/notes"; then
    echo "FAILED: cycle $cycle; the files are in $work"
    cat "$work/notes"
    trap - EXIT
    exit 1
  fi
  ! grep -q dropped "$work/notes" || torn=$((torn + 1))
  cat "$work/found" >>"$work/said"
done
acknowledged=$((acknowledged + $(grep -c '^ok' "$work/said" || true)))
echo "$cycles kills, $under_way with an append under way, torn ends dropped: $torn;" \
  "$acknowledged acknowledged appends, none lost"
