"""The ledger: one row for each evaluation, and for each training with a validation set, in runs/ledger.csv."""

import csv
import json

from core.errors import InputError, reason
from core.files import read_csv, shown, write_csv
from core.run_folder import RUNS, locked_soon

LEDGER = RUNS / "ledger.csv"
DATA = "test data"  # fingerprint of the test set: how often has it been looked at?
ALL = "all constants"  # of the row's run, as JSON
VARYING = "constants that vary"  # those of them that are not the same in all rows: what one edit after another changed
SCORES = ["score", "value", "low", "high", "best baseline"]
COLUMNS = ["when", "run", "part", *SCORES, "parameters", "seconds", DATA, ALL, VARYING]


def ledger_lock():
    """Keep other processes from writing the ledger, and the page beside it; wait for one that does."""
    return locked_soon(LEDGER)


def append(when, folder, part, scores, record):
    """Add a row to the ledger.

    when: of the evaluation; folder: of the run; part: "validation" or "test"; scores: texts for SCORES; record: its
    RunRecord. Raises InputError where it cannot be written.
    """
    constants = record.constants
    figures = [when, shown(folder), part, *scores, record.parameters, f"{record.seconds:.1f}"]
    figures.append(record.fingerprint)
    kept = {name: value for name, value in constants.items() if name != "RUN_DIR"}
    with ledger_lock():
        rows = [*read_rows(), [*map(str, figures), json.dumps(kept), ""]]
        every = [json.loads(row[COLUMNS.index(ALL)]) for row in rows]
        names = list(dict.fromkeys(name for constants in every for name in constants))
        varying = [name for name in names if any(other.get(name) != every[0].get(name) for other in every)]
        for row, own in zip(rows, every):
            row[-1] = " ".join(f"{name}={own[name]!r}" for name in varying if name in own) or "(none)"
        write_csv(LEDGER, COLUMNS, rows)


def read_rows():
    """Return the ledger's rows, lists of strings in the order of COLUMNS, oldest first."""
    try:
        header, *rows = read_csv(LEDGER) or [None]
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


def count_test_scorings(fingerprint):
    """Return how often the test set of this fingerprint has been scored."""
    part, data = COLUMNS.index("part"), COLUMNS.index(DATA)
    return sum(row[part] == "test" and row[data] == fingerprint for row in read_rows())


def varying_constants():
    """Return the names of the constants that are not the same in all rows."""
    every = [json.loads(row[COLUMNS.index(ALL)]) for row in read_rows()]
    return {name for own in every for name in own if any(other.get(name) != own[name] for other in every)}


def last_rows(count):
    """Return the header and the last `count` rows as a reader wants to see them: without what is for the machine."""
    kept = [i for i, name in enumerate(COLUMNS) if name not in (DATA, ALL)]
    return [COLUMNS[i] for i in kept], [[row[i] for i in kept] for row in read_rows()[-count:]]
