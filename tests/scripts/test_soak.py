"""Many rounds of training, evaluation and prediction in one process leak neither file handles nor memory.

The rounds take turns over all that can be learned. The full soak:
python -m pytest tests/scripts/test_soak.py --soak-rounds 200
"""

import gc
import json

import numpy as np

from tests.conftest import LINUX
from tests.small_datasets import KINDS

SOAK = """
import contextlib, gc, io, json, os
import evaluate_model, predict_model, train_model
from core.constants import read_constants
from core.quiet_tensorflow import keras

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

figures = []
for i in range(ROUNDS):
    constants = read_constants() | CASES[i % len(CASES)] | {"SEED": i, "EPOCHS": 1, "FILTERS": 2, "LSTM_UNITS": 2}
    with contextlib.redirect_stdout(io.StringIO()):
        train_model.main(constants)
        evaluate_model.main(constants)
        predict_model.predict(constants["RUN_DIR"], constants["DATASET"])
    keras.backend.clear_session()
    if (i + 1) % len(CASES) == 0:
        gc.collect()
        figures.append([resident(), len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))])
print(json.dumps(figures))
"""

# Stock compile and fit keep 12 MB of each round: TensorFlow never forgets a gradient that Keras registers. Here 198
# rounds wandered by 6 MB in all.
MEGABYTES = 20  # that memory may wander, however many rounds


@LINUX
def test_many_rounds_leave_no_file_handles_no_threads_and_no_memory(project, request):
    for write, _ in KINDS.values():
        write(project.folder, np.random.default_rng(0))
    turns = max(2, round(request.config.getoption("--soak-rounds") / len(KINDS)))
    code = SOAK.replace("ROUNDS", str(turns * len(KINDS))).replace("CASES", repr([c for _, c in KINDS.values()]))
    figures = json.loads(project.succeed("-c", code, timeout=3600))
    assert len(figures) == turns
    (early, *others), (late, *others_late) = figures[turns // 4], figures[-1]
    print(f"MB, handles and threads after each turn: {figures}")
    assert late - early < MEGABYTES, figures
    assert all(b <= a + 2 for a, b in zip(others, others_late)), figures


@LINUX
def test_the_garbage_collector_runs_but_not_over_what_was_imported():
    import core.quiet_tensorflow  # noqa: F401

    assert gc.isenabled() and gc.get_freeze_count() > 100_000
