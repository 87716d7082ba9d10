"""The ledger: one row for each evaluation, in runs/ledger.csv."""

import csv
import json

from project.errors import InputError, reason
from project.files import PROJECT, shown, write_csv

LEDGER = PROJECT / "runs" / "ledger.csv"
ALL = "all constants"  # of the row's run, as JSON
VARYING = "constants that vary"  # those of them that are not the same in all rows: what one edit after another changed
COLUMNS = ["when", "run", "score", "value", "low", "high", "parameters", "seconds", ALL, VARYING]


def append(figures, constants):
    """Add a row to the ledger: figures for all columns up to "seconds", and the run's constants (RUN_DIR aside)."""
    kept = {name: value for name, value in constants.items() if name != "RUN_DIR"}
    rows = [*read(), [*map(str, figures), json.dumps(kept), ""]]
    every = [json.loads(row[COLUMNS.index(ALL)]) for row in rows]
    names = list(dict.fromkeys(name for constants in every for name in constants))
    varying = [name for name in names if any(other.get(name) != every[0].get(name) for other in every)]
    for row, own in zip(rows, every):
        row[-1] = " ".join(f"{name}={own[name]!r}" for name in varying if name in own) or "(none)"
    try:
        LEDGER.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{shown(LEDGER)} cannot be written: {reason(error)}") from error
    write_csv(LEDGER, COLUMNS, rows)


def read():
    """Return the ledger's rows, lists of strings in the order of COLUMNS, oldest first."""
    try:
        with open(LEDGER, encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file)) or [None]
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{shown(LEDGER)} is damaged ({reason(error)}): move it away") from error
    if header != COLUMNS or any(len(row) != len(COLUMNS) or not _is_record(row) for row in rows):
        raise InputError(f"{shown(LEDGER)} is not a ledger of this version: move it away")
    return rows


def _is_record(row):
    try:
        return isinstance(json.loads(row[COLUMNS.index(ALL)]), dict)
    except ValueError:
        return False


def last(count):
    """Return the header and the last `count` rows as a reader wants to see them: without the column ALL."""
    kept = [i for i, name in enumerate(COLUMNS) if name != ALL]
    return [COLUMNS[i] for i in kept], [[row[i] for i in kept] for row in read()[-count:]]
