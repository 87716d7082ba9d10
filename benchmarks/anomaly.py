"""python benchmarks/anomaly.py PATH

Find what is unlike normal sequences in the data sets in PATH, with the network as the files say, and each of SEEDS:
SETS, after whose results the score was chosen, OTHERS, which it had never seen, and the NAB's series of a known cause,
of which the first 15 % are for training, as in the NAB itself. Columns are ROC-AUC (of series VUS-PR too).

Writes benchmarks/anomaly.csv, a row for each trial (what stands there is not repeated: delete the file to start
again), and docs/anomaly.md.
"""

import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accuracy_tables import markdown
from trials import begun_rows, read_rows

from cnn_lstm_model import build_model
from core import files
from core.constants import read_constants
from core.errors import InputError
from core.files import PROJECT
from core.script import run_script
from data_preprocessing import load_data
from evaluation.anomaly_scores import score_anomalies
from training.build import build
from training.fit import fit
from training.prediction import predict

SEEDS = [0, 1, 2]
BUDGET, MOST_EPOCHS = 30_000, 300  # sequences that a training sees, all epochs together
UCR = ("CBF", "FaceFour", "GunPointAgeSpan", "MedicalImages", "Plane", "SwedishLeaf", "SyntheticControl", "TwoLeadECG")
SETS = {
    **{name: {"DATASET": f"ucr/{name}"} for name in UCR},
    "ECG200": {"DATASET": "ECG200"},
    "mitbih_beats": {"DATASET": "mitbih_beats", "SEQUENCE": "row", "LABEL": -1},
    "cmapss_FD001": {"DATASET": "cmapss_FD001"},
    "chest_accelerometer": {
        **{"DATASET": "chest_accelerometer", "SEQUENCE": "file", "LABEL": -1, "WINDOW": 104, "TEST_FILES": "^15"},
        **{"IGNORE_LABELS": [0]},
    },
}
OTHERS = {
    name: {"DATASET": name} for name in ("GunPoint", "ItalyPowerDemand", "BasicMotions", "JapaneseVowels", "arem")
} | {"DodgerLoopDay": {"DATASET": "ucr/DodgerLoopDay"}}
NAB = (
    "ambient_temperature_system_failure",
    "cpu_utilization_asg_misconfiguration",
    "machine_temperature_system_failure",
)
NAB += ("ec2_request_latency_system_failure", "nyc_taxi", "rogue_agent_key_hold", "rogue_agent_key_updown")
SERIES = {"WINDOW": 48, "STRIDE": 1, "TEST_SIZE": 0.85, "LABEL_FILE": "nab/combined_windows.json"}
NAB = {name: {"DATASET": f"nab/{name}.csv", **SERIES} for name in NAB}
WINDOW, NORMAL_LIFE, WORN = 30, 125, (60, 90)  # C-MAPSS: cycles of a window, and cycles left after its last
SPACES = ("shapes", "values")
RIVALS = ("autoencoder", "PCA", "isolation forest", "random")
EXPLAINED = """means of three seeds in per cent, ± their deviation where it shows: ROC-AUC, then
the share of normal test sequences that raise an alarm and the share that held-out training groups had, where 5 % are
allowed. "both" is the detector: the sum of the distances in "shapes", the features of fixed kernels, and in "values";
where no values are given it has found that sequences do not differ in level, and takes shapes alone.
[choices.md](choices.md) says what follows."""
COLUMNS = ["data set", "seed", "both", *SPACES, *RIVALS, "vus_both", *(f"vus_{name}" for name in RIVALS)]
COLUMNS += [
    "false_alarms",
    "held_out_rate",
    "held_out_low",
    "held_out_high",
    "training",
    "test",
    "anomalies",
    "seconds",
]
RESULTS = PROJECT / "benchmarks" / "anomaly.csv"


def main(path):
    """Run what anomaly.csv does not hold yet, then write the tables."""
    folder, done = Path(path).expanduser().resolve(), begun_rows(RESULTS, COLUMNS)
    for seed in SEEDS:
        for name, constants in (SETS | OTHERS | NAB).items():
            if (name, str(seed)) in {(row["data set"], row["seed"]) for row in done}:
                continue
            if not (folder / constants["DATASET"]).exists():
                continue
            row = run_trial(name, constants, folder, seed)
            files.append_csv(RESULTS, [row.get(column, "") for column in COLUMNS])
            print(", ".join(f"{column} {row[column]}" for column in COLUMNS if column in row), flush=True)
    if not (rows := read_rows(RESULTS)):
        raise InputError(f"{path} holds none of {', '.join(SETS | OTHERS | NAB)}")
    write_tables(rows)


