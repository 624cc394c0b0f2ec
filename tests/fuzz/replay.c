/* SPDX-License-Identifier: MIT
 * Takes files through the fuzzer's target without a fuzzer: built with gcov, it tells which lines they reach.
 *
 *     replay FOLDER... */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>

#include "exercise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The mutator that stands beside the target calls it; here nothing is altered. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) {
    (void)data;
    (void)max_size;
    return size;
}

static unsigned replay(const char *folder) {
    static uint8_t bytes[EXERCISE_FILE_BYTES];
    char path[4096];
    unsigned n = 0;
    DIR *listing = opendir(folder);
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        FILE *f = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (f) {
            LLVMFuzzerTestOneInput(bytes, fread(bytes, 1, sizeof(bytes), f));
            fclose(f);
            n++;
        }
    }
    if (listing) {
        closedir(listing);
    }
    return n;
}

int main(int argc, char **argv) {
    unsigned n = 0;
    for (int i = 1; i < argc; i++) {
        n += replay(argv[i]);
    }
    printf("replayed %u\n", n);
    return 0;
}
