"""Classes: labels are words or whole numbers, each sequence has one. Two classes are one sigmoid, more a softmax."""

from collections import Counter

import numpy as np

from baselines import LINEAR, MAJORITY
from baselines import ridge as linear
from baselines.naive import majority
from core.errors import InputError
from core.lazy import keras, lazy
from core.run_folder import AGAIN
from networks.standardisation import flattened, standardised
from networks.text_layers import embedded, taking_texts, tfidf_answers
from readers.tables.sanity_checks import alike_notes
from reports import Report
from reports import examples as examples_of
from reports import pictures as plots
from reports.classes import class_lines, confusion_lines, pool_confusion, score_classes
from reports.text import aligned
from sequences.splits import split_sequences
from sequences.types import Split
from tasks.classification import linear_models as linear_start
from tasks.classification import word_model as text_start
from tasks.classification.labels import class_name, class_order, missing_note

class_weight = lazy("sklearn.utils.class_weight")

score, better = "accuracy", "higher"
unit = "sequences"
pure_windows = True  # a window of several labels has none
unread = ("TARGET", "KNOWN", "WINDOW", "STRIDE", "HORIZON", "SEASON")  # constants that have no effect here
CLIPS = 6  # test clips in frames.png
UNUSUAL = "To find what is unusual, forecast the signal as a table (.csv) and look for large errors"


# Labels.


def split(train, test, c, validation_seed, fold=None):
    """Split labelled Sequences: see sequences.splits. Raises InputError for labels that are no class."""
    for part in filter(None, (train, test)):
        if part.y is None:
            hint = "LABEL names their column" if c.TEXT is not None else UNUSUAL
            raise InputError(f"{c.DATASET} has no labels (y): training and evaluation need them. {hint}")
        for label in np.unique(part.y):
            class_name(label)
    return split_sequences(train, test, c, validation_seed, fold=fold)


def learn(train, rows, c):
    """Learn the classes from the training labels `train.y[rows]`. Returns: {"classes": their names, sorted}.

    Raises InputError for fewer than two.
    """
    classes = sorted(set(map(class_name, np.unique(train.y[rows]))), key=class_order)
    if len(classes) < 2:
        raise InputError(f"the training set holds one class only ({classes[0]}): at least two are needed. {UNUSUAL}")
    return {"classes": classes}


def is_state(state, input_shape):
    """Tell whether `state`, read from run.json, is what `learn` can have returned."""
    classes = state.get("classes")
    return isinstance(classes, list) and len(classes) >= 2 and all(isinstance(name, str) for name in classes)


def encode(labels, state, part):
    """Number the labels (n,) by their place among the classes; InputError for one that training has never seen."""
    classes = state["classes"]
    unique, inverse = np.unique(labels, return_inverse=True)
    names = [class_name(label) for label in unique]
    unseen = sorted(set(names) - set(classes))
    if unseen:
        raise InputError(f"the {part} set has the label {unseen[0]!r}, unknown to the training set: {classes}")
    return np.array([classes.index(name) for name in names], dtype=np.int64)[inverse]


def parts(train, test, rows, state, c):
    """Make the parts of prepared Sequences. Returns: ({name: Split}, all sequences but an official test set, notes)."""
    of = {"training": train, "validation": train, "test": test or train}
    made = {
        name: Split(of[name].x, encode(of[name].y[own], state, name), own, of[name].texts or of[name].names)
        for name, own in rows.items()
    }
    return made, train, missing_note(state["classes"]) + alike_notes(state["classes"], "classes")


# The network around the backbone, and how it is trained.


def network(inputs, backbone, data, c):
    """Return the probabilities: (n, 1) of the second of two classes, else (n, classes)."""
    (units,) = output_shape(data.state)
    x = standardised(inputs, data, c) if data.preparation["vocabulary"] is None else embedded(inputs, data, c)
    features = backbone(x, c)  # before the output layer is made: the order of layers decides their first weights
    return keras.layers.Dense(units, activation="sigmoid" if units == 1 else "softmax", name="output")(features)


def finished(model, data, c):
    """Return the network as it is saved: with linear models beside it, and before it what divides texts into words."""
    for beside in (text_start, linear_start):
        if beside.begins(data, c):
            model = beside.finished(model, data, c)
    return model if data.preparation["vocabulary"] is None else taking_texts(model, data.preparation)


def output_shape(state):
    """Return the shape of the network's answer for one sequence."""
    n = len(state["classes"])
    return (1,) if n == 2 else (n,)


def compile_arguments(model, state):
    """Return the loss and the metrics, as compile takes them."""
    binary = output_shape(state) == (1,)
    return {"loss": f"{'binary' if binary else 'sparse_categorical'}_crossentropy", "metrics": ["accuracy"]}


def loss_targets(part, data, c):
    """Return what the loss compares the network's output with: the part's y."""
    return part.y


def sample_weights(y, c):
    """Return a weight for each sequence (n,) float32, n / (classes × count of its class), or None if not "balanced"."""
    return None if c.CLASS_WEIGHT is None else class_weight.compute_sample_weight(c.CLASS_WEIGHT, y).astype(np.float32)


def aim(state):
    """Say in a few words what is learned."""
    return f"{len(state['classes'])} classes"


# What comes out.


