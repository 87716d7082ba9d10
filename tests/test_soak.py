"""Many rounds of training and evaluation in one process leak neither file handles nor memory.

The full soak: python -m pytest tests/test_soak.py --soak-rounds 200
"""

import json

SOAK = """
import contextlib, gc, io, json, os
import evaluate_model, train_model
from project.constants import read_constants
from project.quiet_tensorflow import keras

constants = read_constants()
constants |= {"N_SAMPLES": 20, "TIME_STEPS": 8, "FILTERS": 2, "LSTM_UNITS": 2, "EPOCHS": 1}

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

figures = []
for i in range(ROUNDS):
    with contextlib.redirect_stdout(io.StringIO()):
        train_model.train_with(constants | {"SEED": i})
        evaluate_model.evaluate_with(constants | {"SEED": i})
    keras.backend.clear_session()
    if i in (ROUNDS // 4, ROUNDS - 1):
        gc.collect()
        figures.append([resident(), len(os.listdir("/proc/self/fd"))])
print(json.dumps(figures))
"""

# Stock compile and fit keep 12 MB of each round: TensorFlow never forgets a gradient that Keras registers.
MEGABYTES = 40  # that memory may wander, however many rounds


def test_many_rounds_leave_no_file_handles_and_no_memory(project, request):
    rounds = request.config.getoption("--soak-rounds")
    code = SOAK.replace("ROUNDS", str(rounds))
    (early, handles_early), (late, handles_late) = json.loads(project.succeed("-c", code, timeout=900))
    assert late - early < MEGABYTES
    assert handles_late <= handles_early + 2
