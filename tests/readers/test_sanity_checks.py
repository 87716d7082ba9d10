"""What a table's owner may not have meant: refused in one line, or said in a note."""

import math

import numpy as np
import pytest

import predict_model
import train_model
from core.errors import InputError
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
        with pytest.raises(
            InputError, match="holds '.*' and '.*', which are one number: write them the same way"
        ) as refusal:
            load(**own | constants)
        assert all(f"'{word}'" in str(refusal.value) for word in pair)
    stream(tmp_path / "s.csv", [pair[0], "8", "9", "10", "11"])
    assert load(**own).train.names is not None  # alone each is a name like another


def test_large_numbers_name_recordings_with_all_their_digits(tmp_path):
    names = load(**stream(tmp_path / "s.csv", ["12345671", "12345672", "3", "4"])).sequences.names
    assert [names[k].split(",")[0] for k in (0, 3)] == ["12345671", "12345672"]


def test_labels_in_two_spellings_are_one_class_and_it_is_said(tmp_path):
    data = load(**stream(tmp_path / "s.csv", [f"p{k}" for k in range(9)], labels=["01", "1", "2"]))
    assert (
        data.task.classes == ["1", "2"] and "labels: '01' and '1' are one number, so one class" in data.sequences.notes
    )
    rows = "".join(f"{k},{k + 1},{('1.0', '1', '2')[k % 3]}\n" for k in range(30))
    (tmp_path / "r.csv").write_text("a,b,y\n" + rows)
    own = {"DATASET": str(tmp_path / "r.csv"), "SEQUENCE": "row", "LABEL": "y"}
    assert any("'1' and '1.0' are one number" in note for note in load(**own).sequences.notes)
    assert not any("one number" in note for note in load(**own, TASK="regression").sequences.notes)
    with pytest.raises(InputError, match="of GROUP holds"):
        load(**own | {"GROUP": "y", "LABEL": "a"})


@pytest.mark.parametrize("kind", ["series", "stream", "rows", "arrays"])
def test_what_32_bit_floats_round_away_is_named(tmp_path, kind):
    path, wave = tmp_path / ("d.npz" if kind == "arrays" else "d.csv"), np.sin(np.arange(600.0)).reshape(60, 10)
    for level, named in ((0, False), (1e4, False), (1.7e9, True)):
        if kind == "series":
            path.write_text("v,x\n" + "".join(f"{v % 0.3},{level + v}\n" for v in wave.ravel()))
            own = {"TARGET": "v", "WINDOW": 5}
        elif kind == "stream":
            rows = [f"p{k // 100},{'ab'[k // 100 % 2]},{k % 3},{level + k % 7}\n" for k in range(600)]
            path.write_text("who,what,y,x\n" + "".join(rows))
            own = {"SEQUENCE": "who", "LABEL": "what", "WINDOW": 10, "TEST_SIZE": 2}
        elif kind == "rows":
            np.savetxt(path, np.column_stack([level + wave, np.arange(60) % 2]), delimiter=",")
            own = {"SEQUENCE": "row", "LABEL": -1}
        else:
            np.savez(path, X=level + wave, y=np.arange(60) % 2)
            own = {}
        notes = " ".join(load(**own | {"DATASET": str(path)}).sequences.notes)
        name = "x" if kind in ("series", "stream") else "the values"
        assert (f"{name}: a deviation of" in notes and "steps of 128 apart: subtract" in notes) == named, notes


def rows_of(names, values, header=True):
    lines = [",".join(names)] if header else []
    return "\n".join([*lines, *(",".join(map(str, row)) for row in values)]) + "\n"


def test_new_rows_are_taken_by_the_names_of_their_columns(shipped, tmp_path, capsys):
    values, names = np.random.default_rng(0).normal(size=(40, 5)).round(3), list("abcde")
    table = np.column_stack([values, np.arange(40) % 2])
    for part in ("train", "test"):  # the twin's columns are in another order
        turned = [*range(6)] if part == "train" else [5, 4, 3, 2, 1, 0]
        (tmp_path / f"r_{part}.csv").write_text(rows_of(np.array([*names, "y"])[turned], table[:, turned]))
    own = {"DATASET": str(tmp_path / "r_train.csv"), "SEQUENCE": "row", "LABEL": "y"}
    data = load(**own)
    np.testing.assert_array_equal(data.train.take(slice(None)), data.test.take(slice(None)))
    train_model.train(shipped.changed(RUN_DIR=str(tmp_path / "run"), EPOCHS=1, **own))

    def answers(text):
        (tmp_path / "new.csv").write_text(text)
        predict_model.predict(tmp_path / "new.csv", str(tmp_path / "run"))
        return (tmp_path / "run" / "new_predictions.csv").read_text(), capsys.readouterr().out

    expected, _ = answers(rows_of(names, values[:9]))
    assert (
        answers(rows_of(names[::-1], values[:9, ::-1]))[0] == expected != answers(rows_of(names, values[:9, ::-1]))[0]
    )
    assert answers(rows_of(names, values[:9], header=False))[0] == expected
    more, printed = answers(rows_of(["", *names, "y"], np.column_stack([np.arange(9), table[:9]])))
    assert more == expected and "columns that the training set does not have are ignored: (nameless)\n" in printed
    with pytest.raises(InputError, match="has sequences of 4 time steps; the training set has 5"):
        answers(rows_of(names, values[:9, :4], header=False))
    for text, lost in ((rows_of(names[:4], values[:9, :4]), "e"), (rows_of(list("vwxyz"), values[:9]), "a")):
        with pytest.raises(InputError, match=f"has no column '{lost}', which the training set has"):
            answers(text)


