"""python benchmarks/accuracy.py [PATH]

Is the hybrid worth it? Each network, with epochs of its own, beside ridge regression, the linear models that deep
networks have beside them and, where requirements-bench.txt is installed, MiniRocket (Dempster 2021) in aeon. PATH is a
folder of data sets, each in a folder of its own, also in one called ucr: archives as UCR and UEA ship them, and those
of GIVEN below. Without it the data sets that the project makes take part alone.

How many epochs a network gets is chosen for it and each data set on a part of the training sequences, of the epochs
that BUDGET allows; then it is trained anew on all of them, with each of SEEDS, and each test set is used once. After
that the learning curve of data: accuracy on "motifs" against the number of training sequences.

Writes to benchmarks/: accuracy.csv, a row for each choice and trial (what stands there is not repeated: delete the file
to start again), accuracy.md, accuracy.png, ranks.png and learning_curve.png.
"""

import importlib.util
import os
import sys
import time
from itertools import product
from pathlib import Path

from joblib import Parallel, delayed

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accuracy_tables import write_curve, write_tables
from accuracy_trials import BESIDE, HELD_OUT, draws_of, run_trial
from trials import read_rows

from core import files
from core.constants import read_constants
from core.errors import InputError
from core.files import PROJECT
from core.script import run_script
from data_preprocessing import load_data
from experiments.train_run import describe_data
from tasks.classification.linear_models import uses_ridge_pair

NETWORKS = ["cnn", "lstm", "cnn_lstm", "deep_cnn", "deep_cnn_lstm"]
RIVALS = ["ridge", BESIDE, *(["MiniRocket"] if importlib.util.find_spec("aeon") else [])]
SEEDS = [0, 1, 2, 3, 4]  # each draws weights and order anew, and data and split where they are not given
BUDGET = {"epochs": 150, "sequences": 40_000}  # a training has at most so many epochs, and sees so many sequences
VIDEO = 5  # a clip counts as so many sequences
# Of all networks on all data sets.
CONSTANTS = {"BATCH_SIZE": 16, "DROPOUT": 0.2, "PLATEAU": 10, "AVERAGE_WEIGHTS": True}
OWN = {name: [{"DATASET": name}] for name in ("motifs", "digits", "moving_digits")}  # made by the project: not ranked
PAIRS = ("george|jackson", "lucas|nicolas", "theo|yweweler")  # of the speakers of fsdd
PEOPLE = ("13", "15", "3")  # of the chest accelerometers
SPEAKERS = {"DATASET": "fsdd/recordings", "GROUP": r"_(\w+)_", "STANDARDISE": "sequence", "FILTERS": 64}
WINDOWS = {"SEQUENCE": "file", "LABEL": -1, "WINDOW": 104, "STANDARDISE": "sequence"}  # two seconds
GIVEN = {  # what data sets need, by the names of their folders; of several each holds out another part
    "fsdd": [{**SPEAKERS, "TEST_FILES": rf"_({pair})_"} for pair in PAIRS],
    "mitbih_beats": [{"SEQUENCE": "row", "LABEL": -1}],
    "chest_accelerometer": [{**WINDOWS, "TEST_FILES": f"^{person}"} for person in PEOPLE],
    "arem": [{"POOL_SIZE": 4}],
}
ARCHIVES = "ucr"  # a folder in PATH whose folders are data sets too
CURVE = ["cnn", "lstm", "cnn_lstm"]  # networks of the learning curve
CURVE_SIZES = [40, 100, 250, 1000, 4000]  # training sequences
CURVE_TEST = 1000  # test sequences
# What a trial takes, for the time left: so much for each value that it sees, and as much as so many for all else.
COSTS = {"ridge": 0.01, BESIDE: 0.1, "MiniRocket": 0.3, "cnn": 0.4, "lstm": 1.2, "cnn_lstm": 1.2}
COSTS |= {"deep_cnn": 2.2, "deep_cnn_lstm": 3.2}
OVERHEAD = 30_000
JOBS = None  # trials at a time, each in a process of its own; None: as many as there are cores

RESULTS = PROJECT / "benchmarks"
COLUMNS = ["data set", "fold", "model", "seed", "epochs", "accuracy", "majority", "seconds", "parameters"]
COLUMNS += ["training", "test", "constants", "versions"]
CHOICE = "choice"  # stands in place of a seed where epochs were chosen, with the accuracy on the validation set


def main(path=None):
    """Run what accuracy.csv does not hold yet, then write tables and pictures."""
    if "MiniRocket" not in RIVALS:
        print("MiniRocket is left out: pip install -r requirements-bench.txt adds it")
    trials = [trial for name, folds in (OWN | given(path)).items() for trial in trials_of(name, folds, NETWORKS)]
    for n in CURVE_SIZES:
        fold = {"DATASET": "motifs", "N_SAMPLES": n + CURVE_TEST, "TEST_SIZE": CURVE_TEST}
        trials += trials_of(f"motifs, {n}", [fold], CURVE, rivals=[])
    rows = run_trials(trials)
    write_tables(RESULTS, rows, NETWORKS + RIVALS, set(OWN))
    write_curve(RESULTS, rows, CURVE, CURVE_SIZES)


