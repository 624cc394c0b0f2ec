/* SPDX-License-Identifier: MIT
 * The serial line that carries the REPL.
 */
#ifndef EMULATED_CONSOLE_H
#define EMULATED_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void console_init(void);
int console_get(void);          // the next character, -1 if there is none
bool console_readable(void);
void console_poll(void);        // takes what has arrived, on a machine whose serial line has no interrupt
void console_put(const char *text, size_t len);

/* Lets the host answer for up to `timeout_ms` of real time while virtual time stands still. */
void console_await_answer(uint32_t timeout_ms);

#endif
