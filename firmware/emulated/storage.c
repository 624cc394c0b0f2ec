/* SPDX-License-Identifier: MIT
 * The board's two flash chips: emu.Flash, a block device for the file system (flash.img), on a serial line; and
 * the ROMFS partition behind vfs.rom_ioctl (romfs.img), which is read where it is mapped.
 */
#include "image.h"
#include "port.h"

#include "py/mperrno.h"
#include "py/objarray.h"
#include "py/runtime.h"
#include "extmod/vfs.h"

#define PROGRAM_UNIT 4 // bytes; smallest write that rom_ioctl announces

#define FLASH_SIZE (2 * 1024 * 1024)

extern uint8_t romfs_start[], romfs_size[]; // of the linker script

static image_t flash = { .name = "flash.img", .size = FLASH_SIZE };
static image_t romfs = { .name = "romfs.img", .size = (uint32_t)romfs_size, .mapped = romfs_start };

void storage_init(void) {
    image_open(&flash);
    image_open(&romfs);
}

void storage_deinit(void) {
    image_close(&flash);
    image_close(&romfs);
}

/* emu.Flash(): MicroPython's extended block device. */

static const mp_obj_base_t flash_obj = { &emu_flash_type };

static mp_obj_t flash_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    return MP_OBJ_FROM_PTR(&flash_obj);
}

/* args: self, block, buffer, offset in the block (absent: 0). Returns the offset in the chip. */
static uint32_t flash_offset(size_t n_args, const mp_obj_t *args) {
    return mp_obj_get_int(args[1]) * IMAGE_SECTOR + (n_args > 3 ? mp_obj_get_int(args[3]) : 0);
}

static mp_obj_t flash_readblocks(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(args[2], &buffer, MP_BUFFER_WRITE);
    return MP_OBJ_NEW_SMALL_INT(image_read(&flash, flash_offset(n_args, args), buffer.buf, buffer.len));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(flash_readblocks_obj, 3, 4, flash_readblocks);

/* Without an offset whole blocks are written, and erased before. */
static mp_obj_t flash_writeblocks(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(args[2], &buffer, MP_BUFFER_READ);
    uint32_t offset = flash_offset(n_args, args);
    int result = n_args > 3 ? 0 : image_erase(&flash, offset, buffer.len);
    if (result == 0) {
        result = image_program(&flash, offset, buffer.buf, buffer.len);
    }
    return MP_OBJ_NEW_SMALL_INT(result);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(flash_writeblocks_obj, 3, 4, flash_writeblocks);

static mp_obj_t flash_ioctl(mp_obj_t self, mp_obj_t command, mp_obj_t argument) {
    switch (mp_obj_get_int(command)) {
        case MP_BLOCKDEV_IOCTL_INIT:
        case MP_BLOCKDEV_IOCTL_DEINIT:
        case MP_BLOCKDEV_IOCTL_SYNC:
            return MP_OBJ_NEW_SMALL_INT(0);
        case MP_BLOCKDEV_IOCTL_BLOCK_COUNT:
            return MP_OBJ_NEW_SMALL_INT(flash.size / IMAGE_SECTOR);
        case MP_BLOCKDEV_IOCTL_BLOCK_SIZE:
            return MP_OBJ_NEW_SMALL_INT(IMAGE_SECTOR);
        case MP_BLOCKDEV_IOCTL_BLOCK_ERASE:
            return MP_OBJ_NEW_SMALL_INT(image_erase(&flash, mp_obj_get_int(argument) * IMAGE_SECTOR, IMAGE_SECTOR));
        default:
            return mp_const_none;
    }
}
static MP_DEFINE_CONST_FUN_OBJ_3(flash_ioctl_obj, flash_ioctl);

static const mp_rom_map_elem_t flash_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_readblocks), MP_ROM_PTR(&flash_readblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_writeblocks), MP_ROM_PTR(&flash_writeblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&flash_ioctl_obj) },
};
static MP_DEFINE_CONST_DICT(flash_locals, flash_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    emu_flash_type,
    MP_QSTR_Flash,
    MP_TYPE_FLAG_NONE,
    make_new, flash_make_new,
    locals_dict, &flash_locals
    );

/* vfs.rom_ioctl(command, partition, ...); there is one partition, 0. */

static const MP_DEFINE_MEMORYVIEW_OBJ(romfs_obj, 'B', 0, (uintptr_t)romfs_size, (void *)romfs_start);

static int romfs_prepare(uint32_t len) {
    int result = image_erase(&romfs, 0, (len + IMAGE_SECTOR - 1) / IMAGE_SECTOR * IMAGE_SECTOR);
    return result < 0 ? result : PROGRAM_UNIT;
}

static int romfs_write(uint32_t offset, mp_obj_t data) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(data, &buffer, MP_BUFFER_READ);
    return image_program(&romfs, offset, buffer.buf, buffer.len);
}

mp_obj_t mp_vfs_rom_ioctl(size_t n_args, const mp_obj_t *args) {
    mp_int_t command = mp_obj_get_int(args[0]);
    int result = -MP_EINVAL;
    if (command == MP_VFS_ROM_IOCTL_GET_NUMBER_OF_SEGMENTS) {
        result = 1;
    } else if (n_args < 2 || mp_obj_get_int(args[1]) != 0) {
    } else if (command == MP_VFS_ROM_IOCTL_GET_SEGMENT) {
        return MP_OBJ_FROM_PTR(&romfs_obj);
    } else if (command == MP_VFS_ROM_IOCTL_WRITE_PREPARE && n_args == 3) {
        result = romfs_prepare(mp_obj_get_int(args[2]));
    } else if (command == MP_VFS_ROM_IOCTL_WRITE && n_args == 4) {
        result = romfs_write(mp_obj_get_int(args[2]), args[3]);
    } else if (command == MP_VFS_ROM_IOCTL_WRITE_COMPLETE) {
        result = 0;
    }
    return MP_OBJ_NEW_SMALL_INT(result);
}