# Which trials.


def given(path):
    """Return {name: the constants of each fold} of the folders in PATH."""
    if path is None:
        return {}
    path = Path(path).expanduser().resolve()
    found = {f.name: f for f in sorted([*path.glob("*/"), *path.glob(f"{ARCHIVES}/*/")]) if not f.name.startswith(".")}
    found.pop(ARCHIVES, None)
    if not found:
        raise InputError(f"{path} holds no folders: PATH is a folder of data sets, each in a folder of its own")
    return {
        name: [{**fold, "DATASET": str(folder.parent / fold.get("DATASET", name))} for fold in GIVEN.get(name, [{}])]
        for name, folder in found.items()
    }


def trials_of(name, folds, networks, rivals=None):
    """Read a data set to say what it is. Returns: its trials, dictionaries; none if it cannot take part."""
    trials = []
    for number, fold in enumerate(folds):
        constants = read_constants().changed(**{"TASK": "classification"} | CONSTANTS | fold)
        try:
            data = load_data(**constants)
        except InputError as error:
            print(f"Skipped {name}: {' '.join(str(error).split())}")
            return []
        print(describe_data(data, constants), flush=True)
        n, shape = len(data.train), data.train.shape
        weight = VIDEO if len(shape) == 4 else 1
        most = max(1, min(BUDGET["epochs"], BUDGET["sequences"] // (n * weight)))
        work = most * n * (1 + shape[0] / 50) * weight
        held_out = max(HELD_OUT, len(data.task.classes) / n)  # a sequence of each class
        models = networks + (RIVALS if rivals is None else rivals)
        beside = uses_ridge_pair(data, constants.changed(ARCHITECTURE="deep_cnn"))
        left_out = [*(["MiniRocket"] if len(shape) == 4 else []), *([] if beside else [BESIDE])]
        models = [model for model in models if model not in left_out]
        for model, seed in product(models, [CHOICE, *SEEDS]):
            if seed == CHOICE and model in RIVALS or model == "ridge" and seed != SEEDS[0] and name not in OWN:
                continue
            cost = OVERHEAD + COSTS[model] * work * (draws_of(held_out * n) if seed == CHOICE else 1)
            architecture = {BESIDE: "deep_cnn", **{name: name for name in NETWORKS}}.get(model)
            changed = constants.changed(**{"ARCHITECTURE": architecture} if architecture else {})
            trials.append({"data set": name, "fold": str(number), "model": model, "seed": str(seed), "most": most})
            trials[-1] |= {"constants": changed, "cost": cost, "held out": held_out}
    return trials


def identity(trial):
    """Return what tells a trial, or its row in accuracy.csv, from others."""
    return tuple(trial[column] for column in ("data set", "fold", "model", "seed"))


# Running them.


def run_trials(trials):
    """Run the trials that accuracy.csv does not hold: first the choices, in parallel. Returns: rows of COLUMNS."""
    file, done = RESULTS / "accuracy.csv", {}
    if file.exists():
        done = {identity(row): row for row in read_rows(file)}
    left = [trial for trial in trials if identity(trial) not in done]
    print(f"{len(trials)} trials, {len(trials) - len(left)} of them in accuracy.csv already", flush=True)
    began, total, finished, count = time.monotonic(), sum(trial["cost"] for trial in left), 0, 0
    for chosen in (True, False):
        stage = [trial for trial in left if (trial["seed"] == CHOICE) == chosen]
        # Seed by seed, so that what is there at any time compares all; long ones first: no straggler at the end.
        stage.sort(key=lambda trial: (trial["seed"], -trial["cost"]))
        jobs = min(JOBS or os.cpu_count(), max(1, len(stage)))
        threads = max(1, os.cpu_count() // jobs)
        calls = (delayed(run_trial)(trial, epochs_of(trial, done), threads) for trial in stage)
        costs = {identity(trial): trial["cost"] for trial in stage}
        for row in Parallel(jobs, return_as="generator_unordered")(calls):
            finished, count = finished + costs[identity(row)], count + 1
            minutes = (time.monotonic() - began) * max(0, total / finished - 1) / 60
            said = f"{row['accuracy']}, {row['epochs']} epochs" if "accuracy" in row else f"refused: {row['refused']}"
            print(f"{count}/{len(left)}, {minutes:.0f} min left: {' '.join(identity(row))}: {said}", flush=True)
            if "accuracy" in row:
                done[identity(row)] = row
                files.write_csv(file, COLUMNS, [[r[c] for c in COLUMNS] for r in done.values()])
    wanted = set(map(identity, trials))
    return [row for key, row in done.items() if key in wanted]


def epochs_of(trial, done):
    """Return the epochs that were chosen for the network of a trial; None where nothing is to be chosen or known."""
    choice = done.get((*identity(trial)[:3], CHOICE))
    return int(choice["epochs"]) if choice else None


if __name__ == "__main__":
    run_script(main, __doc__, min(1, len(sys.argv) - 1))  # PATH may be left out
