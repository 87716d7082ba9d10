"""What a task is: everything that differs between classes, numbers, forecasts and transcripts, behind one class.

A task learns something from the training set (its classes, say), as scikit-learn's estimators do: `Task.fit` returns a
frozen dataclass whose fields hold it, and which run.json keeps. Below are the methods in the order in which they are
called, with their defaults; what a task does not override, it does not mention.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from baselines import LINEAR, MEAN_FEATURES, TREES, trees
from core.lazy import layers, ops
from core.wording import counted
from networks.layer_names import OUTPUT
from networks.standardisation import numpy_function, standardised, step_mask
from sequences.held_out import hold_out
from sequences.splits import split_sequences
from sequences.types import Split


@dataclass(frozen=True)
class Task:
    """What there is to learn, and what was learned of it. `data` is sequences.types.Data, `c` core.constants.Constants.

    metric names the main score, as Keras' history and evaluation.json have it; better says whether it should be
    "higher" or "lower"; unit is what is counted; without_effect names constants that change nothing.
    """

    metric: ClassVar[str]
    better: ClassVar[str] = "higher"
    judged: ClassVar[str] = "network"  # what the main score is of
    unit: ClassVar[str] = "sequences"
    without_effect: ClassVar[tuple] = ("TARGET", "KNOWN", "WINDOW", "STRIDE", "HORIZON", "SEASON")
    calibrated: ClassVar[str] = ""  # what a validation set teaches, in words
    stratified: ClassVar[bool] = False  # labels are classes: each gets its share in every split

    # From Sequences to splits.

    @classmethod
    def as_read(cls, train, test, c):
        """Return Sequences, and those of the official test set or None, in the form that this task splits."""
        return train, test

    @classmethod
    def check(cls, sequences, c):
        """Raise InputError for Sequences, as read, that this task cannot learn."""

    @classmethod
    def split(cls, train, test, c, validation_seed, fold=None):
        """Split Sequences. test: the official test set, or None; fold: of a cross-validation, or None.

        Returns: {"training", "validation", "test": rows (n,)}. Raises: InputError for sequences that cannot be learned.
        """
        for own in filter(None, (train, test)):
            cls.check(own, c)
        return split_sequences(train, test, c, validation_seed, stratify=cls.stratified, fold=fold)

    @classmethod
    def fit(cls, train, rows, c):
        """Learn from the training set, `rows` of Sequences. Returns: the task. Raises: InputError."""
        return cls()

    def make_splits(self, train, test, rows, c):
        """Encode the targets of prepared Sequences, split into `rows`.

        Returns: ({name: Split}, all sequences but an official test set, their notes extended). Raises: InputError.
        """
        of = {"training": train, "validation": train, "test": test or train}
        targets = {name: of[name].y[own] for name, own in rows.items()}
        splits = {
            name: Split(
                of[name].x,
                self.encode(targets[name], name, c),
                own,
                of[name].texts or of[name].names,
                dtype=train.dtype,
            )
            for name, own in rows.items()
        }
        return splits, train.noted(*self.target_notes(targets, c))

    def encode(self, labels, split_name, c):
        """Turn labels (n,) or (n, targets) of the split of that name into y. Raises: InputError for unknown ones."""
        raise NotImplementedError

    def target_notes(self, targets, c):
        """Say what the user should know of targets, {name of a split: labels (n,)}. Returns: list of lines."""
        return []

    # The network and its training.

    def network(self, data, c, build_model):
        """Return the network to train, a keras.Model. build_model: of cnn_lstm_model.py."""
        outputs, train = self.output_layer(data, c), data.train
        return build_model(train.shape, outputs, c, lambda inputs: self.prepared(inputs, data, c), train.dtype)

    def prepared(self, inputs, data, c):
        """Return what the architecture is given, made of the Keras tensor `inputs` (n, time, features) by layers."""
        return standardised(inputs, data, c)

    def output_layer(self, data, c):
        """Return how many outputs there are, or the function (features, prepared) that makes them: see build_model."""
        raise NotImplementedError

    def output_shape(self):
        """Return the shape of the saved network's answer for one sequence."""
        raise NotImplementedError

    def compile_arguments(self, model):
        """Return loss and metrics, as `compile` takes them."""
        raise NotImplementedError

    def unit_of_training(self, data, c):
        """Return what turns an RMSE that training shows into the units of the report; None where nothing does."""
        return None

    def loss_targets(self, split, data, c):
        """Return what the loss compares the network's output with."""
        return split.y

    def sample_weights(self, y, c):
        """Return a weight for each sequence (n,) float32, or None where all count alike."""
        return None

    def linear_beside(self, data, c):
        """Tell whether a linear model stands beside the network, whose share of the answer is then to be found.

        Where it does, the three methods that follow are called, and the finished network has a layer SUM.
        """
        return False

    def hold_out(self, data, c):
        """Divide the training set for that. Returns: list of (places in it to train on, places that are held out)."""
        return hold_out(data.sequences, data.train, c)

    def fit_linear_part(self, model, split, data, c):
        """Fit the linear part that is in the network while it is trained, if there is one, to a Split."""

    def beside_linear_model(self, model, split, data, c):
        """Return the trained network with the linear model, fitted to a Split, that was not there before, if any."""
        return model

    def shared_layers(self, data):
        """Return the names of the layers that the share multiplies: the network's own, else the linear models'."""
        return (OUTPUT,)

    def finish(self, model, data, c):
        """Return the trained network as it is saved: its answers in the units of the data, its inputs raw."""
        return model

    def after_training(self, model, data, c):
        """Return the task with what the saved network, of `finish`, tells of the training set."""
        return self

    def describe_target(self):
        """Say in a few words what is learned."""
        raise NotImplementedError

    # What comes out.

    def decode(self, output):
        """Turn the saved network's output (n, ...) float64 into answers: probabilities, numbers, texts."""
        return output

    def calibrate(self, data, output):
        """Return the task with what the validation set, and the network's output for it, teach besides."""
        return self

    def calibrated_as(self, other):
        """Return the task with what `calibrate` taught another, fitted to fewer of the same data."""
        return self

    def uncalibrated(self):
        """Return the task as it was before `calibrate`."""
        return self

    def score(self, split, answers):
        """Return the metric of answers to a Split, a float."""
        raise NotImplementedError

    def baselines(self, data, c):
        """Answer the test set without a network. Returns: ({name: answers}, notes)."""
        raise NotImplementedError

    def constant_answers(self, data):
        """Answer the test set of a fold by what is the best constant of all folds. Returns: {name: answers}."""
        return {}

    def report(self, data, answers, rivals, c):
        """Score the answers to the test set beside those of `rivals`. Returns: reports.Report."""
        raise NotImplementedError

    def pool_folds(self, folds):
        """Sum up the folds of a cross-validation, [(figures, task)]. Returns: (lines, figures, blocks of a page)."""
        raise NotImplementedError

    def examples(self, data, count):
        """Return the first test sequences (count, time, ...) and the class of each, or None where there are none."""
        return data.test.take(slice(count)), None

    # New data.

    def new_inputs(self, new, input_shape, where):
        """Return (new prepared Sequences that can be answered, their inputs (n, time, ...)). Raises: InputError."""
        return new, new.x

    def report_new(self, new, answers, input_shape):
        """Report the answers to new Sequences. Returns: reports.Report, its figures empty."""
        raise NotImplementedError


