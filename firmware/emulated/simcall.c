/* SPDX-License-Identifier: MIT
 * Files of the host by calls to the simulator. Flags are those of open() on Linux.
 */
#include <string.h>

#include "hardware.h"
#include "semihosting.h"
#include "simcall.h"

enum { WRITE_ONLY = 1, READ_WRITE = 2, CREATE = 0100, TRUNCATE = 01000 };
enum { STANDARD_ERROR = 2 };
enum { FROM_START, FROM_HERE, FROM_END };

int32_t simcall(uint32_t call, uint32_t x, uint32_t y, uint32_t z) {
    register uint32_t a2 __asm("a2") = call;
    register uint32_t a3 __asm("a3") = x;
    register uint32_t a4 __asm("a4") = y;
    register uint32_t a5 __asm("a5") = z;
    __asm volatile ("simcall" : "+r" (a2), "+r" (a3) : "r" (a4), "r" (a5) : "memory");
    return (int32_t)a2;
}

int host_open(const char *name, host_mode_t mode) {
    static const uint16_t flags[] = {
        [HOST_UPDATE] = READ_WRITE,
        [HOST_CREATE] = READ_WRITE | CREATE | TRUNCATE,
        [HOST_REPLACE] = WRITE_ONLY | CREATE | TRUNCATE,
    };
    return simcall(SIM_OPEN, (uint32_t)name, flags[mode], 0644);
}

void host_close(int file) {
    simcall(SIM_CLOSE, file, 0, 0);
}

int32_t host_size(int file) {
    return simcall(SIM_LSEEK, file, 0, FROM_END);
}

static bool seek(int file, uint32_t offset) {
    return simcall(SIM_LSEEK, file, offset, FROM_START) >= 0;
}

size_t host_read(int file, uint32_t offset, void *data, size_t len) {
    int32_t done = seek(file, offset) ? simcall(SIM_READ, file, (uint32_t)data, len) : -1;
    return done < 0 ? 0 : done;
}

bool host_take(int file, void *data, size_t len) {
    while (len) {
        int32_t done = simcall(SIM_READ, file, (uint32_t)data, len);
        if (done <= 0) {
            return false;
        }
        data = (char *)data + done;
        len -= done;
    }
    return true;
}

bool host_append(int file, const void *data, size_t len) {
    return simcall(SIM_WRITE, file, (uint32_t)data, len) == (int32_t)len;
}

bool host_write(int file, uint32_t offset, const void *data, size_t len) {
    return seek(file, offset) && host_append(file, data, len);
}

/* The simulator has no clock to ask; Linux tells its uptime in seconds to two places. */
uint64_t host_time_ns(void) {
    char text[32] = "";
    int file = host_open("/proc/uptime", HOST_READ);
    host_read(file, 0, text, sizeof(text) - 1);
    host_close(file);
    uint64_t hundredths = 0;
    for (const char *c = text; *c && *c != ' '; c++) {
        hundredths = *c == '.' ? hundredths : 10 * hundredths + (*c - '0');
    }
    return hundredths * 10000000;
}

void host_print(const char *text) {
    host_append(STANDARD_ERROR, text, strlen(text));
}

void host_print_hex(uint32_t value) {
    char text[9] = "";
    for (int i = 0; i < 8; i++) {
        text[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
    }
    host_print(text);
}

void host_exit(int status) {
    simcall(SIM_EXIT, status, 0, 0);
}
