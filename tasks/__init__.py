"""What there is to learn: one class a task, and TASKS, the table of tasks."""

import numpy as np

from core.errors import InputError
from readers.tables.columns import MOST_CLASSES
from tasks.anomaly.task import Anomaly
from tasks.classification.task import Classification
from tasks.forecasting.task import Forecasting
from tasks.multilabel import Multilabel, marks_several
from tasks.regression.task import Regression
from tasks.transcription.task import Transcription

TASKS = {
    "classification": Classification,
    "multilabel": Multilabel,
    "regression": Regression,
    "forecasting": Forecasting,
    "transcription": Transcription,
    "anomaly": Anomaly,
}


def task_of(sequences, c):
    """Return the class of TASK, or of the task that Sequences as read are for.

    Series are forecast, decimals and several numbers a sequence are predicted, several of only 0 and 1 are labels at
    once, words and a few whole numbers are classes. Raises: InputError for many different whole numbers, and for as
    many labels as time steps: only who made them knows.
    """
    y = sequences.y
    if sequences.kind == "streams" and y is not None:
        y = np.concatenate(y)
    several = y is not None and marks_several(y)
    if sequences.kind == "texts":
        if c.TASK not in (None, "classification", "multilabel"):
            raise InputError(f"TASK = {c.TASK!r} is impossible with texts: their classes are learned")
        return Multilabel if several and c.TASK is None else TASKS[c.TASK or "classification"]
    if sequences.transcripts:
        return Transcription
    if several and c.TASK != "multilabel" and sequences.target_names is None:
        steps = max(map(len, sequences.x)) if isinstance(sequences.x, list) else sequences.x.shape[1]
        if y.shape[1:] == (steps,):
            raise InputError(
                f"{c.DATASET}: y marks {steps} labels at once, as many as there are time steps. If they are labels of "
                'the whole sequence, set TASK = "multilabel"; if each time step has its label, set WINDOW, the time '
                'steps of one window (or WINDOW_LABEL = "last": whole sequences)'
            )
    if c.TASK is not None:
        return TASKS[c.TASK]
    if sequences.kind == "series":
        return Forecasting
    if several:
        return Multilabel
    if sequences.kind == "streams" and y is not None:
        y = y[~np.isnan(y)] if y.dtype.kind == "f" else y
    if y is None or y.dtype.kind not in "fiu":
        return Classification
    if y.ndim == 2 or (y.dtype.kind == "f" and not (y == np.round(y)).all()):
        return Regression
    different = len(np.unique(y))
    if different > MOST_CLASSES:
        raise InputError(
            f'{c.DATASET} has {different} different whole numbers as labels: set TASK = "regression" to predict the '
            'number, or TASK = "classification" to tell so many classes apart'
        )
    return Classification


def name_of(task):
    """Return the name of a task as run.json has it."""
    return next(name for name, kind in TASKS.items() if type(task) is kind)


def convolution_input_shape(data):
    """Return the shape of a sequence as the convolutions see it: without the season that changes count against."""
    steps, *features = data.train.shape
    return (steps - getattr(data.task, "season", 0), *features)
