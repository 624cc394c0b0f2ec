/* SPDX-License-Identifier: MIT
 * State and arena as upstream's allocators. */
#include "memory.h"

namespace torpor {

/* The first position from `at` on whose address is aligned. */
static size_t align(Room room, size_t at, size_t alignment) {
    uintptr_t address = (uintptr_t)room.start + at;
    return at + (alignment - address % alignment) % alignment;
}

static bool fits(Room room, size_t at, size_t size) {
    return at <= room.size && size <= room.size - at;
}

/* ---- State ---- */

uint8_t *StateMemory::AllocatePersistentBuffer(size_t size, size_t alignment) {
    size_t at = align(room_, used_, alignment);
    if (!fits(room_, at, size)) {
        longjmp(*out_, STATE_TOO_SMALL);
    }
    used_ = at + size;
    return room_.start + at;
}

/* ---- Arena ---- */

size_t ArenaMemory::GetAvailableMemory(size_t alignment) const {
    size_t at = align(room_, top_, alignment);
    planning_ = true;
    return at < room_.size ? room_.size - at : 0;
}

uint8_t *ArenaMemory::AllocateTemp(size_t size, size_t alignment) {
    size_t at = align(room_, top_, alignment);
    if (!fits(room_, at, size)) {
        too_small();
    }
    top_ = at + size;
    note(planning_ ? at : top_); /* what the planner takes of it, it says itself */
    planning_ = false;
    temporaries_++;
    return room_.start + at;
}

TfLiteStatus ArenaMemory::ResetTempAllocations() {
    top_ = head_;
    return temporaries_ == 0 ? kTfLiteOk : kTfLiteError;
}

uint8_t *ArenaMemory::AllocateResizableBuffer(size_t size, size_t alignment) {
    return ResizeBuffer(room_.start, size, alignment) == kTfLiteOk ? room_.start : nullptr;
}

TfLiteStatus ArenaMemory::ResizeBuffer(uint8_t *buffer, size_t size, size_t) {
    if (buffer != room_.start || top_ != head_) {
        return kTfLiteError;
    }
    if (size > room_.size) {
        too_small();
    }
    head_ = top_ = size;
    note(size);
    return kTfLiteOk;
}

TfLiteStatus ArenaMemory::DeallocateResizableBuffer(uint8_t *buffer) {
    return ResizeBuffer(buffer, 0, 1);
}

TfLiteStatus ArenaMemory::ReserveNonPersistentOverlayMemory(size_t size, size_t alignment) {
    if (!trying_) {
        return ResizeBuffer(room_.start, size, alignment);
    }
    note(size);
    return kTfLiteOk;
}

bool ArenaMemory::holds(const void *data, size_t size) const {
    uintptr_t start = (uintptr_t)room_.start, at = (uintptr_t)data;
    return at >= start && at - start <= peak_ && size <= peak_ - (at - start);
}

/* ---- Planner ---- */

TfLiteStatus Planner::Init(unsigned char *start, int size) {
    start_ = start;
    size_ = (size_t)size;
    return GreedyMemoryPlanner::Init(start, size);
}

/* Upstream's planner refuses a buffer where memory is missing, and for no other reason. */
TfLiteStatus Planner::AddBuffer(int size, int first, int last) {
    size_t used = (size_t)(GetBufferCount() + 1) * per_buffer_size();
    if (used > size_) {
        arena_.too_small();
    }
    arena_.used_for_planning(start_, used);
    return GreedyMemoryPlanner::AddBuffer(size, first, last);
}

} // namespace torpor
