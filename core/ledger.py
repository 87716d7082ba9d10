"""The ledger: one row for each evaluation, and for each training with a validation set.

runs/ledger.csv has those of the runs inside runs/; one elsewhere has its own ledger.csv, beside its folder.
"""

import csv
import json

from core.errors import InputError, reason
from core.files import read_csv, shown, write_csv
from core.locks import locked_soon
from core.run_folder import home

DATA = "test data"  # fingerprint of the test set: how often has it been looked at?
ALL = "all constants"  # of the row's run, as JSON
VARYING = "constants that vary"  # those of them that are not the same in all rows: what one edit after another changed
NONE = "(none)"  # where all rows have the same constants
SCORES = ["score", "value", "low", "high", "best baseline"]
COLUMNS = ["when", "run", "part", *SCORES, "parameters", "seconds", DATA, ALL, VARYING]


def ledger_of(folder):
    """Return the path of the ledger that a run in `folder` is written to."""
    return home(folder) / "ledger.csv"


def ledger_lock(folder):
    """Keep other processes from writing the ledger of a run, and the page beside it; wait for one that does."""
    return locked_soon(ledger_of(folder))


def append(when, folder, part, scores, record):
    """Add a row to the ledger.

    when: of the evaluation; folder: of the run; part: "validation" or "test"; scores: texts for SCORES; record: its
    RunRecord. Raises InputError where it cannot be written.
    """
    figures = dict.fromkeys(COLUMNS, "") | {"when": when, "run": shown(folder), "part": part}
    figures |= dict(zip(SCORES, scores)) | {DATA: record.fingerprint} | _identity(record)
    with ledger_lock(folder):
        rows = [*read_rows(folder), [str(figure) for figure in figures.values()]]
        every = [json.loads(row[COLUMNS.index(ALL)]) for row in rows]
        varying = varying_names(every)
        for row, own in zip(rows, every):
            row[-1] = " ".join(f"{name}={own[name]!r}" for name in varying if name in own) or NONE
        write_csv(ledger_of(folder), COLUMNS, rows)


def read_rows(folder):
    """Return the rows of a run's ledger, lists of strings in the order of COLUMNS, oldest first."""
    path = ledger_of(folder)
    try:
        header, *rows = read_csv(path) or [None]
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{shown(path)} is damaged ({reason(error)}): move it away") from error
    if header != COLUMNS or any(len(row) != len(COLUMNS) or not _is_record(row) for row in rows):
        raise InputError(f"{shown(path)} is not a ledger of this version: move it away")
    return rows


def _is_record(row):
    try:
        return isinstance(json.loads(row[COLUMNS.index(ALL)]), dict)
    except ValueError:
        return False


def count_scored_networks(folder, record):
    """Return how many networks the ledger of `folder` has scores of on a RunRecord's test set, its own counted in.

    One that is scored again is still one: there is nothing to choose.
    """
    own, rows = _identity(record), [dict(zip(COLUMNS, row)) for row in read_rows(folder)]
    scored = [row for row in rows if row["part"] == "test" and row[DATA] == record.fingerprint]
    return len({tuple(network[column] for column in own) for network in (own, *scored)})


def _identity(record):
    """Return what tells a network from others in the ledger, {column: text}."""
    kept = {name: value for name, value in record.constants.items() if name != "RUN_DIR"}
    return {"parameters": str(record.parameters), "seconds": f"{record.seconds:.1f}", ALL: json.dumps(kept)}


def varying_names(constants):
    """Return the names of the constants that are not the same in all of {name: value}, a list."""
    names = dict.fromkeys(name for own in constants for name in own)
    return [name for name in names if any(own.get(name) != constants[0].get(name) for own in constants)]


def varying_constants(folder):
    """Return the names of the constants that are not the same in all rows of a run's ledger."""
    return varying_names([json.loads(row[COLUMNS.index(ALL)]) for row in read_rows(folder)])


def last_rows(folder, count, *left_out):
    """Return the header and the last `count` rows of a run's ledger, without what is for the machine alone.

    left_out: names of more columns that are not wanted.
    """
    kept = [i for i, name in enumerate(COLUMNS) if name not in (DATA, ALL, *left_out)]
    return [COLUMNS[i] for i in kept], [[row[i] for i in kept] for row in read_rows(folder)[-count:]]
