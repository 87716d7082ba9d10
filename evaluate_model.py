"""python evaluate_model.py

Score the trained run on its held-out test part, and say whether it beats always giving the same answer.
Adds evaluation.json, predictions.csv and confusion_matrix.png to the run folder and a row to runs/ledger.csv.
"""

from datetime import datetime

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import classification_report, confusion_matrix, log_loss

import cnn_lstm_model
import data_preprocessing
import plots
import run_folder
import train_model
from checks import InputError, arguments_for, check_constants, constants_of, run_script
from data_preprocessing import fingerprint, load_data

CONFIDENCE = 0.95  # of the Wilson interval
PREDICT_BATCH = 1024  # sequences per prediction step; only speed and memory depend on it


def main():
    constants = constants_of(data_preprocessing, cnn_lstm_model, train_model, run_folder)
    evaluate(constants)


def evaluate(constants):
    """Score the run in constants["RUN_DIR"], print the report, write its files and the ledger's row.

    Returns: the dictionary that evaluation.json holds. Raises InputError when there is no run, or when the constants
    now describe other data than the run was trained on.
    """
    check_constants(constants)
    folder = run_folder.run_path(constants["RUN_DIR"])
    record = run_folder.load_record(folder)
    data = load_same_data(record, constants)
    model = run_folder.load_model(folder)
    probabilities = predict_probabilities(model, data.test)
    result = score(data.test.y, probabilities, data.classes)
    result["evaluated"] = datetime.now().isoformat(sep=" ", timespec="seconds")
    print(report(result, record, folder))

    run_folder.write_json(folder / "evaluation.json", result)
    write_predictions(folder / "predictions.csv", data, probabilities)
    title = f"{record['constants']['DATASET']}: test accuracy {result['accuracy']:.2f}"
    plots.confusion_matrix(result["confusion_matrix"], data.classes, title, folder / "confusion_matrix.png")
    interval = result["accuracy_interval"]
    run_folder.append_ledger(record, folder, "accuracy", result["accuracy"], interval, result["evaluated"])
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


def predict_probabilities(model, part):
    """Return the probability of each class for each sequence of a Part, float64 (n, classes), rows adding up to 1."""
    output = np.concatenate([model.predict(block, batch_size=PREDICT_BATCH, verbose=0) for block in part.blocks()])
    output = output.astype(np.float64)
    return np.hstack([1 - output, output]) if output.shape[1] == 1 else output / output.sum(axis=1, keepdims=True)


def score(y, probabilities, classes):
    """Compare classes (n,) with probabilities (n, classes).

    Returns: dictionary with accuracy, its Wilson (1927) interval, the majority-class baseline, cross-entropy loss,
    confusion matrix and per-class precision, recall and F1.
    """
    predicted = predicted_classes(probabilities)
    correct, n, numbers = int((predicted == y).sum()), len(y), range(len(classes))
    interval = binomtest(correct, n).proportion_ci(CONFIDENCE, method="wilson")
    counts = np.bincount(y, minlength=len(classes))
    return {
        "test_sequences": n,
        "accuracy": correct / n,
        "accuracy_interval": [float(interval.low), float(interval.high)],
        # The best that a constant answer can reach on this very part: no claim is made against a weaker one.
        "majority_baseline": float(counts.max() / n),
        "majority_class": classes[counts.argmax()],
        "loss": float(log_loss(y, probabilities, labels=list(numbers))),
        "confusion_matrix": confusion_matrix(y, predicted, labels=numbers).tolist(),
        "per_class": classification_report(
            y, predicted, labels=numbers, target_names=classes, output_dict=True, zero_division=0
        ),
    }


def predicted_classes(probabilities):
    """Return the most probable class of each row (n,); on a tie of two the first."""
    return probabilities.argmax(axis=1)


def report(result, record, folder):
    """Write the report as text."""
    low, high = result["accuracy_interval"]
    baseline, dataset = result["majority_baseline"], record["constants"]["DATASET"]
    classes = record["classes"]
    rows = [
        [name, *(f"{result['per_class'][name][key]:.2f}" for key in ("precision", "recall", "f1-score"))]
        + [str(int(result["per_class"][name]["support"]))]
        for name in classes
    ]
    matrix = [[name, *map(str, counts)] for name, counts in zip(classes, result["confusion_matrix"])]
    lines = [
        f"Run: {run_folder.shown(folder)}, trained {record['trained']} on {dataset}, "
        f"{record['parameters']:,} parameters",
        f"Test sequences: {result['test_sequences']}",
        "",
        run_folder.aligned(["class", "precision", "recall", "F1", "sequences"], rows),
        "",
        "Confusion matrix (rows: true class, columns: predicted class)",
        run_folder.aligned(["", *classes], matrix),
        "",
        f"Test loss: {result['loss']:.4f}",
        f"Test Accuracy: {result['accuracy']:.2f}",
        f"95 % Wilson interval: {low:.3f} to {high:.3f}",
        f"Majority-class baseline: {baseline:.3f} (always answering {result['majority_class']})",
    ]
    if low <= baseline:
        lines.append("The model is not shown to beat the baseline: the interval does not lie above it.")
    else:
        lines.append("The model beats the baseline: the whole interval lies above it.")
    if dataset == "random":
        lines.append(
            "The labels of the random data are drawn independently of the sequences: they carry no signal, so 0.50 is "
            'the\nceiling for any model. To see the network learn, set DATASET = "motifs" in data_preprocessing.py and '
            "run both\nscripts again."
        )
    return "\n".join(lines)


def write_predictions(path, data, probabilities):
    """Write one row per test sequence: its row in the data, true and predicted label, probability of each class."""
    header = ["index", "true_label", "predicted_label", *(f"probability_{name}" for name in data.classes)]
    rows = [
        [row, data.classes[true], data.classes[predicted], *(f"{p:.6f}" for p in ps)]
        for row, true, predicted, ps in zip(
            data.test.rows, data.test.y, predicted_classes(probabilities), probabilities
        )
    ]
    run_folder.write_csv(path, header, rows)


if __name__ == "__main__":
    run_script(main, __doc__)
