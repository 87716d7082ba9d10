"""Many files, a sequence in each: read several at a time, with a line now and then that says how far it is."""

import time

from joblib import Parallel, delayed

SECONDS = 10.0  # between two such lines


def read_many(read, paths, what):
    """Yield read(path) of each path in their order. what: the files' name in the line, such as "clips"."""
    reading = Parallel(n_jobs=-1, prefer="threads", return_as="generator")
    began = said = time.perf_counter()
    for number, result in enumerate(reading(delayed(read)(path) for path in paths), 1):
        yield result
        now = time.perf_counter()
        if now - said > SECONDS:
            left = (now - began) / number * (len(paths) - number)
            print(f"Read {number} of {len(paths)} {what}, {left:.0f} s left", flush=True)
            said = now
