"""Many files, one sequence each, read several at a time; a line of progress now and then."""

import time

from joblib import Parallel, delayed

SECONDS = 10.0  # between two such lines


def read_many(read, paths, what):
    """Yield read(path) of each path in their order. what: the files' name in the line, such as "clips"."""
    reading = Parallel(n_jobs=-1, prefer="threads", return_as="generator")
    began = printed = time.perf_counter()
    for number, result in enumerate(reading(delayed(read)(path) for path in paths), 1):
        yield result
        now = time.perf_counter()
        if now - printed > SECONDS:
            left = (now - began) / number * (len(paths) - number)
            print(f"Read {number} of {len(paths)} {what}, {left:.0f} s left", flush=True)
            printed = now
