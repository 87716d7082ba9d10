"""One whole evaluation: from a trained run to its report, the files beside it and the ledger's row."""

from datetime import datetime

from project import files, ledger, run_folder
from project.errors import InputError
from reports import plots
from reports.tables import aligned
from sequences.statistics import fingerprint
from tasks import trained_task
from training.prediction import attention_weights, predict

ATTENTION_SHOWN = 4  # test sequences in attention.png


def evaluate(folder, record, data, c):
    """Score a run on the test part: print the report, then write its files and the ledger's row.

    folder: of the run; record: its run.json; data: those it was trained on; c: Constants as they are now.
    Returns: the dictionary that evaluation.json holds. Raises InputError for a damaged run; and, once the report has
    been shown, where something cannot be written.
    """
    ledger.read()  # a damaged one is refused before anything is written
    task = trained_task(record, folder)
    model = run_folder.load_model(folder, record, task.output_shape(record["state"]))
    report = task.report(data, task.decode(predict(model, data.test), data.state), c)
    pictures = dict(report.pictures)
    if record["constants"].ATTENTION:
        pictures["attention.png"] = draw_attention(model, data)
    figures = report.figures | {"evaluated": datetime.now().isoformat(sep=" ", timespec="seconds")}
    heading = f"Run: {files.shown(folder)}, trained {record['trained']} on {record['constants'].DATASET}"
    lines = [f"{heading}, {record['parameters']:,} parameters", *data.notes, *report.lines]
    print("\n".join([*lines, *filter(None, [data.sequences.remark])]), flush=True)
    save(folder, record, task, report._replace(figures=figures, pictures=pictures))
    header, rows = ledger.last(5)
    if len(rows) > 1:
        print("\nThe last evaluations (runs/ledger.csv):")
        print(aligned(header, rows))
    return figures


def save(folder, record, task, report):
    """Write what can be written; InputError then names what cannot."""
    writing = {
        "evaluation.json": lambda path: files.write_json(path, report.figures),
        "predictions.csv": lambda path: files.write_csv(path, report.header, report.rows),
        **{name: lambda path, png=png: files.write_atomically(path, png) for name, png in report.pictures.items()},
    }
    faults = []
    for name, write in writing.items():
        try:
            write(folder / name)
        except InputError as error:
            faults.append(error)
    try:
        ledger.append(ledger_figures(folder, record, task, report.figures), record["constants"])
    except InputError as error:
        faults.append(error)
    if faults:
        more = f" (and {len(faults) - 1} more files)" if len(faults) > 1 else ""
        raise InputError(f"{faults[0]}{more}; the report above is whole")


def ledger_figures(folder, record, task, figures):
    """Return the figures of the ledger's row: see project.ledger.COLUMNS."""
    interval = [f"{bound:.4f}" for bound in figures.get(f"{task.score}_interval", [])] or ["", ""]
    row = [figures["evaluated"], files.shown(folder), task.score, f"{figures[task.score]:.4f}", *interval]
    return [*row, record["parameters"], f"{record['seconds']:.1f}"]


def check_same_data(record, data, c, data_constants):
    """Raise InputError unless `data` are those the run was trained on; it names those of data_constants that differ."""
    same_test = fingerprint(data.test) == record["fingerprint"]
    same_training = fingerprint(data.train) == record["training_fingerprint"]
    if same_test and same_training and data.state == record["state"]:
        return
    trained = record["constants"]
    changed = [
        f"{name} is now {c[name]!r}, the run has {trained[name]!r}"
        for name in data_constants
        if c[name] != trained[name]
    ]
    what = "; ".join(changed) or f"the content of {c.DATASET} has changed"
    raise InputError(
        f"these are not the data that the run in {c.RUN_DIR} was trained on ({what}): "
        "undo the change, or run python train_model.py"
    )


def draw_attention(model, data):
    """Draw the attention weights of the first test sequences. Returns: PNG bytes."""
    sequences, classes = data.task.examples(data, ATTENTION_SHOWN)
    weights = attention_weights(model, sequences)
    signals = sequences.reshape(*sequences.shape[:2], -1)  # a video's pixels count as features
    return plots.attention(signals, weights, classes)
