"""What a table's owner may not have meant: refused in one line, or said in a note."""

import math

import pytest

from project.errors import InputError
from tests.conftest import load


def stream(path, ids, labels="ab", header="who,what,x", rows=20):
    """Write a stream with recordings of these ids, their labels in turn."""
    cells = [(who, labels[k % len(labels)], math.sin(row) + k) for k, who in enumerate(ids) for row in range(rows)]
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in cells)]) + "\n")
    return {"DATASET": str(path), "SEQUENCE": "who", "LABEL": "what", "WINDOW": 10, "TEST_SIZE": 2}


@pytest.mark.parametrize(
    "pair", [("007", "7"), ("1.0", "1"), ("1e3", "1000"), ("9007199254740993", "9007199254740992")]
)
def test_two_names_that_are_one_number_are_not_merged(tmp_path, pair):
    own = stream(tmp_path / "s.csv", [*pair, "8", "9", "10", "11"])
    for constants in ({}, {"SEQUENCE": None, "WINDOW": 1, "GROUP": "who"}, {"LABEL": None, "TARGET": "x"}):
        with pytest.raises(InputError, match="holds '.*' and '.*', which are one number: write them alike") as refusal:
            load(**own | constants)
        assert all(f"'{word}'" in str(refusal.value) for word in pair)
    stream(tmp_path / "s.csv", [pair[0], "8", "9", "10", "11"])
    assert load(**own).train.names is not None  # alone each is a name like another


def test_large_numbers_name_recordings_with_all_their_digits(tmp_path):
    names = load(**stream(tmp_path / "s.csv", ["12345671", "12345672", "3", "4"])).sequences.names
    assert [names[k].split(",")[0] for k in (0, 3)] == ["12345671", "12345672"]


def test_labels_in_two_spellings_are_one_class_and_it_is_said(tmp_path):
    data = load(**stream(tmp_path / "s.csv", [f"p{k}" for k in range(9)], labels=["01", "1", "2"]))
    assert data.state["classes"] == ["1", "2"] and "labels: '01' and '1' are one number, so one class" in data.notes
    rows = "".join(f"{k},{k + 1},{('1.0', '1', '2')[k % 3]}\n" for k in range(30))
    (tmp_path / "r.csv").write_text("a,b,y\n" + rows)
    own = {"DATASET": str(tmp_path / "r.csv"), "SEQUENCE": "row", "LABEL": "y"}
    assert any("'1' and '1.0' are one number" in note for note in load(**own).notes)
    assert not any("one number" in note for note in load(**own, TASK="regression").notes)
    with pytest.raises(InputError, match="of GROUP holds"):
        load(**own | {"GROUP": "y", "LABEL": "a"})
