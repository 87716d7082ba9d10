"""Regression: one or several numbers to predict for each sequence."""

import numpy as np

from baselines import LINEAR, MEAN
from baselines import ridge as linear
from core.errors import InputError
from core.lazy import keras
from networks.standardisation import flattened, linear_part, standardised
from reports import Report
from reports import pictures as plots
from reports.examples import EACH, draw
from reports.numbers import number_lines, pool_rmse, score_numbers
from reports.text import aligned, figure
from sequences.splits import split_sequences
from sequences.types import Split
from tasks.regression.target_limits import are_ends, end_notes, ends_of, kept_within, within

score, better = "rmse", "lower"
unit = "sequences"
pure_windows = False  # a window has the number of its last row
unread = ("TARGET", "KNOWN", "WINDOW", "STRIDE", "HORIZON", "SEASON")  # constants that have no effect here


# Targets.


def split(train, test, c, validation_seed, fold=None):
    """Split Sequences with numbers as labels: see sequences.splits. Raises InputError for what is no number."""
    if c.CLASS_WEIGHT is not None:
        raise InputError("CLASS_WEIGHT is for classes: with numbers to predict it must be None")
    for part in filter(None, (train, test)):
        if part.y is None:
            raise InputError(f"{c.DATASET} has no numbers to predict (y): training and evaluation need them")
        numbers = as_numbers(part.y, c)
        bad = ~np.isfinite(numbers).all(axis=1)
        if bad.any():
            raise InputError(
                f"{c.DATASET}: the number to predict of sequence {bad.argmax()} (from 0) is missing or infinite"
            )
    numbers = train.replace(y=as_numbers(train.y, c)[:, 0])
    return split_sequences(numbers, test, c, validation_seed, stratify=False, fold=fold)


def as_numbers(y, c):
    """Return labels (n,) or (n, targets) as float64 (n, targets). Raises InputError for words."""
    try:
        numbers = np.asarray(y).astype(np.float64)
    except ValueError:
        raise InputError(
            f'TASK = "regression" needs numbers as labels; {c.DATASET} has words, such as {str(y[0])!r}'
        ) from None
    return numbers if numbers.ndim == 2 else numbers[:, None]


def learn(train, rows, c):
    """Return {"targets": names, "mean", "deviation": of each over the training set, "ends": see target_limits.py}."""
    y = as_numbers(train.y, c)[rows]
    deviation = y.std(axis=0)
    if not (deviation > 0).all():
        raise InputError("the number to predict is the same in every training sequence: nothing can be learned")
    names = train.target_names or [f"target {k}" for k in range(y.shape[1])] if y.shape[1] > 1 else ["target"]
    spread = {"mean": y.mean(axis=0).tolist(), "deviation": deviation.tolist()}
    return {"targets": list(names), **spread, "ends": [ends_of(column) for column in y.T]}


def is_state(state, input_shape):
    """Tell whether `state`, read from run.json, is what `learn` can have returned."""
    names = state.get("targets")
    if not (isinstance(names, list) and names and all(isinstance(name, str) for name in names)):
        return False
    return are_ends(state.get("ends"), len(names)) and all(
        isinstance(state.get(field), list)
        and len(state[field]) == len(names)
        and all(type(v) in (int, float) and np.isfinite(v) for v in state[field])
        for field in ("mean", "deviation")
    )


def parts(train, test, rows, state, c):
    """Make the parts of prepared Sequences; y is standardised. Returns: ({name: Split}, all sequences, notes)."""
    of = {"training": train, "validation": train, "test": test or train}
    made = {
        name: Split(of[name].x, encode(of[name].y[own], state, c), own, of[name].names) for name, own in rows.items()
    }
    return made, train, end_notes(state["targets"], state["ends"], as_numbers(train.y, c)[rows["training"]])


def encode(y, state, c):
    """Standardise numbers (n,) or (n, targets) by the training set: float32 (n, targets)."""
    return ((as_numbers(y, c) - state["mean"]) / state["deviation"]).astype(np.float32)


def in_units(y, state):
    """Undo `encode`: float64 (n, targets)."""
    return np.asarray(y, np.float64) * state["deviation"] + state["mean"]


# The network around the backbone, and how it is trained.


def network(inputs, backbone, data, c):
    """Return the standardised numbers (n, targets).

    With LINEAR_START they are the sum of a linear part, at ridge's solution, and of backbone and output layer, which
    begin at zero: see tasks/forecasting/task.py.
    """
    x = standardised(inputs, data, c)
    features = backbone(x, c)
    start = "zeros" if c.LINEAR_START else "glorot_uniform"
    outputs = keras.layers.Dense(len(data.state["targets"]), kernel_initializer=start, name="output")(features)
    if not c.LINEAR_START:
        return outputs
    model, _ = linear_model(data, c)
    return keras.layers.Add()([linear_part(x, model), outputs])


