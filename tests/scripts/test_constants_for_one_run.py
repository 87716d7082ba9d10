"""NAME=value after a script's name sets a constant for that run; the files stay as they are."""

import json

import pytest

from core.constants import RUN_FILES, read_assignments, read_constants
from core.errors import InputError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("30", 30),
        ("1e-3", 0.001),
        ("None", None),
        ("True", True),
        ("data/my file.csv", "data/my file.csv"),
        ("motifs", "motifs"),
        ("'12'", "12"),
        ("01", "01"),  # no number of Python's
        ('["a", "b"]', ["a", "b"]),
        ("a=b", "a=b"),
        (r"_(g\d+)_", r"_(g\d+)_"),
    ],
)
def test_values_are_pythons_and_bare_words_texts(text, value):
    found = read_assignments([f"GROUP={text}"], "train_model.py", RUN_FILES)["GROUP"]
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["EPOCH=3"], "EPOCH given to train_model.py is no constant of this project: EPOCHS in train_model.py?"),
        (["FOLDS=3"], "FOLDS given to train_model.py has no effect: it belongs in cross_validate_model.py"),
        (["EPOCHS=3", "EPOCHS=4"], "EPOCHS is given twice"),
        (["KNOWN=[a]"], r"KNOWN=\[a\] is no Python value: texts in it need quotes"),
    ],
)
def test_other_names_and_halves_of_values_are_refused(texts, message):
    with pytest.raises(InputError, match=message):
        read_assignments(texts, "train_model.py", RUN_FILES)


def test_values_are_checked_as_those_in_the_files():
    with pytest.raises(InputError, match="EPOCHS = 'many' is impossible: it must be a whole number"):
        read_constants(assigned={"EPOCHS": "many"})


def test_a_run_remembers_what_was_given(project):
    files = {path.name: path.read_bytes() for path in project.folder.glob("*.py")}
    project.succeed("train_model.py", "EPOCHS=1", "N_SAMPLES=40", "DATASET=motifs", "RUN_DIR=runs/a")
    assert files == {path.name: path.read_bytes() for path in project.folder.glob("*.py")}
    record = json.loads((project.folder / "runs/a/run.json").read_text())
    assert record["constants"]["N_SAMPLES"] == 40
    assert record["in_files"] == {"EPOCHS": 10, "N_SAMPLES": 1000, "DATASET": "random"}
    said = project.succeed("evaluate_model.py", "RUN_DIR=runs/a")
    assert "Test sequences: 8\n" in said and "Scored as it was trained" not in said
    refusal = project.refuse("evaluate_model.py", "RUN_DIR=runs/a", "N_SAMPLES=1000")  # as the file says, but given
    assert "N_SAMPLES is now 1000, the run has 40" in refusal
    # What was edited in a file since is another thing than what was given.
    project.edit(N_SAMPLES=60)
    refusal = project.refuse("evaluate_model.py", "RUN_DIR=runs/a")
    assert "N_SAMPLES is now 60, the run has 40" in refusal and "DATASET" not in refusal


def test_folds_get_what_was_given(project):
    given = ["FOLDS=2", "FOLD_JOBS=1", "N_SAMPLES=40", "EPOCHS=1", "FILTERS=2", "LSTM_UNITS=2"]
    assert project.succeed("cross_validate_model.py", *given).count(" on 20;") == 2
