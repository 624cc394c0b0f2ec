/* SPDX-License-Identifier: MIT
 * Pin levels in files of the host; see stimulus.h.
 */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "semihosting.h"
#include "stimulus.h"
#include "world.h"

#include "py/mperrno.h"
#include "py/runtime.h"

#define LINE_SIZE 64
#define TICKS_PER_SECOND ((uint64_t)MACHINE_TICK_HZ)

static int input = -1, output = -1;
static uint32_t offset, line;   // of the line after the next edge
static uint64_t start;
static edge_t next = { .at = CLOCK_NEVER };

/* One line of pins.csv, without its end. False at the end of the file. */
static bool read_line(char *text) {
    size_t n = host_read(input, offset, text, LINE_SIZE - 1);
    text[n] = 0;
    text[strcspn(text, "\n")] = 0;
    offset += strlen(text) + 1;
    line++;
    return n > 0;
}

static const char *parse_number(const char *text, uint32_t *value) {
    for (*value = 0; unichar_isdigit(*text); text++) {
        *value = *value * 10 + *text - '0';
    }
    return text;
}

/* "12.345678" -> ticks */
static const char *parse_time(const char *text, uint64_t *ticks) {
    uint32_t seconds;
    text = parse_number(text, &seconds);
    *ticks = seconds * TICKS_PER_SECOND;
    if (*text == '.') {
        uint64_t unit = TICKS_PER_SECOND;
        for (text++; unichar_isdigit(*text); text++) {
            unit /= 10;
            *ticks += (*text - '0') * unit;
        }
    }
    return text;
}

static bool parse_edge(const char *text, edge_t *edge) {
    uint32_t level;
    text = parse_time(text, &edge->at);
    if (*text++ != ',') {
        return false;
    }
    text = parse_number(text, &edge->pin);
    if (*text++ != ',') {
        return false;
    }
    text = parse_number(text, &level);
    edge->at += start;
    edge->level = level;
    return level <= 1 && (*text == 0 || *text == '\r');
}

/* False if the next line is wrong. */
static bool read_edge(void) {
    char text[LINE_SIZE];
    do {
        if (!read_line(text)) {
            next.at = CLOCK_NEVER;
            return true;
        }
    } while (!unichar_isdigit(text[0]));
    return parse_edge(text, &next);
}

static void rewind_input(void) {
    offset = line = 0;
    read_edge();
}

void stimulus_start(uint32_t pin_count) {
    world_start();
    if (input >= 0) {
        return;
    }
    input = host_open("pins.csv", HOST_READ);
    if (input < 0) {
        return;
    }
    start = clock_now();
    offset = line = 0;
    uint64_t before = 0;
    do {
        if (!read_edge() || (next.at != CLOCK_NEVER && next.pin >= pin_count) || next.at < before) {
            stimulus_stop();
            mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("pins.csv, line %u is not seconds,pin,level in order of time"), line);
        }
        before = next.at;
    } while (next.at != CLOCK_NEVER);
    rewind_input();
}

void stimulus_stop(void) {
    if (input >= 0) {
        host_close(input);
    }
    input = -1;
    next.at = CLOCK_NEVER;
}

/* The file's edge is first if a chip's comes at the same moment. */
const edge_t *stimulus_next(void) {
    return next.at <= world_edge()->at ? &next : world_edge();
}

void stimulus_advance(void) {
    if (stimulus_next() == &next) {
        read_edge();
    } else {
        world_edge_taken();
    }
}

void stimulus_record(uint32_t pin, bool level) {
    char text[LINE_SIZE];
    uint64_t us = clock_now() / CLOCK_TICKS_PER_US;
    world_ask((request_t) { .op = WORLD_PIN, .unit = pin, .address = level }, NULL, 0, NULL);
    if (output < 0) {
        output = host_open("pins_out.csv", HOST_REPLACE);
        host_append(output, "seconds,pin,level\n", 18);
    }
    int n = snprintf(text, sizeof(text), "%u.%06u,%u,%u\n", (unsigned)(us / 1000000), (unsigned)(us % 1000000),
        (unsigned)pin, level);
    host_append(output, text, n);
}
