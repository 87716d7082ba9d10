"""What there is to learn: one file a task, and TASKS, the table of tasks.

A task is a module. Everything that differs between tasks is in it: how sequences are split and cut into parts, what
is learned of labels or targets, the layers around the backbone, loss and metrics, the report, answers to new data.
"""

import numpy as np

from core.errors import InputError
from core.files import shown
from core.run_folder import AGAIN
from sequences import preparation
from tasks.classification import task as classification_task
from tasks.forecasting import task as forecasting_task
from tasks.regression import task as regression_task
from tasks.transcription import task as transcription_task

TASKS = {
    "classification": classification_task,
    "regression": regression_task,
    "forecasting": forecasting_task,
    "transcription": transcription_task,
}
MOST_CLASSES = 12  # different whole numbers that are taken for classes without asking


def task_of(sequences, c):
    """Return TASK, or the task that Sequences as read are for.

    Named columns are forecast, decimals and several numbers a sequence are predicted, words and a few whole numbers are
    classes. Raises InputError for many different whole numbers: only who made them knows.
    """
    if preparation.is_text(sequences):
        if c.TASK not in (None, "classification"):
            raise InputError(f"TASK = {c.TASK!r} is impossible with texts: their classes are learned")
        return classification_task
    if sequences.transcripts:
        return transcription_task
    if c.TASK is not None:
        return TASKS[c.TASK]
    y = sequences.y
    if sequences.columns is not None and y is None:
        return forecasting_task
    if isinstance(y, list):  # a label in every row
        y = np.concatenate(y)
        y = y[~np.isnan(y)] if y.dtype.kind == "f" else y
    if y is None or y.dtype.kind not in "fiu":
        return classification_task
    if y.ndim == 2 or (y.dtype.kind == "f" and not (y == np.round(y)).all()):
        return regression_task
    different = len(np.unique(y))
    if different > MOST_CLASSES:
        raise InputError(
            f'{c.DATASET} has {different} different whole numbers as labels: set TASK = "regression" to predict the '
            'number, or TASK = "classification" to tell so many classes apart'
        )
    return classification_task


def name_of(task):
    """Return the name of a task as run.json has it."""
    return next(name for name, module in TASKS.items() if module is task)


def trained_task(record, folder):
    """Return the task of a run, once the parts of run.json that belong to task and preparation are found in order.

    record: as core.run_folder.load_record returns it. Raises InputError.
    """
    path = shown(folder / "run.json")
    task = TASKS.get(record["task"])
    if task is None:
        raise InputError(f"{path} is damaged, field 'task' must be one of {', '.join(TASKS)}: {AGAIN}")
    if not task.is_state(record["state"], record["input_shape"]):
        raise InputError(f"{path} is damaged, field 'state' does not fit the task: {AGAIN}")
    if not preparation.is_learned(record["preparation"], record["input_shape"]):
        raise InputError(f"{path} is damaged, field 'preparation' does not fit the others: {AGAIN}")
    state = record["state"]
    ahead = len(state.get("known", ())) + 2 * len(state.get("calendar", ()))  # inputs beside the columns
    if task is forecasting_task and record["preparation"]["features"] != [record["input_shape"][-1] - ahead]:
        raise InputError(f"{path} is damaged, fields 'state' and 'preparation' do not fit: {AGAIN}")
    fits = record["preparation"]["any_length"] == (task is transcription_task)
    if not fits or (record["preparation"]["steps"] is None) != (task is forecasting_task):
        raise InputError(f"{path} is damaged, field 'task' does not fit the others: {AGAIN}")
    return task


def seen_shape(data):
    """Return the shape of a sequence as the convolutions see it: without the season that changes count against."""
    steps, *features = data.train.shape
    return (steps - data.state.get("season", 0), *features)
