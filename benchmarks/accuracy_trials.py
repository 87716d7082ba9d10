"""One trial of benchmarks/accuracy.py, in a process of its own: a network or one of its rivals."""

import io
import math
import os
import platform
import subprocess
import tempfile
import time
from contextlib import redirect_stdout
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from baselines import LINEAR
from core.errors import InputError
from core.files import PROJECT
from data_preprocessing import load_data
from tasks.classification import linear_models as beside_network

HELD_OUT = 0.25  # share of the training set on which epochs are chosen, at least
CHECKED, DRAWS = 100, 4  # sequences that check a choice, at least, over at most so many draws of that share
LOOKS = 15  # epochs at which a choice looks at it, evenly spread over the budget
BESIDE = "linear models"  # those beside a deep network, without the network
SHOWN = ["BATCH_SIZE", "PLATEAU", "DROPOUT", "AVERAGE_WEIGHTS", "STANDARDISE", "POOL_SIZE", "FILTERS"]  # and, of data:
SHOWN += ["WINDOW", "TEST_FILES", "N_SAMPLES"]
PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn", "aeon")


def run_trial(trial, epochs, threads):
    """Run a trial with so many epochs (None: those of the budget). Returns: its row of accuracy.csv, strings.

    A data set that cannot be learned so gives {..., "refused": why}. The user's runs and ledger are left alone.
    """
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[name] = str(threads)  # read when TensorFlow is imported
    row = {name: trial[name] for name in ("data set", "fold", "model", "seed")}
    constants = trial["constants"].changed(EPOCHS=epochs or trial["most"])
    run = {"ridge": ridge, BESIDE: linear_models, "MiniRocket": minirocket}.get(trial["model"], network)
    if trial["seed"] == "choice":
        constants, run = constants.changed(VALIDATION_SIZE=trial["held out"]), choice
    else:
        constants = constants.changed(SEED=int(trial["seed"]))
    try:
        with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
            constants = constants.changed(RUN_DIR=str(Path(folder) / "run"))
            figures = run(constants, threads)
    except InputError as error:
        return row | {"refused": " ".join(str(error).split())}
    read = " ".join(f"{name}={constants[name]!r}" for name in SHOWN)
    return row | {name: str(value) for name, value in figures.items()} | {"constants": read, "versions": versions()}