def run_trial(name, constants, folder, seed):
    """Train and score once. Returns: a row of anomaly.csv."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as own, open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        given = {k: str(folder / v) if k in ("DATASET", "LABEL_FILE") else v for k, v in constants.items()}
        if name == "cmapss_FD001":
            given["DATASET"] = write_engines(folder / "cmapss_FD001" / "train_FD001.txt", Path(own) / "engines.npz")
        c = read_constants().changed(**{"TASK": "anomaly", "SEED": seed, **given})
        data = load_data(**c)
        c = c.changed(EPOCHS=max(1, min(MOST_EPOCHS, BUDGET // len(data.train))))
        network = build(data, build_model, c)
        fit(network, data, c)
        model = data.task.finish(network, data, c)
        task = data.task.after_training(model, data, c)
        output, (rivals, _) = predict(model, data.test), task.baselines(data, c)
        figures, _ = task.figures(data, task.decode(output), rivals, c)
    alone = {}
    for k, space in enumerate(task.spaces, 1):
        groups, scores = np.arange(len(output)), {"detector": output[:, k]}
        alone[space] = score_anomalies(data.test.y == 1, scores, groups, draws=0)["roc_auc"]
    volumes = {"vus_both": figures.get("vus_pr")} | {f"vus_{k}": v for k, v in figures.get("vus_pr_of", {}).items()}
    low_to_high = dict(zip(("held_out_rate", "held_out_low", "held_out_high"), figures["held_out_rate"]))
    numbers = {"both": figures["roc_auc"], **alone, **figures["baselines"], **volumes, **low_to_high}
    numbers["false_alarms"] = figures.get("false_alarms")
    counts = {"training": len(data.train), "test": len(data.test), "anomalies": figures["anomalies"]}
    seconds = {"seconds": f"{time.perf_counter() - began:.0f}"}
    shown = {k: f"{value:.4f}" for k, value in numbers.items() if value is not None}
    return {"data set": name, "seed": seed, **shown, **counts, **seconds}


def write_engines(source, path):
    """Write windows of engines as arrays: healthy ones and worn ones, the second half of the engines for testing."""
    table = np.loadtxt(source)
    sets = {"train": ([], [], []), "test": ([], [], [])}
    for engine in np.unique(table[:, 0]):
        rows = table[table[:, 0] == engine, 2:]
        x, y, groups = sets["train" if engine <= 50 else "test"]
        for last in range(WINDOW - 1, len(rows)):
            left = len(rows) - 1 - last
            if left > NORMAL_LIFE or WORN[0] <= left <= WORN[1]:
                x.append(rows[last - WINDOW + 1 : last + 1])
                y.append("normal" if left > NORMAL_LIFE else "worn")
                groups.append(int(engine))
    arrays = {f"{what}_{name}": np.array(own) for name, each in sets.items() for what, own in zip("Xyg", each)}
    np.savez(path, **{name.replace("g_", "groups_"): own for name, own in arrays.items()})
    return str(path)


def write_tables(rows):
    """Write docs/anomaly.md: mean and deviation of the seeds, the best of each row in bold."""
    parts = ["# Anomalies: what was measured", f"Written by `benchmarks/anomaly.py`; {EXPLAINED}"]
    titles = ("Sets after which the score was chosen", "Other sets", "NAB, series of a known cause: ROC-AUC and VUS-PR")
    for title, names in zip(titles, (SETS, OTHERS, NAB)):
        series = names is NAB
        columns = ["both", *(() if series else SPACES), *RIVALS]
        also = [f"vus_{name}" for name in ("both", *RIVALS)] if series else ["false_alarms", "held_out_rate"]
        found = {name: scores_of(rows, name, columns + also) for name in names}
        found = {name: own for name, own in found.items() if own is not None}
        if not found:
            continue
        body = [[name, str((~np.isnan(own[0])).sum()), *cells(own, columns, also)] for name, own in found.items()]
        body.append(["mean", "", *cells(np.mean([*found.values()], axis=0), columns, also)])
        header = ["data set", "seeds", *(name if name != "both" or not series else "values" for name in columns)]
        header += [name.replace("vus_both", "values, VUS-PR").replace("vus_", "VUS-PR, ") for name in also]
        parts += [f"## {title}", markdown(header, body)]
    text = "\n\n".join(parts) + "\n"
    files.write_atomically(PROJECT / "docs" / "anomaly.md", text)
    print(text)


def scores_of(rows, name, columns):
    """Return the scores (columns, seeds) of a data set, NaN where there is none; None if there is no row of it."""
    own = {row["seed"]: row for row in rows if row["data set"] == name}
    if not own:
        return None
    return np.array([[float(own.get(str(seed), {}).get(k) or "nan") for seed in SEEDS] for k in columns])


def cells(scores, columns, also):
    """Write scores (columns and also, seeds) in per cent, the best of each kind in bold; rates are not compared."""
    known = [own[~np.isnan(own)] for own in scores]
    means, written = [own.mean() if len(own) else np.nan for own in known], []
    for kind, first in ((columns, 0), (also, len(columns))):
        best = np.nanmax(np.round(means[first : first + len(kind)], 3))
        for k in range(first, first + len(kind)):
            spread = known[k].std(ddof=1) if len(known[k]) > 1 else 0
            text = f"{100 * means[k]:.1f}" if len(known[k]) else ""
            text = f"**{text}**" if "false_alarms" not in kind and round(means[k], 3) == best else text
            written.append(f"{text} ± {100 * spread:.1f}" if spread >= 0.0005 else text)
    return written


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1)
