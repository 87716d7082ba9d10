"""python benchmarks/few_labels.py PATH

Few labels: the preset `deep_cnn_lstm` beside ridge regression on its fixed kernels alone, in the data sets in PATH.
LABELS of each class are drawn, at most half of them, and all others are the test set: of mitbih_beats other patients,
of fsdd other speakers. Columns are balanced accuracies: the preset, its network and its linear models alone, and ridge
regression on the kernels; "error" is the standard error of preset less kernels that the choice of test sequences gives.

Writes benchmarks/few_labels.csv, a row for each draw (what stands there is not repeated: delete the file to start
again), and the table in docs/choices.md.
"""

import contextlib
import os
import sys
import tempfile
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accuracy import CONSTANTS, PAIRS, SPEAKERS
from accuracy_tables import markdown
from documents import put_table
from trials import begun_rows, read_rows

from baselines import ridge
from cnn_lstm_model import build_model
from core import files
from core.errors import InputError
from core.files import PROJECT
from core.script import run_script
from data_preprocessing import load_data
from networks import minirocket
from networks.standardisation import standardised
from tasks.classification.stacking import signed_targets
from training.build import build
from training.checkpoint import Checkpoint
from training.fit import fit
from training.network_share import held_out_share, settle
from training.prediction import predict

UCR = ("SwedishLeaf", "Plane", "MedicalImages", "TwoLeadECG")
SETS = {name: {"DATASET": f"ucr/{name}", "TEST_SIZE": 0} for name in UCR} | {
    "mitbih_beats": {"DATASET": "mitbih_beats", "SEQUENCE": "row", "LABEL": -1},
    "fsdd": SPEAKERS,
}
LABELS = (5, 10, 20)  # of each class
SEEDS = (0, 1, 2)
PRESET = {"TASK": "classification", "ARCHITECTURE": "deep_cnn_lstm", "EPOCHS": 150, **CONSTANTS}
MOST = 1000  # sequences of the test set
SCORES = ["preset", "network", "linear models", "kernels"]
COLUMNS = ["data set", "labels", "seed", *SCORES, "error", "training", "test"]
RESULTS = PROJECT / "benchmarks" / "few_labels.csv"


def main(path):
    """Run what few_labels.csv does not hold yet, then write the table."""
    folder, rows = Path(path).expanduser().resolve(), begun_rows(RESULTS, COLUMNS)
    known = {(row["data set"], row["labels"], row["seed"]) for row in rows}
    for seed, (name, constants), labels in product(SEEDS, SETS.items(), LABELS):
        if (name, str(labels), str(seed)) in known or not (folder / constants["DATASET"]).exists():
            continue
        row = {"data set": name, "labels": labels, "seed": seed, **run_trial(name, folder, labels, seed)}
        files.append_csv(RESULTS, [row[column] for column in COLUMNS])
        print(", ".join(f"{column} {value}" for column, value in row.items()), flush=True)
    if not (rows := read_rows(RESULTS)):
        raise InputError(f"{path} holds none of {', '.join(SETS)}")
    put_table("choices.md", "few labels", table(rows))
    print(f"{table(rows)}\nWrote benchmarks/few_labels.csv")


def run_trial(name, folder, labels, seed):
    """Draw labels of each class, train the preset and fit ridge regression. Returns: a row of few_labels.csv."""
    own = {**SETS[name], "DATASET": str(folder / SETS[name]["DATASET"])}
    own |= {"TEST_FILES": rf"_({PAIRS[seed]})_"} if name == "fsdd" else {}
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        data = load_data(SEED=seed, **PRESET, **own)
        data, test = draw(data, labels, seed)
        answers = of_preset(data, test) | {"kernels": of_kernels(data, test)}
    right = {name: own.argmax(axis=1) == test.y for name, own in answers.items()}
    scores = {name: f"{balanced(own, test.y)[0]:.4f}" for name, own in right.items()}
    error = balanced(right["preset"].astype(float) - right["kernels"], test.y)[1]
    return scores | {"error": f"{error:.4f}", "training": len(data.train), "test": len(test)}


def draw(data, labels, seed):
    """Return (Data with so many training sequences of each class, the Split that they are tested on)."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(data.train))
    y = data.train.y[order]
    ranks = np.array([np.sum(y[:k] == own) for k, own in enumerate(y)])
    known = ranks < np.minimum(labels, np.bincount(y)[y] // 2)
    if data.test is None:
        test = data.train.select(order[~known][:MOST])
    else:
        test = data.test.select(rng.permutation(len(data.test))[:MOST])
    return replace(data, train=data.train.select(order[known])), test


def of_preset(data, new):
    """Return what the preset, its network and its linear models alone answer a Split, {name: (n, classes)}."""
    c, steps, network = data.constants, {}, build(data, build_model, data.constants)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder) / "run", [], every_epoch=False)
        share = held_out_share(network, data, c, checkpoint, steps)
    fit(network, data, c, traced_steps=steps)
    answers, output = {"network": predict(network, new)}, network.get_layer("output")
    whole = data.task.finish(network, data, c)
    settle(whole, data, c, share)
    answers["preset"] = predict(whole, new)
    output.set_weights([np.zeros_like(own) for own in output.get_weights()])
    answers["linear models"] = predict(data.task.finish(network, data, c), new)
    return {name: data.task.decode(own) for name, own in answers.items()}


def of_kernels(data, new):
    """Return what ridge regression on the fixed kernels answers a Split, (n, classes)."""
    train, c = data.train, data.constants

    def prepare(inputs):
        return standardised(inputs, data, c)

    kernels = minirocket.fit_kernels(train, prepare, c.SEED)
    extract = minirocket.feature_extractor(prepare, train, kernels)
    classes = len(data.task.classes)
    model = ridge.fit(train, lambda places: signed_targets(train.y[places], max(3, classes)), extract, c.SEED)
    return ridge.predict(model, new, extract)


def balanced(values, y):
    """Return the mean over classes of values' (n,) mean in each class of y (n,), and its standard error."""
    own = [values[y == label] for label in np.unique(y)]
    errors = [each.var() / len(each) for each in own]
    return np.mean([each.mean() for each in own]), np.sqrt(np.sum(errors)) / len(own)


def table(rows):
    """Return the means in per cent; preset less kernels with each draw, and the 95 % interval that draws apart give."""
    body, gains = [], {labels: [] for labels in LABELS}
    for name, labels in product(SETS, LABELS):
        own = [row for row in rows if (row["data set"], row["labels"]) == (name, str(labels))]
        if not own:
            continue
        scores = np.array([[100 * float(row[column]) for column in SCORES] for row in own])
        change, error = scores[:, 0] - scores[:, -1], 100 * np.array([float(row["error"]) for row in own])
        half = 1.96 * np.sqrt((error**2).sum()) / len(own)
        gains[labels].append(change.mean())
        means = [f"{mean:.1f}" for mean in scores.mean(axis=0)]
        each = " ".join(f"{gain:+.1f}" for gain in change)
        body.append([name, str(labels), *means, f"{change.mean():+.1f} ± {half:.1f} ({each})"])
    body += [["mean", str(k), *[""] * len(SCORES), f"{np.mean(own):+.1f}"] for k, own in gains.items() if own]
    return markdown(["data set", "labels a class", *SCORES, "preset less kernels ± 1.96 errors (each draw)"], body)


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1)
