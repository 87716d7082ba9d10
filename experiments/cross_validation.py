"""Cross-validation: a training and an evaluation for each fold, several at a time, each kept as soon as it is done."""

import contextlib
import csv
import json
import os
import re
import time

import numpy as np
from joblib import Parallel, cpu_count, delayed, parallel_config

from baselines import LINEAR, WORDS
from core import files
from core.errors import InputError, reason
from core.run_folder import network_of
from experiments.search import end_with
from experiments.train_run import describe_run
from reports.text import aligned, figure
from sequences.folds import folds_of
from sequences.gaps import name_of
from sequences.splits import groups_of
from sequences.statistics import fingerprint
from training.acceleration.traced_steps import reused
from training.build import build
from training.fit import fit, identity
from training.prediction import predict

OWN_FILES = re.compile(
    r"folds\.(json|csv)|fold_\d+\.(json|csv)|\.fold_\d+\.\w+|predictions\.csv|summary\.json|confusion_matrix\.png"
)


def folds_for(train, test, c, folds):
    """Return the folds that FOLDS makes of Sequences as read: see sequences.folds.folds_of."""
    groups = groups_of(train, c.GROUP)
    names = None if groups is None else np.unique(groups).tolist()
    if groups is None and isinstance(train.y, list) and len(train.x) > 1:  # recordings stay whole
        names = [name_of(train, k) for k in range(len(train.x))]
    return folds_of(train, test, c, folds, names)


def cross_validate(folds, data, c, o, load_data, backbone, folder):
    """Train and score every fold that is not finished, then sum up.

    folds: list of Fold, or None for each seed; data: of the first; c, o: Constants of data, network and training, and
    of cross_validate_model.py; load_data, backbone: functions of the files of that name; folder: for the results.
    Returns: the dictionary that summary.json holds.
    """
    finished = resume(folder, c, folds, data)
    waiting = [k for k in range(len(folds)) if k not in finished]
    jobs = min(cpu_count() if o.FOLD_JOBS == -1 else o.FOLD_JOBS, max(1, len(waiting)))
    fixed = c, load_data, backbone, folder, max(1, cpu_count() // jobs), os.getpid()
    what = "seeds on the given test set" if folds[0] is None else "folds"
    print(f"{len(folds)} {what} of {c.DATASET}, {data.task.aim(data.state)}, {jobs} at a time", flush=True)
    with parallel_config("loky", n_jobs=jobs):
        work = [delayed(run_fold)(k, folds[k], *fixed) for k in waiting]
        for k, result in Parallel(return_as="generator_unordered")(work):
            finished[k] = result
            files.write_json(folder / f"fold_{k + 1}.json", result)  # a kill from here on does not undo it
            show(result, data.task.score, len(finished), len(folds))
    return sum_up([finished[k] for k in range(len(folds))], data.task, c, folder)


def resume(folder, c, folds, data):
    """Return {number: result} of the folds that are finished with the same constants and data; else start afresh.

    Of a folder nothing is deleted but what a cross-validation writes. Raises InputError for a folder of something else.
    """
    kept = {name: value for name, value in c.items() if name != "RUN_DIR"}
    parts = [fingerprint(data.train), fingerprint(data.test)]
    text = json.dumps({"constants": kept, "folds": len(folds), "data": parts}, indent=2) + "\n"
    folder = folder.resolve()
    described = folder / "folds.json"
    try:
        if folder.exists() and not described.is_file() and any(folder.iterdir()):
            raise InputError(f"FOLD_DIR: {files.shown(folder)} exists and holds no folds.json: name another folder")
        if described.is_file() and described.read_bytes() != text.encode():
            for path in folder.iterdir():
                if path.is_file() and OWN_FILES.fullmatch(path.name):
                    path.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        files.write_atomically(described, text)
    except OSError as error:
        raise InputError(f"FOLD_DIR: {files.shown(folder)} cannot be used: {reason(error)}") from error
    found = {k: folder / f"fold_{k + 1}.json" for k in range(len(folds))}
    finished = {k: _finished(path, data.task.score) for k, path in found.items() if path.is_file()}
    if finished:
        print(f"Continuing in {files.shown(folder)}: {len(finished)} of {len(folds)} folds are finished")
    return finished


def _finished(path, score):
    """Read a finished fold. Raises InputError for one that is damaged."""

    def is_number(v):
        return type(v) in (int, float) and np.isfinite(v)

    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        figures, baselines = result["figures"], result["figures"]["baselines"]
        sizes = [result["test"], figures.get("test_windows", 1), figures.get("test_sequences", 1)]
        sound = is_number(figures[score]) and baselines and all(map(is_number, baselines.values()))
        sound = sound and all(type(n) is int and n > 0 for n in sizes) and isinstance(result["state"], dict)
        with open(path.with_suffix(".csv"), encoding="utf-8", newline="") as file:
            sound = sound and isinstance(result["fold"], str) and len(list(csv.DictReader(file))) == result["test"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, csv.Error):
        sound = False
    if not sound:
        raise InputError(f"{files.shown(path)} or its .csv is damaged: delete both, then this fold is trained again")
    return result


def run_fold(k, fold, c, load_data, backbone, folder, threads, parent):
    """Train and score one fold in a worker process of process `parent`. Returns: (k, what fold_k.json holds)."""
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):  # read when TensorFlow starts
        os.environ[name] = str(threads)
    end_with(parent)
    began, c = time.perf_counter(), c.changed(TENSORBOARD=False)
    data = load_data(c, fold=fold)
    # Of the initial weights and the order of batches.
    own = c if fold is not None else c.changed(SEED=(c.SEED + k) % 2**32)
    run = folder / f"fold_{k + 1}"
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        model, steps = reused(build(data, backbone, own), data)
        fit(model, data, own, run, identity(describe_run(data, own)), steps=steps)
        model = network_of(data.task.finished(model, data, own))
    task, state = data.task, data.state
    rivals, _ = task.baselines(data, own)
    report = task.report(data, task.decode(predict(model, data.test), state), rivals, own)
    figures = {name: value for name, value in report.figures.items() if name != "per_series"}
    files.write_csv(folder / f"fold_{k + 1}.csv", report.header, report.rows)
    name = fold.name if fold is not None else f"SEED {own.SEED}"
    result = {"fold": name, "figures": figures, "state": state, "test": len(data.test)}
    return k, result | {"seconds": time.perf_counter() - began}


