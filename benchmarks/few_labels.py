"""python benchmarks/few_labels.py PATH

Few labels: the preset `deep_cnn_lstm` beside ridge regression on its fixed kernels alone, and one round of
self-training on sequences without a label, in the data sets in PATH. LABELS of each class are drawn, at most half of
them; one half of the rest has no label, the other is the test set (mitbih_beats: other patients). Columns are balanced
accuracies: the preset, its network and its linear models alone, ridge regression on the kernels, the same after
self-training, and after it only where cross-validation over the labelled sequences says that it helps.

Writes benchmarks/few_labels.csv, a row for each draw (what stands there is not repeated: delete the file to start
again), and prints the tables of docs/choices.md.
"""

import contextlib
import csv
import os
import sys
from itertools import product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accuracy_tables import markdown
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedKFold

from baselines import ridge
from cnn_lstm_model import build_model
from core import files
from core.errors import InputError
from core.files import PROJECT
from core.script import run_script
from data_preprocessing import load_data
from networks import minirocket
from sequences.types import Split
from tasks.classification.stacking import signed_targets
from training.build import build
from training.fit import fit
from training.prediction import predict

TRAINED = ("SwedishLeaf", "mitbih_beats", "Plane", "MedicalImages", "TwoLeadECG")  # sets of the preset
SETS = (*TRAINED, "GunPointAgeSpan", "CBF", "SyntheticControl")
LABELS, SEEDS = (5, 10, 20), (0, 1, 2, 3, 4)
SEEDS_TRAINED = (0, 1, 2)  # with which it is trained
PRESET = {"ARCHITECTURE": "deep_cnn_lstm", "BATCH_SIZE": 16, "DROPOUT": 0.2, "PLATEAU": 10, "AVERAGE_WEIGHTS": True}
PRESET |= {"EPOCHS": 150, "TASK": "classification", "TEST_SIZE": 0}
MOST, FOLDS = 1000, 5  # sequences without a label, and of the test set; folds that decide about self-training
SCORES = ["preset", "network", "linear models", "kernels", "self-training", "gated"]
COLUMNS = ["data set", "labels", "seed", *SCORES, "training", "unlabelled", "test"]
RESULTS = PROJECT / "benchmarks" / "few_labels.csv"


def main(path):
    """Run what few_labels.csv does not hold yet, then print the tables."""
    folder, rows = Path(path).expanduser().resolve(), rows_so_far()
    if not RESULTS.exists():
        files.write_csv(RESULTS, COLUMNS, [])
    known = {(row["data set"], row["labels"], row["seed"]) for row in rows}
    trials = [
        (name in TRAINED and seed in SEEDS_TRAINED, seed, name, labels)
        for seed, name, labels in product(SEEDS, SETS, LABELS)
        if (name, str(labels), str(seed)) not in known
    ]
    for trained, seed, name, labels in sorted(trials, key=lambda trial: trial[:2]):  # what takes long comes last
        if found := read(folder, name):
            row = {"data set": name, "labels": labels, "seed": seed, **run_trial(*found, labels, seed, trained)}
            files.append_csv(RESULTS, [row.get(column, "") for column in COLUMNS])
            print(", ".join(f"{column} {value}" for column, value in row.items()), flush=True)
    if not (rows := rows_so_far()):
        raise InputError(f"{path} holds none of {', '.join(SETS)}")
    print_tables(rows)


def rows_so_far():
    """Return the rows of few_labels.csv, dictionaries."""
    if not RESULTS.exists():
        return []
    with open(RESULTS, newline="") as file:
        return [*csv.DictReader(file)]


def read(folder, name):
    """Return (sequences (n, time, 1), classes (n,), bool (n,) which are the test set or None), None if not there."""
    path = folder / ("" if name == "mitbih_beats" else "ucr") / name
    if not path.exists():
        return None
    suffix, label, between = (".csv", -1, ",") if name == "mitbih_beats" else (".tsv", 0, "\t")
    sets = [
        np.loadtxt(file, delimiter=between) for file in sorted(path.glob(f"*{suffix}"), reverse=True)
    ]  # train first
    table, official = np.concatenate(sets), np.repeat([False, True], [*map(len, sets)])
    classes = np.unique(table[:, label], return_inverse=True)[1]
    return np.delete(table, label, axis=1)[:, :, None], classes, official if name == "mitbih_beats" else None