@pytest.mark.parametrize(
    ("name", "step", "named"), [("id", 1, 1), ("Series_ID", 7, 1), ("", 7, 1), ("a", 7, 0), (None, 1, 1)]
)
def test_an_index_that_is_read_as_a_time_step_is_named(tmp_path, name, step, named):
    values = np.column_stack([step * np.arange(40), np.random.default_rng(0).normal(size=(40, 6)), np.arange(40) % 2])
    (tmp_path / "r.csv").write_text(rows_of([name, *"bcdefg", "y"], values, header=name is not None))
    own = {"DATASET": str(tmp_path / "r.csv"), "SEQUENCE": "row"}
    for other in ({"LABEL": -1}, {"TASK": "forecasting", "WINDOW": 3}):
        assert (
            sum("read as a time step: remove it if it is" in note for note in load(**own, **other).sequences.notes)
            == named
        )


@pytest.mark.parametrize("kind", ["series", "stream"])
def test_new_columns_that_the_training_part_has_not_are_named(shipped, tmp_path, capsys, kind):
    own = stream(tmp_path / "d.csv", [f"p{k}" for k in range(6)])
    if kind == "series":
        (tmp_path / "d.csv").write_text("time,x\n" + "".join(f"{k},{k % 7}\n" for k in range(60)))
        own = {"DATASET": str(tmp_path / "d.csv"), "TARGET": "x", "WINDOW": 5}
    train_model.train(shipped.changed(RUN_DIR=str(tmp_path / "run"), EPOCHS=1, **own))
    (tmp_path / "new.csv").write_text("time,y,x,z\n" + "".join(f"{k},{k % 3},{k % 7},{k % 5}\n" for k in range(20)))
    predict_model.predict(tmp_path / "new.csv", str(tmp_path / "run"))
    assert "columns that the training set has not are ignored: y, z" in capsys.readouterr().out
    (tmp_path / "new.csv").write_text("time,y\n" + "".join(f"{k},{k % 3}\n" for k in range(20)))
    with pytest.raises(InputError, match="no numeric column 'x', which the training set has"):
        predict_model.predict(tmp_path / "new.csv", str(tmp_path / "run"))


@pytest.mark.parametrize("steps", [range(2001, 2013), range(12), [k / 2 for k in range(12)]])
def test_a_header_of_numbers_that_count_up_is_no_row(tmp_path, steps):
    values, steps = np.random.default_rng(0).normal(size=(30, 12)).round(3), [*map(str, steps)]
    wide = {"DATASET": str(tmp_path / "d.csv"), "SEQUENCE": "row", "TASK": "forecasting", "WINDOW": 3}
    for name, first in (("id,", [f"s{k}," for k in range(30)]), ("", [""] * 30)):
        (tmp_path / "d.csv").write_text(
            name + rows_of(steps, []) + "".join(f + rows_of("", [v], False) for f, v in zip(first, values))
        )
        data = load(**wide)
        np.testing.assert_array_equal(np.stack(data.sequences.x)[:, :, 0], values)
        assert any("line 1 is read as a header: its numbers count up" in note for note in data.sequences.notes)
    for labels in (np.arange(30) % 2, np.array(["a", "b"])[np.arange(30) % 2]):
        (tmp_path / "d.csv").write_text(rows_of([*steps, "label"], np.column_stack([values.astype(str), labels])))
        data = load(DATASET=str(tmp_path / "d.csv"), SEQUENCE="row", LABEL="label")
        assert len(data.train) + len(data.test) == 30 and data.train.shape == (12, 1)


def test_numbers_that_count_up_in_several_rows_are_no_header(tmp_path):
    (tmp_path / "d.csv").write_text(rows_of("", [["ab"[k % 2], *range(k, k + 9)] for k in range(30)], header=False))
    data = load(DATASET=str(tmp_path / "d.csv"), SEQUENCE="row", LABEL=0)
    assert len(data.train) + len(data.test) == 30
    assert not any("header" in note for note in data.sequences.notes)


def test_archive_text_with_a_header_of_numbers_is_refused(tmp_path):
    values = np.random.default_rng(0).normal(size=(30, 9))
    np.savetxt(
        tmp_path / "d.txt", np.column_stack([np.arange(30) % 2, values]), header=" ".join("0123456789"), comments=""
    )
    with pytest.raises(InputError, match="d.txt line 1 counts up"):
        load(DATASET=str(tmp_path / "d.txt"))


