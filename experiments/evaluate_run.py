"""One whole evaluation: from a trained run to its report, the files beside it and the ledger's row."""

import csv
import html
import re
from dataclasses import replace
from datetime import datetime

import numpy as np

from baselines import LINEAR
from core import files, ledger
from core.errors import InputError
from core.progress import said_if_slow
from core.wording import counted, counted_of
from evaluation.advice import EvaluatedRun, advice
from evaluation.importance import (
    TIME_GROUPS,
    count_shuffled,
    neighbour_groups,
    permutation_importance,
    word_importance,
)
from evaluation.intervals import expected_maximum_gain
from evaluation.twins import NEAR, find_twins
from evaluation.verdict import best_baseline
from experiments.conclusion import FUTURE_KNOWN, closing_lines, conclude
from experiments.pages import Circumstances, write_pages
from networks.summary import layer_rows
from reports import pictures
from reports.examples import name_of
from reports.formatting import format_error, format_for_ledger, metric_in_words, score_format
from reports.importance import importance_table, shaded_words, word_table
from sequences.rows_on_disk import RowsOnDisk
from sequences.statistics import fingerprints
from sequences.vocabulary import tokenize
from tasks.base import flat_inputs_function
from tasks.classification.linear_models import data_suit_ridge_pair
from tasks.forecasting.influence import influenced_forecasts
from training.network_share import is_linear_model, share_line
from training.prediction import attention_weights, predict

ATTENTION_SHOWN = 4  # test sequences in attention.png


def score_and_report(run, data, c):
    """Score a run on the test set: print the report, then write its files and the ledger's row.

    Parameters: run, SavedRun; data, those it was trained on; c, Constants as they are now.
    Returns: the dictionary that evaluation.json holds. Raises: InputError for a damaged run; and, once the report has
    been shown, where something cannot be written.
    """
    ledger.read_rows(run.folder)  # a damaged one is refused before anything is written
    task, model = run.task, run.load_model()
    with said_if_slow("Fitting the baselines ...", after=3):
        rivals, notes = task.baselines(data, c)

    def answer(split):
        return task.decode(predict(model, split))

    answers = answer(data.test)
    report = task.report(data, answers, rivals, c)
    share = run.record.network_share
    if is_linear_model(share, task, data):
        report.figures["differences"][LINEAR] |= {"difference": 0.0, "interval": [0.0, 0.0]}
    checks, check_lines = check_test_set(answer, answers, task, data, c)
    looked_at, blocks, importance_lines = measure_importance(answer, answers, task, data, c)
    if run.constants.ATTENTION:
        blocks.append(draw_attention(model, task, data))
    looks = ledger.count_scored_networks(run.folder, run.record)
    figures = report.figures | {
        "checks": report.figures.get("checks", {}) | checks,
        "importance": looked_at,
        "looks": looks,
        "evaluated": datetime.now().isoformat(sep=" ", timespec="seconds"),
        "model_checksum": run.record.model_checksum,  # whose evaluation it is
    }
    remarks = [data.sequences.remark] if data.sequences.remark else advise(run, data, figures)
    notes_of_data = [note for note in data.sequences.notes if note not in data.sequences.cautions]
    new_notes = [note for note in notes_of_data if note not in run.record.notes]
    cautions = [f"{line[0].upper()}{line[1:]}" for line in data.sequences.cautions]
    known = [*share_line(share, task, data), *check_lines, *cautions, *remarks]
    heading = f"Run: {files.shown(run.folder)}, trained {run.record.trained} on {run.constants.DATASET}"
    lines = [
        f"{heading}, {run.record.parameters:,} parameters",
        *dict.fromkeys([*run.companion_notes(), *new_notes, *notes]),
        *report.lines,
        *known,
    ]
    looks_lines = repeated_scoring_lines(looks, figures)
    lines += [*looks_lines, "", importance_lines]
    print("\n".join(lines).rstrip(), flush=True)
    lines[1:1] = [note for note in notes_of_data if note not in new_notes]  # training has said them already
    conclusion = conclude(report.score, figures, task)
    remarks = [*report.remarks, *known, *looks_lines]
    report = replace(report, figures=figures, blocks=[*report.blocks, *blocks], remarks=remarks)
    try:
        with run.unchanged():
            save(run, report, Circumstances(data, [*lines, "", *conclusion], layer_rows(model)))
        print("\n".join(closing_lines(run.folder)))
    finally:  # it is said whatever could not be written
        print("\n".join(["", *conclusion]), flush=True)
    return figures


