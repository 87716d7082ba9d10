"""One whole evaluation: from a trained run to its report, the files beside it and the ledger's row."""

import csv
import dataclasses
from datetime import datetime

from core import files, ledger, run_folder
from core.errors import InputError
from evaluation.advice import advice
from evaluation.importance import importance, word_importance
from evaluation.intervals import luck
from evaluation.verdict import best_baseline
from experiments.pages import write_pages
from reports import pictures as plots
from reports.text import aligned, figure
from sequences.statistics import fingerprint
from sequences.vocabulary import words_of
from tasks import trained_task
from training.prediction import attention_weights, predict

ATTENTION_SHOWN = 4  # test sequences in attention.png


def evaluate(folder, record, data, c):
    """Score a run on the test set: print the report, then write its files and the ledger's row.

    folder: of the run; record: its run.json; data: those it was trained on; c: Constants as they are now.
    Returns: the dictionary that evaluation.json holds. Raises InputError for a damaged run; and, once the report has
    been shown, where something cannot be written.
    """
    ledger.read()  # a damaged one is refused before anything is written
    task = trained_task(record, folder)
    model = run_folder.load_model(folder, record, task.output_shape(record["state"]))
    data = dataclasses.replace(data, state=record["state"])
    rivals, notes = task.baselines(data, c)
    report = task.report(data, task.decode(predict(model, data.test), data.state), rivals, c)
    looked_at, pictures, lines = look_at(lambda split: task.decode(predict(model, split), data.state), data, c)
    pictures = report.pictures | pictures
    if record["constants"].ATTENTION:
        pictures["attention.png"] = draw_attention(model, data)
    looks = ledger.looks(record["fingerprint"]) + 1
    figures = report.figures | {
        "importance": looked_at,
        "looks": looks,
        "evaluated": datetime.now().isoformat(sep=" ", timespec="seconds"),
    }
    heading = f"Run: {files.shown(folder)}, trained {record['trained']} on {record['constants'].DATASET}"
    shown = [f"{heading}, {record['parameters']:,} parameters", *data.notes, *notes, *report.lines]
    remarks = [data.sequences.remark] if data.sequences.remark else advise(folder, record, data, figures)
    print("\n".join([*shown, *remarks, *look_lines(looks, figures)]), flush=True)
    if lines:
        print("\n" + lines, flush=True)
    lines = [*shown, *remarks, *look_lines(looks, figures), "", lines]
    save(folder, record, task, report._replace(figures=figures, pictures=pictures), lines)
    header, rows = ledger.last(5)
    if len(rows) > 1:
        print("\nThe last scores (runs/ledger.csv):")
        print(aligned(header, rows))
    return figures


def advise(folder, record, data, figures):
    """Return the lines of advice; without a readable history.csv there are none."""
    try:
        with open(folder / "history.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        history = {name: [float(row[name]) for row in rows] for name in rows[0]}
    except (OSError, ValueError, TypeError, IndexError, csv.Error):
        return []
    if "loss" not in history:
        return []
    return advice(data.task, history, figures, data.train.shape, record["constants"])


def look_lines(looks, figures):
    """Say from the third look at a test set on what the best of so many equal networks would gain by luck alone."""
    if looks < 3 or not figures["standard_error"]:
        return []
    gain = figure(luck(figures["standard_error"], looks))
    return [
        f"Scored {looks} times on this test set: the best of {looks} equal networks would look better by {gain} by "
        "luck alone (Blom 1958). Choose by the validation set (VALIDATION_SIZE), and look here once."
    ]


def look_at(answer, data, c):
    """Find out what the network looks at: features and times, or words. Returns: (figures, pictures, text)."""
    if data.preparation["any_length"]:  # transcript.png shows where the network heard each letter
        return {}, {}, ""
    if data.preparation["vocabulary"] is not None:
        found = word_importance(answer, data)
        return {"words": found}, {}, word_table(found)
    features, times = importance(answer, data, c.SEED)
    picture = plots.importance(features, times, data.task.score)
    lines = importance_table(features, times, data.task.score)
    return {"features": features, "time steps": times}, {"importance.png": picture}, lines


def word_table(found):
    """Lay out the words that matter most to the answers on the first test texts."""
    rows = []
    for of in found:
        words = ", ".join(f"{word} {lost:+.3f}" for word, lost in of["words"])
        text = " ".join(of["text"].split())
        rows.append([text if len(text) <= 50 else text[:49] + "…", of["answer"], words])
    title = "What the network looks at: the words whose removal makes its answer least probable, probability lost"
    return f"{title}\n{aligned(['test text', 'answer', 'words'], rows)}"


def importance_table(features, times, score):
    """Lay out what shuffling costs: the features that matter most, and the time steps in order."""
    first = sorted(features, key=lambda name: -features[name][0])[:5]
    rows = [["feature", name, *(f"{v:.3f}" for v in features[name])] for name in first]
    rows += [["time steps", name, *(f"{v:.3f}" for v in losses)] for name, losses in times.items()]
    title = f"What the network looks at: {score} lost when shuffled among the test sequences, mean and spread"
    return f"{title}\n{aligned(['what', 'which', 'lost', 'spread'], rows)}"


def save(folder, record, task, report, lines):
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
            write(folder / name)
        except InputError as error:
            faults.append(error)
    figures, best = report.figures, best_baseline(report.figures, task.better)
    interval = [f"{bound:.4f}" for bound in figures.get(f"{task.score}_interval", [])] or ["", ""]
    baseline = f"{best} {figures['baselines'][best]:.4f}"
    scores = [task.score, f"{figures[task.score]:.4f}", *interval, baseline]
    try:
        ledger.append(figures["evaluated"], folder, "test", scores, record)
        write_pages(folder, record, task, report, lines)
    except InputError as error:
        faults.append(error)
    if faults:
        more = f" (and {len(faults) - 1} more files)" if len(faults) > 1 else ""
        raise InputError(f"{faults[0]}{more}; the report above is whole")


def check_same_data(record, data, c, data_constants):
    """Raise InputError unless `data` are those the run was trained on; it names those of data_constants that differ."""
    same_test = fingerprint(data.test) == record["fingerprint"]
    same_training = fingerprint(data.train) == record["training_fingerprint"]
    # STANDARDISE: what the rivals see, and what errors are divided by.
    same_training &= c.STANDARDISE == record["constants"].STANDARDISE
    if same_test and same_training and data.state.items() <= record["state"].items():
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
    if data.preparation["vocabulary"] is not None:
        steps, places = data.preparation["steps"], data.test.rows[: len(sequences)]
        words = [words_of(data.test.names[place])[:steps] for place in places]  # they end where the weights end
        return plots.attention_of_words(words, [own[steps - len(w) :] for own, w in zip(weights, words)], classes)
    signals = sequences.reshape(*sequences.shape[:2], -1)  # a video's pixels count as features
    return plots.attention(signals, weights, classes)
