"""python cross_validate_model.py

Train and score the network on every fold of the data: each part of them, or each group, is held out once; of a series
one stretch after the other, each forecast from what lies before it. Where the data have a test set of their own, folds
differ in SEED alone. Several folds at a time, each in a process of its own. A killed cross-validation continues.
"""

import os

from cnn_lstm_model import build_model
from core import run_folder
from core.constants import RUN_FILES, check_constants, or_one_of, read_constants, text, whole
from core.locks import locked
from core.script import run_script
from data_preprocessing import load_data, read
from experiments.cross_validation import folds_from_data, run_folds
from experiments.evaluated_run import refuse_without_test_set
from experiments.experiment import Experiment
from experiments.train_run import check_compatible
from networks.size_checks import check_sizes
from sequences.statistics import content_fingerprint
from tasks import convolution_input_shape

FOLDS = 5  # parts, each held out once; "groups": each group (GROUP, or recording) once; given test set: so many seeds
FOLD_JOBS = 2  # folds at the same time, each in a process of its own; -1: one for each core
FOLD_DIR = "runs/folds"  # folder of the results, relative to the project folder

ALLOWED = {
    "FOLDS": or_one_of(whole(2, 1000), "groups"),
    "FOLD_JOBS": or_one_of(whole(1), -1),
    "FOLD_DIR": text("the path of a folder"),
}


def main(assigned=None):
    """Cross-validate as the constants in the files say."""
    cross_validate(read_constants(assigned=assigned), read_constants(["cross_validate_model"], assigned))


def cross_validate(constants, options):
    """Cross-validate the network that `constants` describe; options: those of this file.

    Returns: the dictionary that summary.json holds. Raises: InputError for an impossible constant.
    """
    c, o = check_constants(constants), check_constants(options, ["cross_validate_model"])
    refuse_without_test_set(c, "a cross-validation")
    folder = run_folder.resolved(o.FOLD_DIR, "FOLD_DIR")
    as_read = read(c)
    folds, fingerprint = folds_from_data(*as_read, c, o.FOLDS), content_fingerprint(as_read)
    data = load_data(fold=folds[0], **c)
    check_sizes(convolution_input_shape(data), c)
    check_compatible(data, c)
    experiment = Experiment(c, o, load_data, build_model, folder, data.task.metric, os.getpid())
    with locked(folder, "cross-validation", "FOLD_DIR"):
        summary = run_folds(folds, data, experiment, fingerprint)
    print("Next: python train_model.py (of the folds no network is kept)")
    return summary


if __name__ == "__main__":
    run_script(main, __doc__, files=(*RUN_FILES, "cross_validate_model"))
