"""python benchmarks/long_horizons.py PATH

Forecast ETTh1.csv in PATH (seven columns, hourly) 96 and 720 hours ahead as the literature does: 12, 4 and 4
months of 30 days for training, validation and test, values in deviations of each column over the training months, the
mean squared error over all windows and columns of the test months, none left out. Each column is a series of its own,
and all share one network, as all share one linear layer in NLinear (Zeng et al. 2023), which sees 336 hours too.

Prints the errors of the linear model and of the network that starts from it, its share, and, for exchange_rate.csv in
PATH (seven tenths for training, the last two for the test), that of repeating the last day for 96 days.
"""

import csv
import io
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.script import run_script
from data_preprocessing import load_data
from networks.layer_names import OUTPUT
from train_model import train
from training.prediction import predict

MONTH = 30 * 24
TRAINING, VALIDATION, TEST = 12 * MONTH, 4 * MONTH, 4 * MONTH  # rows
HORIZONS = (96, 720)
CONSTANTS = {"SEQUENCE": "column", "TARGET": "value", "WINDOW": 336, "VALIDATION_SIZE": VALIDATION, "TEST_SIZE": TEST}
CONSTANTS |= {"EPOCHS": 2, "BATCH_SIZE": 256}


def main(path):
    """Train for each horizon, and print a line for each."""
    folder = Path(path).expanduser().resolve()
    (exchange,), (path,) = (folder.glob(f"**/{name}") for name in ("exchange_rate.csv", "ETTh1.csv"))
    print(f"exchange rates, 96 ahead: the last day repeated {repeat_last(exchange, 96):.3f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        table = write_series(path, Path(folder) / "etth1.csv")
        for horizon in HORIZONS:
            with redirect_stdout(io.StringIO()):
                data = load_data(DATASET=str(table), HORIZON=horizon, **CONSTANTS)
                run = train(data, RUN_DIR=str(Path(folder) / "run"))
            network, share = run.load_model(), run.record.network_share
            score = squared_error(network, data)
            output = network.get_layer(OUTPUT)
            output.set_weights([0 * weights for weights in output.get_weights()])
            linear = squared_error(network, data)
            print(
                f"{horizon} ahead, {len(data.test):,} windows: linear {linear:.3f}, network {score:.3f}, share {share}"
            )


def write_series(path, table):
    """Write the seven columns below each other, in deviations of the training months."""
    with open(path, encoding="utf-8", newline="") as file:
        names, *rows = [row[1:] for row in csv.reader(file)]
    values = np.array(rows[: TRAINING + VALIDATION + TEST], float)
    values = (values - values[:TRAINING].mean(axis=0)) / values[:TRAINING].std(axis=0)
    with open(table, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["column", "value"])
        writer.writerows([name, value] for name, column in zip(names, values.T) for value in column.tolist())
    return table


def repeat_last(path, horizon):
    """Return the mean squared error of repeating the last row of exchange rates, over all windows and columns."""
    values = np.loadtxt(path, delimiter=",", skiprows=1)
    training, test = values[: int(0.7 * len(values))], len(values) - int(0.2 * len(values))
    values = (values - training.mean(axis=0)) / training.std(axis=0)
    firsts = range(test, len(values) - horizon + 1)
    return np.mean([((values[first : first + horizon] - values[first - 1]) ** 2).mean() for first in firsts])


def squared_error(network, data):
    """Return the mean squared error over the windows of the test set."""
    return data.task.score(data.test, data.task.decode(predict(network, data.test))) ** 2


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1)
