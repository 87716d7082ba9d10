"""index.html beside a ledger, which compares its runs: see reports/index_page.py."""

import contextlib
import functools
import json
import os
from pathlib import Path
from urllib.parse import quote

from core import files, ledger, run_folder
from core.errors import InputError
from reports.index_page import Entry, index_page
from tasks import TASKS

MOST_RUNS = 1000  # rows of the ledger in index.html


def write_index(folder):
    """Write index.html beside the ledger of the run or the results in `folder`, where there is a ledger."""
    index = ledger.ledger_of(folder).with_name("index.html")
    if not ledger.ledger_of(folder).is_file():
        return
    with ledger.ledger_lock(folder):
        rows = [dict(zip(ledger.COLUMNS, row)) for row in ledger.read_rows(folder)[: -MOST_RUNS - 1 : -1]]
        constants = [json.loads(row[ledger.ALL]) for row in rows]
        kept = run_folder.kept_runs(folder)
        addresses = links(rows, kept, index.parent)
        inside = f"{index.parent}{os.sep}"  # where runs outside the project lie need not be said of each
        entries = [
            Entry(row | {"run": row["run"].removeprefix(inside)}, own, link)
            for row, own, link in zip(rows, constants, addresses)
        ]
        varying = [name for name in ledger.varying_names(constants) if name != "DATASET"]  # that has its column
        better = {task.metric: task.better for task in TASKS.values()}
        files.write_atomically(index, index_page(entries, varying, better, results(index.parent)))
        for folder in kept:
            lead_back(folder)


def lead_back(kept):
    """Correct the link to the index in the page of a run that was moved one folder deeper, where that is possible."""
    page = kept / "report.html"
    with contextlib.suppress(OSError, UnicodeDecodeError, InputError):
        text = page.read_text(encoding="utf-8")
        if '<nav><a href="../index.html">' in text:
            files.write_atomically(page, text.replace('<nav><a href="../', '<nav><a href="../../', 1))


def link_to_index(run, start):
    """Return {what: address} of the index of a run's ledger as seen from the folder `start`, {} where there is none."""
    path = ledger.ledger_of(run)
    if not path.is_file():
        return {}
    return {"all runs": quote(Path(os.path.relpath(path.with_name("index.html"), start)).as_posix())}


def results(start):
    """Return {what: address} of the pages of searches and cross-validations beside a ledger, in the folder `start`."""
    found = {}
    for page in sorted([*start.glob("report.html"), *start.glob("*/report.html")]):
        for what, name in (("search", "search.json"), ("cross-validation", "folds.json")):
            if page.with_name(name).is_file():
                found[f"{what} in {files.shown(page.parent)}"] = address(page.parent, start)
    return found


def links(rows, kept, start):
    """Return the address of each row's page, or of its folder before it has one; None for a run that is gone.

    Parameters: rows of the ledger, dictionaries; kept, folders of runs that were replaced; start, the ledger's folder.
    """
    folders = {name: files.PROJECT / name for name in {row["run"] for row in rows}}
    when, addressed = functools.cache(time_of), functools.cache(address)
    found = []
    for row in rows:
        own = (folder for folder in (folders[row["run"]], *kept) if when(folder, row["part"]) == row["when"])
        folder = next(own, None)
        found.append(None if folder is None else addressed(folder, start))
    return found


def address(folder, start):
    """Return the address of a run's page, of its folder where it has none, as seen from the folder `start`."""
    page = folder / "report.html"
    page = page if page.is_file() else folder
    if page.is_relative_to(start):
        return quote(page.relative_to(start).as_posix())
    try:
        return quote(Path(os.path.relpath(page, start)).as_posix())
    except ValueError:  # no way leads to another drive
        return page.as_uri()


def time_of(folder, part):
    """Return when a run was trained ("validation") or evaluated ("test"), None where that cannot be read."""
    name, key = ("run.json", "trained") if part == "validation" else ("evaluation.json", "evaluated")
    try:
        return json.loads((folder / name).read_text(encoding="utf-8"))[key]
    except (OSError, ValueError, KeyError, TypeError):
        return None
