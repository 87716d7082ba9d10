"""Classes: labels are words or whole numbers, each sequence has one. Two classes are one sigmoid, more a softmax."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from baselines import LINEAR, MAJORITY, PREVIOUS_LABEL, ridge, tfidf
from baselines.naive import majority_class
from core.errors import InputError
from core.lazy import lazy
from core.run_folder import AGAIN
from core.wording import format_share
from evaluation.classification_scores import score_classification
from evaluation.pooled_scores import pool_confusion_matrices
from networks.layer_names import LINEAR as LINEAR_LAYER
from networks.text_layers import embedded, prepend_tokenizer
from readers.tables.columns import shorten
from readers.tables.sanity_checks import variant_notes
from reports import Report, pictures
from reports.classification import (
    accuracy_line,
    class_table,
    classification_lines,
    confusion_matrix_lines,
    confusion_table,
    most_confused,
)
from reports.examples import of_confused_classes, show_examples
from reports.formatting import aligned
from sequences.vocabulary import tokenize
from tasks.base import Task, linear_models_inputs, tree_answers
from tasks.classification import word_model
from tasks.classification.labels import class_name, class_order, joined_note, missing_note
from tasks.classification.linear_models import (
    LINEAR_MODELS,
    SHAPES,
    add_ridge_pair,
    fit_ridge_pair,
    shares_ridge_pair,
)

class_weight = lazy("sklearn.utils.class_weight")

UNUSUAL = 'TASK = "anomaly" learns what is normal, and finds what is not'


@dataclass(frozen=True)
class Classification(Task):
    """One of several classes for each sequence, known by name; the network gives the probability of each."""

    classes: list[str]  # of the training set, sorted: numbers by value, before words

    metric = "accuracy"
    stratified = True

    @classmethod
    def check(cls, sequences, c):
        """Refuse Sequences without labels, or with labels that are no class."""
        if sequences.y is None:
            hint = "LABEL names their column" if c.TEXT is not None else UNUSUAL
            raise InputError(f"{c.DATASET} has no labels (y): training and evaluation need them. {hint}")
        if sequences.y.ndim == 2:
            several = 'several labels at once (TASK = "multilabel") or numbers to predict (TASK = "regression")'
            raise InputError(f"{c.DATASET} has {sequences.y.shape[1]} labels for each sequence: they are {several}")
        for label in np.unique(sequences.y):
            class_name(label)

    @classmethod
    def fit(cls, train, rows, c):
        """Learn the classes from the labels `train.y[rows]`. Raises: InputError for fewer than two."""
        classes = sorted(set(map(class_name, np.unique(train.y[rows]))), key=class_order)
        if len(classes) < 2:
            only = classes[0]
            raise InputError(f"the training set holds one class only ({only}): at least two are needed. {UNUSUAL}")
        return cls(classes)

    def encode(self, labels, split_name, c):
        """Number the labels (n,) by their place among the classes: int64 (n,)."""
        unique, inverse = np.unique(labels, return_inverse=True)
        names = [class_name(label) for label in unique]
        unseen = sorted(set(names) - set(self.classes))
        if unseen:
            known = f"unknown to the training set: {self.classes}"
            way = f"IGNORE_LABELS = [{unseen[0]!r}] leaves it out"
            raise InputError(f"the {split_name} set has the label {unseen[0]!r}, {known}; {way}")
        return np.array([self.classes.index(name) for name in names], dtype=np.int64)[inverse]

    def target_notes(self, targets, c):
        """Name classes that look like what is missing, or like each other, and those that a split lacks."""
        notes = missing_note(self.classes) + variant_notes(self.classes, "classes") + joined_note(self.classes)
        for name, labels in targets.items():
            present = {*map(class_name, np.unique(labels))}
            if len(labels) and (lacking := [label for label in self.classes if label not in present]):
                notes.append(f"no sequence of the {name} set has the class {shorten(lacking)}")
        return notes

    # The network and its training.

    def prepared(self, inputs, data, c):
        """Return vectors of words, or the standardised sequences."""
        return embedded(inputs, data, c) if data.preparation.kind == "texts" else super().prepared(inputs, data, c)

    def output_layer(self, data, c):
        """Return 1, the probability of the second of two classes, or the number of classes."""
        return self.output_shape()[0]

    def output_shape(self):
        """Return the shape of the network's answer for one sequence."""
        n = len(self.classes)
        return (1,) if n == 2 else (n,)

    def compile_arguments(self, model):
        """Return cross-entropy and accuracy."""
        binary = self.output_shape() == (1,)
        return {"loss": f"{'binary' if binary else 'sparse_categorical'}_crossentropy", "metrics": ["accuracy"]}

    def sample_weights(self, y, c):
        """Return n / (classes × count of its class) for each sequence, or None if CLASS_WEIGHT is not "balanced"."""
        if c.CLASS_WEIGHT is None:
            return None
        return class_weight.compute_sample_weight(c.CLASS_WEIGHT, y).astype(np.float32)

    def linear_beside(self, data, c):
        """Tell whether linear models of words, or of sequences in groups, will stand beside the network."""
        return word_model.applies(data, c) or shares_ridge_pair(data, c)

    def beside_linear_model(self, model, split, data, c):
        """Return the trained network with the linear models, fitted to a Split, beside it."""
        if word_model.applies(data, c):
            return word_model.with_word_model(model, replace(data, train=split), c)
        return add_ridge_pair(model, fit_ridge_pair(split, data, model.output_shape[1], c), data)

    def shared_layers(self, data):
        """Return the layers of the linear models of sequences; beside that of words, that of the network."""
        return (LINEAR_LAYER, SHAPES) if data.preparation.kind != "texts" else super().shared_layers(data)

    def finish(self, model, data, c):
        """Add linear models to the network where they apply; before it what divides texts into words."""
        for applies, add in LINEAR_MODELS:
            if applies(data, c):
                model = add(model, data, c)
        return prepend_tokenizer(model, data.preparation) if data.preparation.kind == "texts" else model

    def describe_target(self):
        """Say in a few words what is learned."""
        return f"{len(self.classes)} classes"

    # What comes out.

    def decode(self, output):
        """Turn the network's output into the probability of each class (n, classes), rows adding up to 1."""
        sums = output.sum(axis=1)
        if output.min() < 0 or output.max() > 1 or output.shape[1] > 1 and np.abs(sums - 1).max() > 1e-3:
            raise InputError(f"model.keras gives answers that are no probabilities: {AGAIN}")
        return np.hstack([1 - output, output]) if output.shape[1] == 1 else output / output.sum(axis=1, keepdims=True)

    def score(self, split, probabilities):
        """Return the accuracy of probabilities (n, classes)."""
        return float((probabilities.argmax(axis=1) == split.y).mean())

    def examples(self, data, count):
        """Return the first test sequences (count, time, ...) and the name of each one's class."""
        return data.test.take(slice(count)), [self.classes[y] for y in data.test.y[:count]]

    def baselines(self, data, c):
        """Answer the test set without a network. Returns: ({name: classes (n,) as numbers}, notes)."""
        n, train, test = len(self.classes), data.train, data.test
        # The best that a constant answer can reach on this very set: no claim is made against a weaker one.
        constant = np.full(len(test), majority_class(test.y))
        if data.preparation.kind == "texts":
            texts, new_texts = map(texts_of, (train, test))
            answers = tfidf.fit_predict(texts, 2.0 * np.eye(train.y.max() + 1)[train.y] - 1, new_texts, tokenize)
            return {MAJORITY: constant, LINEAR: answers.argmax(axis=1)}, []
        rivals, notes = {MAJORITY: constant}, []
        for name, inputs in linear_models_inputs(self, data, c).items():
            model = ridge.fit(train, lambda places: 2.0 * np.eye(n)[train.y[places]] - 1, inputs, c.SEED)
            rivals[name] = ridge.predict(model, test, inputs).argmax(axis=1)
            notes += ridge.sample_note(model, len(train), name)
        found, more = tree_answers(self, data, train.y, n if n > 2 else 1, c, [test])
        rivals |= {name: answers for name, (answers,) in found.items()}
        notes += more
        if (before := data.sequences.previous_labels) is not None:
            names = map(class_name, before[test.rows])
            rivals[PREVIOUS_LABEL] = np.array(
                [self.classes.index(name) if name in self.classes else -1 for name in names]
            )
        return rivals, notes

    def constant_answers(self, data):
        """Answer the test set of a fold, of which each may have a majority of its own, by that of all data."""
        return {MAJORITY: np.full(len(data.test), majority_class(labels_of_all(data)))}

    def report(self, data, probabilities, rivals, c):
        """Score probabilities (n, classes) of the test set beside the answers of `rivals`. Returns: Report."""
        classes, test = self.classes, data.test
        figures = score_classification(test.y, probabilities, classes, rivals)
        figures |= {"guessing_loss": guessing_loss(data.train.y, c)}
        texts = data.preparation.kind == "texts"
        header, places = test.places("text" if texts else "name")
        header += ["true_label", "predicted_label", *(f"probability_{name}" for name in classes)]
        rows = [
            [*place, classes[true], classes[ps.argmax()], *(f"{p:.6f}" for p in ps)]
            for place, true, ps in zip(places, test.y, probabilities)
        ]
        matrix, answers = figures["confusion_matrix"], probabilities.argmax(axis=1)
        true_names, names = ([classes[k] for k in own] for own in (test.y, answers))
        chosen = of_confused_classes(test.y, answers, most_confused(matrix))
        blocks = [
            class_table(figures, classes),
            pictures.confusion_matrix(matrix, classes),
            *confusion_table(matrix, classes),
            show_examples(test, chosen, answers == test.y, true_names, names, data.sequences),
        ]
        lines = classification_lines(figures, classes, linear_inputs(data))
        return Report(figures, lines, header, rows, blocks, score=accuracy_line(figures))

    def pool_folds(self, folds):
        """Add up the confusion matrices of folds, which may have met other classes."""
        classes, matrix = pool_confusion_matrices([(f["confusion_matrix"], task.classes) for f, task in folds])
        right, n = int(np.trace(matrix)), int(matrix.sum())
        lines = [
            *confusion_matrix_lines(matrix, classes),
            f"Accuracy over all folds: {format_share(right / n, 3)} of {n} sequences",
        ]
        blocks = [pictures.confusion_matrix(matrix, classes), *confusion_table(matrix, classes)]
        return lines, {"classes": classes, "confusion_matrix": matrix.tolist()}, blocks

    def report_new(self, new, probabilities, input_shape):
        """Report the predicted class of new Sequences."""
        labels = [self.classes[i] for i in probabilities.argmax(axis=1)]
        names = new.texts or new.names or [str(i) for i in range(len(labels))]
        what = "text" if new.texts else "file" if new.names else "index"
        header = [what, "predicted_label", *(f"probability_{name}" for name in self.classes)]
        rows = [[name, label, *(f"{p:.6f}" for p in ps)] for name, label, ps in zip(names, labels, probabilities)]
        shown = [[name, label, format_share(ps.max(), 3)] for name, label, ps in zip(names[:5], labels, probabilities)]
        counts = Counter(labels)
        lines = [
            aligned([header[0], "predicted label", "probability"], shown),
            *(["..."] if len(labels) > len(shown) else []),
            "",
            aligned(["class", "sequences"], [[name, str(counts[name])] for name in self.classes]),
        ]
        return Report({}, lines, header, rows)


def labels_of_all(data):
    """Return y of all splits, one after the other."""
    return np.concatenate([split.y for split in (data.train, data.validation, data.test) if split is not None])


def texts_of(split):
    """Return the texts of a Split, as they were read."""
    return [split.names[row] for row in split.rows]


def linear_inputs(data):
    """Say what the linear model of the report is fitted to."""
    return tfidf.describe_inputs(texts_of(data.train)) if data.preparation.kind == "texts" else "all values"


def guessing_loss(y, c):
    """Return the training loss of always answering how frequent each class of y (n,) is."""
    shares = np.bincount(y) / len(y)
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum() if c.CLASS_WEIGHT is None else np.log(len(shares)))
