# SPDX-License-Identifier: MIT
"""torpor.ring: order, overruns, the repeated overlap, and no allocation on the way."""

import asyncio
import micropython

from torpor.ring import Ring


def fill(ring, value):
    slot = ring.slot()
    for i in range(len(slot)):
        slot[i] = value
    ring.commit()


def test_blocks_come_out_in_order_over_several_laps():
    ring = Ring(4, 3)
    for value in range(11):
        assert ring.ready() == 0 and ring.take() == -1
        fill(ring, value)
        number = ring.take()
        assert number == value
        assert bytes(ring.blocks[number % 4]) == bytes((value, value, value))
    assert ring.overruns == 0


def test_a_slow_consumer_loses_the_oldest_blocks_and_they_are_counted():
    ring = Ring(8, 1)
    for value in range(20):
        fill(ring, value)
    # Of 20 blocks the last 8 - 2 = 6 are whole with the one before them: 14 are lost.
    assert ring.take() == 14
    assert ring.overruns == 14
    taken = [ring.take() for _ in range(5)]
    assert taken == [15, 16, 17, 18, 19]
    assert ring.take() == -1
    assert ring.overruns == 14


def test_the_ring_is_full_without_loss_at_two_slots_less():
    ring = Ring(8, 1)
    for value in range(6):
        fill(ring, value)
    assert ring.ready() == 6
    assert ring.take() == 0 and ring.overruns == 0


def test_stretches_are_filled_at_once_where_blocks_lie_together():
    ring = Ring(16, 2, overlap=1, stretch=4)
    fill(ring, 0)
    value = 1
    while value < 40:
        view = ring.stretch()
        count = len(view) // 2
        assert count == (1 if value % 4 else 4)
        for i in range(count):
            view[2 * i] = view[2 * i + 1] = value + i
        ring.commit(count)
        for number in range(value - (value == 1), value + count):
            assert ring.take() == number and bytes(ring.blocks[number % 16]) == bytes((number, number))
            if number and not number % 16:
                assert ring.buffer[0] == number - 1  # the overlap in front
        value += count
    assert ring.take() == -1 and ring.overruns == 0


def test_a_stretch_being_filled_is_never_handed_out():
    ring = Ring(16, 1, stretch=4)
    for value in range(20):
        fill(ring, value)
    # Not the 4 being filled, nor the one after them: 11 of 16.
    assert ring.take() == 9 and ring.overruns == 9
    for wrong in (0, 3, 8):
        try:
            Ring(16, 1, stretch=wrong)
            assert False
        except ValueError:
            pass


def test_the_last_bytes_are_repeated_in_front():
    ring = Ring(4, 4, overlap=3)
    for value in range(4):
        slot = ring.slot()
        for i in range(4):
            slot[i] = 10 * value + i
        ring.commit()
    assert bytes(ring.buffer[:3]) == bytes((31, 32, 33))
    assert bytes(ring.buffer[3:7]) == bytes((0, 1, 2, 3))


def test_the_callers_buffer_is_used_and_its_size_checked():
    memory = bytearray(4 * 5 + 2)
    ring = Ring(4, 5, overlap=2, buffer=memory)
    fill(ring, 7)
    assert memory == b"\x00\x00" + b"\x07" * 5 + bytes(15)
    try:
        Ring(4, 5, overlap=2, buffer=bytearray(21))
        assert False
    except ValueError as error:
        assert str(error) == "buffer: 22 bytes needed, 21 given"


def test_bad_arguments_are_refused():
    for slots, size, overlap in ((6, 4, 0), (2, 4, 0), (0, 4, 0), (8, 4, 5)):
        try:
            Ring(slots, size, overlap)
            assert False, (slots, size, overlap)
        except ValueError:
            pass


def test_close_lets_the_rest_be_taken_and_then_ends():
    ring = Ring(4, 1)
    fill(ring, 1)
    ring.close()
    assert ring.take() == 0
    try:
        ring.take()
        assert False
    except EOFError:
        pass


def test_block_numbers_wrap_without_a_loss():
    ring = Ring(4, 1)
    ring._written = ring._read = 0x3FFFFFFF
    fill(ring, 1)
    fill(ring, 2)
    assert ring._written == 1
    assert (ring.take(), ring.take(), ring.take()) == (0x3FFFFFFF, 0, -1)
    assert ring.overruns == 0


def test_holds_tells_what_is_overwritten():
    ring = Ring(4, 1)
    for value in range(6):
        fill(ring, value)
    # Block 6 is being filled over block 2; block 3's window needs block 2.
    assert [ring.holds(n) for n in (2, 3, 4, 5)] == [False, False, True, True]


def test_both_sides_allocate_nothing():
    ring = Ring(4, 64, overlap=32)
    micropython.heap_lock()
    try:
        for _ in range(9):
            slot = ring.slot()
            slot[0] = 1
            ring.commit()
            ring.take()
            ring.ready()
            ring.holds(3)
    finally:
        micropython.heap_unlock()


def wait_returns_after_each_commit(ring):
    async def consumer(values):
        for value in values:
            await ring.wait()
            assert ring.take() == value

    async def main():
        for values in ((0,), (1,), (2,)):
            task = asyncio.create_task(consumer(values))
            await asyncio.sleep_ms(1)
            assert not task.done()
            fill(ring, 9)
            await asyncio.wait_for(task, 5)

    asyncio.run(main())


def test_wait_returns_after_a_commit_from_an_interrupt():
    wait_returns_after_each_commit(Ring(4, 1))


def test_wait_returns_after_a_commit_of_another_task():
    wait_returns_after_each_commit(Ring(4, 1, flag=asyncio.Event()))


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
print("PASS")
