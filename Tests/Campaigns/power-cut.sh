#!/usr/bin/env bash
# Cuts the power of a disk under a process that writes a journal, and compares what is there afterwards
# with what the process had said to be acknowledged. The disk is an ext4 image on a loop device; the cut is
# EXT4_IOC_SHUTDOWN without a flush of ext4's own log, which drops all that was not synced. In odd cycles
# it comes while the writer runs, within its writes and syncs, and the writer is killed after it; in even
# ones right after the kill. The same with a writer that does not sync must lose something, or this shows
# nothing. Not shown: a disk that forgets what it was sent before a flush, since the image keeps all.
# Skipped where root, loop devices or the call are missing.
# power-cut.sh [CYCLES] [SEED]
# power-cut.sh smoke: a few cycles with the program of the debug build, without the writer that must lose
set -euo pipefail
cd "$(dirname "$0")/../.."
smoke=
if [ "${1:-}" = smoke ]; then
  smoke=1 STORAGE_LOAD=.build/debug/storage-load
  set -- 4
fi
cycles=${1:-50}
RANDOM=${2:-$$}
skip() {
  echo "SKIPPED: $1"
  exit 0
}
[ "$(id -u)" = 0 ] || skip "only root can mount"
for tool in losetup mkfs.ext4 mount python3; do
  command -v "$tool" >/dev/null || skip "no $tool"
done
work=$(mktemp -d "${TMPDIR:-/tmp}/power-cut-XXXXXX")
mountpoint=$work/disk
loop=
finish() {
  umount "$mountpoint" 2>/dev/null || true
  [ -z "$loop" ] || losetup -d "$loop" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
mkdir "$mountpoint"
truncate -s 96M "$work/image"
loop=$(losetup --find --show "$work/image" 2>/dev/null) || skip "no loop device"
fresh() {
  umount "$mountpoint" 2>/dev/null || true
  mkfs.ext4 -q -F "$loop"
  mount -t ext4 "$loop" "$mountpoint"
}
# The answer of the call, and when it came, in microseconds since the cut was asked for.
cut_power() {
  python3 -c 'import fcntl, os, struct, sys
place = os.open(sys.argv[1], os.O_RDONLY)
fcntl.ioctl(place, 0x8004587D, struct.pack("I", 2))' "$mountpoint"
}
fresh || skip "ext4 can't be mounted"
cut_power 2>/dev/null || skip "no EXT4_IOC_SHUTDOWN"

build() { # SCRATCH-PATH FLAGS…
  swift build -c release --product storage-load --scratch-path "$@" >&2
  echo "$(swift build -c release --scratch-path "$@" --show-bin-path)/storage-load"
}
sound=${STORAGE_LOAD:-$(build .build)}
# Without a build of its own there is no writer that forgets to sync.
planted=
[ -n "$smoke" ] || planted=${STORAGE_LOAD_PLANTED:-$(build .build/planted-bugs -Xswiftc -DPLANTED_BUGS)}

segments=(4096 65536 1048576)
batches=(1 3 16 64 1000)
# Sets `acknowledged`, `torn`, `lost`, `failed` (writers that saw the disk fail).
run() { # PROGRAM CYCLES WRITER-OPTIONS…
  local program=$1 count=$2 writer cycle code
  shift 2
  acknowledged=0 torn=0 lost=0 failed=0
  for ((cycle = 1; cycle <= count; cycle++)); do
    # A disk is used for five cuts, so that what was recovered is cut and recovered again.
    if ((cycle % 5 == 1)) || [ ! -d "$mountpoint/data" ]; then
      fresh
      : >"$work/said"
    fi
    # A disk either sees truncations, or snapshots and files that are dropped.
    mode=(--cuts-every 11)
    (((cycle - 1) / 5 % 2 == 0)) || mode=(--snapshots-every 13)
    "$program" write "$mountpoint/data" --seed 7 --line 150 --votes-every 7 "${mode[@]}" \
      --segment "${segments[RANDOM % 3]}" --fill 65536 --batch "${batches[RANDOM % 4]}" "$@" \
      >>"$work/said" 2>"$work/notes" &
    writer=$!
    sleep "0.$(printf %03d $((20 + RANDOM % 150)))"
    if ((cycle % 2)); then
      cut_power
      # It stops by itself where a sync fails; whatever it does after the cut counts for nothing.
      kill -KILL "$writer" 2>/dev/null || true
      wait "$writer" 2>/dev/null && code=0 || code=$?
    else
      kill -KILL "$writer"
      wait "$writer" 2>/dev/null && code=0 || code=$?
      cut_power
    fi
    ((code != 3)) || failed=$((failed + 1))
    if ((code != 137 && code != 3)); then
      echo "FAILED: cycle $cycle: the writer ended by itself, with $code"
      cat "$work/notes"
      exit 1
    fi
    umount "$mountpoint"
    mount -t ext4 "$loop" "$mountpoint"
    acknowledged=$((acknowledged + $(tac "$work/said" | sed '/^lines/q' | grep -c '^ok' || true)))
    if "$sound" verify "$mountpoint/data" "$work/said" >"$work/found" 2>"$work/notes"; then
      ! grep -q dropped "$work/notes" || torn=$((torn + 1))
      cat "$work/found" >>"$work/said"
    else
      lost=$((lost + 1))
      [ -s "$work/first" ] || cat "$work/notes" >"$work/first"
      rm -rf "$mountpoint/data"
    fi
  done
}

run "$sound" "$cycles"
echo "$cycles cuts, in $failed of which the writer saw its disk fail; torn ends dropped: $torn;" \
  "$acknowledged acknowledged appends; lost something: $lost"
if ((lost > 0)); then
  cat "$work/first"
  echo "FAILED: acknowledged appends were lost"
  exit 1
fi
[ -z "$smoke" ] || exit 0
run "$planted" 10 --unsynced true
echo "the same 10 times without syncs: $acknowledged acknowledged appends; lost something: $lost"
if ((lost == 0)); then
  echo "FAILED: without syncs nothing was lost, so the cuts show nothing"
  exit 1
fi
head -c 300 "$work/first"
