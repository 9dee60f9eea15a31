#!/usr/bin/env bash
# How fast the journal appends and syncs batches of 1, 16 and 256 lines of 128 bytes, as a share of what a
# small C program reaches with the same writes on the same disk: with the same filling ahead, with none, and
# into files that were written whole before. One after the other, round after round; prints the median of
# the rounds' ratios, and in brackets the smallest and the largest. Both run on one processor, since the one
# that takes the disk's interrupts is faster by a third, and before all else, if root runs this: otherwise
# the wait for a processor is measured where others are busy. Then the speed of checksums, and how long a
# journal of 1,000,000 entries takes to open while the page cache holds it, five times.
# storage.sh [ROUNDS] [DIRECTORY] [MILLISECONDS]
# storage.sh smoke: one short round and a small journal with the program of the debug build
set -euo pipefail
cd "$(dirname "$0")/../.."
appends=3907
if [ "${1:-}" = smoke ]; then
  STORAGE_LOAD=.build/debug/storage-load appends=20
  set -- 1 /tmp 20
fi
rounds=${1:-9}
milliseconds=${3:-500}
if [ -z "${STORAGE_LOAD:-}" ]; then
  swift build -c release --product storage-load
  STORAGE_LOAD=$(swift build -c release --show-bin-path)/storage-load
fi
work=$(mktemp -d "${2:-/tmp}/storage-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
cc -O2 -o "$work/append" Tests/Benchmarks/append.c
before=()
! taskset -c "$(($(nproc) - 1))" true 2>/dev/null || before=(taskset -c "$(($(nproc) - 1))")
! chrt -f 10 true 2>/dev/null || before+=(chrt -f 10)
rate() { # COMMAND…: appends per second
  "${before[@]}" "$@" | awk '/^appends/ { printf "%.1f", $2 / $4 }'
  rm -rf "$work/data"
}
for lines in 1 16 256; do
  for ((round = 1; round <= rounds; round++)); do
    ours=$(rate "$STORAGE_LOAD" time "$work/data" --batch "$lines" --line 128 --milliseconds "$milliseconds")
    line="$lines $ours"
    for mode in fill grow whole; do
      mkdir "$work/data"
      line+=" $(rate "$work/append" "$work/data" "$mode" "$lines" 128 "$milliseconds")"
    done
    echo "$line" >>"$work/rates"
  done
done
echo "lines  appends/s  of C, filling the same  of C, filling nothing  of C, whole files"
for lines in 1 16 256; do
  printf '%5s' "$lines"
  for column in 2 3 4 5; do
    awk -v lines="$lines" -v column="$column" \
      '$1 == lines { print column == 2 ? $2 : 100 * $2 / $column }' "$work/rates" | sort -n |
      awk -v column="$column" '{ v[NR] = $1 } END {
        m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
        printf(column == 2 ? "  %9.0f" : "  %6.1f%% (%.0f to %.0f)", m, v[1], v[NR]) }'
  done
  echo
done
# Debug code takes a minute for them.
((appends < 100)) || "$STORAGE_LOAD" checksums
"$STORAGE_LOAD" time "$work/data" --batch 256 --line 128 --appends "$appends" --milliseconds 600000 >/dev/null
bytes=$(cat "$work"/data/journal-* | wc -c)
for ((round = 1; round <= 5; round++)); do
  "${before[@]}" "$STORAGE_LOAD" time "$work/data" --appends 0 |
    awk -v bytes="$bytes" '/^opened/ { printf "%d entries opened in %.3f s, %.0f MB/s\n", $2, $4, bytes / $4 / 1e6 }'
done
