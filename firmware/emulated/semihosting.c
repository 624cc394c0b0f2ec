/* SPDX-License-Identifier: MIT
 * Files of the host by Arm semihosting; operation numbers and argument blocks of Arm IHI 0105.
 */
#include <string.h>

#include "hardware.h"
#include "semihosting.h"

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_SEEK = 0x0A,
    SYS_FLEN = 0x0C,
    SYS_EXIT_EXTENDED = 0x20,
    SYS_ELAPSED = 0x30
};

#define STOPPED_APPLICATION_EXIT 0x20026

int host_open(const char *name, host_mode_t mode) {
    return hw_semihost(SYS_OPEN, (const uint32_t[]) {(uint32_t)name, mode, strlen(name)});
}

void host_close(int file) {
    hw_semihost(SYS_CLOSE, (const uint32_t[]) {file});
}

int32_t host_size(int file) {
    return hw_semihost(SYS_FLEN, (const uint32_t[]) {file});
}

static bool seek(int file, uint32_t offset) {
    return hw_semihost(SYS_SEEK, (const uint32_t[]) {file, offset}) == 0;
}

/* SYS_READ and SYS_WRITE answer with the number of bytes that were not transferred, or -1. */
static size_t transferred(int32_t left, size_t len) {
    return left < 0 || (size_t)left > len ? 0 : len - left;
}

size_t host_read(int file, uint32_t offset, void *data, size_t len) {
    if (!seek(file, offset)) {
        return 0;
    }
    return transferred(hw_semihost(SYS_READ, (const uint32_t[]) {file, (uint32_t)data, len}), len);
}

bool host_take(int file, void *data, size_t len) {
    while (len) {
        size_t n = transferred(hw_semihost(SYS_READ, (const uint32_t[]) {file, (uint32_t)data, len}), len);
        if (n == 0) {
            return false;
        }
        data = (char *)data + n;
        len -= n;
    }
    return true;
}

bool host_append(int file, const void *data, size_t len) {
    return transferred(hw_semihost(SYS_WRITE, (const uint32_t[]) {file, (uint32_t)data, len}), len) == len;
}

bool host_write(int file, uint32_t offset, const void *data, size_t len) {
    return seek(file, offset) && host_append(file, data, len);
}

uint64_t host_time_ns(void) {
    uint64_t time = 0;
    hw_semihost(SYS_ELAPSED, &time);
    return time;
}

void host_print(const char *text) {
    hw_semihost(SYS_WRITE0, text);
}

void host_print_hex(uint32_t value) {
    char text[9] = "";
    for (int i = 0; i < 8; i++) {
        text[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
    }
    host_print(text);
}

void host_exit(int status) {
    hw_semihost(SYS_EXIT_EXTENDED, (const uint32_t[]) {STOPPED_APPLICATION_EXIT, status});
}
