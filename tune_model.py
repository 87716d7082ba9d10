"""python tune_model.py

Search the constants for better ones. Every trial is scored on validation data cut from the training set; the test
set is looked at once, by the winner, at the end. A killed search continues where it stopped (runs/tune/trials.csv).
EPOCHS is what the best trials get: the others stop at a ninth or a third of it (successive halving).
"""

import os

from cnn_lstm_model import build_model
from core import ledger, run_folder
from core.constants import RUN_FILES, SIZE, check_constants, names_in, one_of, read_constants, text, whole
from core.lazy import lazy
from core.locks import locked
from core.script import run_script
from data_preprocessing import load_data
from experiments.evaluate_run import score_and_report
from experiments.evaluated_run import refuse_without_test_set
from experiments.experiment import Experiment
from experiments.search import successive_halving
from experiments.search_results import show_result, write_search_page
from experiments.train_run import check_compatible, train_and_save
from experiments.trials import draw_trials, load_finished_trials
from networks.size_checks import check_sizes
from sequences.statistics import fingerprints
from tasks import convolution_input_shape

loguniform = lazy("scipy.stats", "loguniform")

SEARCH = "random"  # "random" draws N_TRIALS combinations from SEARCH_SPACE; "grid" tries all
# Constant: list of values, or a scipy distribution (for "random").
SEARCH_SPACE = {
    "ARCHITECTURE": ["cnn_lstm", "deep_cnn_lstm"],
    "FILTERS": [32, 64],
    "KERNEL_SIZE": [3, 5],
    "LSTM_UNITS": [32, 50, 64],
    "DROPOUT": [0.0, 0.2, 0.4],
    "BATCH_SIZE": [16, 32],
    "LEARNING_RATE": loguniform(5e-4, 5e-3),
    "PLATEAU": [None, 10],
}
N_TRIALS = 12  # combinations that "random" draws
N_JOBS = 2  # trials at the same time, each in a process of its own; -1: one for each core
PARALLEL_BACKEND = "loky"  # processes on this machine; "dask": the cluster at SCHEDULER_ADDRESS
SCHEDULER_ADDRESS = "tcp://127.0.0.1:8786"  # of a Dask scheduler whose workers run in the project folder
SEARCH_VALIDATION_SIZE = 0.25  # share of the training set that scores a trial
REPEATS = 3  # validation sets drawn, and trainings made, per trial: one alone is luck on small data
TUNE_DIR = "runs/tune"  # folder of the search, relative to the project folder

ALLOWED = {
    "SEARCH": one_of("random", "grid"),
    "SEARCH_SPACE": (
        lambda v: isinstance(v, dict) and len(v) > 0,
        "a dictionary from the name of a constant to the values to try",
    ),
    "N_TRIALS": whole(1, 10_000),
    "N_JOBS": (lambda v: whole(1)[0](v) or v == -1, "a whole number of processes, or -1 for all cores"),
    "PARALLEL_BACKEND": one_of("loky", "dask"),
    "SCHEDULER_ADDRESS": text("the address of a Dask scheduler"),
    "SEARCH_VALIDATION_SIZE": SIZE,
    "REPEATS": whole(1, 100),
    "TUNE_DIR": text("the path of a folder"),
}


def main(assigned=None):
    """Search as the constants in the files say."""
    search(read_constants(assigned=assigned), read_constants(["tune_model"], assigned))


def search(constants, options):
    """Search, print the result, train the winner on the whole training set, score it.

    Parameters: constants of data, network and training, for all trials; options, the constants of this file.
    Returns: (the winner's constants, the figures of its evaluation). Raises: InputError for an impossible one.
    """
    c, o = check_constants(constants), check_constants(options, ["tune_model"])
    refuse_without_test_set(c, "a search")
    folder = run_folder.resolved(o.TUNE_DIR, "TUNE_DIR")
    trials = draw_trials(o, c.SEED, searchable=[*names_in("cnn_lstm_model"), *names_in("train_model")])
    data = load_data(**c.changed(VALIDATION_SIZE=o.SEARCH_VALIDATION_SIZE))
    for trial in trials:
        check_compatible(data, c.changed(**trial | {"PATIENCE": None}))
        check_sizes(convolution_input_shape(data), c.changed(**trial))
    experiment = Experiment(c, o, load_data, build_model, folder, data.task.metric, os.getpid())
    ledger.read_rows(folder / "best")  # a damaged one is refused before the search, not after it
    with locked(folder, "search", "TUNE_DIR"):
        finished = load_finished_trials(experiment, trials, fingerprints(data))
        best = trials[successive_halving(trials, experiment, finished)]
        show_result(trials, finished, experiment)
        final = c.changed(**best | {"VALIDATION_SIZE": 0.0, "PATIENCE": None, "RUN_DIR": f"{o.TUNE_DIR}/best"})
        print("\nThe winner, trained on the whole training set:", flush=True)
        data = load_data(**final)
        run = train_and_save(data, build_model, final)
        figures = score_and_report(run, data, final)
        write_search_page(experiment, trials, finished, figures, run.task)
        return best, figures


if __name__ == "__main__":
    run_script(main, __doc__, files=(*RUN_FILES, "tune_model"))
