"""Cross-validation: a training and an evaluation for each fold, several at a time, each kept as soon as it is done."""

import contextlib
import hashlib
import json
import os
import re
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, cpu_count, delayed, parallel_config

from baselines import LINEAR
from core import files
from core.errors import InputError, reason
from core.progress import time_left
from core.records import from_plain, to_plain
from core.run_folder import check_results_folder
from core.wording import counted_of
from evaluation.pooled_scores import rivals_of_all
from evaluation.verdict import best_baseline
from experiments.experiment import start_worker
from experiments.index import link_to_index, write_index
from networks.raw_inputs import trained_part
from reports import pictures_of
from reports.folds_page import FoldsPage, folds_page, folds_verdict, unscored_lines
from reports.formatting import aligned, score_format
from sequences.folds import make_folds
from sequences.gaps import name_of
from sequences.splits import groups_of
from sequences.statistics import fingerprints
from sequences.stream_windows import class_of_one_recording
from tasks import task_of
from training.acceleration.traced_steps import reuse_network
from training.build import build
from training.checkpoint import Checkpoint, run_identity
from training.fit import fit
from training.network_share import held_out_share, is_linear_model, settle
from training.prediction import predict

OWN_FILES = re.compile(
    r"folds\.(json|csv)|fold_\d+\.(json|csv)|\.fold_\d+\.\w+|predictions\.csv|summary\.json|confusion_matrix\.png|"
    r"report\.html"
)


def folds_from_data(train, test, c, folds):
    """Return the folds that FOLDS makes of Sequences as read: see sequences.folds.make_folds."""
    groups = groups_of(train, c.GROUP)
    names = None if groups is None else np.unique(groups).tolist()
    if groups is None and train.kind == "streams" and len(train.x) > 1:  # recordings stay whole, if there are enough
        classes = task_of(train, c).stratified
        if c.WINDOW is None or class_of_one_recording(train, c, classes) is None:
            names = [name_of(train, k) for k in range(len(train.x))]
    return make_folds(train, test, c, folds, names)


