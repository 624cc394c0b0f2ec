/* SPDX-License-Identifier: MIT
 * time.time() and time.localtime(), by the real-time clock. Included by extmod/modtime.c.
 */
#include "port.h"

#include "py/obj.h"
#include "shared/timeutils/timeutils.h"

static mp_obj_t mp_time_time_get(void) {
    return mp_obj_new_int_from_ull(rtc_us() / 1000000);
}

static mp_obj_t mp_time_localtime_get(void) {
    timeutils_struct_time_t t;
    timeutils_seconds_since_epoch_to_struct_time(rtc_us() / 1000000, &t);
    const int fields[] = {t.tm_year, t.tm_mon, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, t.tm_wday, t.tm_yday};
    mp_obj_t items[8];
    for (size_t i = 0; i < 8; i++) {
        items[i] = mp_obj_new_int(fields[i]);
    }
    return mp_obj_new_tuple(8, items);
}
