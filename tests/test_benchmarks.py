"""The benchmarks run, in tiny sizes, and write what they promise. Their figures here mean nothing."""

import csv
import re
import shutil

import pytest

from tests.conftest import ROOT

TINY = {
    "DATA_SETS": [],
    "MODELS": ["cnn", "cnn_lstm"],
    "SEEDS": [0],
    "EPOCHS": 1,
    "CURVE_MODELS": ["cnn"],
    "CURVE_SIZES": [20],
    "CURVE_TEST": 20,
    "CURVE_SEEN": 20,
}


@pytest.fixture
def folder(project):
    shutil.copytree(ROOT / "benchmarks", project.folder / "benchmarks", ignore=shutil.ignore_patterns("*.csv", "*.png"))
    return project.folder / "benchmarks"


def set_constants(script, **constants):
    text = script.read_text()
    for name, value in constants.items():
        text, count = re.subn(rf"^{name} = [^#\n]*", f"{name} = {value!r}  ", text, flags=re.MULTILINE)
        assert count == 1, name
    script.write_text(text)


def trials(folder):
    with open(folder / "accuracy.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_speed_writes_its_table_and_picture(project, folder):
    set_constants(folder / "speed.py", QUICK=True)
    printed = project.succeed("benchmarks/speed.py")
    table = (folder / "speed.md").read_text()
    for what in ("reference snippet", "stock Keras", "stock predict", "64 sequences", "60 time steps", "peak memory"):
        assert what in printed and what in table
    assert re.search(r"^\| train_model.py, whole process \|.* s \|.* s \| \d\.\d\d \|", table, re.MULTILINE)
    assert "Python 3." in table and "TensorFlow 2." in table
    assert (folder / "speed.png").read_bytes().startswith(b"\x89PNG")
    assert not (project.folder / "runs").exists()


def test_accuracy_compares_and_repeats_no_trial(project, folder, tmp_path):
    set_constants(folder / "accuracy.py", **TINY)
    given = tmp_path / "given"
    (given / "Broken").mkdir(parents=True)
    rows = "".join(f"{label}\t" + "\t".join(f"{label}.{step}" for step in range(12)) + "\n" for label in (1, 2) * 5)
    (given / "Small").mkdir()
    for part in ("TRAIN", "TEST"):
        (given / "Small" / f"Small_{part}.tsv").write_text(rows)
    first = project.succeed("benchmarks/accuracy.py", given)
    assert "Skipped Broken" in first
    assert [(t["data set"], t["model"]) for t in sorted(trials(folder), key=lambda t: list(t.values()))] == [
        ("Small", "cnn"),
        ("Small", "cnn_lstm"),
        ("motifs", "cnn"),  # of the learning curve
    ]
    assert re.search(r"^\| Small \| 10 / 10 \| 50\.0 \|", (folder / "accuracy.md").read_text(), re.MULTILINE)
    for picture in ("accuracy.png", "learning_curve.png"):
        assert (folder / picture).read_bytes().startswith(b"\x89PNG")
    assert not (project.folder / "runs").exists()

    before = trials(folder)
    assert "3 trials, 3 of them in accuracy.csv already" in project.succeed("benchmarks/accuracy.py", given)
    assert trials(folder) == before
