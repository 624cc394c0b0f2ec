/* SPDX-License-Identifier: MIT
 * What the port's files share with main.c and with each other.
 */
#ifndef EMULATED_PORT_H
#define EMULATED_PORT_H

#include <stdint.h>

#include "py/obj.h"

/* Once after a reset, before Python. */
void storage_init(void);        // maps flash.img and romfs.img
void storage_deinit(void);

/* At the start and at the end of every run of Python, that is around a soft reset. */
void timer_init(void);
void pins_init(void);
void pins_deinit(void);
void sound_init(void);
void sound_deinit(void);

void pins_look(void);           // call it after anything that may have moved a pin of the world
int pin_id(mp_obj_t pin);       // TypeError if it is none
uint32_t pin_interrupts(void);  // how many pin edges have triggered an interrupt

uint64_t rtc_us(void);          // of the real-time clock since 2000, or since power came if it was never set

extern const mp_obj_type_t emu_flash_type, machine_i2s_type, machine_pin_type, machine_rtc_type, machine_timer_type;

#endif
