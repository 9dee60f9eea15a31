#!/usr/bin/env bash
# Lets the journal's process or machine die at every call of its disk, at each point and in each way;
# the tests of each day try each call in one of three ways. Some two minutes on one core.
# crash-sweep.sh
# crash-sweep.sh smoke: nothing but a look whether the tests are there
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${1:-}" = smoke ]; then
  grep -q CHAT_TEST_EVERY_CALL Tests/StorageTests/Journal/JournalCrashTests.swift
  exit
fi
CHAT_TEST_EVERY_CALL=1 swift test --filter JournalCrashTests
