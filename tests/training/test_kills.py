"""Whatever is learned, a training killed at any moment is continued and ends bit by bit as one that was not.

Twenty kills of each: python -m pytest tests/training/test_kills.py --kills 20
"""

import json

import numpy as np

from tests.conftest import POSIX
from tests.small_datasets import KINDS

KILLER = """
import hashlib, json, os, random, shutil, signal, sys, time, zipfile
import core.quiet_tensorflow  # imported once, forked often: a start takes seconds
import train_model
from core import run_folder
from core.constants import read_constants

folder = run_folder.resolved("runs/latest")

def training(constants, seed):
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        train_model.main(read_constants() | constants | {"SEED": seed})
        os._exit(0)
    return child

def weights():
    with zipfile.ZipFile(folder / "model.keras") as model:
        return hashlib.sha256(model.read("model.weights.h5")).hexdigest()

moments = random.Random(0)
for what, constants in CASES.items():
    for seed in range(KILLS):
        began = time.perf_counter()
        status = os.waitpid(training(constants, seed), 0)[1]
        whole, undisturbed = time.perf_counter() - began, weights()
        shutil.rmtree(folder)
        child = training(constants, seed)
        if seed:
            time.sleep(moments.uniform(0.3, 1.0) * whole)
        while not seed and not folder.with_name(".latest.checkpoint").exists():  # the first hits a training at work
            time.sleep(0.01)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        left = sorted(p.name for p in folder.parent.iterdir())
        again = os.waitpid(training(constants, seed), 0)[1]
        print(json.dumps([what, status, again, left, weights() == undisturbed]), flush=True)
        shutil.rmtree(folder)
"""


@POSIX
def test_a_killed_training_of_any_kind_ends_as_if_nothing_had_happened(project, request):
    small = {"EPOCHS": 6, "VALIDATION_SIZE": 0.25, "DROPOUT": 0.2, "BATCH_SIZE": 8, "LSTM_UNITS": 8, "FILTERS": 8}
    for write, _ in KINDS.values():
        write(project.folder, np.random.default_rng(0))
    cases = {what: small | constants for what, (_, constants) in KINDS.items()}
    kills = request.config.getoption("--kills") or 1
    code = KILLER.replace("KILLS", str(kills)).replace("CASES", repr(cases))
    lines = [json.loads(line) for line in project.succeed("-c", code, timeout=3600).splitlines()]
    assert len(lines) == kills * len(KINDS)
    assert all(status == again == 0 and same for _, status, again, _, same in lines), lines
    first = {what: left for what, _, _, left, _ in reversed(lines)}
    assert first.keys() == KINDS.keys() and all(".latest.checkpoint" in left for left in first.values())
