"""report.html of a run and runs/index.html: see reports/page.py."""

import os
from pathlib import Path
from urllib.parse import quote

from core import files, ledger
from evaluation.verdict import verdict
from reports.page import RunPage, index_page, run_page

FUTURE_KNOWN = "WARNING: these forecasts know what they forecast, and no score of them holds for new data."
MOST_RUNS = 1000  # rows of the ledger in runs/index.html


def write_pages(run, report, lines):
    """Write report.html into the run folder, and index.html beside the ledger."""
    record, task, c = run.record, run.task, run.constants
    curves = run.folder / "learning_curves.png"
    varying = ledger.varying_constants()
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
    known = f"{FUTURE_KNOWN} " * bool(report.figures["checks"].get("influenced_forecasts"))
    first, curves = known + verdict(report.figures, task.better), curves.read_bytes() if curves.is_file() else None
    page = RunPage(title, first, task.metric, report, curves, lines, facts, constants)
    files.write_atomically(run.folder / "report.html", run_page(page))
    with ledger.ledger_lock():
        header, rows = ledger.last_rows(MOST_RUNS)
        files.write_atomically(ledger.LEDGER.with_name("index.html"), index_page(header, rows, links(header, rows)))


def links(header, rows):
    """Return the address of each row's page, relative to the ledger; None for a run that a later one has replaced."""
    places = [row[header.index("run")] for row in rows]
    newest = {place: k for k, place in enumerate(places) if rows[k][header.index("part")] == "test"}
    pages = [files.project_path(place, "RUN_DIR") / "report.html" for place in places]
    relative = [Path(os.path.relpath(page, ledger.LEDGER.parent)).as_posix() for page in pages]
    return [
        quote(own) if newest.get(place) == k and page.is_file() else None
        for k, (place, page, own) in enumerate(zip(places, pages, relative))
    ]
