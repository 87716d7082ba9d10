"""python predict_model.py PATH

Label new sequences, or forecast a series beyond its end, with the trained run. PATH is a file in a format of
sequence_readers.py, or a folder of `.wav` files; labels in it are not looked at. Writes new_predictions.csv, and for
a series future.png, to the run folder.
"""

from collections import Counter
from pathlib import Path

import numpy as np

import files
import plots
import run_folder
from checks import InputError, run_script
from data_preprocessing import Part
from evaluate_model import predict, probabilities_of
from sequence_readers import read_new
from sequences import check_sequences, equal_lengths
from series_reader import Series

ROWS_SHOWN = 5  # of the predictions


def main(path):
    """Predict the sequences in the file at `path` with the run in RUN_DIR."""
    predict_new(path)


def predict_new(path, run_dir=run_folder.RUN_DIR):
    """Predict the sequences or the series at `path` with the run in `run_dir`, print a summary and write the files.

    Raises InputError for data that the run cannot take.
    """
    folder = run_folder.run_path(run_dir)
    record = run_folder.load_record(folder)
    new = read_new(Path(path), record["input_shape"][0])
    if isinstance(new, Series) != (record["task"] == "forecasting"):
        kinds = {True: "a time series", False: "sequences"}
        raise InputError(
            f"{path} holds {kinds[isinstance(new, Series)]}; the run in {files.shown(folder)} was trained on "
            f"{kinds[record['task'] == 'forecasting']}"
        )
    if isinstance(new, Series):
        forecast_series(new, path, record, folder)
    else:
        label_sequences(new, path, record, folder)


def label_sequences(new, path, record, folder):
    """Predict the class of new Sequences."""
    x, notes = prepared(new, path, record)
    probabilities = probabilities_of(predict(run_folder.load_model(folder, record), Part(x, None, np.arange(len(x)))))
    labels = [record["classes"][i] for i in probabilities.argmax(axis=1)]
    names = new.names or [str(i) for i in range(len(x))]
    header = ["file" if new.names else "index", "predicted_label", *(f"probability_{c}" for c in record["classes"])]
    rows = [[name, label, *(f"{p:.6f}" for p in ps)] for name, label, ps in zip(names, labels, probabilities)]
    files.write_csv(folder / "new_predictions.csv", header, rows)
    shown = [[name, label, f"{ps.max():.3f}"] for name, label, ps in zip(names, labels, probabilities)]
    counts = Counter(labels)
    lines = [
        *notes,
        run_folder.aligned([header[0], "predicted label", "probability"], shown[:ROWS_SHOWN]),
        *(["..."] if len(shown) > ROWS_SHOWN else []),
        "",
        run_folder.aligned(["class", "sequences"], [[c, str(counts[c])] for c in record["classes"]]),
        f"Wrote {files.shown(folder / 'new_predictions.csv')}: {len(x)} sequences",
    ]
    print("\n".join(lines))


def prepared(new, path, record):
    """Bring new Sequences into the shape that the run takes. Returns: (sequences, notes of what was changed)."""
    source, (steps, *features) = record["source"], record["input_shape"]
    if new.sample_rate != source.get("sample_rate"):
        rates = {True: f"recordings of {new.sample_rate} Hz", False: "no recordings"}
        trained = f"recordings of {source['sample_rate']} Hz" if source.get("sample_rate") else "no recordings"
        raise InputError(f"{path} holds {rates[new.sample_rate is not None]}; the run was trained on {trained}")
    given = list(new.x[:1][0].shape[1:])
    if given != features:
        raise InputError(
            f"{path} has {' × '.join(map(str, given))} features; the run takes {' × '.join(map(str, features))}"
        )
    lengths = sorted(set(map(len, new.x))) if isinstance(new.x, list) else [new.x.shape[1]]
    if lengths != [steps] and not source.get("unequal_lengths"):
        raise InputError(f"{path} has sequences of {lengths[0]} to {lengths[-1]} time steps; the run takes {steps}")
    x, notes = new.x, []
    if isinstance(x, list) or lengths != [steps]:
        x, notes = equal_lengths(x, steps, source.get("filler", [0.0] * features[-1]), path)
    check_sequences(x, path)
    return x, notes


def forecast_series(series, path, record, folder):
    """Forecast the steps beyond the end of a Series."""
    source, (window, _) = record["source"], record["input_shape"]
    missing = [name for name in source["columns"] if name not in series.columns]
    if missing:
        raise InputError(f"{path} has no numeric column {missing[0]!r}, which the run takes")
    if len(series.values) < window:
        raise InputError(f"{path} has {len(series.values)} rows; the run takes the last {window}")
    values = series.values[:, [series.columns.index(name) for name in source["columns"]]].astype(np.float32)
    check_sequences(values[None, -window:], path)
    forecasts = predict(run_folder.load_model(folder, record), Part(values[None, -window:], None, np.arange(1)))[0]
    rows = [[str(step), f"{value:.6g}"] for step, value in enumerate(forecasts, 1)]
    files.write_csv(folder / "new_predictions.csv", ["step", source["target"]], rows)
    past = series.values[:, series.columns.index(source["target"])]
    plots.future(past, forecasts, source["target"], folder / "future.png")
    print(f"Forecast of {source['target']} beyond the last of {len(past)} rows:")
    print(run_folder.aligned(["step", source["target"]], rows))
    print(f"Wrote {files.shown(folder / 'new_predictions.csv')} and future.png")


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1)
