"""Many files, one sequence each, read several at a time."""

from core.lazy import lazy
from core.progress import tracked

joblib = lazy("joblib")


def read_many(read, paths, what):
    """Yield read(path) of each path in their order. what: the files' name for the line of progress, such as "clips"."""
    reading = joblib.Parallel(n_jobs=-1, prefer="threads", return_as="generator")
    work = (joblib.delayed(read)(path) for path in paths)
    yield from tracked(reading(work), f"Reading {what}", len(paths))
