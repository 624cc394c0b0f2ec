/* SPDX-License-Identifier: MIT
 * Files of the host, reached by Arm semihosting (Arm IHI 0105): a call is synchronous and takes
 * no virtual time. Names are relative to the folder that the emulator runs in.
 */
#ifndef EMULATED_SEMIHOSTING_H
#define EMULATED_SEMIHOSTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    HOST_READ = 1,    // "rb"
    HOST_UPDATE = 3,  // "r+b"
    HOST_CREATE = 7,  // "w+b"
    HOST_REPLACE = 5  // "wb"
} host_mode_t;

int host_open(const char *name, host_mode_t mode);             // a handle, or -1
void host_close(int file);
int32_t host_size(int file);                                   // bytes, or -1
size_t host_read(int file, uint32_t offset, void *data, size_t len);  // bytes read, fewer at the end
bool host_write(int file, uint32_t offset, const void *data, size_t len);
bool host_take(int file, void *data, size_t len);              // the next `len` bytes of a pipe
bool host_append(int file, const void *data, size_t len);
uint64_t host_time_ns(void);                                   // real time since the emulator's start
void host_print(const char *text);                             // to the emulator's own console
void host_print_hex(uint32_t value);
void host_exit(int status);                                    // ends the emulator

#endif