@pytest.mark.parametrize("form", ["{} kg", "{}.5 %", "${}", "{},5€", "{}km/h"])
def test_numbers_with_a_unit_are_pointed_at(tmp_path, form):
    cells = [form.format(k % 30 + 1) for k in range(120)]
    (tmp_path / "s.csv").write_text("v;x;w\n" + "".join(f"{k % 7};{k % 5};{cell}\n" for k, cell in enumerate(cells)))
    for own in ({"TARGET": "v", "WINDOW": 5}, {"LABEL": "v", "WINDOW": 1}):
        notes = " ".join(load(DATASET=str(tmp_path / "s.csv"), **own).sequences.notes)
        assert f"column 'w' is read as words: its cells look like numbers with a unit, such as {cells[0]!r}" in notes
    with pytest.raises(InputError, match="TARGET = 'w' is impossible.*numbers with a unit"):
        load(DATASET=str(tmp_path / "s.csv"), TARGET="w", WINDOW=5)
    with pytest.raises(InputError, match="column 'w' holds words; time steps must be numbers; its cells .* unit"):
        load(DATASET=str(tmp_path / "s.csv"), LABEL="v", SEQUENCE="row")


def test_a_few_numbers_with_a_unit_are_not_taken_for_labels(tmp_path):
    (tmp_path / "s.csv").write_text("w,v\n" + "".join(f"{k % 4} %,{k}\n" for k in range(60)))
    assert any(
        "numbers with a unit, such as '0 %'" in note for note in load(DATASET=str(tmp_path / "s.csv")).sequences.notes
    )


@pytest.mark.parametrize("form", ["p{}", "{}-{}", "10:{:02}", "{}th of May"])
def test_words_with_digits_are_no_numbers_with_a_unit(tmp_path, form):
    (tmp_path / "s.csv").write_text("v,w\n" + "".join(f"{k},{form.format(k % 20, k % 20)}\n" for k in range(120)))
    assert "unit" not in " ".join(load(DATASET=str(tmp_path / "s.csv"), TARGET="v", WINDOW=5).sequences.notes)


def test_classes_and_groups_that_differ_in_only_in_case_or_spaces_are_named(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(60, 6)), np.array(["Cat", "cat", "cat ", "dog"] * 15)
    np.savez(tmp_path / "d.npz", X=x, y=y)
    said = "classes that differ only in case or spaces: 'Cat', 'cat', 'cat '"
    assert said in load(DATASET=str(tmp_path / "d.npz")).sequences.notes
    np.savez(tmp_path / "d.npz", X=x, y=np.where(y == "dog", "dog", "cat"))
    assert not load(DATASET=str(tmp_path / "d.npz")).sequences.notes
    own = stream(tmp_path / "s.csv", ["p1", "P1", "p 1", "p2", "p3", "p4"])
    notes = load(**own, GROUP="who").sequences.notes
    assert "groups that differ only in case or spaces: 'P1', 'p 1', 'p1'" in notes


@pytest.mark.parametrize("form", ["2001-02-03 00:{:02}:00", "{}", "03/{:02}/2001"])
def test_recordings_whose_rows_are_not_in_the_order_of_time_are_said(tmp_path, form):
    rows = [f"p{k // 12},{'ab'[k // 12 % 2]},{form.format(k % 12 + 1)},{k % 7}" for k in range(72)]
    own = {"DATASET": str(tmp_path / "s.csv"), "SEQUENCE": "who", "LABEL": "what", "WINDOW": 3, "TEST_SIZE": 2}
    swapped = [*rows[:4], rows[5], rows[4], *rows[6:]]
    for order, times in ((rows, None), (rows[36:] + rows[:36], None), (swapped, "once"), (rows[::-1], "66 times")):
        (tmp_path / "s.csv").write_text("\n".join(["who,what,time,x", *order]))
        data = load(**own)
        assert data.preparation.columns == ["x"] and "columns not used as inputs: time" in data.sequences.notes
        said = [note for note in data.sequences.notes if "goes back" in note]
        assert len(said) == (times is not None)
        assert (
            times is None or f"time goes back {times} inside recordings: rows stay in the order of the file" in said[0]
        )


def test_a_time_that_was_measured_is_an_input(tmp_path):
    own = stream(tmp_path / "s.csv", [f"p{k}" for k in range(6)], header="who,what,reaction time")
    assert load(**own).preparation.columns == ["reaction time"]


@pytest.mark.parametrize("row", [3, 70])
def test_decimal_commas_and_points_in_one_column_are_refused(tmp_path, row):
    rows = [f"{k},5;{k}.5" for k in range(90)]
    own = {"DATASET": str(tmp_path / "d.csv"), "TARGET": "a", "WINDOW": 5}
    (tmp_path / "d.csv").write_text("\n".join(["a;b", *rows]))
    np.testing.assert_array_equal(load(**own).sequences.x[0][:, 0], np.arange(90) + 0.5)  # a mark for each will do
    for column, other in (("a", f"{row}.234;1.5"), ("b", f"1,5;{row},25")):
        (tmp_path / "d.csv").write_text("\n".join(["a;b", *rows[:row], other, *rows[row:]]))
        with pytest.raises(
            InputError, match=f"column '{column}' has decimal commas .* and points .*: write"
        ) as refusal:
            load(**own)
        assert f"in line {row + 2}" in str(refusal.value)
