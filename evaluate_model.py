"""python evaluate_model.py

Score the trained run on its held-out test part, and say whether it beats what costs nothing: always giving the same
answer, or for a forecast repeating the last value. Adds evaluation.json, predictions.csv and a picture to the run
folder and a row to runs/ledger.csv.
"""

from datetime import datetime

import numpy as np

import cnn_lstm_model
import data_preprocessing
import files
import plots
import run_folder
import train_model
from checks import InputError, arguments_for, check_constants, constants_of, run_script
from cnn_lstm_model import attention_weights
from data_preprocessing import fingerprint, load_data
from scores import naive_forecasts, score_classes, score_forecasts

PREDICT_BATCH = 1024  # sequences predicted at once; only speed and memory depend on it
ATTENTION_SHOWN = 4  # test sequences in attention.png


def main():
    """Evaluate the run that the constants in the files describe."""
    evaluate(constants_of(data_preprocessing, cnn_lstm_model, train_model, run_folder))


def evaluate(constants):
    """Score the run in constants["RUN_DIR"], print the report, write its files and the ledger's row.

    Returns: the dictionary that evaluation.json holds. Raises InputError when there is no run, or when the constants
    now describe other data than the run was trained on.
    """
    check_constants(constants)
    folder = run_folder.run_path(constants["RUN_DIR"])
    record = run_folder.load_record(folder)
    run_folder.read_ledger()  # a damaged one is refused before anything is written
    data = load_same_data(record, constants)
    model = run_folder.load_model(folder, record)
    evaluate_task = evaluate_forecasts if data.task == "forecasting" else evaluate_classes
    result, lines, metric = evaluate_task(model, data, record, constants, folder)
    if record["constants"]["ATTENTION"]:
        draw_attention(model, data, folder)
    result["evaluated"] = datetime.now().isoformat(sep=" ", timespec="seconds")
    files.write_json(folder / "evaluation.json", result)
    run_folder.append_ledger(record, folder, metric, result)
    heading = f"Run: {files.shown(folder)}, trained {record['trained']} on {record['constants']['DATASET']}"
    print("\n".join([f"{heading}, {record['parameters']:,} parameters", *data.notes, *lines]))
    rows = run_folder.read_ledger()[-5:]
    if len(rows) > 1:
        print("\nThe last evaluations (runs/ledger.csv):")
        print(run_folder.aligned(run_folder.LEDGER_COLUMNS, rows))
    return result


def load_same_data(record, constants):
    """Load the data that the constants describe; InputError unless they are the data the run was trained on."""
    data = load_data(**arguments_for(load_data, constants))
    same_test = fingerprint(data.test) == record["fingerprint"]
    same_training = fingerprint(data.train) == record["training_fingerprint"]
    if same_test and same_training and data.classes == record["classes"]:
        return data
    trained = record["constants"]
    changed = [
        f"{name} is now {constants[name]!r}, the run has {trained.get(name)!r}"
        for name in arguments_for(load_data, constants, upper=True)
        if constants[name] != trained.get(name)
    ]
    what = "; ".join(changed) or f"the content of {constants['DATASET']} has changed"
    raise InputError(
        f"these are not the data that the run in {constants['RUN_DIR']} was trained on ({what}): "
        "undo the change, or run python train_model.py"
    )


def predict(model, part):
    """Return the model's output for a Part, float64 (n, outputs)."""
    from fast_lstm import predict as predict_blocks

    traced = len(part) > 8 * PREDICT_BATCH  # about where it begins to pay
    output = predict_blocks(model, part.blocks(PREDICT_BATCH), min(PREDICT_BATCH, len(part)), traced)
    if not np.isfinite(output).all():
        raise InputError(f"model.keras gives answers that are no numbers: {run_folder.AGAIN}")
    return output


def probabilities_of(output):
    """Turn the model's output into the probability of each class (n, classes), rows adding up to 1."""
    sums = output.sum(axis=1)
    if output.min() < 0 or output.max() > 1 or output.shape[1] > 1 and np.abs(sums - 1).max() > 1e-3:
        raise InputError(f"model.keras gives answers that are no probabilities: {run_folder.AGAIN}")
    return np.hstack([1 - output, output]) if output.shape[1] == 1 else output / output.sum(axis=1, keepdims=True)


def evaluate_classes(model, data, record, constants, folder):
    """Score a classification, write its predictions and confusion matrix.

    Returns: (figures, lines of the report, name of the ledger's figure).
    """
    probabilities = probabilities_of(predict(model, data.test))
    result = score_classes(data.test.y, probabilities, data.classes)
    header = ["index", "true_label", "predicted_label", *(f"probability_{name}" for name in data.classes)]
    rows = [
        [row, data.classes[true], data.classes[ps.argmax()], *(f"{p:.6f}" for p in ps)]
        for row, true, ps in zip(data.test.rows, data.test.y, probabilities)
    ]
    files.write_csv(folder / "predictions.csv", header, rows)
    title = f"{record['constants']['DATASET']}: test accuracy {result['accuracy']:.2f}"
    plots.confusion_matrix(result["confusion_matrix"], data.classes, title, folder / "confusion_matrix.png")
    return result, report_classes(result, data.classes, constants["DATASET"]), "accuracy"


