"""Train and evaluate for a benchmark, once: what a trial gave is kept in benchmarks/results and taken from there.

A trial is known by its constants, the content of its data and the code of the project, so that after a change of any of
them it runs again. Delete benchmarks/results to start anew. Benchmarks that go on where they were stopped without this
read the rows of their CSV file here.
"""

import csv
import hashlib
import io
import json
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import evaluate_model
import train_model
from core.files import PROJECT, write_atomically, write_csv

KEPT = PROJECT / "benchmarks" / "results"
PLACES = ("DATASET", "RUN_DIR", "PRETRAINED_RUN")  # constants that say where, not what


def run(c, before=None):
    """Train and evaluate with Constants `c`; with `before`, train that first and start from its run.

    Returns: (the columns of history.csv, evaluation.json and run.json), lists and dictionaries.
    """
    kept = KEPT / f"{identity(c, before)}.json"
    if kept.exists():
        return json.loads(kept.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        own = Path(folder) / "run"
        if before is not None:
            train_model.main(before.changed(RUN_DIR=str(Path(folder) / "before")))
            c = c.changed(PRETRAINED_RUN=str(Path(folder) / "before"))
        history = train_model.main(c.changed(RUN_DIR=str(own))).history
        evaluate_model.main(c.changed(RUN_DIR=str(own)))
        written = [json.loads((own / name).read_text(encoding="utf-8")) for name in ("evaluation.json", "run.json")]
    result = [history, *written]
    KEPT.mkdir(exist_ok=True)
    write_atomically(kept, json.dumps(result))
    return result


def identity(*constants):
    """Return what tells the trial of these Constants (or None) from others: hexadecimal digits."""
    found = hashlib.sha256()
    for path in sorted(PROJECT.glob("*.py")) + sorted(PROJECT.glob("[a-z]*/**/*.py")):
        if path.relative_to(PROJECT).parts[0] not in ("tests", "benchmarks"):
            found.update(path.read_bytes())
    for c in constants:
        if c is None:
            continue
        found.update(json.dumps({name: c[name] for name in c if name not in PLACES}, default=str).encode())
        path = Path(c.DATASET)
        for file in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path] * path.is_file():
            found.update(file.name.encode() + file.read_bytes())
        found.update(b"" if path.exists() else c.DATASET.encode())
    return found.hexdigest()


def read_rows(path):
    """Return the rows of a CSV file, [{column: text}]."""
    with open(path, encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def begun_rows(path, columns):
    """Return the rows of a CSV file as `read_rows` does; one that is not there is begun with its columns."""
    if not path.exists():
        write_csv(path, columns, [])
    return read_rows(path)
