"""Progress of long work: on a terminal, or in a notebook, one line that changes; elsewhere a line now and then."""

import shutil
import sys
import threading
import time
from contextlib import contextmanager

IN_PLACE = 0.2  # seconds from one version of a line that changes to the next
ELSEWHERE = 30.0  # seconds from one line to the next where none can change


def changes_in_place():
    """Tell whether a line can be written anew: on a terminal, and in a notebook."""
    window = type(sys.stdout).__module__.partition(".")[0]  # IDLE's says that it is a terminal, and can only append
    return window != "idlelib" and (sys.stdout.isatty() or window == "ipykernel")


def time_left(seconds):
    """Write how long something will still take, nothing for less than a few seconds."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f", {seconds / size:.0f} {unit} left"
    return f", {seconds:.0f} s left" if seconds >= 3 else ""


class ProgressLine:
    """A line that says how far some work is. While one is shown, those of the work inside it stay silent."""

    shown = None  # the one that is shown now

    def __init__(self):
        self.written, self.width = time.monotonic(), 0
        if ProgressLine.shown is None:
            ProgressLine.shown = self

    def is_due(self):
        """Tell whether it is time for another line."""
        wait = IN_PLACE if changes_in_place() else ELSEWHERE
        return ProgressLine.shown is self and time.monotonic() - self.written >= wait

    def write(self, line):
        """Write the line, in place of the one before where that can be."""
        self.written = time.monotonic()
        if not changes_in_place():
            print(line, flush=True)
            return
        line = line[: shutil.get_terminal_size().columns - 1]
        print(f"\r{line.ljust(self.width)}", end="", flush=True)
        self.width = len(line)

    def end(self, line=None):
        """Write a last line that stays in place of the one that changed; None leaves nothing there."""
        if self.width:
            print(f"\r{' ' * self.width}", end="")
            print("\r", end="", flush=True)
        if line is not None:
            print(line, flush=True)
        self.width, self.written = 0, time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        """Leave the line to others."""
        self.end()
        if ProgressLine.shown is self:
            ProgressLine.shown = None


def tracked(items, what, count=None):
    """Yield items, and say how far the work on them is. count: their number, if they have no len()."""
    count, began = count or len(items), time.monotonic()
    with ProgressLine() as line:
        for done, item in enumerate(items, 1):
            yield item
            if line.is_due():
                left = (time.monotonic() - began) / done * (count - done)
                line.write(f"{what}: {done:,} of {count:,}{time_left(left)}")


@contextmanager
def said_if_slow(line, after=1.0):
    """Say what is done where it takes more than `after` seconds, and after every ELSEWHERE how long it has taken."""
    ended = threading.Event()

    def say():
        began = time.monotonic()
        if not ended.wait(after):
            print(line, flush=True)
        while not ended.wait(ELSEWHERE):
            print(f"{line} {time.monotonic() - began:.0f} s so far", flush=True)

    thread = threading.Thread(target=say, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
