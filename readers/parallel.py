"""Many files, one sequence each, read several at a time."""

from joblib import Parallel, delayed

from core.progress import tracked


def read_many(read, paths, what):
    """Yield read(path) of each path in their order. what: the files' name for the line of progress, such as "clips"."""
    reading = Parallel(n_jobs=-1, prefer="threads", return_as="generator")
    yield from tracked(reading(delayed(read)(path) for path in paths), f"Reading {what}", len(paths))