def run_folds(folds, data, experiment, fingerprint):
    """Train and score every fold that is not finished, then sum up.

    Parameters: folds, list of Fold, or None for each seed; data, of the first; fingerprint, of all that was read.
    Returns: the dictionary that summary.json holds.
    """
    c, folder, task = experiment.constants, experiment.folder, data.task
    finished = load_finished_folds(folder, c, folds, data.task, fingerprint)
    waiting = [k for k in range(len(folds)) if k not in finished]
    jobs = experiment.options.FOLD_JOBS
    jobs = min(cpu_count() if jobs == -1 else jobs, max(1, len(waiting)))
    what = "seeds on the given test set" if folds[0] is None else "folds"
    heading = f"{len(folds)} {what} of {c.DATASET}, {task.describe_target()}, {jobs} at a time"
    print("\n".join([heading, *data.sequences.notes]), flush=True)  # of the first fold: the others are read alike
    with parallel_config("loky", n_jobs=jobs):
        work = [delayed(run_fold)(k, folds[k], experiment, max(1, cpu_count() // jobs)) for k in waiting]
        began = time.monotonic()
        for done, (k, result) in enumerate(Parallel(return_as="generator_unordered")(work), 1):
            finished[k] = result
            path = folder / f"fold_{k + 1}.json"  # a kill from here on does not undo it
            plain = files.without_nan(to_plain(result))
            files.write_json(path, plain | {"checksum": fold_checksum(path, plain)})
            left = time_left((time.monotonic() - began) / done * (len(waiting) - done))
            show(result, task.metric, len(finished), len(folds), left)
    return sum_up([finished[k] for k in range(len(folds))], task, experiment, folds[0] is None)


@dataclass(frozen=True)
class FoldResult:
    """What fold_k.json holds."""

    fold: str  # name of the group that was held out, or the fold's number, or the seed
    figures: dict[str, Any]  # of evaluation.json
    learned: dict[str, Any]  # fields of the fold's task
    test: int  # sequences that were held out
    seconds: float


def load_finished_folds(folder, c, folds, task, fingerprint):
    """Return {number: result} of the folds that are finished with the same constants and data; else start afresh.

    Of a folder nothing is deleted but what a cross-validation writes. Raises InputError for a folder of something else.
    """
    here = {"identity": run_identity(c, fingerprint, "TENSORBOARD"), "folds": folds}
    text = json.dumps(here, indent=2) + "\n"
    described = folder / "folds.json"
    try:
        check_results_folder(folder, "folds.json", "FOLD_DIR")
        if described.is_file() and described.read_bytes() != text.encode():
            for path in folder.iterdir():
                if path.is_file() and OWN_FILES.fullmatch(path.name):
                    path.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        files.write_atomically(described, text)
    except OSError as error:
        raise InputError(f"FOLD_DIR: {files.shown(folder)} cannot be used: {reason(error)}") from error
    found = {k: folder / f"fold_{k + 1}.json" for k in range(len(folds))}
    finished = {k: _finished(path, task) for k, path in found.items() if path.is_file()}
    if finished:
        print(f"Continuing in {files.shown(folder)}: {counted_of(len(finished), len(folds), 'fold', 'are')} finished")
    return finished


def _finished(path, task):
    """Read a finished fold. Returns: FoldResult. Raises: InputError for one that is damaged."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        sound = plain.pop("checksum") == fold_checksum(path, plain)
        result = from_plain(FoldResult, plain)
        from_plain(type(task), result.learned)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise InputError(
            f"{files.shown(path)} or its .csv is damaged, or of other folds: delete both, then this fold is trained "
            "again"
        )
    return result


def fold_checksum(path, plain):
    """Return the SHA-256 of a finished fold: which it is, of which folds, what it reached, its predictions.

    Parameters: path of its .json; plain, what that holds of its FoldResult.
    """
    digest = hashlib.sha256(f"{path.name} {json.dumps(plain, sort_keys=True)}".encode())
    for beside in (path.with_name("folds.json"), path.with_suffix(".csv")):
        digest.update(beside.read_bytes())
    return digest.hexdigest()


def run_fold(k, fold, experiment, threads):
    """Train and score one fold in a worker process. Returns: (k, FoldResult)."""
    start_worker(experiment, threads)
    began, c, folder = time.perf_counter(), experiment.constants.changed(TENSORBOARD=False), experiment.folder
    data = experiment.load_data(fold=fold, **c)
    if fold is None:  # of the initial weights and the order of batches
        c = c.changed(SEED=(c.SEED + k) % 2**32)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        model, steps = reuse_network(build(data, experiment.build_model, c), data)
        checkpoint = Checkpoint(folder / f"fold_{k + 1}", run_identity(c, fingerprints(data)))
        share = held_out_share(model, data, c, checkpoint, steps)
        fit(model, data, c, checkpoint, steps)
        whole = data.task.finish(model, data, c)
        task, model = data.task.after_training(whole, data, c), trained_part(whole)
        share, _ = settle(model, data, c, share)
    rivals, _ = task.baselines(data, c)
    if fold is not None:
        rivals |= task.constant_answers(data)
    report = task.report(data, task.decode(predict(model, data.test)), rivals, c)
    figures = {name: value for name, value in report.figures.items() if name not in ("per_series", "majority_class")}
    if is_linear_model(share, task, data):
        figures["baselines"][LINEAR] = figures[task.metric]
    files.write_csv(folder / f"fold_{k + 1}.csv", report.header, report.rows)
    name = fold.name if fold is not None else f"SEED {c.SEED}"
    seconds = time.perf_counter() - began
    return k, FoldResult(name, figures, to_plain(task), len(data.test), seconds)


def show(result, score, done, n, left):
    """Print what a fold that has just finished reached, and how long the others will take."""
    figures, form = result.figures, score_format(score)
    others = ", ".join(f"{name} {form(value)}" for name, value in figures["baselines"].items())
    values = f"{score} {form(figures[score])} on {result.test}; {others}"
    if np.isnan(figures[score]):
        values = f"no {score} on {result.test}"
    print(f"Fold {result.fold} ({done} of {n}{left}): {values}", flush=True)


def sum_up(results, task, experiment, seeds):
    """Print the table of folds and what they come to; write all files that hold it, and report.html.

    seeds: folds differ in SEED alone.
    """
    form, folder = score_format(task.metric), experiment.folder
    names = [task.metric, *rivals_of_all([r.figures for r in results])]
    scores = np.array(
        [[r.figures[task.metric], *(r.figures["baselines"][name] for name in names[1:])] for r in results], float
    )
    has_score = ~np.isnan(scores).any(axis=1)  # a fold may have no anomalies
    scored = scores[has_score]
    unknown = np.full(len(names), np.nan)
    mean = scored.mean(axis=0) if len(scored) else unknown
    spread = scored.std(axis=0, ddof=1) if len(scored) > 1 else unknown

    def cells(values):
        return ["" if np.isnan(value) else form(value) for value in values]

    rows = [[r.fold, str(r.test), *cells(own)] for r, own in zip(results, scores)]
    ends = [[name, "", *cells(values)] for name, values in (("mean", mean), ("sd", spread))]
    header = ["fold", "test", *names]
    print(f"\n{aligned(header, rows + ends)}")
    lines, pooled, blocks = task.pool_folds([(r.figures, from_plain(type(task), r.learned)) for r in results])
    rival = best_baseline({"baselines": dict(zip(names[1:], mean[1:]))}, task.better)
    pair = scores[:, [0, names.index(rival)]]
    lines = [*unscored_lines(pair), *lines]
    sentence = folds_verdict(pair, task.metric, task.better, rival, seeds, task.judged)
    print("\n" + "\n".join([*lines, sentence]))
    summary = {
        "score": task.metric,
        "mean": dict(zip(names, mean.tolist())),
        "sd": dict(zip(names, spread.tolist())),
        "folds": scores[:, 0].tolist(),
        **pooled,
    }
    files.write_csv(folder / "folds.csv", header, rows)
    files.write_csv(folder / "predictions.csv", *_predictions(folder, [r.fold for r in results]))
    files.write_json(folder / "summary.json", summary)
    pictures = pictures_of(blocks)
    for name, picture in pictures.items():
        files.write_atomically(folder / name, picture)
    print(f"Wrote {files.shown(folder)}: {', '.join(['folds.csv', 'predictions.csv', 'summary.json', *pictures])}")
    page = FoldsPage(
        experiment.constants.DATASET,
        task.metric,
        task.better,
        task.judged,
        seeds,
        [result for result, own in zip(results, has_score) if own],
        names,
        scored,
        rival,
        lines,
        blocks,
        experiment.constants,
        link_to_index(folder, folder),
    )
    files.write_atomically(folder / "report.html", folds_page(page))
    print(f"Report: {files.shown(folder / 'report.html')}")
    write_index(folder)
    for k in range(len(results)):
        for path in folder.glob(f".fold_{k + 1}.*"):
            path.unlink()
    return summary


def _predictions(folder, names):
    """Put the predictions of all folds together. Returns: (header, rows); folds may have met other classes."""
    header, rows = [], []
    for k, name in enumerate(names):
        columns, *cells = files.read_csv(folder / f"fold_{k + 1}.csv")
        own = [{"fold": name, **dict(zip(columns, row))} for row in cells]
        header += [name for name in own[0] if name not in header]
        rows += own
    return header, [[row.get(name, "") for name in header] for row in rows]
