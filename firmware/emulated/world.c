/* SPDX-License-Identifier: MIT
 * Chips and signals on the host; see world.h.
 */
#include "clock.h"
#include "hardware.h"
#include "semihosting.h"
#include "world.h"

#include "py/mperrno.h"

static int ask = -1, hear = -1;
static bool looked;
static edge_t next = { .at = CLOCK_NEVER };

/* The host opens both ends first, so that opening does not block here. */
bool world_start(void) {
    if (!looked) {
        looked = true;
        hear = host_open("from_world", HOST_READ);
        if (hear >= 0) {
            ask = host_open("to_world", HOST_REPLACE);
            world_ask((request_t) { .op = WORLD_LOOK }, NULL, 0, NULL);
        }
    }
    return hear >= 0;
}

void world_stop(void) {
    if (hear >= 0) {
        host_close(ask);
        host_close(hear);
    }
    ask = hear = -1;
    looked = false;
    next.at = CLOCK_NEVER;
}

/* Drops what does not fit. */
static bool take(void *to, uint32_t room, uint32_t len) {
    uint8_t rest[64];
    uint32_t fits = len < room ? len : room;
    bool right = host_take(hear, to, fits);
    for (len -= fits; right && len; len -= fits) {
        fits = len < sizeof(rest) ? len : sizeof(rest);
        right = host_take(hear, rest, fits);
    }
    return right;
}

static void note_edge(const answer_t *answer) {
    uint64_t before = clock_before();
    uint64_t at = answer->edge_at * CLOCK_TICKS_PER_US;
    next.at = answer->edge_at == UINT64_MAX ? CLOCK_NEVER : at < before ? 0 : at - before;
    next.pin = answer->pin;
    next.level = answer->level;
}

static int exchange(const request_t *request, const piece_t *pieces, uint32_t count, void *to) {
    answer_t answer;
    bool right = host_append(ask, request, sizeof(*request));
    for (uint32_t i = 0; i < count; i++) {
        right = right && (pieces[i].len == 0 || host_append(ask, pieces[i].data, pieces[i].len));
    }
    if (!right || !host_take(hear, &answer, sizeof(answer)) || !take(to, request->wanted, answer.len)) {
        world_stop();
        looked = true; // it is gone
        return -MP_EIO;
    }
    note_edge(&answer);
    return answer.status;
}

int world_ask(request_t request, const piece_t *pieces, uint32_t count, void *to) {
    if (!world_start()) {
        return -MP_ENODEV;
    }
    for (uint32_t i = 0; i < count; i++) {
        request.sent += pieces[i].len;
    }
    uint32_t irq = hw_irq_off();
    request.at = (clock_before() + clock_now()) / CLOCK_TICKS_PER_US;
    int status = exchange(&request, pieces, count, to);
    hw_irq_restore(irq);
    return status;
}

const edge_t *world_edge(void) {
    return &next;
}

void world_edge_taken(void) {
    world_ask((request_t) { .op = WORLD_LOOK, .unit = 1 }, NULL, 0, NULL);
}
