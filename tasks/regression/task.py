"""Regression: one or several numbers to predict for each sequence."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from baselines import MEAN, ridge
from core.errors import InputError
from core.lazy import keras, layers
from evaluation.regression_scores import score_regression
from networks.layer_names import OUTPUT, SUM
from networks.linear_layers import linear_part, set_linear_part
from readers.tables.cells import is_plain_number
from readers.whole_numbers import count_rounded_cells, integer_note, is_rounded
from reports import Report, pictures
from reports.examples import EXAMPLES_EACH, draw_examples, draw_pictures, name_of
from reports.formatting import aligned, format_digits, format_number, pooled_report
from reports.regression import regression_lines, rmse_line, target_table
from sequences.splits import split_sequences
from sequences.statistics import rounded_away, rounding_note
from tasks.base import Task, flat_inputs_function, linear_models_inputs, tree_answers
from tasks.regression.target_limits import clipped, clipping_layer, find_limits, limit_notes


@dataclass(frozen=True)
class Regression(Task):
    """Numbers, standardised while they are learned; the saved network gives them in the units of the data."""

    targets: list[str]  # names
    mean: list[float]  # of each target over the training set
    deviation: list[float]
    limits: list[list[float]]  # lowest and highest answer to each target: see target_limits.py
    dtype: str  # of the saved network's answers: float64 where 32 bits would round them away

    metric = "rmse"
    better = "lower"

    @classmethod
    def check(cls, sequences, c):
        """Refuse Sequences without numbers to predict, and constants for classes."""
        if c.CLASS_WEIGHT is not None:
            raise InputError("CLASS_WEIGHT is for classes: with numbers to predict it must be None")
        if sequences.y is None:
            raise InputError(f"{c.DATASET} has no numbers to predict (y): training and evaluation need them")
        bad = ~np.isfinite(as_numbers(sequences.y, c)).all(axis=1)
        if bad.any():
            which = f"the number to predict of sequence {bad.argmax()} (from 0)"
            raise InputError(f"{c.DATASET}: {which} is missing or infinite")

    @classmethod
    def split(cls, train, test, c, validation_seed, fold=None):
        """Split Sequences by their first number, which is not stratified."""
        for own in filter(None, (train, test)):
            cls.check(own, c)
        first = train.replace(y=as_numbers(train.y, c)[:, 0])
        return split_sequences(first, test, c, validation_seed, stratify=False, fold=fold)

    @classmethod
    def fit(cls, train, rows, c):
        """Learn mean, deviation and limits of each target over the training set."""
        y = as_numbers(train.y, c)[rows]
        deviation = y.std(axis=0)
        if not (deviation > 0).all():
            raise InputError("the number to predict is the same in every training sequence: nothing can be learned")
        several = y.shape[1] > 1
        names = train.target_names or [f"target {k}" for k in range(y.shape[1])] if several else ["target"]
        dtype = "float64" if rounded_away(y, deviation).any() else "float32"
        limits = [find_limits(column) for column in y.T]
        return cls(list(names), y.mean(axis=0).tolist(), deviation.tolist(), limits, dtype)

    def encode(self, labels, split_name, c):
        """Return numbers (n,) or (n, targets) as float64 (n, targets)."""
        return as_numbers(labels, c)

    def target_notes(self, targets, c):
        """Say where answers go no further or need 64 bits, and in which unit training shows its score."""
        y = as_numbers(targets["training"], c)
        lost = zip(self.targets, self.deviation, self.mean, rounded_away(y, np.array(self.deviation)))
        notes = [
            rounding_note(f"{name}: a deviation", deviation, mean, ": model.keras answers in 64-bit floats")
            for name, deviation, mean, away in lost
            if away
        ]
        read = [own for own in map(np.asarray, targets.values()) if own.dtype.kind in "iuU"]
        lost = [count_rounded_cells(own) if own.dtype.kind == "U" else int(is_rounded(own).sum()) for own in read]
        notes += integer_note("the numbers to predict", sum(lost))
        notes += limit_notes(self.targets, self.limits, y)
        if len(self.targets) == 1:
            notes.append("rmse in training is in standard deviations of the target, not in the report's units")
        return notes

    # The network and its training.

    def output_layer(self, data, c):
        """Return the function that makes the standardised numbers (n, targets).

        With LINEAR_START they are the sum of a linear part, at ridge's solution, and of architecture and output layer,
        which begin at zero: see tasks/forecasting/task.py.
        """
        start = "zeros" if c.LINEAR_START else "glorot_uniform"

        def make(features, prepared):
            outputs = layers.Dense(len(self.targets), kernel_initializer=start, name=OUTPUT)(features)
            if not c.LINEAR_START:
                return outputs
            return layers.Add(name=SUM)([linear_part(prepared, self.linear_model(data.train, data, c)), outputs])

        return make

    def linear_model(self, split, data, c, inputs=None):
        """Fit the linear model of a Split's standardised numbers. inputs: of linear_models_inputs, else all values."""
        y = self.loss_targets(split, data, c).astype(np.float64)
        return ridge.fit(split, lambda places: y[places], inputs or flat_inputs_function(self, data, c), c.SEED)

    def linear_beside(self, data, c):
        """Tell whether the network has a linear part."""
        return c.LINEAR_START

    def fit_linear_part(self, model, split, data, c):
        """Fit the network's linear part to a Split."""
        set_linear_part(model, self.linear_model(split, data, c))

    def loss_targets(self, split, data, c):
        """Return the numbers standardised by the training set: float32 (n, targets)."""
        return ((split.y - self.mean) / self.deviation).astype(np.float32)

    def finish(self, model, data, c):
        """Append what turns the standardised numbers into the units of the data, within their limits."""
        unit, mean = np.array(self.deviation), np.array(self.mean)  # of lists Keras would make 32-bit floats
        outputs = layers.Rescaling(unit, mean, dtype=self.dtype, name="in_units")(model.output)
        return keras.Model(model.input, clipping_layer(outputs, self.limits))

    def output_shape(self):
        """Return the shape of the network's answer for one sequence."""
        return (len(self.targets),)

    def compile_arguments(self, model):
        """Return loss and metric, both in units of the training set's deviation."""
        return {"loss": "mse", "metrics": [keras.metrics.RootMeanSquaredError(name="rmse")]}

    def unit_of_training(self, data, c):
        """Return the deviation of one target; errors of several are told in units of each one's deviation."""
        return self.deviation[0] if len(self.targets) == 1 else 1.0

    def describe_target(self):
        """Say in a few words what is learned."""
        n = len(self.targets)
        return "one number to predict" if n == 1 else f"{n} numbers to predict: {', '.join(self.targets)[:80]}"

    # What comes out.

    def score(self, split, answers):
        """Return the RMSE of answers (n, targets); of several targets in units of each one's deviation."""
        return float(np.sqrt((self.scaled(answers - split.y) ** 2).mean()))

    def scaled(self, errors):
        """Divide errors (n, targets) of several targets by each one's deviation; those of one stay as they are."""
        return errors if errors.shape[1] == 1 else errors / self.deviation

    def baselines(self, data, c):
        """Predict the test set without a network. Returns: ({name: numbers (n, targets)}, notes)."""
        answers, notes = {MEAN: np.tile(self.mean, (len(data.test), 1))}, []
        for name, inputs in linear_models_inputs(self, data, c).items():
            model = self.linear_model(data.train, data, c, inputs)
            solved = ridge.predict(model, data.test, inputs) * self.deviation + self.mean
            answers[name] = clipped(solved, self.limits)
            notes += ridge.sample_note(model, len(data.train), name)
        found, more = tree_answers(self, data, data.train.y, len(self.targets), c, [data.test])
        answers |= {name: clipped(own, self.limits) for name, (own,) in found.items()}
        return answers, notes + more

    def report(self, data, answers, rivals, c):
        """Score numbers (n, targets) of the test set beside those of `rivals`. Returns: Report."""
        names, true = self.targets, data.test.y
        predictions, scale = {"network": answers, **rivals}, 1.0 if len(names) == 1 else self.deviation
        figures = score_regression(true, predictions, names, scale, c.SEED)
        header, places = data.test.places()
        header += [*(f"true_{name}" for name in names), *(f"predicted_{name}" for name in names)]
        rows = [[*place, *map(format_number, (*t, *a))] for place, t, a in zip(places, true, answers)]
        blocks = [target_table(figures), pictures.predicted_against_true(true, answers, names)]
        if len(data.test.raw.shape) == 2:
            errors = np.abs(self.scaled(answers - true)).mean(axis=1).argsort()
            best, others = errors[:EXAMPLES_EACH], errors[EXAMPLES_EACH:]
            chosen = np.concatenate([best, others[-EXAMPLES_EACH:]])  # the best and the worst
            digits = partial(format_digits, digits=4)
            pairs = [[", ".join(map(digits, of[k], self.deviation)) for of in (true, answers)] for k in chosen]
            titles = [
                f"{name_of(data.test, k)}: true {truth}, predicted {answer}"
                for k, (truth, answer) in zip(chosen, pairs)
            ]
            what, picture = "pictures" if data.sequences.picture else "sequences", data.sequences.picture
            caption = f"Test {what} with true and predicted values: the nearest first, then the farthest"
            draw = partial(draw_pictures, shape=picture) if picture else draw_examples
            blocks.append(draw(data.test.raw.take(chosen), titles=titles, caption=caption))
        return Report(figures, regression_lines(figures), header, rows, blocks, score=rmse_line(figures, names))

    def pool_folds(self, folds):
        """Take the root of the mean square error over all folds."""
        return pooled_report([figures for figures, _ in folds], "rmse", "test_sequences", power=2)

    def report_new(self, new, answers, input_shape):
        """Report the predicted numbers of new Sequences."""
        names = new.names or [str(i) for i in range(len(answers))]
        header = ["file" if new.names else "index", *(f"predicted_{name}" for name in self.targets)]
        rows = [[name, *map(format_number, numbers)] for name, numbers in zip(names, answers)]
        return Report({}, [aligned(header, rows[:5]), *(["..."] if len(rows) > 5 else [])], header, rows)


def as_numbers(y, c):
    """Return labels (n,) or (n, targets) as float64 (n, targets). Raises: InputError for words."""
    y = np.asarray(y)
    words = [label for label in y.flat if not is_plain_number(label)] if y.dtype.kind == "U" else []
    if words:
        raise InputError(
            f'TASK = "regression" needs numbers as labels; {c.DATASET} has words, such as {str(words[0])!r}'
        )
    numbers = y.astype(np.float64)
    return numbers if numbers.ndim == 2 else numbers[:, None]
