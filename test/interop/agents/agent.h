/* The command loop that the C agents share. README.md describes the protocol. */

#ifndef AGENT_H
#define AGENT_H

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  unsigned char *data;
  size_t size;
} frame_t;

/* Decodes a frame from its hexadecimal form, in place. An empty frame is written "-". */
static inline frame_t frame_parse(char *word) {
  frame_t frame = {(unsigned char *)word, 0};
  if (strcmp(word, "-") == 0) return frame;
  static const char digits[] = "0123456789abcdef";
  for (; word[0] && word[1]; word += 2)
    frame.data[frame.size++] = (strchr(digits, word[0]) - digits) << 4 | (strchr(digits, word[1]) - digits);
  return frame;
}

static inline void frame_print(const void *data, size_t size) {
  static const char digits[] = "0123456789abcdef";
  const unsigned char *bytes = data;
  fputs(size ? " " : " -", stdout);
  for (size_t i = 0; i < size; i++) {
    putc_unlocked(digits[bytes[i] >> 4], stdout);
    putc_unlocked(digits[bytes[i] & 15], stdout);
  }
}

/* A command gets its words, command first, and prints the words of its answer, each after a space.
   It returns NULL, or the reason of its failure, in which case it has printed nothing. */
typedef const char *(*handler_t)(int argc, char **argv);

static inline int agent_run(handler_t handle) {
  char *line = NULL;
  size_t capacity = 0;
  char *answer = NULL;
  size_t size = 0;
  for (ssize_t length; (length = getline(&line, &capacity, stdin)) > 0;) {
    if (line[length - 1] == '\n') line[length - 1] = '\0';
    char *words[256];
    int count = 0;
    char *rest = line;
    for (char *word; count < 256 && (word = strsep(&rest, " "));) words[count++] = word;
    /* The answer is complete before its first word is known. */
    FILE *out = stdout;
    stdout = open_memstream(&answer, &size);
    const char *failure = handle(count, words);
    fclose(stdout);
    stdout = out;
    if (failure) printf("error %s\n", failure);
    else printf("ok%s\n", answer);
    fflush(stdout);
    free(answer);
  }
  free(line);
  return 0;
}

#endif
