"""python benchmarks/network_share.py PATH

What the network's share does (training/network_share.py): the error of the linear model, of the network with all that
it adds, as it was without a share, and with its share. It is trained on the whole training set and scored once on the
test set for each of SEEDS; EPOCHS of the series are those that benchmarks/forecasts.py chose.

PATH holds the data sets, in folders. What benchmarks/network_share.csv has already is not measured again; the table of
all of it is printed.
"""

import io
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accuracy_tables import markdown
from forecasts import SEEDS, SERIES
from trials import begun_rows, read_rows

import evaluate_model
import train_model
from core.constants import read_constants
from core.files import PROJECT, append_csv
from core.script import run_script
from experiments import train_run
from reports.formatting import format_error
from training.prediction import predict

EPOCHS = [78, 20, 16, 6, 3, 4, 1, 2, 5]  # of SERIES
SETS = {name: (file, {**given, "EPOCHS": n}) for (name, (file, given)), n in zip(SERIES.items(), EPOCHS)} | {
    "CardanoSentiment": ("CardanoSentiment_TRAIN.ts", {"EPOCHS": 30}),
    "MinimalGasPrices": ("MinimalGasPrices_TRAIN.ts", {"EPOCHS": 30}),
    "UnequalMinimalGasPrices": ("UnequalMinimalGasPrices_TRAIN.ts", {"EPOCHS": 30}),
    "engines": (  # docs/your_data.md writes the table; here without rows in front, of test engines the last 30
        "engines_train.csv",
        {"TASK": "regression", "SEQUENCE": "unit", "LABEL": "life", "WINDOW": 30, "STRIDE": 5, "EPOCHS": 10},
    ),
    "film reviews": (  # a table of the two files
        "reviews.csv",
        {"TEXT": "text", "LABEL": "label", "EPOCHS": 3, "DROPOUT": 0.5, "FILTERS": 64},
    ),
    "film reviews, longer": ("reviews.csv", {"TEXT": "text", "LABEL": "label", "EPOCHS": 10}),
}
RESULTS = PROJECT / "benchmarks" / "network_share.csv"
COLUMNS = ["set", "seed", "training", "linear", "all of the network", "its share", "with it"]


def main(path):
    """Measure the sets that are there, and print the table of all that were measured so far."""
    done = {(row["set"], int(row["seed"])) for row in begun_rows(RESULTS, COLUMNS)}
    for name, (file, given) in SETS.items():
        found = [*Path(path).expanduser().resolve().glob(f"**/{file}")]
        for seed in SEEDS if found else []:
            if (name, seed) not in done:
                c = read_constants().changed(DATASET=str(found[0]), SEED=seed, **given)
                append_csv(RESULTS, [name, seed, *measure(c)])
    print(table())


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
