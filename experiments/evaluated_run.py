"""EVALUATED_RUN: an evaluated run trained once more as it was, on all of its data, to be put to use."""

import json

import numpy as np

from core import files
from core.errors import InputError
from core.run_folder import Evaluated
from readers.in_memory import IN_MEMORY
from reports.formatting import format_interval, score_format
from sequences.statistics import content_fingerprint, fingerprints
from training.saved_run import open_run

MARGIN = 50  # rows by which a series may have grown more or less than its windows tell
OWN = ("RUN_DIR", "RESUME", "TENSORBOARD", "EVALUATED_RUN")  # constants that the new run has of its own


def constants_to_retrain(c, load_data):
    """Return the constants that train the run in EVALUATED_RUN once more, on all its data.

    They are that run's own, without a test and a validation set, for as many epochs as its network was trained.
    Parameters: c, Constants; load_data, a function of constants, which loads the data of that run.
    Returns: (Constants, lines for the user). Raises: InputError where there is no evaluated run in that folder, its
    data have changed, or RUN_DIR would replace it.
    """
    run, _ = open_evaluated(c)
    if run.constants.DATASET == IN_MEMORY != c.DATASET:
        raise InputError(f"{files.shown(run.folder)} was trained on {IN_MEMORY}: load_data needs them again, and its y")
    lines = check_data(run, load_data(**run.constants))
    without = {"TEST_SIZE": 0, "VALIDATION_SIZE": 0.0, "PATIENCE": None}
    again = run.constants.changed(**without, EPOCHS=count_epochs(run), **{name: c[name] for name in OWN})
    given, in_memory = run.as_it_was_given(c), ("DATASET",) * (c.DATASET == IN_MEMORY)
    others = [
        f"{name} = {given[name]!r}"
        for name in c
        if name not in (*OWN, *in_memory) and given[name] not in (run.constants[name], again[name])
    ]
    if others:
        lines.append(f"trained as {files.shown(run.folder)} was, so without effect: {', '.join(others)}")
    return again, lines


def open_evaluated(c):
    """Open the run in EVALUATED_RUN. Returns: (SavedRun, Evaluated). Raises: InputError, see constants_to_retrain."""
    folder = files.project_path(c.EVALUATED_RUN, "EVALUATED_RUN").resolve()
    shown, path = files.shown(folder), folder / "evaluation.json"
    if files.project_path(c.RUN_DIR, "RUN_DIR").resolve() == folder:
        raise InputError(f"RUN_DIR = {c.RUN_DIR!r} is the evaluated run itself: name another, such as runs/final")
    run = open_run(folder)
    if not run.constants.TEST_SIZE:
        raise InputError(f"EVALUATED_RUN = {c.EVALUATED_RUN!r} was trained on all data itself: it has no score")
    if not path.is_file():
        way = f"run python evaluate_model.py RUN_DIR={c.EVALUATED_RUN} first"
        raise InputError(f"EVALUATED_RUN = {c.EVALUATED_RUN!r} was not evaluated: {way}")
    try:
        figures, metric = json.loads(path.read_text(encoding="utf-8")), run.task.metric
        score, evaluated = float(figures[metric]), str(figures["evaluated"])
        interval = [float(bound) for bound in figures.get(f"{metric}_interval") or []]
        own = figures.get("model_checksum") == run.record.model_checksum
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{files.shown(path)} is damaged: run python evaluate_model.py again") from error
    if not own:
        why = "does not name the model beside it: it is another run's, or older than this check"
        raise InputError(f"{files.shown(path)} {why}; run python evaluate_model.py RUN_DIR={c.EVALUATED_RUN}")
    return run, Evaluated(shown, run.record.trained, evaluated, metric, score, interval)


def check_as_evaluated(c, of_data):
    """Refuse constants that would train EVALUATED_RUN otherwise than it was.

    Parameters: c, Constants to train with; of_data, those that load_data returned. Raises: InputError.
    """
    changed = [name for name in c if name not in OWN and c[name] != of_data[name]]
    if c.EVALUATED_RUN is not None and changed:
        raise InputError(
            f"EVALUATED_RUN is trained as it was, with {changed[0]} = {of_data[changed[0]]!r}: leave it out"
        )