def linear_model(data, c):
    """Fit the linear model of the standardised numbers. Returns: (Linear, the function that flattens its inputs)."""
    flatten = flattened(data, c)
    return linear.fit(data.train, lambda places: data.train.y[places].astype(np.float64), flatten, c.SEED), flatten


def finished(model, data, c):
    """Append what turns the standardised numbers into the units of the data: the saved model gives those."""
    state = data.state
    outputs = keras.layers.Rescaling(state["deviation"], state["mean"], name="in_units")(model.output)
    return keras.Model(model.input, kept_within(outputs, state["ends"]))


def output_shape(state):
    """Return the shape of the network's answer for one sequence."""
    return (len(state["targets"]),)


def compile_arguments(model, state):
    """Return the loss and the metrics, as compile takes them; both are in units of the training set's deviation."""
    return {"loss": "mse", "metrics": [keras.metrics.RootMeanSquaredError(name="rmse")]}


def loss_targets(part, data, c):
    """Return what the loss compares the network's output with: the part's y."""
    return part.y


def sample_weights(y, c):
    """Return None: every sequence counts alike."""


def aim(state):
    """Say in a few words what is learned."""
    names = state["targets"]
    return "one number to predict" if len(names) == 1 else f"{len(names)} numbers to predict: {', '.join(names)[:80]}"


# What comes out.


def calibrate(data, output):
    """Return what the validation set teaches of the trained network: for numbers nothing."""
    return {}


def decode(output, state):
    """Return the numbers (n, targets), in the units of the data: what the saved model gives."""
    return output


def examples(data, count):
    """Return the first test sequences (count, time, ...); they have no classes."""
    return data.test.take(slice(count)), None


def score_of(part, answers, state):
    """Return the RMSE of answers (n, targets) on a Split; of several targets in units of each one's deviation."""
    errors = answers - in_units(part.y, state)
    return float(np.sqrt((scaled(errors, state) ** 2).mean()))


def scaled(errors, state):
    """Bring errors (n, targets) of several targets to units of each one's deviation; those of one stay as they are."""
    return errors if errors.shape[1] == 1 else errors / state["deviation"]


def baselines(data, c):
    """Predict the test set without a network. Returns: ({name: numbers (n, targets)}, notes)."""
    model, flatten = linear_model(data, c)
    answers = {
        MEAN: np.tile(data.state["mean"], (len(data.test), 1)),
        LINEAR: within(in_units(linear.predict(model, data.test, flatten), data.state), data.state["ends"]),
    }
    return answers, linear.sampled_note(model, len(data.train))


def report(data, answers, rivals, c):
    """Score numbers (n, targets) of the test set beside those of `rivals`. Returns: Report."""
    names, true = data.state["targets"], in_units(data.test.y, data.state)
    figures = score_numbers(true, answers, rivals, names, lambda errors: scaled(errors, data.state), c.SEED)
    header, places = data.test.places()
    header += [*(f"true_{name}" for name in names), *(f"predicted_{name}" for name in names)]
    rows = [[*place, *(f"{v:.6g}" for v in (*t, *a))] for place, t, a in zip(places, true, answers)]
    picture = plots.predicted(true, answers, names, f"{c.DATASET}: test RMSE {figure(figures['rmse'])}")
    pictures = {"predicted.png": picture}
    if len(data.test.shape) == 2:
        errors = np.abs(scaled(answers - true, data.state)).mean(axis=1).argsort()
        chosen = np.concatenate([errors[:EACH], errors[EACH:][-EACH:]])  # the best and the worst
        titles = [
            f"true {', '.join(map('{:.4g}'.format, true[k]))}, predicted {', '.join(map('{:.4g}'.format, answers[k]))}"
            for k in chosen
        ]
        pictures["examples.png"] = draw(data.test.take(chosen), titles)
    return Report(figures, number_lines(figures, names), header, rows, pictures)


def pooled(folds):
    """Sum up the folds [(figures, state)] of a cross-validation. Returns: (lines, figures, pictures)."""
    return pool_rmse(folds, "test_sequences")


# New data.


def new_inputs(new, state, input_shape, where):
    """Return (new prepared Sequences that can be predicted, their inputs (n, time, ...), notes)."""
    return new, new.x, []


def report_new(new, answers, state, input_shape):
    """Report the predicted numbers of new Sequences. Returns: Report, its figures empty."""
    names = new.names or [str(i) for i in range(len(answers))]
    header = ["file" if new.names else "index", *(f"predicted_{name}" for name in state["targets"])]
    rows = [[name, *(f"{v:.6g}" for v in numbers)] for name, numbers in zip(names, answers)]
    return Report({}, [aligned(header, rows[:5]), *(["..."] if len(rows) > 5 else [])], header, rows, {})