def choice(constants, threads):
    """Train on three quarters of the training set and look at the rest. Returns: the epochs that it chooses.

    Of evenly spread epochs those with the highest accuracy, each averaged with its neighbours; of equals the most.
    Where the rest is small it is drawn several times, and accuracies are averaged: few sequences are not to choose.
    """
    data, began = load_data(**constants), time.perf_counter()
    held_out = len(data.validation)
    looks = sorted({max(1, constants.EPOCHS * k // LOOKS) for k in range(1, LOOKS + 1)})
    draws, scores = draws_of(held_out), []
    for draw in range(draws):
        seed = constants.SEED + draw
        data = load_data(validation_seed=seed, **constants) if draw else data
        drawn, parameters = scores_at(looks, data, constants.changed(SEED=seed))
        scores.append(drawn)
    scores = np.mean(scores, axis=0)
    smooth = [np.mean(scores[max(0, k - 1) : k + 2]) for k in range(len(scores))]
    best = max(range(len(smooth)), key=lambda k: (round(smooth[k], 6), k))
    found = {"epochs": looks[best], "accuracy": f"{smooth[best]:.4f}", "parameters": parameters}
    return found | figures_of(data, time.perf_counter() - began) | {"test": draws * held_out}


def draws_of(held_out):
    """Return how often a validation set of so many sequences is drawn."""
    return min(DRAWS, math.ceil(CHECKED / held_out))


def scores_at(looks, data, constants):
    """Train once. Returns: (accuracies on the validation set after each of the epochs `looks`, parameters)."""
    from cnn_lstm_model import build_model
    from training import schedule
    from training.acceleration.traced_steps import reuse_network
    from training.build import build
    from training.epochs import train_epochs
    from training.fit import batch_loaders, compile_model
    from training.weight_average import WeightAverage

    held_out, data.validation = data.validation, None  # the learning rate must not follow it either
    model, steps = reuse_network(build(data, build_model, constants), data)
    compile_model(model, data, constants)
    fitted = None
    if beside_network.uses_ridge_pair(data, constants):  # once for all looks
        fitted = beside_network.fit_ridge_pair(data.train, data, model.output_shape[1], constants)
    training, _ = batch_loaders(model, data, constants)
    history, scores, average = {"loss": []}, [], WeightAverage(model)
    epochs = range(constants.EPOCHS)
    for epoch, logs in train_epochs(model, training, epochs, callbacks=[average.callback()], traced_steps=steps):
        history["loss"].append(logs["loss"])
        model.optimizer.learning_rate = schedule.learning_rate(history, constants)
        if epoch + 1 in looks:
            own = model.get_weights()
            model.set_weights(average.value if constants.AVERAGE_WEIGHTS else own)
            finish = data.task.finish
            whole = beside_network.add_ridge_pair(model, fitted, data) if fitted else finish(model, data, constants)
            scores.append(accuracy(whole, held_out, data))
            model.set_weights(own)
    return scores, model.count_params()


def accuracy(model, part, data):
    """Return the share of a Split that a network of classes, trained on `data`, gets right."""
    from training.prediction import predict

    return data.task.score(part, data.task.decode(predict(model, part)))


def figures_of(data, seconds):
    """Return what stands in every row: seconds, sizes, and the share of the largest class of the test set."""
    sizes = {"training": len(data.train), "test": len(data.test)}
    majority = np.bincount(data.test.y).max() / len(data.test)
    return {"majority": f"{majority:.4f}", "seconds": f"{seconds:.1f}"} | sizes


def network(constants, threads):
    """Train a network as train_model.py does and score its run. Returns: its figures.

    The report is left out: it takes as long as a small training.
    """
    import train_model
    from core.quiet_tensorflow import keras, tf

    tf.get_logger().setLevel("ERROR")  # a process runs many trials: that each traces anew is no fault
    run, data = train_model.main(constants), load_data(**constants)
    found = {"epochs": constants.EPOCHS, "parameters": run.record.parameters}
    found["accuracy"] = f"{accuracy(run.load_model(), data.test, data):.4f}"
    keras.backend.clear_session()  # the process goes on to the next trial
    return found | figures_of(data, run.record.seconds)


def ridge(constants, threads):
    """Fit the linear model that every report shows. Returns: its figures."""
    data, began = load_data(**constants), time.perf_counter()
    answers, _ = data.task.baselines(data, constants)
    share = np.mean(answers[LINEAR] == data.test.y)
    return {"epochs": "", "parameters": "", "accuracy": f"{share:.4f}"} | figures_of(data, time.perf_counter() - began)


def linear_models(constants, threads):
    """Fit what stands beside a deep network of classes, and leave the network out. Returns: its figures."""
    from cnn_lstm_model import build_model
    from training.build import build

    data, began = load_data(**constants), time.perf_counter()
    model = build(data, build_model, constants)
    output = model.get_layer("output")
    output.set_weights([np.zeros_like(weights) for weights in output.get_weights()])
    model = data.task.finish(model, data, constants)
    figures = figures_of(data, time.perf_counter() - began)
    return {"epochs": "", "parameters": "", "accuracy": f"{accuracy(model, data.test, data):.4f}"} | figures


def minirocket(constants, threads):
    """Fit aeon's MiniRocket to the same training set. Returns: its figures.

    It takes 9 time steps or more: shorter sequences are padded with zeros at the end.
    """
    from aeon.classification.convolution_based import MiniRocketClassifier
    from aeon.transformations.collection.convolution_based import MiniRocket

    data = load_data(**constants)
    classifier = MiniRocketClassifier(random_state=constants["SEED"], n_jobs=threads)
    x, x_test = channels_first(data.train), channels_first(data.test)
    if constants["STANDARDISE"] == "sequence":
        x, x_test = ((a - a.mean(2, keepdims=True)) / np.maximum(a.std(2, keepdims=True), 1e-6) for a in (x, x_test))
    MiniRocket(n_jobs=threads).fit_transform(x[:2])  # numba compiles: not counted
    began = time.perf_counter()
    classifier.fit(x, data.train.y)
    figures = figures_of(data, time.perf_counter() - began)
    share = np.mean(classifier.predict(x_test) == data.test.y)
    return {"epochs": "", "parameters": "", "accuracy": f"{share:.4f}"} | figures


def channels_first(part):
    """Return the sequences of a part as aeon wants them, (n, features, time), of nine time steps at least."""
    x = np.concatenate(list(part.blocks())).transpose(0, 2, 1)
    return np.pad(x, [(0, 0), (0, 0), (0, max(0, 9 - x.shape[2]))])


def versions():
    """Say what a trial ran on: the commit where there is one, and the versions that figures depend on."""
    found = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True)
    return ", ".join([*found, *commit.stdout.split()])
