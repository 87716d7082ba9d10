"""python benchmarks/network_share.py PATH

What the network's share does (training/network_share.py): the error of the linear model, of the network with all that
it adds, as it was without a share, and with its share. It is trained on the whole training set and scored once on the
test set for each of SEEDS; EPOCHS of the series are those that benchmarks/forecasts.py chose.

PATH holds the data sets, in folders. Writes benchmarks/network_share.csv, a row for each trial (what stands there is
not repeated: delete the file to start again), and the table in docs/evidence.md.
"""

import io
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accuracy_tables import markdown
from documents import put_table
from forecasts import SEEDS, SERIES
from language import rt_polarity, write_table
from trials import begun_rows, read_rows

import evaluate_model
import train_model
from core.constants import read_constants
from core.files import PROJECT, append_csv
from core.script import run_script
from experiments import train_run
from reports.formatting import format_error
from training.prediction import predict


def engines(path, folder):
    """Write tables of C-MAPSS FD001: life left, 125 at most, of training engines at any time, of test engines last."""
    source, tables = path / "cmapss_FD001", [folder / "engines_train.csv", folder / "engines_test.csv"]
    if not source.is_dir():
        return None
    for table, part, last in zip(tables, ("train", "test"), (0, 30)):
        rows = np.loadtxt(source / f"{part}_FD001.txt")
        units, left = rows[:, 0].astype(int), np.loadtxt(source / "RUL_FD001.txt") if part == "test" else np.zeros(100)
        cycles = {unit: rows[units == unit, 2:] for unit in np.unique(units)}
        lives = {unit: np.minimum(125, left[unit - 1] + np.arange(len(own))[::-1]) for unit, own in cycles.items()}
        lines = [
            [unit, *row, life] for unit, own in cycles.items() for row, life in zip(own[-last:], lives[unit][-last:])
        ]
        write_table(table, ["unit", *(f"channel {k}" for k in range(1, 25)), "life"], lines)
    return {"DATASET": str(tables[0])}


EPOCHS = [78, 20, 16, 6, 3, 4, 1, 2, 5]  # of SERIES
SETS = {name: (file, {**given, "EPOCHS": n}) for (name, (file, given)), n in zip(SERIES.items(), EPOCHS)} | {
    "CardanoSentiment": ("CardanoSentiment_TRAIN.ts", {"EPOCHS": 30}),
    "MinimalGasPrices": ("MinimalGasPrices_TRAIN.ts", {"EPOCHS": 30}),
    "UnequalMinimalGasPrices": ("UnequalMinimalGasPrices_TRAIN.ts", {"EPOCHS": 30}),
    "engines": (
        engines,
        {"TASK": "regression", "SEQUENCE": "unit", "LABEL": "life", "WINDOW": 30, "STRIDE": 5, "EPOCHS": 10},
    ),
    "film reviews": (rt_polarity, {"EPOCHS": 3, "DROPOUT": 0.5, "FILTERS": 64}),
    "film reviews, longer": (rt_polarity, {"EPOCHS": 10}),
}
RESULTS = PROJECT / "benchmarks" / "network_share.csv"
COLUMNS = ["set", "seed", "training", "linear", "all of the network", "its share", "with it"]


def main(path):
    """Measure the sets that are there, then write the table of all that were measured so far."""
    done = {(row["set"], int(row["seed"])) for row in begun_rows(RESULTS, COLUMNS)}
    path = Path(path).expanduser().resolve()
    for name, (source, constants) in SETS.items():
        with tempfile.TemporaryDirectory() as folder:
            found = source(path, Path(folder)) if callable(source) else of_file(path, source)
            for seed in SEEDS if found else []:
                if (name, seed) not in done:
                    c = read_constants().changed(**found, SEED=seed, **constants)
                    append_csv(RESULTS, [name, seed, *measure(c)])
    put_table("evidence.md", "network's share", table())
    print(f"{table()}\nWrote benchmarks/network_share.csv")


def of_file(path, name):
    """Return the constants that read a file of PATH or its folders, None where it is missing."""
    return next(({"DATASET": str(file)} for file in sorted(path.glob(f"**/{name}"))), None)


def measure(c):
    """Train and evaluate in a temporary folder. Returns: training sequences, and what COLUMNS names after them."""
    kept, settle = [], train_run.settle

    def score_and_settle(network, data, c, share):
        kept.extend([len(data.train), data.task.score(data.test, data.task.decode(predict(network, data.test)))])
        return settle(network, data, c, share)

    train_run.settle = score_and_settle
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        c = c.changed(RUN_DIR=str(Path(folder) / "run"))
        run = train_model.main(c)
        result = evaluate_model.main(c)
    train_run.settle = settle
    return [kept[0], result["baselines"]["linear"], kept[1], run.record.network_share, result[run.task.metric]]


def table():
    """Return the means over the seeds, and each seed's in brackets, as a table."""
    rows, lines = read_rows(RESULTS), []
    for name in dict.fromkeys(row["set"] for row in rows):
        own = {column: [float(row[column] or "nan") for row in rows if row["set"] == name] for column in COLUMNS[3:]}
        means = [format_error(np.mean(own[column])) for column in ("linear", "all of the network", "with it")]
        each = [" ".join(map(format_error, own[column])) for column in ("all of the network", "with it")]
        shares = " ".join(f"{share:.2f}" for share in own["its share"])
        lines.append([name, means[0], f"{means[1]} ({each[0]})", f"{means[2]} ({each[1]})", shares])
    return markdown(["set", "linear", "all of the network", "with its share", "shares"], lines)


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1)
