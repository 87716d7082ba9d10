"""python train_model.py

Train the network on the training set and write the run folder (RUN_DIR).
The constants are at the top of data_preprocessing.py, cnn_lstm_model.py and this file: edit one, run again.
"""

from cnn_lstm_model import build_model
from core import run_folder
from core.constants import POSITIVE, SWITCH, check_constants, one_of, or_none, read_constants, text, whole
from core.script import run_script
from data_preprocessing import load_data
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
    "RESUME": SWITCH,
    "TENSORBOARD": SWITCH,
    "RUN_DIR": text("the path of a folder"),
}


def main():
    """Train as the constants in the files say."""
    train(read_constants())


def train(constants):
    """Train as `constants`, a dictionary from name to value, say. Returns: training.saved_run.SavedRun."""
    c = check_constants(constants)
    run_folder.check_replaceable(run_folder.resolved(c.RUN_DIR))
    data = load_data(c)
    print("\n".join([describe_data(data, c), *data.sequences.notes]), flush=True)
    check_sizes(convolution_input_shape(data), c)
    return train_and_save(data, build_model, c)


if __name__ == "__main__":
    run_script(main, __doc__)
