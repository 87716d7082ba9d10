"""python benchmarks/forecasts.py PATH

Forecast the tables of SERIES that lie in PATH or in a folder of it with the network as the files say, its EPOCHS, as
many as MOST_EPOCHS and BUDGET allow, chosen by the mean validation RMSE over SEEDS. Then train on the whole training
set and score each seed once on the test set, beside the linear model, persistence and the season before; where a
table holds many series also by the mean of their MASE. Bands are those of the validation set, scored on the test set.

Writes benchmarks/forecasts.md and the table in docs/evidence.md.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accuracy_tables import markdown
from documents import put_table
from trials import run

from core.constants import read_constants
from core.errors import InputError
from core.files import PROJECT, write_atomically
from core.script import run_script
from data_preprocessing import load_data
from reports.formatting import format_error

BEIJING = {"TARGET": "pm2.5", "WINDOW": 24, "KNOWN": ["hour", "weekday", "month"]}
SERIES = {  # what it is called, its file, the constants
    "passengers": (
        "airline-passengers.csv",
        {"TARGET": "Passengers", "WINDOW": 24, "HORIZON": 12, "SEASON": 12},
    ),
    "daily minimum temperatures": ("daily-min-temperatures.csv", {"WINDOW": 30, "HORIZON": 7}),
    "monthly sunspots": ("monthly-sunspots.csv", {"WINDOW": 48}),
    "Beijing's air, 1 hour": ("PRSA_data_2010.1.1-2014.12.31.csv", {**BEIJING, "HORIZON": 1}),
    "Beijing's air, 12 hours": ("PRSA_data_2010.1.1-2014.12.31.csv", {**BEIJING, "HORIZON": 12}),
    "tracks of storms": (
        "storms.csv",
        {"SEQUENCE": ["name", "year"], "TARGET": ["lat", "long"], "WINDOW": 4, "HORIZON": 2},
    ),
    "five stocks": ("stocks.csv", {"SEQUENCE": "symbol", "TARGET": "price", "WINDOW": 12, "HORIZON": 1}),
    "exchange rates": ("exchange_rate.csv", {"TARGET": list(range(8)), "WINDOW": 30, "HORIZON": 1}),
    "M4, hourly": (
        "Hourly-train.csv",
        {
            "SEQUENCE": "row",
            "TASK": "forecasting",
            "WINDOW": 192,
            "HORIZON": 48,
            "SEASON": 24,
            "STRIDE": 7,
            "STANDARDISE": "sequence",
        },
    ),
}
SEEDS = [42, 1, 2]
MOST_EPOCHS, BUDGET = 100, 200_000  # of a training; windows that it sees, all epochs together
VALIDATION_SIZE = 0.2  # of the rows, the last before the test set
RIVALS = ["linear", "persistence", "season before"]
HEADER = ["series", "constants", "score", "each seed", *RIVALS, "80 % band", "95 % band"]


def main(path):
    """Measure every series that is there, print the table and write it."""
    rows = []
    for name, (file, constants) in SERIES.items():
        folder = Path(path).expanduser().resolve()
        found = [*folder.glob(file), *folder.glob(f"*/{file}")]
        if found:
            own = measure(name, read_constants().changed(DATASET=str(found[0]), **constants), constants)
            print("\n".join(map(" | ".join, own)), flush=True)
            rows += own
    if not rows:
        raise InputError(f"{path} holds none of {', '.join({file: 0 for file, _ in SERIES.values()})}")
    table = markdown(HEADER, rows)
    put_table("evidence.md", "forecasts", table)
    write_atomically(PROJECT / "benchmarks" / "forecasts.md", table + "\n")
    print(f"\n{table}\nWrote benchmarks/forecasts.md")


def measure(name, c, constants):
    """Choose the epochs, then score each seed. Returns: rows of the table, RMSE and, of many series, MASE."""
    validation, coverage = [], []
    most = max(1, min(MOST_EPOCHS, BUDGET // len(load_data(**c).train)))
    for seed in SEEDS:
        history, result, _ = run(c.changed(SEED=seed, EPOCHS=most, VALIDATION_SIZE=VALIDATION_SIZE))
        validation.append(history["val_rmse"])
        coverage.append([result["bands"].get(level, {}).get("coverage", np.nan) for level in ("80", "95")])
    epochs = int(np.argmin(np.mean(validation, axis=0))) + 1
    results = [run(c.changed(SEED=seed, EPOCHS=epochs))[1] for seed in SEEDS]
    assigned = ", ".join(f"`{key} = {value!r}`" for key, value in {**constants, "EPOCHS": epochs}.items())
    means = [f"{100 * value:.0f} %" if np.isfinite(value) else "–" for value in np.mean(coverage, axis=0)]
    scores = [{"network": result["rmse"], **result["baselines"]} for result in results]
    rows = [[name, assigned.replace("'", '"'), *score_cells("RMSE", scores), *means]]
    if "mean_of_series" in results[0]:
        each = [{method: of["mase"] for method, of in result["mean_of_series"].items()} for result in results]
        rows.append(["", "", *score_cells("MASE", each), "", ""])
    return rows


def score_cells(name, scores):
    """Return the cells of one score: its name, the network's mean and each seed's, the rivals'."""
    own, others = [score["network"] for score in scores], [scores[0].get(rival) for rival in RIVALS]
    means = f"{format_error(np.mean(own))} ({' '.join(map(format_error, own))})"
    return [name, means, *("–" if other is None else format_error(other) for other in others)]


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1)
