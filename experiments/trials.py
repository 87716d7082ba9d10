"""The trials of a search: drawn from a space, kept in trials.csv, ranked."""

import csv
import hashlib
import json
import math

import numpy as np

from core import files
from core.constants import check_constants
from core.errors import InputError, reason
from core.lazy import lazy
from core.run_folder import check_results_folder
from core.wording import counted
from training.checkpoint import pretrained_checksum, run_identity

model_selection = lazy("sklearn.model_selection")

MOST_TRIALS = 10_000  # of a grid
# Set by the search itself, for each training.
SET = ("EPOCHS", "PATIENCE", "RESUME", "TENSORBOARD", "RUN_DIR", "EVALUATED_RUN")
COLUMNS = ["trial", "epochs", "score", "loss", "seconds", "repeats", "constants", "checksum"]


def draw_trials(o, seed, searchable):
    """Return the combinations to try, a list of {constant: value}, the same for the same seed.

    o: constants of tune_model.py; searchable: names of the constants that a search may vary. Raises InputError.
    """
    space = o.SEARCH_SPACE
    for name, values in space.items():
        if name in SET:
            raise InputError(f"SEARCH_SPACE: {name} cannot be searched: the search itself sets it for each training")
        if name not in searchable:
            raise InputError(f"SEARCH_SPACE: {name!r} is no constant of the network or of training")
        drawable = o.SEARCH == "random" and hasattr(values, "rvs")
        if not (isinstance(values, list) and values) and not drawable:
            raise InputError(f'SEARCH_SPACE: {name} must be a list of values, or for SEARCH = "random" a distribution')
    if o.SEARCH == "grid":
        if math.prod(map(len, space.values())) > MOST_TRIALS:
            raise InputError(f'SEARCH_SPACE has more than {MOST_TRIALS} combinations: take fewer values, or "random"')
        drawn = list(model_selection.ParameterGrid(space))
    else:
        n = o.N_TRIALS
        if all(isinstance(values, list) for values in space.values()):
            n = min(n, len(model_selection.ParameterGrid(space)))  # a space of lists holds no more
        try:
            drawn = list(model_selection.ParameterSampler(space, n, random_state=seed))
        except (ValueError, TypeError) as error:  # a distribution from 1e-2 to 1e-4, or one without its bounds
            raise InputError(f"SEARCH_SPACE cannot be drawn from: {error}") from error
    trials = [{name: as_python(value) for name, value in sorted(trial.items())} for trial in drawn]
    for trial in trials:
        check_constants(trial)
    return trials


def as_python(value):
    """Turn a NumPy number into Python's own, and cut a drawn float to three digits, so that it can be pasted."""
    value = value.item() if isinstance(value, np.generic) else value
    return float(f"{value:.3g}") if isinstance(value, float) else value


def load_finished_trials(experiment, trials, data):
    """Return the finished trainings {(trial, epochs): row} of the same search, or start a new one.

    data: fingerprints of those of the first repeat.
    """
    c, o, folder = experiment.constants, experiment.options, experiment.folder
    of_all = run_identity(c, data, "VALIDATION_SIZE", "PATIENCE", "TENSORBOARD")  # these change no score
    pretrained = [pretrained_checksum(c.changed(**trial)) for trial in trials]
    here = {"identity": of_all, "trials": trials, "pretrained": pretrained, "columns": COLUMNS}
    text = json.dumps(here | {"repeats": o.REPEATS, "size": o.SEARCH_VALIDATION_SIZE}, indent=2) + "\n"
    described, table = folder / "search.json", folder / "trials.csv"
    try:
        check_results_folder(folder, "search.json", "TUNE_DIR")
        folder.mkdir(parents=True, exist_ok=True)
        same = described.is_file() and table.is_file() and described.read_bytes() == text.encode("utf-8")
        rows = finished_rows(table) if same else []
        if not same:
            files.remove(table)  # before search.json says that its rows are of this search
    except OSError as error:
        raise InputError(f"{files.shown(error.filename)} cannot be used: {reason(error)}") from error
    if rows:
        print(f"Continuing the search in {files.shown(folder)}: {counted(len(rows), 'piece')} finished")
    files.write_atomically(described, text)
    files.write_csv(table, COLUMNS, [[row[column] for column in COLUMNS] for row in rows])
    return {(int(row["trial"]), int(row["epochs"])): row for row in rows}


def finished_rows(table):
    """Return the rows of trials.csv that are whole: a kill can cut the last line."""
    try:
        text = table.read_text(encoding="utf-8")
        rows = list(csv.DictReader(text[: text.rfind("\n") + 1].splitlines()))
        for row in rows:
            json.loads(row["constants"]), json.loads(row["repeats"])
            int(row["trial"]), int(row["epochs"]), float(row["loss"]), float(row["score"])
        if any(row["checksum"] != row_checksum(table.parent, row) for row in rows):
            raise ValueError("edited, or of another search")
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise InputError(
            f"{files.shown(table)} is damaged or was edited: move it away to start the search afresh"
        ) from error
    return rows


def row_checksum(folder, row):
    """Return the SHA-256 of a row of trials.csv: of which search it is, and what it says but for the time it took."""
    digest = hashlib.sha256((folder / "search.json").read_bytes())
    cells = [str(row[column]) for column in COLUMNS if column not in ("seconds", "checksum")]
    digest.update(json.dumps(cells).encode())
    return digest.hexdigest()


def row_of(trial, epochs, repeats, values):
    """Return a row of trials.csv but for its checksum: means over {repeat: (score, loss, seconds)}, and each score."""
    scores, losses, seconds = zip(*(repeats[repeat] for repeat in sorted(repeats)))
    figures = [f"{np.mean(scores):.6f}", f"{np.mean(losses):.6f}", f"{sum(seconds):.1f}"]
    figures.append(json.dumps([round(float(score), 6) for score in scores]))
    return dict(zip(COLUMNS, [trial, epochs, *figures, json.dumps(values)]))


def append_row(folder, row):
    """Add a row to trials.csv at once: a killed search does not repeat it."""
    files.append_csv(folder / "trials.csv", [*(row[column] for column in COLUMNS[:-1]), row_checksum(folder, row)])


def ranked(trials, epochs, finished):
    """Sort trials from best to worst by validation loss: on small data it tells more than a few right answers do."""
    return sorted(trials, key=lambda trial: (float(finished[trial, epochs]["loss"]), trial))


def assignments(trial):
    """Write constants in one line."""
    return ", ".join(f"{name} = {value!r}" for name, value in trial.items())