def flat_inputs_function(task, data, c):
    """Return the NumPy function that flattens what the network sees of sequences (n, time, ...), for a linear model."""
    return numpy_function(lambda inputs: layers.Flatten()(task.prepared(inputs, data, c)), data.train)


def linear_models_inputs(task, data, c):
    """Return {name of a linear baseline: NumPy function that makes its inputs of sequences (n, time, ...)}."""
    inputs = {LINEAR: flat_inputs_function(task, data, c)}
    if data.train.frames is not None:
        mean = layers.GlobalAveragePooling1D()
        inputs[MEAN_FEATURES] = numpy_function(lambda x: mean(task.prepared(x, data, c)), data.train)
    return inputs


def tree_answers(task, data, y, outputs, c, new):
    """Answer sequences by boosted trees on summaries of what the network sees of them, of measured steps alone.

    Parameters: y (n,) or (n, outputs) of the training set, as baselines.trees.fit_predict takes it; outputs, classes or
    targets; new, list of Splits.
    Returns: ({TREES: list of the answers to each}, notes); of video clips, and where it would take long, without them.
    """
    train, preparation = data.train, data.preparation
    if len(train.shape) != 2:
        return {}, []
    rows, rounds = trees.plan(len(train), 6 * train.shape[1], outputs)
    if not rounds:
        of = f"{6 * train.shape[1]:,} summaries for {counted(outputs, 'output')}"
        return {}, [f"Gradient boosting was left out: {of} take long"]

    def see(inputs):
        if not preparation.unequal_lengths:
            return task.prepared(inputs, data, c), ops.ones_like(inputs[:, :, :1])
        return task.prepared(inputs, data, c), step_mask(inputs, np.array(preparation.filler, train.dtype))

    function = numpy_function(see, train)
    sample = np.sort(np.random.default_rng(c.SEED).choice(len(train), rows, replace=False))
    x, *others = (
        np.concatenate([trees.summarise(*function(block)) for block in split.blocks(1024)])
        for split in (train.select(sample), *new)
    )
    answers = trees.fit_predict(x, y[sample], np.concatenate(others), rounds, c.SEED)
    note = [f"Gradient boosting was fitted to {rows:,} of {len(train):,} training sequences"] * (rows < len(train))
    return {TREES: np.split(answers, np.cumsum([len(own) for own in others])[:-1])}, note
