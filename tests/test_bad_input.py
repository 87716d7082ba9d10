"""What cannot be used is refused: exit status 2, one line saying what, where and what is allowed, no file changed."""

import hashlib

import numpy as np
import pytest

import data_preprocessing
import evaluate_model
import train_model
from checks import InputError

CONSTANTS = [
    ("N_SAMPLES", -1), ("N_SAMPLES", 0), ("N_SAMPLES", 10.5), ("N_SAMPLES", "1000"), ("N_SAMPLES", True),
    ("TIME_STEPS", 0), ("TIME_STEPS", None), ("FEATURES", 0), ("FEATURES", [1]),
    ("TEST_SIZE", 1.5), ("TEST_SIZE", 0), ("TEST_SIZE", -0.2), ("TEST_SIZE", 1.0), ("TEST_SIZE", float("nan")),
    ("TEST_SIZE", 1000), ("TEST_SIZE", "half"),
    ("SEED", -1), ("SEED", 1.5), ("SEED", 2**32),
    ("DATASET", "motif"), ("DATASET", "no/such/file.npz"), ("DATASET", ""), ("DATASET", 7), ("DATASET", "a\0b"),
    ("FILTERS", 0), ("KERNEL_SIZE", 0), ("KERNEL_SIZE", 51), ("POOL_SIZE", 0), ("POOL_SIZE", 49), ("LSTM_UNITS", -5),
    ("DROPOUT", 1.0), ("DROPOUT", -0.1), ("DROPOUT", "0.5"), ("ARCHITECTURE", "gru"), ("ARCHITECTURE", None),
    ("EPOCHS", 0), ("EPOCHS", 2.0), ("BATCH_SIZE", 0), ("BATCH_SIZE", -32),
    ("LEARNING_RATE", 0), ("LEARNING_RATE", -0.1), ("LEARNING_RATE", float("inf")), ("LEARNING_RATE", "fast"),
    ("RUN_DIR", ""), ("RUN_DIR", None), ("RUN_DIR", "tests"),
]  # fmt: skip


def hashes(folder):
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(("name", "value"), CONSTANTS)
def test_an_impossible_constant_is_named_with_its_value(shipped, tmp_path, name, value):
    constants = {**shipped, "RUN_DIR": str(tmp_path / "run"), name: value}
    with pytest.raises(InputError) as refusal:
        train_model.train(constants)
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
    assert "no arguments" in project.refuse("train_model.py", "--epochs=3")
    assert hashes(project.folder / "runs") == before


@pytest.mark.parametrize(
    ("name", "value"),
    [("SEED", 7), ("TEST_SIZE", 0.3), ("DATASET", "motifs"), ("N_SAMPLES", 900), ("TIME_STEPS", 40), ("FEATURES", 2)],
)
def test_a_run_is_not_scored_on_other_data(reference, shipped, monkeypatch, name, value):
    project, _, _ = reference
    before = hashes(project.folder / "runs")
    with pytest.raises(InputError) as refusal:
        evaluate_model.evaluate({**shipped, "RUN_DIR": str(project.run_dir), name: value})
    message = str(refusal.value)
    assert f"{name} is now {value!r}, the run has {shipped[name]!r}" in message and message.count("is now") == 1
    assert hashes(project.folder / "runs") == before


def test_a_run_is_not_scored_on_a_changed_file(project, tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 6, 1)), np.arange(40) % 2
    np.savez(tmp_path / "d.npz", X=x, y=y)
    project.edit(DATASET=str(tmp_path / "d.npz"), EPOCHS=1)
    assert "run python train_model.py first" in project.refuse("evaluate_model.py")
    project.succeed("train_model.py")
    before = hashes(project.folder / "runs")
    for row in range(40):  # whichever part it fell into
        x[row] += 0.5
        np.savez(tmp_path / "d.npz", X=x, y=y)
        with pytest.raises(InputError, match="has changed"):
            evaluate_model.evaluate({**shipped_of(project), "RUN_DIR": str(project.run_dir)})
        x[row] -= 0.5
    assert hashes(project.folder / "runs") == before


def shipped_of(project):
    import run_folder

    return run_folder.load_record(project.run_dir)["constants"]


X, Y = np.random.default_rng(0).normal(size=(20, 6, 2)), np.arange(20) % 2
ARRAYS = [
    ({"X": np.where(np.arange(6)[:, None] == 2, np.nan, X), "y": Y}, "40 values.* sequence 0, time step 2"),
    ({"X": np.where(X[3, 1, 0] == X, np.inf, X), "y": Y}, "1 values.* sequence 3, time step 1"),
    ({"X": np.where(X[3, 1, 0] == X, 1e300, X), "y": Y}, "1 values"),
    ({"X": X, "y": np.zeros(20)}, "one class only"),
    ({"X": X, "y": np.arange(20)}, "one sequence|class of its own"),
    ({"X": X, "y": Y[:-1]}, "20 sequences.*\\(19,\\)"),
    ({"X": X, "y": Y + 0.5}, "not a whole number"),
    ({"X": X}, "no labels"),
    ({"y": Y}, "needs arrays X"),
    ({"X": X[:0], "y": Y[:0]}, "no values"),
    ({"X": X[:, :0], "y": Y}, "no values"),
    ({"X": X.astype(object), "y": Y}, "[Oo]bject"),
    ({"X": X, "y": Y.astype(object)}, "[Oo]bject"),
    ({"X": X.astype(str), "y": Y}, "numbers"),
    ({"X": X + 1j, "y": Y}, "numbers"),
    ({"X": X[:, 0, 0], "y": Y}, "shape"),
    ({"X": X[:, :, :, None], "y": Y}, "shape"),
    ({"X_train": X, "y_train": Y, "X_test": X[:, :3], "y_test": Y}, "training sequences are"),
    ({"X_train": X, "y_train": Y, "X_test": X}, "no labels"),
]


@pytest.mark.parametrize(("arrays", "message"), ARRAYS)
def test_arrays_that_cannot_be_used(tmp_path, arrays, message):
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(InputError, match=message) as refusal:
        data_preprocessing.load_data(dataset=str(tmp_path / "d.npz"))
    assert "d.npz" in str(refusal.value) or "class" in str(refusal.value) or "label" in str(refusal.value)


TEXTS = [
    ("", "empty"),
    ("1\n2\n", "label and at least one value"),
    ("1 2 3\n2 3\n", "line 2 has 1 values"),
    ("1 2 3\n2 3 x\n", "line 2: value 2 is 'x'"),
    ("1 2 3\n1 2 nan\n2 3 4\n2 4 5\n", "NaN"),
    (b"\x89PNG\xff\xfe\0\0", "not a text file"),
]


@pytest.mark.parametrize(("text", "message"), TEXTS)
def test_ucr_text_that_cannot_be_used(tmp_path, text, message):
    (tmp_path / "d.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=message):
        data_preprocessing.load_data(dataset=str(tmp_path / "d.txt"))