def decode(output, state):
    """Turn the network's output into the probability of each class (n, classes), rows adding up to 1."""
    sums = output.sum(axis=1)
    if output.min() < 0 or output.max() > 1 or output.shape[1] > 1 and np.abs(sums - 1).max() > 1e-3:
        raise InputError(f"model.keras gives answers that are no probabilities: {AGAIN}")
    return np.hstack([1 - output, output]) if output.shape[1] == 1 else output / output.sum(axis=1, keepdims=True)


def examples(data, count):
    """Return the first test sequences (count, time, ...) and the name of each one's class."""
    return data.test.take(slice(count)), [data.state["classes"][y] for y in data.test.y[:count]]


def calibrate(data, output):
    """Return what the validation set teaches of the trained network: for classes nothing."""
    return {}


def score_of(part, probabilities, state):
    """Return the accuracy of probabilities (n, classes) on a Split."""
    return float((probabilities.argmax(axis=1) == part.y).mean())


def baselines(data, c):
    """Answer the test set without a network. Returns: ({name: classes (n,) as numbers}, notes)."""
    n, train, test = len(data.state["classes"]), data.train, data.test
    # The best that a constant answer can reach on this very part: no claim is made against a weaker one.
    constant, _ = majority(test.y, n)
    if data.preparation["vocabulary"] is not None:
        return {MAJORITY: np.full(len(test), constant), LINEAR: tfidf_answers(train, test, n)}, []
    flatten = flattened(data, c)
    model = linear.fit(train, lambda places: 2.0 * np.eye(n)[train.y[places]] - 1, flatten, c.SEED)
    answers = linear.predict(model, test, flatten).argmax(axis=1)
    return {MAJORITY: np.full(len(test), constant), LINEAR: answers}, linear.sampled_note(model, len(train))


def report(data, probabilities, rivals, c):
    """Score probabilities (n, classes) of the test set beside the answers of `rivals`. Returns: Report."""
    classes, test = data.state["classes"], data.test
    figures = score_classes(test.y, probabilities, classes, rivals) | {"guessing_loss": guessing_loss(data.train.y, c)}
    texts = data.preparation["vocabulary"] is not None
    header, places = test.places("text" if texts else "name")
    header += ["true_label", "predicted_label", *(f"probability_{name}" for name in classes)]
    rows = [
        [*place, classes[true], classes[ps.argmax()], *(f"{p:.6f}" for p in ps)]
        for place, true, ps in zip(places, test.y, probabilities)
    ]
    title = f"{c.DATASET}: test accuracy {figures['accuracy']:.2f}"
    picture = plots.confusion_matrix(figures["confusion_matrix"], classes, title)
    inputs = "TF-IDF of words and pairs" if texts else "all values"
    pictures, shown = {"confusion_matrix.png": picture}, None
    chosen = examples_of.right_and_wrong(probabilities.argmax(axis=1) == test.y)
    titles = [f"{classes[test.y[k]]}, answer {classes[probabilities[k].argmax()]}" for k in range(len(test))]
    if len(test.shape) == 4:
        pictures["frames.png"] = plots.frames(test.take(slice(CLIPS)), titles[:CLIPS])
    elif texts:
        shown = header[1:4], [rows[k][1:4] for k in chosen]
    else:
        pictures["examples.png"] = examples_of.draw(test.take(chosen), [titles[k] for k in chosen])
    return Report(figures, class_lines(figures, classes, inputs), header, rows, pictures, examples=shown)


def guessing_loss(y, c):
    """Return the training loss of always answering how frequent each class of y (n,) is."""
    shares = np.bincount(y) / len(y)
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum() if c.CLASS_WEIGHT is None else np.log(len(shares)))


def pooled(folds):
    """Sum up the folds [(figures, state)] of a cross-validation. Returns: (lines, figures, pictures)."""
    classes, matrix = pool_confusion(folds)
    lines = confusion_lines(matrix, classes)
    right, n = int(np.trace(matrix)), int(matrix.sum())
    lines.append(f"Accuracy over all folds: {right / n:.3f} of {n} sequences")
    picture = plots.confusion_matrix(matrix.tolist(), classes, f"All folds: accuracy {right / n:.2f}")
    return lines, {"classes": classes, "confusion_matrix": matrix.tolist()}, {"confusion_matrix.png": picture}


# New data.


def new_inputs(new, state, input_shape, where):
    """Return (new prepared Sequences that can be predicted, their inputs (n, time, ...), notes)."""
    return new, new.x, []


def report_new(new, probabilities, state, input_shape):
    """Report the predicted class of new Sequences. Returns: Report, its figures empty."""
    classes = state["classes"]
    labels = [classes[i] for i in probabilities.argmax(axis=1)]
    names = new.texts or new.names or [str(i) for i in range(len(labels))]
    what = "text" if new.texts else "file" if new.names else "index"
    header = [what, "predicted_label", *(f"probability_{name}" for name in classes)]
    rows = [[name, label, *(f"{p:.6f}" for p in ps)] for name, label, ps in zip(names, labels, probabilities)]
    shown = [[name, label, f"{ps.max():.3f}"] for name, label, ps in zip(names[:5], labels, probabilities)]
    counts = Counter(labels)
    lines = [
        aligned([header[0], "predicted label", "probability"], shown),
        *(["..."] if len(labels) > len(shown) else []),
        "",
        aligned(["class", "sequences"], [[name, str(counts[name])] for name in classes]),
    ]
    return Report({}, lines, header, rows, {})
