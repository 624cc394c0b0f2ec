# SPDX-License-Identifier: MIT
"""The stock unix port as a board: raw_repl.py at a pty."""

import os
import subprocess
import tty
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from torpor_host import build
from torpor_host.convert.writer import Writer
from torpor_host.link import Link


@contextmanager
def stock_unix(storage=400, heap="2M", home="", prepare=""):
    """The port with a file system of `storage` kB, in the same heap, at `home`; see raw_repl.py. Gives the name of its pty."""
    master, slave = os.openpty()
    tty.setraw(slave)
    tty.setraw(master)
    binary = build.build(["unix"])["unix"]
    command = [binary, "-X", f"heapsize={heap}", Path(__file__).with_name("raw_repl.py"), str(storage), home, prepare]
    process = subprocess.Popen(command, stdin=master, stdout=master, stderr=subprocess.DEVNULL)
    try:
        yield os.ttyname(slave)
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


@contextmanager
def linked(*arguments, **more):
    """A link to it."""
    with stock_unix(*arguments, **more) as port, Link(port) as link:
        link.enter_raw()
        yield link


def adder():
    """float32 y = x + x."""
    w = Writer("adder")
    x, y = w.tensor("x", (1, 4), np.float32), w.tensor("y", (1, 4), np.float32)
    w.op("ADD", [x, x], [y])
    return w.finish([x], [y])
