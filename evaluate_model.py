"""python evaluate_model.py

Score the trained run on its held-out test set, and say whether it beats simple baselines: always giving the same
answer, for a forecast repeating the last value, and a linear model. Adds evaluation.json, predictions.csv (of
transcribed recordings also transcripts.csv), pictures and report.html to the run folder, and a row to runs/ledger.csv
(of a run outside runs/, to ledger.csv beside its folder).
"""

from core import files, run_folder
from core.constants import RUN_FILES, names_in, read_constants
from core.errors import InputError
from core.script import run_script
from data_preprocessing import load_data
from experiments.evaluate_run import Evaluation, check_same_data, score_and_report
from experiments.evaluated_run import refuse_without_score
from readers.in_memory import IN_MEMORY
from training.saved_run import as_run, open_run


def main(assigned=None):
    """Evaluate the run that the constants in the files describe, and those assigned for this time."""
    c = read_constants(assigned=assigned)
    run = open_run(run_folder.run_path(c.RUN_DIR))  # a damaged run is called so, before its data are
    refuse_without_score(run)
    c = run.as_it_was_given(c, assigned or ()).changed(EVALUATED_RUN=None)
    if c.DATASET == IN_MEMORY:
        raise InputError(
            f"{files.shown(run.folder)} was trained on {IN_MEMORY} of a notebook or program: call evaluate(run) there"
        )
    data = load_data(**c)
    check_same_data(run, data, c, names_in("data_preprocessing"))
    return score_and_report(run, data, run.constants)


def evaluate(run, data=None):
    """Score a run on its held-out test set, print the report and write it into the run folder.

    Parameters: run, of `train`, or the path of its folder; data, of load_data, those that it was trained on: needed
    where the run was trained in another process on data in memory.
    Returns: Evaluation, the dictionary that evaluation.json holds; a notebook shows it as the report's page.
    Raises: InputError when there is no run, and for other data than it was trained on.
    """
    run = as_run(run)
    refuse_without_score(run)
    data = data or run.data
    if data is None and run.constants.DATASET == IN_MEMORY:
        raise InputError(f"{files.shown(run.folder)} was trained on {IN_MEMORY}: evaluate(run, data) needs them again")
    data = data or load_data(**run.constants)
    names = names_in("data_preprocessing")
    of_data = {name: data.constants[name] for name in names}
    check_same_data(run, data, run.constants.changed(**of_data, RUN_DIR=str(run.folder)), names)
    return Evaluation(score_and_report(run, data, run.constants), run.folder)


if __name__ == "__main__":
    run_script(main, __doc__, files=RUN_FILES)
