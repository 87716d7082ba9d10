"""report.html of a run and index.html beside its ledger: see reports/page.py."""

import json
import os
from pathlib import Path
from urllib.parse import quote

from core import files, ledger, run_folder
from reports.page import RunPage, index_page, run_page

MOST_RUNS = 1000  # rows of the ledger in index.html


def write_pages(run, report, lines, sentence):
    """Write report.html into the run folder, and index.html beside the ledger. sentence: the verdict."""
    record, task, c = run.record, run.task, run.constants
    varying = ledger.varying_constants(run.folder)
    constants = [(name, repr(value), name in varying) for name, value in c.items()]
    counts = ", ".join(f"{n} {name}" for name, n in record.sequences.items())
    facts = [
        ["trained", record.trained],
        [task.unit, counts],
        ["network", f"{c.ARCHITECTURE}, {record.parameters:,} parameters, {record.seconds:.0f} s of training"],
        ["versions", ", ".join(f"{name} {version}" for name, version in record.versions.items())],
        ["test data", f"SHA-256 {record.fingerprint[:16]}…"],
        ["again", "set the constants below, then python train_model.py && python evaluate_model.py"],
    ]
    title = f"{Path(c.DATASET).name}: {record.task} by {c.ARCHITECTURE}"
    curves = run.companion("learning_curves.png")
    page = RunPage(title, sentence, task.metric, report, curves, lines, facts, constants)
    files.write_atomically(run.folder / "report.html", run_page(page))
    index = ledger.ledger_of(run.folder).with_name("index.html")
    with ledger.ledger_lock(run.folder):
        header, rows = ledger.last_rows(run.folder, MOST_RUNS)
        kept = run_folder.kept_runs(run.folder)
        files.write_atomically(index, index_page(header, rows, links(header, rows, kept, index.parent)))


def links(header, rows, kept, start):
    """Return the address of each row's page, or of its folder before it has one; None for a run that is gone.

    Parameters: header and rows of the ledger; kept, folders of runs that were replaced; start, the ledger's folder.
    """
    when, place, part = (header.index(name) for name in ("when", "run", "part"))
    folders = {row[place]: files.project_path(row[place], "RUN_DIR") for row in rows}
    times = {folder: times_of(folder) for folder in (*folders.values(), *kept)}
    found = []
    for row in rows:
        own = [folder for folder in (folders[row[place]], *kept) if times[folder].get(row[part]) == row[when]]
        found.append(address(own[0], start) if own else None)
    return found


def address(folder, start):
    """Return the address of a run's page, of its folder where it has none, as seen from the folder `start`."""
    page = folder / "report.html"
    page = page if page.is_file() else folder
    try:
        return quote(Path(os.path.relpath(page, start)).as_posix())
    except ValueError:  # no way leads to another drive
        return page.as_uri()


def times_of(folder):
    """Return when a run was trained and evaluated, {part of the ledger: "when"}; what cannot be read is left out."""
    times = {}
    for part, name, key in (("validation", "run.json", "trained"), ("test", "evaluation.json", "evaluated")):
        try:
            times[part] = json.loads((folder / name).read_text(encoding="utf-8"))[key]
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return times
