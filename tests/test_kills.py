"""Whatever is learned, a training killed at any moment is continued and ends bit by bit as one that was not.

Twenty kills of each: python -m pytest tests/test_kills.py --kills 20
"""

import csv
import json

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

KILLER = """
import hashlib, json, os, random, shutil, signal, sys, time, zipfile
import project.quiet_tensorflow  # imported once, forked often: a start takes seconds
import train_model
from project import run_folder
from project.constants import read_constants

constants = read_constants()
folder = run_folder.resolved(constants["RUN_DIR"])

def training(seed):
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        train_model.train_with(constants | {"SEED": seed})
        os._exit(0)
    return child

def weights():
    with zipfile.ZipFile(folder / "model.keras") as model:
        return hashlib.sha256(model.read("model.weights.h5")).hexdigest()

moments = random.Random(0)
for seed in range(KILLS):
    began = time.perf_counter()
    status = os.waitpid(training(seed), 0)[1]
    whole, undisturbed = time.perf_counter() - began, weights()
    shutil.rmtree(folder)
    child = training(seed)
    if seed:
        time.sleep(moments.uniform(0.3, 1.0) * whole)
    while not seed and not folder.with_name(".latest.checkpoint").exists():  # the first hits a training at work
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    left = sorted(p.name for p in folder.parent.iterdir())
    again = os.waitpid(training(seed), 0)[1]
    print(json.dumps([status, again, left, weights() == undisturbed]), flush=True)
"""


def write_texts(folder, rng):
    with open(folder / "d.csv", "w", newline="") as file:
        rows = [["label", "text"]] + [[k % 2, " ".join(rng.choice([*"abcdefgh"], 12))] for k in range(300)]
        csv.writer(file).writerows(rows)


def write_recordings(folder, rng):
    (folder / "d").mkdir()
    rows = [["file_name", "text"]]
    for k in range(24):
        wavfile.write(folder / "d" / f"{k}.wav", 8000, (rng.normal(size=4000 + 100 * k) * 2**12).astype(np.int16))
        rows.append([f"{k}.wav", "".join(rng.choice([*"ab"], 4))])
    with open(folder / "d" / "metadata.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)


def write_clips(folder, rng):
    for k in range(24):
        frames = [Image.fromarray(rng.integers(0, 255, (12, 12), np.uint8)) for _ in range(4)]
        (folder / "d" / "xy"[k % 2]).mkdir(parents=True, exist_ok=True)
        frames[0].save(folder / "d" / "xy"[k % 2] / f"{k}.gif", save_all=True, append_images=frames[1:])


def write_numbers(folder, rng):
    np.savez(folder / "d.npz", X=rng.normal(size=(300, 30, 2)), y=rng.normal(size=300))


def write_series(folder, rng):
    rows = [f"{t},{name},{rng.normal():.3f}" for t in range(150) for name in "abc"]
    (folder / "d.csv").write_text("\n".join(["t,name,v", *rows]) + "\n")


CASES = {
    "texts": (write_texts, {"DATASET": "d.csv", "TEXT": "text", "LABEL": "label"}),
    "transcription": (write_recordings, {"DATASET": "d", "BIDIRECTIONAL": True}),
    "video": (write_clips, {"DATASET": "d", "FRAMES": 4, "FRAME_SIZE": 12}),
    "regression": (write_numbers, {"DATASET": "d.npz"}),
    "several series": (write_series, {"DATASET": "d.csv", "SEQUENCE": "name", "TARGET": "v"}),
}


@pytest.mark.parametrize("what", CASES)
def test_a_killed_training_of_any_kind_ends_as_if_nothing_had_happened(project, request, what):
    write, constants = CASES[what]
    write(project.folder, np.random.default_rng(0))
    project.edit(**constants, EPOCHS=6, VALIDATION_SIZE=0.25, DROPOUT=0.2, BATCH_SIZE=8, LSTM_UNITS=8, FILTERS=8)
    kills = request.config.getoption("--kills")
    lines = [json.loads(line) for line in project.succeed("-c", KILLER.replace("KILLS", str(kills))).splitlines()]
    assert len(lines) == kills
    assert all(status == again == 0 and same for status, again, _, same in lines)
    assert ".latest.checkpoint" in lines[0][2]