class Evaluation(dict):
    """The figures of an evaluation; a notebook shows the page of the run."""

    def __init__(self, figures, folder):
        super().__init__(figures)
        self.folder = folder

    def _repr_html_(self):
        page = (self.folder / "report.html").read_text(encoding="utf-8")
        page = html.escape(re.sub("<nav>.*?</nav>", "", page))  # links lead nowhere from inside a notebook
        return f'<iframe srcdoc="{page}" style="width: 100%; height: 40em; border: 0" title="Report"></iframe>'


def advise(run, data, figures):
    """Return the lines of advice; without the history.csv that training wrote there are none."""
    content = run.companion("history.csv")
    if content is None:
        return []
    rows = list(csv.DictReader(content.decode().splitlines()))
    history = {name: [float(row[name]) for row in rows] for name in rows[0]}
    task, c = run.task, run.constants
    linear = task.metric == "accuracy" and data_suit_ridge_pair(data, c)
    return advice(EvaluatedRun(task.metric, task.better, history, figures, data.train.raw.shape, c, linear))


def repeated_scoring_lines(looks, figures):
    """Say from the third network scored on a test set on what the best of so many would gain by luck alone."""
    if looks < 3 or not figures["standard_error"]:
        return []
    gain = format_error(expected_maximum_gain(figures["standard_error"], looks))
    return [
        f"{looks} networks have been scored on this test set: the best of {looks} equal ones would look better by "
        f"{gain} by luck alone (Blom 1958). Choose by the validation set (VALIDATION_SIZE), and look here once."
    ]


def check_test_set(answer, answers, task, data, c):
    """Find forecasts that know the future, and test sequences that training has seen. Returns: (figures, lines)."""
    if data.preparation.kind == "series":
        return check_influence(answer, task, data)
    on_disk = isinstance(data.train.all_x, RowsOnDisk) or isinstance(data.test.all_x, RowsOnDisk)
    if task.metric == "cer" or on_disk:
        return {}, []
    inputs = None if data.preparation.kind == "texts" else flat_inputs_function(task, data, c)
    equal, near = find_twins(data.train, data.test, inputs, c.SEED)
    close = int((near & ~equal).sum())
    figures = {"twins": {"equal": int(equal.sum()), "near": close}}
    if not near.any():
        return figures, []
    line = (
        f"Twins: {counted_of(near.sum(), len(near), 'test sequence', 'are')} in the training set too, "
        f"{equal.sum()} equal and {close} nearer than {100 * NEAR:g} % of the usual distance to the nearest"
    )
    if near.all():
        return figures, [f"{line}: none is left that is new."]
    rest = data.test.select(~near)
    score = figures["twins"][f"{task.metric}_without"] = task.score(rest, answers[~near])
    without = f"; {task.metric} without them: {score_format(task.metric)(score)} on {(~near).sum()}"
    return figures, [line + without * bool(np.isfinite(score))]


def check_influence(answer, task, data):
    """Check that forecasts do not depend on values after their origin. Returns: (figures, lines)."""
    influenced, n = influenced_forecasts(task, data, answer)
    forecasts = counted(n, "forecast")
    if influenced:
        line = f"{FUTURE_KNOWN} Other values after the last origin change {influenced} of the last {forecasts}."
    else:
        line = (
            f"Nothing from the future in the last {forecasts}: with other values after the last origin all stay "
            "the same, bit for bit."
        )
    return {"influenced_forecasts": influenced}, [line]