def report_classes(result, classes, dataset):
    """Return the lines of the report on a classification."""
    low, high = result["accuracy_interval"]
    baseline, n = result["majority_baseline"], len(classes)
    rows = [
        [name, *(f"{result['per_class'][name][key]:.2f}" for key in ("precision", "recall", "f1-score"))]
        + [str(int(result["per_class"][name]["support"]))]
        for name in classes
    ]
    matrix = [[name, *map(str, counts)] for name, counts in zip(classes, result["confusion_matrix"])]
    lines = [
        f"Test sequences: {result['test_sequences']}",
        "",
        run_folder.aligned(["class", "precision", "recall", "F1", "sequences"], rows),
        "",
        "Confusion matrix (rows: true class, columns: predicted class)",
        run_folder.aligned(["", *classes], matrix) if n <= 25 else f"  {n} classes: see confusion_matrix.png",
        "",
        f"Test loss: {result['loss']:.4f}",
        f"Test Accuracy: {result['accuracy']:.2f}",
        f"95 % Wilson interval: {low:.3f} to {high:.3f}",
        f"Majority-class baseline: {baseline:.3f} (always answering {result['majority_class']})",
        f"Balanced accuracy: {result['balanced_accuracy']:.3f} (mean recall of the classes)",
    ]
    if low <= baseline:
        lines.append("The model is not shown to beat the baseline: its interval does not lie above it.")
    else:
        lines.append("The model beats the baseline: its whole interval lies above it.")
    if dataset == "random":
        lines += [
            "The labels of the random data are drawn independently of the sequences: they carry no signal, so 0.50 is",
            'the ceiling for any model. To see the network learn, set DATASET = "motifs" in data_preprocessing.py and',
            "run both scripts again.",
        ]
    return lines


def draw_attention(model, data, folder):
    """Draw the attention weights of the first test sequences to attention.png."""
    sequences = data.test.take(slice(ATTENTION_SHOWN))
    weights = attention_weights(model, sequences)
    classes = [data.classes[y] for y in data.test.y[:ATTENTION_SHOWN]] if data.classes else None
    signals = sequences.reshape(*sequences.shape[:2], -1)  # a video's pixels count as features
    plots.attention(signals, weights, classes, folder / "attention.png")


def evaluate_forecasts(model, data, record, constants, folder):
    """Score a forecast beside persistence and the season before, write its predictions and picture.

    Returns: (figures, lines of the report, name of the ledger's figure).
    """
    target, season = data.source["target"], constants["SEASON"]
    values = data.series.values[:, data.series.columns.index(target)]
    first_targets = data.test.rows + data.test.x.shape[1]  # rows of the series
    horizon = data.test.y.shape[1]
    if season is not None and season * ((horizon - 1) // season + 1) > first_targets[0]:
        raise InputError(f"SEASON = {season} is impossible: the first forecast has {first_targets[0]} rows before it")
    forecasts = predict(model, data.test)
    true = values[first_targets[:, None] + np.arange(horizon)]
    naive = naive_forecasts(values, first_targets, horizon, season)
    result = score_forecasts(true, forecasts, naive, constants["SEED"])
    steps = range(1, horizon + 1)
    header = ["index", *(f"true_step_{h}" for h in steps), *(f"forecast_step_{h}" for h in steps)]
    rows = [[row, *(f"{v:.6g}" for v in (*t, *f))] for row, t, f in zip(first_targets, true, forecasts)]
    files.write_csv(folder / "predictions.csv", header, rows)
    title = f"{target}, {horizon} steps ahead: test RMSE {figure(result['rmse'])}"
    plots.forecast(values, first_targets, forecasts, target, title, folder / "forecast.png")
    return result, report_forecasts(result, target), "rmse"


def report_forecasts(result, target):
    """Return the lines of the report on a forecast; errors are in the units of the series."""
    names = list(result["rmse_of"])
    columns = [result[f"{measure}_per_step"][name] for name in names for measure in ("rmse", "mae")]
    totals = [result[f"{measure}_of"][name] for name in names for measure in ("rmse", "mae")]
    rows = [[str(h), *map(figure, row)] for h, row in enumerate(zip(*columns), 1)]
    low, high = result["skill_interval"]
    lines = [
        f"Test windows: {result['test_windows']}",
        "",
        f"Errors of {target} per step ahead, in its units",
        run_folder.aligned(
            ["step", *(f"{name} {measure}" for name in names for measure in ("RMSE", "MAE"))],
            [*rows, ["all", *map(figure, totals)]],
        ),
        "",
        f"Skill against persistence (1 - RMSE / RMSE of repeating the last value): {result['skill']:.3f}",
        f"95 % bootstrap interval of the skill: {low:.3f} to {high:.3f}",
    ]
    if low > 0:
        lines.append("The model beats persistence: the whole interval lies above 0.")
    elif result["skill"] > 0:
        lines.append("The model is not shown to beat persistence: the interval holds 0.")
    else:
        lines.append("The model does not beat persistence.")
    if "seasonal naive" in names:
        verb = "beats" if result["rmse"] < result["rmse_of"]["seasonal naive"] else "does not beat"
        lines.append(f"Its RMSE {verb} that of the season before ({figure(result['rmse_of']['seasonal naive'])}).")
    return [*lines, f"Test RMSE: {figure(result['rmse'])}"]


def figure(value):
    """Write an error with two decimals, or with three digits where it is smaller."""
    return f"{value:.2f}" if value >= 0.1 or value == 0 else f"{value:.3g}"


if __name__ == "__main__":
    run_script(main, __doc__)
