"""Many rounds in one process leak neither memory nor file handles."""

import json

SOAK = """
import contextlib, gc, io, json, os
import cnn_lstm_model, data_preprocessing, evaluate_model, run_folder, train_model
from checks import constants_of
from quiet_tensorflow import keras

constants = constants_of(data_preprocessing, cnn_lstm_model, train_model, run_folder)
constants |= {"N_SAMPLES": 20, "TIME_STEPS": 8, "FILTERS": 2, "LSTM_UNITS": 2, "EPOCHS": 1}

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

figures = []
for i in range(200):
    with contextlib.redirect_stdout(io.StringIO()):
        train_model.train(constants | {"SEED": i})
        evaluate_model.evaluate(constants | {"SEED": i})
    keras.backend.clear_session()
    if i in (49, 199):
        gc.collect()
        figures.append([resident(), len(os.listdir("/proc/self/fd"))])
print(json.dumps(figures))
"""

MEGABYTES_PER_ROUND = 0.75  # each round traces new TensorFlow functions, of which some hundred kilobytes stay


def test_two_hundred_rounds_grow_neither_memory_nor_file_handles(project):
    (early, handles_early), (late, handles_late) = json.loads(project.succeed("-c", SOAK, timeout=600))
    assert late - early < 150 * MEGABYTES_PER_ROUND
    assert handles_late <= handles_early + 2