def count_epochs(run):
    """Return for how many epochs the network of a run was trained: with PATIENCE up to the best of them."""
    if run.companion("history.csv") is None:
        path = files.shown(run.folder / "history.csv")
        raise InputError(f"{path} is missing, or not as this training wrote it: it tells for how many epochs to train")
    history = run.history
    return len(history["loss"]) if run.constants.PATIENCE is None else int(np.argmin(history["val_loss"])) + 1


def check_data(run, data):
    """Refuse data that are neither those of a run nor more of them. Returns: a line where they are more, or none."""
    record, known, found = run.record, run.preparation, data.preparation
    if fingerprints(data) == record.fingerprints and found == known:
        return []
    then, now = sum(record.sequences.values()), sum(data.sizes.values())
    forms = ((own.features, own.columns, own.unequal_lengths or own.steps) for own in (known, found))
    tasks = ((type(task), getattr(task, "classes", None)) for task in (run.task, data.task))
    if now > then and len({*map(repr, forms)}) == len({*map(repr, tasks)}) == 1:
        grown = f"the data have grown since {files.shown(run.folder)} was evaluated: {then} {run.task.unit}, now {now}"
        new_rows = (now - then) * (run.constants.STRIDE or 1)
        return [f"{grown}; {_old_rows(data.sequences, record.fingerprints, new_rows)}"]
    raise InputError(
        f"the data are not those that {files.shown(run.folder)} was evaluated on, nor more of them, alike in form and "
        f"classes ({then} {run.task.unit} then, {now} now): train and evaluate on them first"
    )


def _old_rows(sequences, known, rows):
    """Say whether the rows that a run was evaluated on still begin its series, which each grew by about as many.

    Parameters: known, fingerprints of the run; rows, about how many came in all.
    """
    if sequences.kind != "series":
        return "whether the old ones among them are as they were is not checked"
    about, shortest = rows // len(sequences.x), min(map(len, sequences.x))
    for more in range(max(1, about - MARGIN), min(shortest, about + MARGIN + 1)):
        parts = (sequences.x, sequences.times, sequences.clock)
        if content_fingerprint([own and [values[:-more] for values in own] for own in parts]) == known["rows"]:
            return "the old rows are as they were"
    return "the old rows were not found unchanged before the new ones"


def no_score(constants, stands_on):
    """Say why a run has no score of its own, and on whose evaluation it stands; None: it has a test set."""
    if constants.TEST_SIZE:
        return None
    reason = "it was trained on all data (TEST_SIZE = 0), so no test set is left"
    if stands_on is None:
        return f"{reason}; train with a TEST_SIZE above 0 to know how good such a network is"
    form = score_format(stands_on.metric)
    interval = f", 95 % interval {format_interval(stands_on.interval, form)}" if stands_on.interval else ""
    score = f"{stands_on.metric} {form(stands_on.score)}{interval}, evaluated {stands_on.evaluated}"
    return f"{reason}; it stands on {stands_on.folder}, trained alike without the test set ({score})"


def refuse_without_test_set(c, what):
    """Refuse constants that leave no test set to `what`, which needs one. Raises: InputError."""
    for name, allowed in (("EVALUATED_RUN", c.EVALUATED_RUN is None), ("TEST_SIZE", c.TEST_SIZE)):
        if not allowed:
            way = "set it to None" if name == "EVALUATED_RUN" else "set it above 0"
            raise InputError(f"{name} = {c[name]!r} trains on all data, and {what} needs what is held out: {way}")


def refuse_without_score(run):
    """Refuse a SavedRun that was trained on all data, where it is to be scored. Raises: InputError."""
    if why := no_score(run.constants, run.record.stands_on):
        raise InputError(f"{files.shown(run.folder)} cannot be scored: {why}")
