/* SPDX-License-Identifier: MIT
 * A NOR flash chip, kept in a file of the host. Erasing sets the bits of a sector, programming can only clear bits; both
 * have reached the file, and the memory where it is mapped, when they return.
 */
#ifndef EMULATED_IMAGE_H
#define EMULATED_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#define IMAGE_SECTOR 4096

typedef struct {
    const char *name;  // of the host's file
    uint32_t size;     // bytes, a multiple of IMAGE_SECTOR
    void *mapped;      // where the CPU reads it, which cannot write there; NULL: nowhere
    int file;
} image_t;

/* Opens and maps the file; makes an erased one if there is none. A shorter file is padded with erased bytes. */
void image_open(image_t *image);
void image_close(image_t *image);

/* These return 0 or a negative errno. Offsets and lengths of erase are of whole sectors. */
int image_read(const image_t *image, uint32_t offset, void *data, uint32_t len);
int image_erase(const image_t *image, uint32_t offset, uint32_t len);
int image_program(const image_t *image, uint32_t offset, const void *data, uint32_t len);

#endif
