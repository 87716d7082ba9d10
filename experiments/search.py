"""Search the constants: successive halving over trials, several at a time, each scored on validation data."""

import contextlib
import importlib
import os
import threading
import time

import numpy as np
from joblib import Parallel, cpu_count, delayed, parallel_config

from core.errors import Diverged, InputError
from core.progress import time_left
from core.wording import counted
from experiments.experiment import start_worker
from experiments.trials import append_row, assignments, ranked, row_of
from sequences.statistics import fingerprints
from training.acceleration.traced_steps import reuse_network
from training.build import build
from training.checkpoint import Checkpoint, run_identity
from training.fit import fit


def successive_halving(trials, experiment, finished):
    """Train all trials for a ninth of EPOCHS, the best third of them for a third, and of these the best for all.

    Parameters: trials, list of {constant: value}; finished, {(trial, epochs): row of trials.csv}, which grows.
    Returns: the number of the best trial.
    """
    rungs = sorted({max(1, round(experiment.constants.EPOCHS / 3**step)) for step in range(3)})
    alive = list(range(len(trials)))
    for rung, epochs in enumerate(rungs):
        if epochs == rungs[-1]:  # this process trains the winner next: TensorFlow is imported while the others work
            threading.Thread(target=importlib.import_module, args=["core.quiet_tensorflow"], daemon=True).start()
        run_rung(alive, epochs, trials, experiment, finished)
        alive = ranked(alive, epochs, finished)
        if float(finished[alive[0], epochs]["loss"]) == np.inf:
            raise InputError("the loss of every trial became NaN or infinite: SEARCH_SPACE needs a lower LEARNING_RATE")
        if rung < len(rungs) - 1:
            alive = alive[: max(1, -(-len(alive) // 3))]
    forget_unfinished(experiment.folder)
    return alive[0]


def run_rung(alive, epochs, trials, experiment, finished):
    """Train the living trials on to `epochs` where that is not done, in parallel; add each to trials.csv at once."""
    o = experiment.options
    waiting = [trial for trial in alive if (trial, epochs) not in finished]
    spent = {trial: float(row["seconds"]) for (trial, _), row in finished.items()}
    waiting.sort(key=lambda trial: -spent.get(trial, 0.0))  # the longest first: at the end no process waits for another
    jobs = cpu_count() if o.N_JOBS == -1 else o.N_JOBS
    threads = max(1, cpu_count() // jobs)
    # A trial's repeats go to one process, which traces them once, as long as there are trials for all processes.
    spread = o.REPEATS if o.PARALLEL_BACKEND == "dask" else min(o.REPEATS, -(-jobs // max(1, len(waiting))))
    shares = np.array_split(range(o.REPEATS), spread)
    work = [
        delayed(run_repeats)(trial, share.tolist(), trials[trial], epochs, experiment, threads)
        for trial in waiting
        for share in shares
    ]
    repeats = {trial: {} for trial in waiting}
    if waiting:
        print(
            f"{len(waiting)} of {len(trials)} trials, {counted(epochs, 'epoch')} each, {counted(o.REPEATS, 'time')}:",
            flush=True,
        )
    with contextlib.ExitStack() as stack:
        if o.PARALLEL_BACKEND == "dask":
            stack.enter_context(dask_client(o.SCHEDULER_ADDRESS))
        stack.enter_context(parallel_config(o.PARALLEL_BACKEND, n_jobs=-1 if o.PARALLEL_BACKEND == "dask" else jobs))
        began = time.monotonic()
        for done, (trial, figures) in enumerate(Parallel(return_as="generator_unordered")(work), 1):
            repeats[trial] |= figures
            if len(repeats[trial]) < o.REPEATS:
                continue
            finished[trial, epochs] = row_of(trial, epochs, repeats[trial], trials[trial])
            append_row(experiment.folder, finished[trial, epochs])
            left = time_left((time.monotonic() - began) / done * (len(work) - done))
            show_progress(trial, alive, epochs, trials, finished, experiment.metric, left)


def dask_client(address):
    """Connect to the Dask scheduler. Raises: InputError where there is none."""
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError('PARALLEL_BACKEND = "dask" needs Dask: pip install distributed') from error
    try:
        return Client(address, timeout=10)
    except OSError as error:
        raise InputError(f"SCHEDULER_ADDRESS = {address!r}: no Dask scheduler answers there") from error


def run_repeats(trial, repeats, values, epochs, experiment, threads):
    """Train a trial several times and score each on validation data, in a worker process.

    Parameters: repeats, numbers of draws of the validation set and the weights; values, the trial's {constant: value}.
    Each training is left in the experiment's folder for the next rung to go on with.
    Returns: (trial, {repeat: (score and loss of the last epoch, seconds)}).
    """
    start_worker(experiment, threads)
    size = experiment.options.SEARCH_VALIDATION_SIZE
    c = experiment.constants.changed(
        **values, EPOCHS=epochs, PATIENCE=None, VALIDATION_SIZE=size, RESUME=True, TENSORBOARD=False
    )
    experiment.folder.mkdir(parents=True, exist_ok=True)  # on another machine there is none yet
    return trial, {repeat: train_repeat(trial, repeat, c, experiment) for repeat in repeats}


def train_repeat(trial, repeat, c, experiment):
    """Train a trial once, from where the rung before left it. Returns: (score, loss, seconds)."""
    began = time.perf_counter()
    data = experiment.load_data(validation_seed=(c.SEED + repeat) % 2**32, **c)
    c = c.changed(SEED=(c.SEED + repeat) % 2**32)  # of the initial weights: the data are drawn and split already
    identity = run_identity(c, fingerprints(data), "EPOCHS")
    checkpoint = Checkpoint(experiment.folder / f"trial_{trial}_{repeat}", identity, every_epoch=False)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        model, steps = reuse_network(build(data, experiment.build_model, c), data)
        try:
            history, _ = fit(model, data, c, checkpoint, steps)
        except Diverged:  # the worst that a trial can be
            return np.nan, np.inf, time.perf_counter() - began
    return history[f"val_{experiment.metric}"][-1], history["val_loss"][-1], time.perf_counter() - began


def forget_unfinished(folder):
    """Delete what the trainings of a search left for the next rung."""
    for path in folder.glob(".trial_*_*.checkpoint"):
        path.unlink()


def show_progress(trial, alive, epochs, trials, finished, metric, left):
    """Print what a trial that has just finished reached, beside the best so far; left: how long the rung will take."""
    done = [t for t in alive if (t, epochs) in finished]
    best = ranked(done, epochs, finished)[0]
    own = scores(finished[trial, epochs], metric)
    print(f"  {len(done)} of {len(alive)}{left}: {own}" + (" (best)" if best == trial else ""), flush=True)
    if len(done) == len(alive):
        print(f"Best of {epochs} epochs: {assignments(trials[best])}", flush=True)


def scores(row, metric):
    """Write loss and score of a row of trials.csv."""
    return f"loss {float(row['loss']):.4f}, {metric} {float(row['score']):.4f}"