def run_trial(x, y, official, labels, seed, trained):
    """Draw labels of each class and try all, the preset only if `trained`. Returns: a row of few_labels.csv."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(y) if official is None else np.flatnonzero(~official))
    ranks = np.array([np.sum(y[order[:k]] == y[own]) for k, own in enumerate(order)])
    known = ranks < np.minimum(labels, np.bincount(y[order])[y[order]] // 2)
    rest = order[~known]
    half = len(rest) // 2 if official is None else len(rest)
    known, unlabelled = order[known], rest[:half][:MOST]
    test = rest[half:][:MOST] if official is None else np.flatnonzero(official)
    found = {"training": len(known), "unlabelled": len(unlabelled), "test": len(test)}
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        data = load_data(x[known], y[known], SEED=seed, **PRESET)
        answers = of_preset(data, x[test]) if trained else {}
        features = kernel_features(data, [x[known], x[unlabelled], x[test]], seed)
    answers |= of_kernels(*features, y[known], seed)
    return {name: f"{balanced_accuracy_score(y[test], own):.4f}" for name, own in answers.items()} | found


def split_of(x, y=None):
    """Return a Split of sequences (n, time, 1)."""
    return Split(x, y, np.arange(len(x)))


def of_preset(data, new):
    """Return the classes that the preset, its network and its linear models alone give `new` (n, time, 1)."""
    network = build(data, build_model, data.constants)
    fit(network, data, data.constants)
    answers = {"network": predict(network, split_of(new))}
    answers["preset"] = predict(data.task.finish(network, data, data.constants), split_of(new))
    output = network.get_layer("output")
    output.set_weights([np.zeros_like(own) for own in output.get_weights()])
    answers["linear models"] = predict(data.task.finish(network, data, data.constants), split_of(new))
    return {name: data.task.decode(own).argmax(axis=1) for name, own in answers.items()}


def kernel_features(data, sets, seed):
    """Return the features of fixed kernels, standardised by the labelled sequences, of each of `sets`."""

    def prepare(inputs):
        """Return what the network sees of inputs, a Keras tensor (n, time, features)."""
        return data.task.prepared(inputs, data, data.constants)

    kernels = minirocket.fit_kernels(data.train, prepare, seed)
    extract = minirocket.feature_extractor(prepare, data.train, kernels)
    return [np.concatenate([extract(block) for block in split_of(x).blocks()]) for x in sets]


def scores_of(x, y, *sets):
    """Fit ridge regression to features x of classes y. Returns: its answers (n, classes) to each of `sets`."""
    size = len(x)
    model = ridge.fit(split_of(x, y), lambda places: signed_targets(y[places], y.max() + 1), ridge.flat, seed=size)
    return [own @ model.weights + model.intercept for own in sets]


def self_trained(x, y, unlabelled, *sets):
    """Fit again with the surer half of what is predicted of each class of `unlabelled`. Returns: as scores_of."""
    (answers,) = scores_of(x, y, unlabelled)
    highest = np.sort(answers, axis=1)
    margins, classes = highest[:, -1] - highest[:, -2], answers.argmax(axis=1)
    sure = np.zeros(len(classes), bool)
    for own in np.unique(classes):
        places = np.flatnonzero(classes == own)
        sure[places[np.argsort(-margins[places], kind="stable")[: (len(places) + 1) // 2]]] = True
    return scores_of(np.concatenate([x, unlabelled[sure]]), np.concatenate([y, classes[sure]]), *sets)


def of_kernels(x, unlabelled, new, y, seed):
    """Return the classes of `new` by ridge regression on the kernels, with self-training, and where it is gated."""
    without, with_it = scores_of(x, y, new)[0], self_trained(x, y, unlabelled, new)[0]
    right = []
    for train, held_out in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(x, y):
        own = x[train], y[train]
        both = scores_of(*own, x[held_out])[0], self_trained(*own, unlabelled, x[held_out])[0]
        right.append([(answers.argmax(axis=1) == y[held_out]).sum() for answers in both])
    before, after = np.sum(right, axis=0)
    chosen = with_it if after > before else without
    named = {"kernels": without, "self-training": with_it, "gated": chosen}
    return {name: own.argmax(axis=1) for name, own in named.items()}


def print_tables(rows):
    """Print the means in per cent: the preset against the kernels, and self-training, gated or not, against neither."""
    body = []
    for name, labels in product(TRAINED, LABELS):
        numbers = scores_of_draws(rows, name, labels, SCORES[:4])
        change = numbers[:, 0] - numbers[:, 3]
        means = [f"{mean:.1f}" for mean in numbers.mean(axis=0)]
        body.append([name, str(labels), *means, f"{change.mean():+.1f} ({' '.join(f'{own:+.1f}' for own in change)})"])
    print(markdown(["data set", "labels a class", *SCORES[:4], "preset less kernels, each draw"], body), "\n")
    body = []
    for name in SETS:
        numbers = [scores_of_draws(rows, name, labels, SCORES[3:]) for labels in LABELS]
        gain = np.concatenate([own[:, 2] - own[:, 0] for own in numbers])
        means = [" ".join(f"{mean:.1f}" for mean in own.mean(axis=0)) for own in numbers]
        body.append([name, *means, f"{gain.mean():+.1f} ({gain.min():+.1f})"])
    header = [*(f"{labels} a class: without, with, gated" for labels in LABELS), "gated gains (worst draw)"]
    print(markdown(["data set", *header], body))


def scores_of_draws(rows, name, labels, columns):
    """Return the scores (draws, columns) in per cent that a data set has with so many labels."""
    own = [row for row in rows if (row["data set"], row["labels"]) == (name, str(labels))]
    return np.array([[100 * float(row[k]) for k in columns] for row in own if row[columns[0]]]).reshape(
        -1, len(columns)
    )


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1)
