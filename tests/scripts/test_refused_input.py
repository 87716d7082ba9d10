"""What cannot be used is refused: exit status 2, one line saying what, where and what is allowed, no file changed."""

from pathlib import Path

import numpy as np
import pytest

import evaluate_model
import train_model
from core.errors import InputError
from tests.helpers import hashes

CONSTANTS = [
    ("N_SAMPLES", -1), ("N_SAMPLES", 0), ("N_SAMPLES", 10.5), ("N_SAMPLES", "1000"), ("N_SAMPLES", True),
    ("TIME_STEPS", 0), ("TIME_STEPS", None), ("FEATURES", 0), ("FEATURES", [1]),
    ("TEST_SIZE", 1.5), ("TEST_SIZE", -0.2), ("TEST_SIZE", 1.0), ("TEST_SIZE", float("nan")),
    ("TEST_SIZE", 1000), ("TEST_SIZE", "half"),
    ("SEED", -1), ("SEED", 1.5), ("SEED", 2**32),
    ("DATASET", "motif"), ("DATASET", "no/such/file.npz"), ("DATASET", ""), ("DATASET", 7), ("DATASET", "a\0b"),
    ("FILTERS", 0), ("KERNEL_SIZE", 0), ("KERNEL_SIZE", 51), ("POOL_SIZE", 0), ("POOL_SIZE", 49), ("LSTM_UNITS", -5),
    ("DROPOUT", 1.0), ("DROPOUT", -0.1), ("DROPOUT", "0.5"), ("ARCHITECTURE", "gru"), ("ARCHITECTURE", None),
    ("EPOCHS", 0), ("EPOCHS", 2.0), ("BATCH_SIZE", 0), ("BATCH_SIZE", -32),
    ("LEARNING_RATE", 0), ("LEARNING_RATE", -0.1), ("LEARNING_RATE", float("inf")), ("LEARNING_RATE", "fast"),
    ("TARGET", ""), ("TARGET", 3.5), ("TARGET", []), ("KNOWN", "hour"), ("KNOWN", []),
    ("WINDOW", 0), ("HORIZON", -1), ("SEASON", 0), ("VALIDATION_SIZE", 1.5),
    ("VALIDATION_SIZE", -0.1), ("VALIDATION_SIZE", 800), ("TEST_FILES", "("), ("TEST_FILES", "a"), ("GROUP", "a"),
    ("GROUP", "(a)"), ("RUN_DIR", ""), ("RUN_DIR", None), ("RUN_DIR", "tests"),
]  # fmt: skip

STRANGE = [
    ("EPOCHS", np.int64(1)), ("LEARNING_RATE", np.float32(0.001)), ("LEARNING_RATE", 10**400),
    ("N_SAMPLES", 10**30), ("N_SAMPLES", 10**9), ("N_SAMPLES", -(10**5000)), ("TIME_STEPS", 10**12), ("FILTERS", 10**9),
    ("BATCH_SIZE", 10**30), ("VALIDATION_SIZE", np.zeros(2)), ("DROPOUT", np.zeros(2)), ("DATASET", Path("a.npz")),
    ("DATASET", "a" * 5000), ("DATASET", "~nosuchuser/x"), ("TEST_FILES", "a{99999999999999999999}"),
    ("TEST_FILES", "(" * 2000 + ")" * 2000), ("GROUP", "[[a](b)"), ("RUN_DIR", "/"), ("RUN_DIR", "\ud800"),
    ("RUN_DIR", "tests/.."), ("RUN_DIR", Path("run")), ("PRETRAINED_RUN", "no/run"),
    ("PRETRAINED_RUN", "~nosuchuser/x"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), STRANGE, ids=range(len(STRANGE)))
def test_a_strange_constant_is_named(shipped, tmp_path, name, value):
    with pytest.raises(InputError, match=name) as refusal:
        train_model.main({**shipped, "RUN_DIR": str(tmp_path / "run"), name: value})
    assert len(str(refusal.value)) < 500 and not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "value"), CONSTANTS)
def test_an_impossible_constant_is_named_with_its_value(shipped, tmp_path, name, value):
    constants = {**shipped, "RUN_DIR": str(tmp_path / "run"), name: value}
    with pytest.raises(InputError) as refusal:
        train_model.main(constants)
    assert name in str(refusal.value)
    assert name == "RUN_DIR" or f"{value!r}" in str(refusal.value)
    assert not list(tmp_path.iterdir())


def test_a_script_refuses_in_one_line_and_touches_nothing(reference):
    project, _, _ = reference
    before = hashes(project.folder / "runs")
    for constant, shipped_value, words in (
        ({"TEST_SIZE": 1.5}, {"TEST_SIZE": 0.2}, ["TEST_SIZE = 1.5", "fraction", "number of sequences"]),
        ({"DATASET": "motif"}, {"DATASET": "random"}, ["DATASET = 'motif'", '"motifs"', '"digits"']),
        ({"KERNEL_SIZE": 60}, {"KERNEL_SIZE": 3}, ["KERNEL_SIZE = 60", "1 to 50"]),
    ):
        project.edit(**constant)
        line = project.refuse("train_model.py")
        project.edit(**shipped_value)
        assert all(word in line for word in words), line
    assert "takes NAME=value alone, such as EPOCHS=30" in project.refuse("train_model.py", "--epochs=3")
    assert hashes(project.folder / "runs") == before


@pytest.mark.parametrize(
    ("name", "value"),
    [("SEED", 7), ("TEST_SIZE", 0.3), ("DATASET", "motifs"), ("N_SAMPLES", 900), ("TIME_STEPS", 40), ("FEATURES", 2)],
)
def test_a_run_is_not_scored_on_other_data(reference, shipped, monkeypatch, name, value):
    project, _, _ = reference
    before = hashes(project.folder / "runs")
    with pytest.raises(InputError) as refusal:
        evaluate_model.main({**shipped, "RUN_DIR": str(project.run_dir), name: value})
    message = str(refusal.value)
    assert f"{name} is now {value!r}, the run has {shipped[name]!r}" in message and message.count("is now") == 1
    assert hashes(project.folder / "runs") == before


def test_a_run_is_not_scored_on_a_changed_file(shipped, tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 6, 1)), np.arange(40) % 2
    np.savez(tmp_path / "d.npz", X=x, y=y)
    constants = shipped.changed(DATASET=str(tmp_path / "d.npz"), RUN_DIR=str(tmp_path / "run"), EPOCHS=1)
    with pytest.raises(InputError, match="run python train_model.py first"):
        evaluate_model.main(constants)
    train_model.main(constants)
    before = hashes(tmp_path / "run")
    for row in range(0, 40, 3):  # of both parts
        x[row] += 0.5
        np.savez(tmp_path / "d.npz", X=x, y=y)
        with pytest.raises(InputError, match="has changed"):
            evaluate_model.main(constants)
        x[row] -= 0.5
    assert hashes(tmp_path / "run") == before
    rows = "\n".join(f"{a:.3f},{b:.3f},{'pq'[k // 15 % 2]}" for k, (a, b) in enumerate(rng.normal(size=(120, 2))))
    constants |= {"DATASET": str(tmp_path / "s.csv"), "LABEL": "y", "WINDOW": 6}
    (tmp_path / "s.csv").write_text(f"a,b,y\n{rows}\n")
    train_model.main(constants)
    (tmp_path / "s.csv").write_text(f"b,a,y\n{rows}\n")  # the same numbers, but of other features
    with pytest.raises(InputError, match="has changed"):
        evaluate_model.main(constants)
