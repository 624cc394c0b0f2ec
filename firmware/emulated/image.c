/* SPDX-License-Identifier: MIT
 * A NOR flash chip in a file of the host; see image.h.
 */
#include "image.h"
#include "semihosting.h"

#include "py/mperrno.h"
#include "py/misc.h"

#define CHUNK 256 // bytes programmed at a time

static const uint8_t erased[IMAGE_SECTOR] = {[0 ... IMAGE_SECTOR - 1] = 0xFF};

static bool within(const image_t *image, uint32_t offset, uint32_t len) {
    return offset <= image->size && len <= image->size - offset;
}

/* The host copies what has changed to where it is mapped: it can also write to what is read-only for the CPU. */
static int map(const image_t *image, uint32_t offset, uint32_t len) {
    if (image->mapped == NULL) {
        return 0;
    }
    return host_read(image->file, offset, (char *)image->mapped + offset, len) == len ? 0 : -MP_EIO;
}

static int erase(const image_t *image, uint32_t offset, uint32_t len) {
    for (uint32_t done = 0; done < len; done += IMAGE_SECTOR) {
        if (!host_write(image->file, offset + done, erased, MIN(IMAGE_SECTOR, len - done))) {
            return -MP_EIO;
        }
    }
    return map(image, offset, len);
}

void image_open(image_t *image) {
    image->file = host_open(image->name, HOST_UPDATE);
    if (image->file < 0) {
        image->file = host_open(image->name, HOST_CREATE);
    }
    int32_t have = host_size(image->file);
    if (have >= 0 && (uint32_t)have < image->size) {
        erase(image, have, image->size - have);
    }
    map(image, 0, image->size);
}

void image_close(image_t *image) {
    host_close(image->file);
}

int image_read(const image_t *image, uint32_t offset, void *data, uint32_t len) {
    if (!within(image, offset, len)) {
        return -MP_EINVAL;
    }
    return host_read(image->file, offset, data, len) == len ? 0 : -MP_EIO;
}

int image_erase(const image_t *image, uint32_t offset, uint32_t len) {
    if (!within(image, offset, len) || offset % IMAGE_SECTOR || len % IMAGE_SECTOR) {
        return -MP_EINVAL;
    }
    return erase(image, offset, len);
}

static bool program(const image_t *image, uint32_t offset, const uint8_t *data, uint32_t len) {
    uint8_t chunk[CHUNK];
    if (host_read(image->file, offset, chunk, len) != len) {
        return false;
    }
    for (uint32_t i = 0; i < len; i++) {
        chunk[i] &= data[i];
    }
    return host_write(image->file, offset, chunk, len);
}

int image_program(const image_t *image, uint32_t offset, const void *data, uint32_t len) {
    if (!within(image, offset, len)) {
        return -MP_EINVAL;
    }
    for (uint32_t done = 0; done < len; done += CHUNK) {
        if (!program(image, offset + done, (const uint8_t *)data + done, MIN(CHUNK, len - done))) {
            return -MP_EIO;
        }
    }
    return map(image, offset, len);
}
