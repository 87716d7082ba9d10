"""Several labels at once: each sequence has any number of them. One sigmoid output a label."""

from dataclasses import dataclass, replace

import numpy as np

from baselines import ALL_LABELS, LINEAR, MAJORITY, ridge, tfidf
from core.errors import InputError
from core.lazy import keras, layers
from core.run_folder import AGAIN
from core.wording import format_share
from evaluation.multilabel_scores import best_thresholds, macro_f1, score_multilabel
from networks.layer_names import OUTPUT
from readers.tables.sanity_checks import variant_notes
from reports import Report
from reports.examples import right_and_wrong, show_examples
from reports.formatting import aligned, pooled_report
from reports.multilabel import label_table, macro_f1_line, multilabel_lines
from sequences.types import FASTTEXT
from sequences.vocabulary import tokenize
from tasks.base import linear_models_inputs, tree_answers
from tasks.classification.labels import SEPARATORS, class_order, split_tags
from tasks.classification.task import Classification, labels_of_all, linear_inputs, texts_of

NONE = "none"  # is said where a sequence has no label


@dataclass(frozen=True)
class Multilabel(Classification):
    """The probability of each label by itself; it is given above its threshold. `classes` are the labels' names."""

    separator: str | None  # what joins labels that are words in one cell; None: y is (n, labels) of 0 and 1
    thresholds: list[float] | None = None  # of the labels, chosen on the validation set; None: 0.5

    metric = "macro_f1"
    calibrated = "the thresholds of the labels"
    stratified = False

    @classmethod
    def check(cls, sequences, c):
        """Refuse Sequences without labels, numbers that are none, and CLASS_WEIGHT."""
        if c.CLASS_WEIGHT is not None:
            raise InputError("CLASS_WEIGHT is for classes: with several labels at once it must be None")
        if sequences.y is None:
            raise InputError(
                f"{c.DATASET} has no labels (y): training and evaluation need them. LABEL names their columns"
            )
        if sequences.y.ndim == 2 and not np.isin(sequences.y, (0, 1)).all():
            ways = 'numbers are learned with TASK = "regression"'
            raise InputError(f"{c.DATASET}: several labels at once are 0 and 1 alone, none of them missing; {ways}")

    @classmethod
    def fit(cls, train, rows, c):
        """Learn the names of the labels: of all sequences, since a rare one may be held out."""
        if train.y.ndim == 2:
            return cls(train.target_names or [f"label {k}" for k in range(train.y.shape[1])], None)
        different = np.unique(train.y).astype(str)
        separator = next((mark for mark in SEPARATORS if any(mark in label.strip() for label in different)), None)
        if separator is None:
            raise InputError(
                f'TASK = "multilabel" is impossible: each sequence of {c.DATASET} has one label, such as '
                f"{different[-1][:40]!r}, which TASK = None learns as a class. Several are columns of 0 and 1 "
                '(y (n, k), a list in LABEL), or words with "|", ";", "," or blanks between them'
            )
        return cls(
            sorted({tag for label in different for tag in split_tags(label, separator)}, key=class_order), separator
        )

    def encode(self, labels, split_name, c):
        """Turn labels into float32 (n, labels) of 0 and 1; what the training set's data have not is left out."""
        if labels.ndim == 2:
            if labels.shape[1] != len(self.classes):
                raise InputError(f"the {split_name} set has {labels.shape[1]} labels, the others {len(self.classes)}")
            y = labels.astype(np.float32)
        else:
            tags = [split_tags(label, self.separator) for label in labels]
            y = np.array([[name in own for name in self.classes] for own in tags], np.float32)
        if split_name == "training" and len(y) == 1:  # nothing could be held out to fit a linear model
            raise InputError("the training set has one sequence, labels need two: give more, or lower TEST_SIZE")
        if split_name != "validation" and len(y) and not y.any():
            raise InputError(
                f"no sequence of the {split_name} set has a label: try another SEED, or a larger TEST_SIZE"
            )
        return y

    def target_notes(self, targets, c):
        """Say how labels were read, which ones a split lacks, and where one label a sequence would do."""
        notes, of = [], {name: self.encode(own, name, c) for name, own in targets.items() if len(own)}
        if self.separator is not None:
            notes += variant_notes(self.classes, "labels")
            mark = "blanks" if self.separator == " " else repr(self.separator)
            notes.append(f"labels that {mark} divide are several at once: {', '.join(self.classes)[:80]}")
            new = {tag for label in targets["test"] for tag in split_tags(label, self.separator)} - {*self.classes}
            if new:
                notes.append(
                    f"labels of the test set that the training set has not, left out: {', '.join(sorted(new))}"
                )
        for name, y in of.items():
            if lacking := [label for label, some in zip(self.classes, y.any(axis=0)) if not some]:
                notes.append(f"no sequence of the {name} set has the label {', '.join(lacking[:8])}")
        if all((y.sum(axis=1) == 1).all() for y in of.values()):
            notes.append("each sequence has exactly one label: a column of their names as LABEL makes them classes")
        return notes

    # The network and its training.

    def output_layer(self, data, c):
        """Return the function that makes the probability of each label."""
        return lambda features, prepared: layers.Dense(len(self.classes), activation="sigmoid", name=OUTPUT)(features)

    def output_shape(self):
        """Return the shape of the network's answer for one sequence."""
        return (len(self.classes),)

    def compile_arguments(self, model):
        """Return cross-entropy and macro F1 at thresholds of 0.5."""
        f1 = keras.metrics.F1Score(average="macro", threshold=0.5, name=self.metric)
        return {"loss": "binary_crossentropy", "metrics": [f1]}

    def describe_target(self):
        """Say in a few words what is learned."""
        return f"{len(self.classes)} labels, any number at once: {', '.join(self.classes)[:80]}"

    # What comes out.

    def decode(self, output):
        """Return the probability of each label (n, labels)."""
        if output.min() < 0 or output.max() > 1:
            raise InputError(f"model.keras gives answers that are no probabilities: {AGAIN}")
        return output

    def calibrate(self, data, output):
        """Choose for each label the threshold of the highest F1 on the validation set."""
        return replace(self, thresholds=best_thresholds(data.validation.y, output).tolist())

    def uncalibrated(self):
        """Return the task with thresholds of 0.5."""
        return replace(self, thresholds=None)

    def calibrated_as(self, other):
        """Return the task with the thresholds of another, where both have the same labels."""
        return replace(self, thresholds=other.thresholds) if self.classes == other.classes else self

    def given(self, probabilities):
        """Tell which labels are given, bool (n, labels)."""
        return probabilities >= (0.5 if self.thresholds is None else self.thresholds)

    def named(self, given):
        """Return the names of the labels that are given, bool (n, labels), joined (n,)."""
        return [", ".join(name for name, own in zip(self.classes, row) if own) or NONE for row in given]

    def score(self, split, probabilities):
        """Return the macro F1 of probabilities (n, labels), 0 where no label has positives."""
        return float(np.nan_to_num(macro_f1(split.y, self.given(probabilities))))

    def examples(self, data, count):
        """Return the first test sequences (count, time, ...) and the names of each one's labels."""
        return data.test.take(slice(count)), self.named(data.test.y[:count])

    def baselines(self, data, c):
        """Answer the test set without a network. Returns: ({name: labels given (n, labels)}, notes)."""
        train, test, validation = data.train, data.test, data.validation
        splits, notes = [test] if validation is None else [test, validation], []
        if data.preparation.kind == "texts":
            texts, *new = map(texts_of, (train, *splits))
            scores = tfidf.fit_predict(texts, train.y, sum(new, []), tokenize)
            scores = {LINEAR: np.split(scores, [len(test)])}
        else:
            scores = {}
            for name, inputs in linear_models_inputs(self, data, c).items():
                model = ridge.fit(train, lambda places: train.y[places].astype(np.float64), inputs, c.SEED)
                scores[name] = [ridge.predict(model, own, inputs) for own in splits]
                notes += ridge.sample_note(model, len(train), name)
            found, more = tree_answers(self, data, train.y.astype(np.float64), len(self.classes), c, splits)
            scores |= found
            notes += more
        frequent = np.tile(test.y.mean(axis=0) > 0.5, (len(test), 1))
        # The best constant answers: F1 does not reward labels that are left out.
        answers = {ALL_LABELS: np.ones_like(frequent), MAJORITY: frequent}
        for name, own in scores.items():
            answers[name] = own[0] >= (0.5 if validation is None else best_thresholds(validation.y, own[1]))
        return answers, notes

    def constant_answers(self, data):
        """Give all sequences of a fold the labels that most of all data have."""
        return {MAJORITY: np.tile(labels_of_all(data).mean(axis=0) > 0.5, (len(data.test), 1))}

    def report(self, data, probabilities, rivals, c):
        """Score probabilities (n, labels) of the test set beside the answers of `rivals`. Returns: Report."""
        test, given, texts = data.test, self.given(probabilities), data.preparation.kind == "texts"
        figures = score_multilabel(test.y, probabilities, {"network": given, **rivals}, self.classes, c.SEED)
        header, places = test.places("text" if texts else "name")
        header += self.columns("true", "predicted", "probability")
        rows = [
            [*place, *map(int, true), *map(int, own), *(f"{p:.6f}" for p in ps)]
            for place, true, own, ps in zip(places, test.y, given, probabilities)
        ]
        correct = (given == test.y).all(axis=1)
        chosen = right_and_wrong(correct)
        shown = show_examples(test, chosen, correct, self.named(test.y), self.named(given), data.sequences)
        thresholds = self.thresholds or [0.5] * len(self.classes)
        lines = multilabel_lines(figures, thresholds, self.thresholds is not None, linear_inputs(data))
        blocks = [label_table(figures, thresholds), shown]
        return Report(figures, lines, header, rows, blocks, score=macro_f1_line(figures))

    def columns(self, *kinds):
        """Return the names of the columns of predictions, of each kind one for each label."""
        return [f"{kind}_{name}" for kind in kinds for name in self.classes]

    def pool_folds(self, folds):
        """Take the mean over all folds."""
        return pooled_report([figures for figures, _ in folds], self.metric, "test_sequences", form=format_share)

    def report_new(self, new, probabilities, input_shape):
        """Report the labels of new Sequences."""
        given = self.given(probabilities)
        names = new.texts or new.names or [str(i) for i in range(len(given))]
        header = ["text" if new.texts else "file" if new.names else "index", *self.columns("predicted", "probability")]
        rows = [[name, *map(int, own), *(f"{p:.6f}" for p in ps)] for name, own, ps in zip(names, given, probabilities)]
        counts = [[name, str(count)] for name, count in zip(self.classes, given.sum(axis=0))]
        lines = [
            aligned([header[0], "predicted labels"], [list(pair) for pair in zip(names[:5], self.named(given))]),
            *(["..."] if len(given) > 5 else []),
            "",
            aligned(["label", "sequences"], counts),
        ]
        return Report({}, lines, header, rows)


def marks_several(y):
    """Tell whether labels are several at once: (n, labels) of 0 and 1, NaN where missing, or as fastText has them."""
    if y.ndim == 2:
        return np.isin(y[~np.isnan(y)], (0, 1)).all()
    long_enough = y.dtype.kind == "U" and y.dtype.itemsize >= 2 * np.array(FASTTEXT).itemsize
    return long_enough and any(label.count(FASTTEXT) > 1 for label in y)