def show(result, score, done, n):
    """Print what a fold that has just finished reached."""
    figures = result["figures"]
    others = ", ".join(f"{name} {figure(value)}" for name, value in figures["baselines"].items())
    values = f"{score} {figure(figures[score])} on {result['test']}; {others}"
    print(f"Fold {result['fold']} ({done} of {n}): {values}", flush=True)


def sum_up(results, task, c, folder):
    """Print the table of folds and what they come to; write folds.csv, predictions.csv, summary.json and pictures."""
    names = [task.score, *results[0]["figures"]["baselines"]]
    scores = np.array(
        [[r["figures"][task.score], *(r["figures"]["baselines"][name] for name in names[1:])] for r in results]
    )
    mean, spread = scores.mean(axis=0), scores.std(axis=0, ddof=1)
    rows = [[r["fold"], str(r["test"]), *map(figure, own)] for r, own in zip(results, scores)]
    ends = [[name, "", *map(figure, values)] for name, values in (("mean", mean), ("sd", spread))]
    header = ["fold", "test", *names]
    print(f"\n{aligned(header, rows + ends)}")
    lines, pooled, pictures = task.pooled([(r["figures"], r["state"]) for r in results])
    rival = LINEAR if LINEAR in names else names[1]
    better = scores[:, 0] - scores[:, names.index(rival)]
    wins = int((better > 0).sum() if task.better == "higher" else (better < 0).sum())
    lines.append(f"The network is ahead of {WORDS[rival]} on {wins} of {len(results)} folds")
    print("\n" + "\n".join(lines))
    summary = {
        "score": task.score,
        "mean": dict(zip(names, mean.tolist())),
        "sd": dict(zip(names, spread.tolist())),
        "folds": scores[:, 0].tolist(),
        **pooled,
    }
    files.write_csv(folder / "folds.csv", header, rows)
    files.write_csv(folder / "predictions.csv", *_predictions(folder, [r["fold"] for r in results]))
    files.write_json(folder / "summary.json", summary)
    for name, picture in pictures.items():
        files.write_atomically(folder / name, picture)
    print(f"Wrote {files.shown(folder)}: {', '.join(['folds.csv', 'predictions.csv', 'summary.json', *pictures])}")
    for k in range(len(results)):
        (folder / f".fold_{k + 1}.checkpoint").unlink(missing_ok=True)
    return summary


def _predictions(folder, names):
    """Put the predictions of all folds together. Returns: (header, rows); folds may have met other classes."""
    header, rows = [], []
    for k, name in enumerate(names):
        with open(folder / f"fold_{k + 1}.csv", encoding="utf-8", newline="") as file:
            own = [{"fold": name, **row} for row in csv.DictReader(file)]
        header += [name for name in own[0] if name not in header]
        rows += own
    return header, [[row.get(name, "") for name in header] for row in rows]
