"""python train_model.py

Train the network on the training set and write the run folder (RUN_DIR).
The constants are at the top of data_preprocessing.py, cnn_lstm_model.py and this file: edit one, run again.
"""

from cnn_lstm_model import build_model
from core import run_folder
from core.constants import (
    POSITIVE,
    RUN_FILES,
    SWITCH,
    constants_with,
    names_in,
    one_of,
    or_none,
    read_constants,
    text,
    whole,
)
from core.errors import InputError
from core.script import next_command, run_script
from data_preprocessing import load_data
from experiments.evaluated_run import check_as_evaluated
from experiments.train_run import describe_data, train_and_save
from networks.size_checks import check_sizes
from tasks import convolution_input_shape

EPOCHS = 10  # passes over the training set, 1 or more; too many overfit
BATCH_SIZE = 32  # sequences per step, 1 or more; larger is faster per epoch and learns less per epoch
LEARNING_RATE = 0.001  # step size of Adam, above 0; too large diverges, too small crawls
PATIENCE = None  # epochs without a lower validation loss before training stops; needs VALIDATION_SIZE; try 20
PLATEAU = None  # epochs without a lower loss (validation, if any) before LEARNING_RATE is halved (3 times at most)
AVERAGE_WEIGHTS = False  # True: end with the average of the weights over the last epochs, steadier where the loss jumps
CLASS_WEIGHT = None  # "balanced": rare classes count as much as frequent ones
PRETRAINED_RUN = None  # folder of a run whose convolution and LSTM weights to start from, such as "runs/big"
FREEZE_CNN = False  # True: the convolutions of PRETRAINED_RUN stay as they are; for very few sequences
EVALUATED_RUN = None  # folder of an evaluated run: train it once more as it was, on all its data (needs RUN_DIR)
RESUME = True  # continue an interrupted training of the same constants and data; False starts afresh
TENSORBOARD = False  # True: log to RUN_DIR/tensorboard (pip install tensorboard)
RUN_DIR = "runs/latest"  # folder of the run, relative to the project folder; name another to keep a run

ALLOWED = {
    "EPOCHS": whole(1),
    "BATCH_SIZE": whole(1),
    "LEARNING_RATE": POSITIVE,
    "PATIENCE": or_none(whole(1)),
    "PLATEAU": or_none(whole(1)),
    "AVERAGE_WEIGHTS": SWITCH,
    "CLASS_WEIGHT": one_of(None, "balanced"),
    "PRETRAINED_RUN": or_none(text("the folder of a run")),
    "FREEZE_CNN": SWITCH,
    "EVALUATED_RUN": or_none(text("the folder of a run")),
    "RESUME": SWITCH,
    "TENSORBOARD": SWITCH,
    "RUN_DIR": text("the path of a folder"),
}


def main(assigned=None):
    """Train as the constants in the files say, and those assigned for this run."""
    c = read_constants(assigned=assigned)
    run_folder.check_replaceable(run_folder.resolved(c.RUN_DIR))  # before data are read, which may take long
    run = train(load_data(**c))
    if run is not None:  # of several workers, the first writes it
        script = "evaluate_model.py" if c.TEST_SIZE and c.EVALUATED_RUN is None else "predict_model.py PATH"
        print(f"Next: {next_command(script, run.folder)}")
    return run


def train(data, **constants):
    """Train the network on the data of `load_data` and write the run folder.

    Parameters: constants of network and training, by their names, in place of those that load_data took.
    Returns: training.saved_run.SavedRun, with the run's folder, model and history.
    Raises: InputError for constants that are impossible, alone or with these data.
    """
    c = constants_with(constants, "train", data.constants)
    for name in constants.keys() & {*names_in("data_preprocessing"), "EVALUATED_RUN"}:
        raise InputError(f"{name} belongs to the data: give it to load_data")
    check_as_evaluated(c, data.constants)
    run_folder.check_replaceable(run_folder.resolved(c.RUN_DIR))
    print("\n".join([describe_data(data, c), *data.sequences.notes]), flush=True)
    check_sizes(convolution_input_shape(data), c)
    return train_and_save(data, build_model, c)


if __name__ == "__main__":
    run_script(main, __doc__, files=RUN_FILES)
