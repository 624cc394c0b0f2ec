/* SPDX-License-Identifier: MIT
 * The two memories of a model as upstream's allocators: what lives as long as the model in its state, what
 * can be shared in the arena. Both record the most that they were asked for.
 *
 * Upstream's kernels do not look whether they got the memory that they asked for. So an allocator that has no
 * more does not return, but jumps out of TFLM to where the caller said. No frame in between owns anything. */
#ifndef TORPOR_TFLM_MEMORY_H
#define TORPOR_TFLM_MEMORY_H

#include <setjmp.h>

#include "tensorflow/lite/micro/arena_allocator/ibuffer_allocator.h"
#include "tensorflow/lite/micro/compatibility.h"
#include "tensorflow/lite/micro/memory_planner/greedy_memory_planner.h"

namespace torpor {

/* Bytes from `start` on, which is aligned to 16. */
struct Room {
    uint8_t *start;
    size_t size;
};

/* What setjmp() gives when a memory was too small. */
enum Shortage { NO_SHORTAGE, STATE_TOO_SMALL, ARENA_TOO_SMALL };

class StateMemory final : public tflite::IPersistentBufferAllocator {
public:
    StateMemory(Room room, jmp_buf *const &out) : room_(room), out_(out) {}

    uint8_t *AllocatePersistentBuffer(size_t size, size_t alignment) override;
    size_t GetPersistentUsedBytes() const override { return used_; }

private:
    Room room_;
    jmp_buf *const &out_;
    size_t used_ = 0;
    TF_LITE_REMOVE_VIRTUAL_DELETE
};

/* Head: requests for scratch memory while operators are prepared, then the activations. Above it, temporaries. */
class ArenaMemory final : public tflite::INonPersistentBufferAllocator {
public:
    /* trying: activations may take more than there is. Nothing touches them while a model is opened, so that
     * its needs can be measured in little memory. */
    ArenaMemory(Room room, bool trying, jmp_buf *const &out) : room_(room), trying_(trying), out_(out) {}

    uint8_t *AllocateTemp(size_t size, size_t alignment) override;
    void DeallocateTemp(uint8_t *) override { temporaries_--; }
    bool IsAllTempDeallocated() override { return temporaries_ == 0; }
    TfLiteStatus ResetTempAllocations() override;
    uint8_t *AllocateResizableBuffer(size_t size, size_t alignment) override;
    TfLiteStatus ResizeBuffer(uint8_t *buffer, size_t size, size_t alignment) override;
    TfLiteStatus DeallocateResizableBuffer(uint8_t *buffer) override;
    uint8_t *GetOverlayMemoryAddress() const override { return room_.start; }
    TfLiteStatus ReserveNonPersistentOverlayMemory(size_t size, size_t alignment) override;
    size_t GetNonPersistentUsedBytes() const override { return top_; }
    size_t GetAvailableMemory(size_t alignment) const override;

    /* Most bytes that were in use at once. */
    size_t peak() const { return peak_; }
    bool holds(const void *data, size_t size) const;

    /* The planner says how much of the temporary that begins at `start` it really uses. */
    void used_for_planning(const uint8_t *start, size_t size) { note(start - room_.start + size); }
    [[noreturn]] void too_small() const { longjmp(*out_, ARENA_TOO_SMALL); }

private:
    void note(size_t top) { peak_ = top > peak_ ? top : peak_; }

    Room room_;
    bool trying_;
    jmp_buf *const &out_;
    size_t head_ = 0, top_ = 0, peak_ = 0;
    int temporaries_ = 0;
    mutable bool planning_ = false; /* all that is left was offered: only the planner asks for that */
    TF_LITE_REMOVE_VIRTUAL_DELETE
};

/* Upstream's planner, which works in all that is left of the arena; this one says how much of that it took. */
class Planner final : public tflite::GreedyMemoryPlanner {
public:
    explicit Planner(ArenaMemory &arena) : arena_(arena) {}

    TfLiteStatus Init(unsigned char *start, int size) override;
    TfLiteStatus AddBuffer(int size, int first, int last) override;
    using GreedyMemoryPlanner::AddBuffer; /* with an offset: comes here, too */

private:
    ArenaMemory &arena_;
    const unsigned char *start_ = nullptr;
    size_t size_ = 0;
    TF_LITE_REMOVE_VIRTUAL_DELETE
};

} // namespace torpor

#endif
