"""python benchmarks/forecasts.py PATH

Forecast the series in PATH (airline-passengers.csv, daily-min-temperatures.csv, monthly-sunspots.csv; those that are
missing are left out) with the network as the files say, its EPOCHS, up to MOST_EPOCHS, chosen by the mean
validation RMSE over SEEDS. Then train on the whole training part and score each seed once on the test part, beside the
linear model, persistence and the season before. Bands are those of the validation part, scored on the test part.

Writes benchmarks/forecasts.md.
"""

import csv
import io
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accuracy_tables import markdown

import evaluate_model
import train_model
from project import ledger
from project.constants import read_constants
from project.errors import InputError
from project.files import PROJECT, write_atomically
from project.script import run_script
from reports.tables import figure

SERIES = {
    "airline-passengers": {"TARGET": "Passengers", "WINDOW": 24, "HORIZON": 12, "SEASON": 12},
    "daily-min-temperatures": {"WINDOW": 30, "HORIZON": 7},
    "monthly-sunspots": {"WINDOW": 48},
}
SEEDS = [42, 1, 2]
MOST_EPOCHS = 100
VALIDATION_SIZE = 0.2  # of the rows, the last before the test part
HEADER = ["series", "constants", "RMSE, each seed", "linear", "persistence", "season before", "80 % band", "95 % band"]


def main(path):
    """Measure every series that is there, print the table and write it."""
    rows = []
    for name, constants in SERIES.items():
        file = Path(path).expanduser().resolve() / f"{name}.csv"
        if file.is_file():
            rows.append(measure(name, read_constants().changed(DATASET=str(file), **constants), constants))
            print(" | ".join(rows[-1]), flush=True)
    if not rows:
        raise InputError(f"{path} holds none of {', '.join(SERIES)} as .csv")
    table = markdown(HEADER, rows)
    write_atomically(PROJECT / "benchmarks" / "forecasts.md", table + "\n")
    print(f"\n{table}\nWrote benchmarks/forecasts.md")


def measure(name, c, constants):
    """Choose the epochs, then score each seed. Returns: a row of the table."""
    validation, coverage = [], []
    for seed in SEEDS:
        history, result = run(c.changed(SEED=seed, EPOCHS=MOST_EPOCHS, VALIDATION_SIZE=VALIDATION_SIZE))
        validation.append(history["val_rmse"])
        coverage.append([result["bands"].get(level, {}).get("coverage", np.nan) for level in ("80", "95")])
    epochs = int(np.argmin(np.mean(validation, axis=0))) + 1
    results = [run(c.changed(SEED=seed, EPOCHS=epochs))[1] for seed in SEEDS]
    scores = [result["rmse"] for result in results]
    others = [results[0]["baselines"].get(other) for other in ("linear", "persistence", "season before")]
    assigned = ", ".join(f"`{key} = {value!r}`" for key, value in {**constants, "EPOCHS": epochs}.items())
    means = [f"{100 * value:.0f} %" if np.isfinite(value) else "–" for value in np.mean(coverage, axis=0)]
    return [
        name,
        assigned.replace("'", '"'),
        f"{figure(np.mean(scores))} ({' '.join(map(figure, scores))})",
        *("–" if other is None else figure(other) for other in others),
        *means,
    ]


def run(c):
    """Train and evaluate in a temporary folder. Returns: (history, figures of the evaluation)."""
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        ledger.LEDGER = Path(folder) / "ledger.csv"
        c = c.changed(RUN_DIR=str(Path(folder) / "run"))
        train_model.train_with(c)
        with open(Path(folder) / "run" / "history.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        history = {name: [float(row[name]) for row in rows] for name in rows[0]}
        return history, evaluate_model.evaluate_with(c)


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1)
