"""python evaluate_model.py

Score the trained run on its held-out test set, and say whether it beats simple baselines: always giving the same
answer, for a forecast repeating the last value, and a linear model. Adds evaluation.json, predictions.csv (of
transcribed recordings also transcripts.csv), pictures and report.html to the run folder, and a row to runs/ledger.csv.
"""

from core import run_folder
from core.constants import check_constants, names_in, read_constants
from core.script import run_script
from data_preprocessing import load_data
from experiments.evaluate_run import check_same_data, score_and_report
from training.saved_run import open_run


def main():
    """Evaluate the run that the constants in the files describe."""
    evaluate(read_constants())


def evaluate(constants):
    """Score the run in RUN_DIR. Returns: the dictionary that evaluation.json holds.

    Raises: InputError when there is no run, or when the constants now describe other data than it was trained on.
    """
    c = check_constants(constants)
    run = open_run(run_folder.run_path(c.RUN_DIR))  # a damaged run is called so, before its data are
    data = load_data(c)
    check_same_data(run, data, c, names_in("data_preprocessing"))
    return score_and_report(run, data, run.constants)


if __name__ == "__main__":
    run_script(main, __doc__)
