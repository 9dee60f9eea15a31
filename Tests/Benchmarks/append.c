/* What a disk gives at most to somebody who writes what a journal writes: batches of lines, each with
 * one pwrite and one fdatasync, in files of 16 MiB.
 * append DIRECTORY MODE LINES LINE-BYTES MILLISECONDS
 *   fill   fills 1 MiB ahead in the same write, and begins and closes files as the journal does
 *   grow   fills nothing ahead: each write makes the file longer
 *   whole  each file is written whole and synced before, outside of the clock: nothing is ever prepared
 * Prints appends and seconds. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SEGMENT = 16 << 20, FILL = 1 << 20, AHEAD = 64 };

static void check(int ok, const char *what) {
  if (!ok) { perror(what); exit(1); }
}
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
static void put(int fd, const char *bytes, size_t count, off_t at) {
  check(pwrite(fd, bytes, count, at) == (ssize_t)count, "pwrite");
}
static void sync_data(int fd) { check(fdatasync(fd) == 0, "fdatasync"); }

int main(int argc, char **argv) {
  if (argc != 6) { fprintf(stderr, "append DIRECTORY fill|grow|whole LINES LINE-BYTES MILLISECONDS\n"); return 2; }
  int fill = !strcmp(argv[2], "fill"), whole = !strcmp(argv[2], "whole");
  size_t lines = (size_t)atol(argv[3]), body = lines * (size_t)atol(argv[4]);
  double limit = atof(argv[5]) / 1e3, spent = 0;
  char *feeds = malloc(SEGMENT), *text = malloc(body + FILL + 1024), *letters = malloc(body + FILL);
  check(feeds && text && letters, "malloc");
  memset(feeds, '\n', SEGMENT);
  for (size_t i = 0; i < body + FILL; i++) letters[i] = (char)('A' + (rand() >> 7) % 58);
  int directory = open(argv[1], O_RDONLY | O_DIRECTORY), fd = -1, number = 0;
  check(directory >= 0, argv[1]);
  size_t position = SEGMENT, filled = 0;
  unsigned long done = 0;
  while (spent < limit) {
    double start = now();
    for (int i = 0; i < AHEAD; i++, done++) {
      int head = snprintf(text, 1024,
        "{\"batch\":%lu,\"bytes\":%zu,\"through\":{\"index\":%lu,\"term\":1},\"term\":1,\"crc\":\"00000000\"}\n",
        done + 2, body, (done + 1) * lines);
      memcpy(text + head, letters + done * 7919 % FILL, body);
      size_t count = (size_t)head + body;
      int old = fd, begins = position + count > SEGMENT;
      size_t end = position;
      if (begins) {
        char path[4096];
        snprintf(path, sizeof path, "%s/append-%d", argv[1], ++number);
        fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
        check(fd >= 0, path);
        position = filled = 0;
        if (whole) {
          double before = now();
          put(fd, feeds, SEGMENT, 0);
          check(fsync(fd) == 0, "fsync");
          filled = SEGMENT;
          start += now() - before;
        }
      }
      if (fill && position + count > filled) {
        size_t target = position + count + FILL < SEGMENT ? position + count + FILL : SEGMENT;
        size_t more = target > position + count ? target - position - count : 0;
        memset(text + count, '\n', more);
        put(fd, text, count + more, (off_t)position);
        filled = target;
      } else {
        put(fd, text, count, (off_t)position);
      }
      sync_data(fd);
      position += count;
      if (begins) {
        check(fsync(directory) == 0, "fsync");
        if (old >= 0) {
          put(old, "{\"closed\":{\"next\":2},\"crc\":\"00000000\"}\n", 39, (off_t)end);
          check(ftruncate(old, (off_t)end + 39) == 0, "ftruncate");
          sync_data(old);
          close(old);
        }
      }
    }
    spent += now() - start;
  }
  printf("appends %lu seconds %f\n", done, spent);
  return 0;
}
