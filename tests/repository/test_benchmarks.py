"""The benchmarks run, in tiny sizes, and write what they promise. Their figures here mean nothing."""

import csv
import re
import shutil
import sys

import numpy as np
import pytest
from scipy.stats import friedmanchisquare

from tests.conftest import ROOT

TINY = {
    "OWN": {},
    "NETWORKS": ["cnn", "cnn_lstm"],
    "RIVALS": ["ridge"],
    "SEEDS": [0],
    "BUDGET": {"epochs": 2, "sequences": 1000},
    "CURVE": ["cnn"],
    "CURVE_SIZES": [20],
    "CURVE_TEST": 20,
}


@pytest.fixture
def folder(project):
    shutil.copytree(ROOT / "benchmarks", project.folder / "benchmarks", ignore=shutil.ignore_patterns("*.csv", "*.png"))
    shutil.copytree(ROOT / "docs", project.folder / "docs", ignore=shutil.ignore_patterns("*.png"))
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


def test_speed_writes_its_table_and_picture(project, folder, request):
    if not request.config.getoption("--benchmarks"):
        pytest.skip("it takes a minute: --benchmarks")
    set_constants(folder / "measures.py", QUICK=True)
    printed = project.succeed("benchmarks/speed.py")
    table = (folder / "speed.md").read_text()
    for what in ("reference snippet", "stock Keras", "stock predict", "64 sequences", "60 time steps", "peak memory"):
        assert what in printed and what in table
    assert re.search(r"^\| train_model.py, whole process \|.* s \|.* s \| \d\.\d\d \|", table, re.MULTILINE)
    assert "Python 3." in table and "TensorFlow 2." in table
    assert (folder / "speed.png").read_bytes().startswith(b"\x89PNG")
    assert not (project.folder / "runs").exists()


@pytest.mark.skipif(bool(shutil.which("nvidia-smi")), reason="here it would measure")
def test_without_a_gpu_its_benchmark_says_so(project, folder):
    before = (folder / "speed.md").read_text()
    assert "TensorFlow sees no GPU on this machine" in project.refuse("benchmarks/gpu.py")
    assert (folder / "speed.md").read_text() == before


def test_accuracy_compares_and_repeats_no_trial(project, folder, tmp_path, request):
    if not request.config.getoption("--benchmarks"):
        pytest.skip("it trains for a quarter of a minute: --benchmarks")
    set_constants(folder / "accuracy.py", **TINY)
    given = tmp_path / "given"
    (given / "Broken").mkdir(parents=True)
    rows = "".join(f"{label}\t" + "\t".join(f"{label}.{step}" for step in range(12)) + "\n" for label in (1, 2) * 5)
    (given / "Small").mkdir()
    for part in ("TRAIN", "TEST"):
        (given / "Small" / f"Small_{part}.tsv").write_text(rows)
    first = project.succeed("benchmarks/accuracy.py", given)
    assert "Skipped Broken" in first
    assert sorted((t["data set"], t["model"], t["seed"]) for t in trials(folder)) == [
        ("Small", "cnn", "0"),
        ("Small", "cnn", "choice"),
        ("Small", "cnn_lstm", "0"),
        ("Small", "cnn_lstm", "choice"),
        ("Small", "ridge", "0"),
        ("motifs, 20", "cnn", "0"),  # of the learning curve
        ("motifs, 20", "cnn", "choice"),
    ]
    chosen = {(t["model"], t["seed"]): t["epochs"] for t in trials(folder) if t["data set"] == "Small"}
    assert chosen["cnn", "0"] == chosen["cnn", "choice"] in ("1", "2")
    checked = {t["test"] for t in trials(folder) if t["data set"] == "Small" and t["seed"] == "choice"}
    assert checked == {"12"}  # four draws of three of ten sequences: fewer than a hundred
    assert re.search(r"^\| Small \| 10 / 10 \| 50\.0 \|", (folder / "accuracy.md").read_text(), re.MULTILINE)
    for picture in ("accuracy.png", "learning_curve.png"):
        assert (folder / picture).read_bytes().startswith(b"\x89PNG")
    assert not (project.folder / "runs").exists()

    before = trials(folder)
    assert "7 trials, 7 of them in accuracy.csv already" in project.succeed("benchmarks/accuracy.py", given)
    assert trials(folder) == before


def test_ranks_are_tested_as_demsar_recommends(tmp_path):
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import accuracy_tables
    finally:
        sys.path.pop(0)
    np.testing.assert_allclose(accuracy_tables.holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])
    rng = np.random.default_rng(0)
    good, poor = rng.uniform(0.8, 0.9, 12), rng.uniform(0.4, 0.5, 12)
    models = ["a", "b", "c"]
    table = np.stack([good, poor, good + rng.choice([-0.01, 0.01], 12)], axis=1)
    first, second = accuracy_tables.ranks(tmp_path, dict(enumerate(table)), models)
    expected = friedmanchisquare(*table.T).pvalue
    assert "Over the 12 data sets" in first and f"p = {expected:.2g}" in first
    assert "| mean rank |" in second and " 3.00 |" in second
    corrected = {(0, 1): 0.001, (0, 2): 0.6, (1, 2): 0.001}
    (alike,) = accuracy_tables.cliques(np.array([1.4, 3.0, 1.6]), corrected)
    assert alike.tolist() == [0, 2]
    assert (tmp_path / "ranks.png").read_bytes().startswith(b"\x89PNG")


def test_few_labels_are_drawn_for_each_class_and_no_draw_is_repeated(project, folder):
    preset = {"TASK": "classification", "ARCHITECTURE": "deep_cnn_lstm", "EPOCHS": 1, "BATCH_SIZE": 16}
    set_constants(folder / "few_labels.py", LABELS=(4, 6), SEEDS=(0,), MOST=20, PRESET=preset)
    plane = project.folder / "archives" / "ucr" / "Plane"
    plane.mkdir(parents=True)
    y = np.repeat([1, 2, 3], [20, 20, 8])
    x = np.random.default_rng(0).normal(0, 1, (48, 30)) + 2 * np.sin(np.arange(30) * y[:, None])
    for name, rows in (("TRAIN", slice(None, None, 2)), ("TEST", slice(1, None, 2))):
        np.savetxt(plane / f"Plane_{name}.tsv", np.column_stack([y, x])[rows], delimiter="\t")
    printed = project.succeed("benchmarks/few_labels.py", str(project.folder / "archives"))
    before = (folder / "few_labels.csv").read_text()
    with open(folder / "few_labels.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    # at most half of the eight sequences of a class; 20 of the others are tested
    assert [(row["labels"], row["training"], row["test"]) for row in rows] == [("4", "12", "20"), ("6", "16", "20")]
    assert all(float(row["kernels"]) > 0.9 for row in rows)
    gain = 100 * (float(rows[1]["preset"]) - float(rows[1]["kernels"]))
    half = 196 * float(rows[1]["error"])
    assert f"| {gain:+.1f} ± {half:.1f} ({gain:+.1f}) |" in printed
    project.succeed("benchmarks/few_labels.py", str(project.folder / "archives"))
    assert (folder / "few_labels.csv").read_text() == before