def measure_importance(answer, answers, task, data, c):
    """Find out what the network looks at: features and times, or words. Returns: (figures, blocks of a page, text)."""
    if data.preparation.any_length:  # transcript.png shows where the network heard each letter
        return {}, [], ""
    if data.preparation.kind == "texts":
        found, every = word_importance(answer, task, data)
        return {"words": found}, [shaded_words(found, every)], word_table(found)
    if len(data.test) == 1:  # there is no other to shuffle it with: nothing lost would say that nothing counts
        return {}, [], ""
    features, times = permutation_importance(answer, answers, task, data, c)
    if not np.isfinite([*features.values(), *times.values()]).all():  # anomalies that the sample lacks
        return {}, [], ""
    metric, n, total = metric_in_words(task.metric), count_shuffled(data.test), len(data.test)
    unit = f"{task.unit} ({n} of {total:,})" if n < total else task.unit
    unit += ", each on its own scale" * (c.STANDARDISE == "sequence")
    cost = f"{metric} lost" if task.better == "higher" else f"increase in {metric}"
    (signal,) = data.test.take(slice(1))
    starts = [group.start for group in neighbour_groups(len(signal), TIME_GROUPS).values()]
    picture = pictures.permutation_importance(features, dict(zip(starts, times.values())), signal, cost, unit)
    lines = importance_table(features, times, cost, unit)
    return {"features": features, "time steps": times}, [picture], lines


def save(run, report, circumstances):
    """Write what can be written, the page last; InputError then names what cannot. circumstances: see write_pages."""
    writing = {
        "evaluation.json": lambda path: files.write_json(path, report.figures),
        "predictions.csv": lambda path: files.write_csv(path, report.header, report.rows),
        **{
            name: lambda path, table=table: files.write_csv(path, *table, disarm=False)
            for name, table in report.tables.items()
        },
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
    interval = [format_for_ledger(bound) for bound in figures.get(f"{metric}_interval", [])] or ["", ""]
    scores = [metric, format_for_ledger(figures[metric]), *interval]
    scores.append(f"{best} {format_for_ledger(figures['baselines'][best])}")
    try:
        ledger.append(figures["evaluated"], run.folder, "test", scores, run.record)
        write_pages(run, report, circumstances)
    except InputError as error:
        faults.append(error)
    if faults:
        more = f" (and {len(faults) - 1} more files)" if len(faults) > 1 else ""
        raise InputError(f"{faults[0]}{more}; the report above is whole")


def check_same_data(run, data, c, data_constants):
    """Raise InputError unless `data` are those the run was trained on; it names those of data_constants that differ.

    Constants of network and training that differ are named in a line: it is the run that is scored, with its own.
    """
    record, trained = run.record, run.constants
    same = fingerprints(data) == record.fingerprints and data.preparation == run.preparation  # names of columns, words
    # What the baselines see, what errors are divided by, and what a forecast is compared with.
    compared = {"STANDARDISE", "SEASON"} - set(run.task.without_effect)
    changed, others = (
        [f"{name} is now {c[name]!r}, the run has {trained[name]!r}" for name in names if c[name] != trained[name]]
        for names in (data_constants, c.keys() - {*data_constants, "RUN_DIR", "RESUME", "TENSORBOARD"})
    )
    if same and all(c[name] == trained[name] for name in compared) and data.task == run.task.uncalibrated():
        if others:
            print(f"Scored as it was trained ({'; '.join(sorted(others))}): for the change run python train_model.py")
        return
    then, now = (own.preparation.frame_encoder for own in (run, data))
    if then and now and then.name == now.name and then != now:
        changed.append(f"weights of {now.name} have the SHA-256 {now.checksum[:12]}…, the run's {then.checksum[:12]}…")
    what = "; ".join(changed) or f"the content of {c.DATASET} has changed"
    raise InputError(
        f"these are not the data that the run in {c.RUN_DIR} was trained on ({what}): "
        "undo the change, or run python train_model.py"
    )


def draw_attention(model, task, data):
    """Draw the attention weights of the first test sequences. Returns: Picture."""
    sequences, classes = task.examples(data, ATTENTION_SHOWN)
    weights = attention_weights(model, sequences)
    titles = [name_of(data.test, k) for k in range(len(sequences))]
    titles = [f"{title}, true class {name}" for title, name in zip(titles, classes)] if classes else titles
    if data.preparation.kind == "texts":
        steps, places = data.preparation.steps, data.test.rows[: len(sequences)]
        words = [tokenize(data.test.names[place])[:steps] for place in places]  # they end where the weights end
        return pictures.word_attention(words, [own[steps - len(w) :] for own, w in zip(weights, words)], classes)
    return pictures.time_attention(sequences, weights, titles)
