"""One whole evaluation: from a trained run to its report, the files beside it and the ledger's row."""

import csv
from dataclasses import replace
from datetime import datetime

from core import files, ledger
from core.errors import InputError
from evaluation.advice import EvaluatedRun, advice
from evaluation.importance import permutation_importance, word_importance
from evaluation.intervals import expected_maximum_gain
from evaluation.verdict import best_baseline
from experiments.pages import write_pages
from reports import pictures as draw
from reports.importance import importance_table, word_table
from reports.text import aligned, format_error
from sequences.statistics import fingerprint
from sequences.vocabulary import words_of
from tasks.classification.linear_models import pair_helps
from training.prediction import attention_weights, predict

ATTENTION_SHOWN = 4  # test sequences in attention.png


def score_and_report(run, data, c):
    """Score a run on the test set: print the report, then write its files and the ledger's row.

    Parameters: run, SavedRun; data, those it was trained on; c, Constants as they are now.
    Returns: the dictionary that evaluation.json holds. Raises: InputError for a damaged run; and, once the report has
    been shown, where something cannot be written.
    """
    ledger.read()  # a damaged one is refused before anything is written
    task, model = run.task, run.load_model()
    rivals, notes = task.baselines(data, c)

    def answer(split):
        return task.decode(predict(model, split))

    report = task.report(data, answer(data.test), rivals, c)
    looked_at, pictures, importance_lines = look_at(answer, task, data, c)
    pictures = report.pictures | pictures
    if run.constants.ATTENTION:
        pictures["attention.png"] = draw_attention(model, task, data)
    looks = ledger.looks(run.record.fingerprint) + 1
    figures = report.figures | {
        "importance": looked_at,
        "looks": looks,
        "evaluated": datetime.now().isoformat(sep=" ", timespec="seconds"),
    }
    remarks = [data.sequences.remark] if data.sequences.remark else advise(run, data, figures)
    new_notes = [note for note in data.sequences.notes if note not in run.record.notes]
    heading = f"Run: {files.shown(run.folder)}, trained {run.record.trained} on {run.constants.DATASET}"
    lines = [f"{heading}, {run.record.parameters:,} parameters", *new_notes, *notes, *report.lines, *remarks]
    lines += [*look_lines(looks, figures), "", importance_lines]
    print("\n".join(lines).rstrip(), flush=True)
    lines[1:1] = [note for note in data.sequences.notes if note not in new_notes]  # training has said them already
    save(run, replace(report, figures=figures, pictures=pictures), lines)
    header, rows = ledger.last(5)
    if len(rows) > 1:
        print("\nThe last scores (runs/ledger.csv):")
        print(aligned(header, rows))
    return figures


def advise(run, data, figures):
    """Return the lines of advice; without a readable history.csv there are none."""
    try:
        with open(run.folder / "history.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        history = {name: [float(row[name]) for row in rows] for name in rows[0]}
    except (OSError, ValueError, TypeError, IndexError, csv.Error):
        return []
    if "loss" not in history:
        return []
    task, c = run.task, run.constants
    linear = task.metric == "accuracy" and pair_helps(data, c)
    return advice(EvaluatedRun(task.metric, task.better, history, figures, data.train.shape, c, linear))


def look_lines(looks, figures):
    """Say from the third look at a test set on what the best of so many equal networks would gain by luck alone."""
    if looks < 3 or not figures["standard_error"]:
        return []
    gain = format_error(expected_maximum_gain(figures["standard_error"], looks))
    return [
        f"Scored {looks} times on this test set: the best of {looks} equal networks would look better by {gain} by "
        "luck alone (Blom 1958). Choose by the validation set (VALIDATION_SIZE), and look here once."
    ]


def look_at(answer, task, data, c):
    """Find out what the network looks at: features and times, or words. Returns: (figures, pictures, text)."""
    if data.preparation.any_length:  # transcript.png shows where the network heard each letter
        return {}, {}, ""
    if data.preparation.kind == "texts":
        found = word_importance(answer, task, data)
        return {"words": found}, {}, word_table(found)
    features, times = permutation_importance(answer, task, data, c.SEED)
    picture = draw.permutation_importance(features, times, task.metric)
    lines = importance_table(features, times, task.metric)
    return {"features": features, "time steps": times}, {"importance.png": picture}, lines


def save(run, report, lines):
    """Write what can be written, the page last; InputError then names what cannot. lines: of the printed report."""
    writing = {
        "evaluation.json": lambda path: files.write_json(path, report.figures),
        "predictions.csv": lambda path: files.write_csv(path, report.header, report.rows),
        **{name: lambda path, table=table: files.write_csv(path, *table) for name, table in report.tables.items()},
        **{name: lambda path, png=png: files.write_atomically(path, png) for name, png in report.pictures.items()},
    }
    faults = []
    for name, write in writing.items():
        try:
            write(run.folder / name)
        except InputError as error:
            faults.append(error)
    figures, metric = report.figures, run.task.metric
    best = best_baseline(figures, run.task.better)
    interval = [f"{bound:.4f}" for bound in figures.get(f"{metric}_interval", [])] or ["", ""]
    scores = [metric, f"{figures[metric]:.4f}", *interval, f"{best} {figures['baselines'][best]:.4f}"]
    try:
        ledger.append(figures["evaluated"], run.folder, "test", scores, run.record)
        write_pages(run, report, lines)
    except InputError as error:
        faults.append(error)
    if faults:
        more = f" (and {len(faults) - 1} more files)" if len(faults) > 1 else ""
        raise InputError(f"{faults[0]}{more}; the report above is whole")


def check_same_data(run, data, c, data_constants):
    """Raise InputError unless `data` are those the run was trained on; it names those of data_constants that differ."""
    record, trained = run.record, run.constants
    same = fingerprint(data.test) == record.fingerprint and fingerprint(data.train) == record.training_fingerprint
    # STANDARDISE: what the baselines see, and what errors are divided by.
    if same and c.STANDARDISE == trained.STANDARDISE and data.task == run.task.uncalibrated():
        return
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


def draw_attention(model, task, data):
    """Draw the attention weights of the first test sequences. Returns: PNG bytes."""
    sequences, classes = task.examples(data, ATTENTION_SHOWN)
    weights = attention_weights(model, sequences)
    if data.preparation.kind == "texts":
        steps, places = data.preparation.steps, data.test.rows[: len(sequences)]
        words = [words_of(data.test.names[place])[:steps] for place in places]  # they end where the weights end
        return draw.word_attention(words, [own[steps - len(w) :] for own, w in zip(weights, words)], classes)
    signals = sequences.reshape(*sequences.shape[:2], -1)  # a video's pixels count as features
    return draw.time_attention(signals, weights, classes)
