/* SPDX-License-Identifier: MIT
 * A NOR flash chip in a file of the host; see image.h.
 */
#include <string.h>

#include "image.h"
#include "semihosting.h"

#include "py/mperrno.h"

#define ERASED 0xFF

static int write_back(image_t *image, uint32_t offset, uint32_t len) {
    return host_write(image->file, offset, image->data + offset, len) ? 0 : -MP_EIO;
}

static bool within(const image_t *image, uint32_t offset, uint32_t len) {
    return offset <= image->size && len <= image->size - offset;
}

void image_open(image_t *image) {
    memset(image->data, ERASED, image->size);
    image->file = host_open(image->name, HOST_UPDATE);
    uint32_t have = 0;
    if (image->file >= 0) {
        have = host_read(image->file, 0, image->data, image->size);
    } else {
        image->file = host_open(image->name, HOST_CREATE);
    }
    if (have < image->size) {
        write_back(image, have, image->size - have);
    }
}

void image_close(image_t *image) {
    host_close(image->file);
}

int image_erase(image_t *image, uint32_t offset, uint32_t len) {
    if (!within(image, offset, len) || offset % IMAGE_SECTOR || len % IMAGE_SECTOR) {
        return -MP_EINVAL;
    }
    memset(image->data + offset, ERASED, len);
    return write_back(image, offset, len);
}

int image_program(image_t *image, uint32_t offset, const void *data, uint32_t len) {
    if (!within(image, offset, len)) {
        return -MP_EINVAL;
    }
    const uint8_t *bytes = data;
    for (uint32_t i = 0; i < len; i++) {
        image->data[offset + i] &= bytes[i];
    }
    return write_back(image, offset, len);
}
