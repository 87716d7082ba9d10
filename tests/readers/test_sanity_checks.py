"""What a table's owner may not have meant: refused in one line, or said in a note."""

import math
from decimal import Decimal

import numpy as np
import pytest

import predict_model
import train_model
from core.constants import check_constants, read_constants
from core.errors import InputError
from tests.conftest import load


def stream(path, ids, labels="ab", header="who,what,x", rows=20):
    """Write a stream with recordings of these ids, their labels in turn."""
    cells = [(who, labels[k % len(labels)], math.sin(row) + k) for k, who in enumerate(ids) for row in range(rows)]
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in cells)]) + "\n")
    return {"DATASET": str(path), "SEQUENCE": "who", "LABEL": "what", "WINDOW": 10, "TEST_SIZE": 2}


PAIRS = [("007", "7"), ("1.0", "1"), ("1e3", "1000"), ("9007199254740993", "9007199254740992"), ("-0", "0")]
WORDS = ["1_10", "4b", "inf"]
PAIRS += zip(WORDS, ["110", "4", "1"])


@pytest.mark.parametrize("pair", PAIRS)
def test_two_names_that_are_one_number_are_two(tmp_path, pair):
    own = stream(tmp_path / "s.csv", [*pair, "8", "9", "10", "11"])
    names = load(**own).sequences.names
    assert {names[k].split(",")[0] for k in range(len(names))} == {*pair, "8", "9", "10", "11"}
    assert load(**own | {"LABEL": None, "TARGET": "x"}).sequences.names == [*pair, "8", "9", "10", "11"]
    rows = [[k % 7, k % 5, "ab"[k % 2], [*pair, "8"][k % 3]] for k in range(30)]
    (tmp_path / "r.csv").write_text(rows_of(["u", "v", "y", "who"], rows))
    groups = load(DATASET=str(tmp_path / "r.csv"), SEQUENCE="row", LABEL="y", GROUP="who").sequences.groups
    assert groups.tolist() == [row[-1] for row in rows]


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("kind", ["stream", "rows", "file", "folders", "array"])
def test_labels_are_classes_as_they_are_written(tmp_path, kind, pair):
    """In every kind of file: two spellings are two classes, numbers go by their value, words come last."""
    labels, rng = [*pair, "20", "3"], np.random.default_rng(0)
    rows = [[*rng.normal(size=5).round(3), label] for label in labels for _ in range(6)]
    own = {"DATASET": str(tmp_path / "d.csv")}
    if kind == "stream":
        own = stream(tmp_path / "s.csv", [f"p{k}" for k in range(12)], labels) | {"TEST_SIZE": 4}
    elif kind == "rows":
        (tmp_path / "d.csv").write_text(rows_of([*"abcde", "y"], rows))
        own |= {"SEQUENCE": "row", "LABEL": "y"}
    elif kind == "file":
        (tmp_path / "d.ts").write_text(
            f"@classLabel true {' '.join(labels)}\n@data\n" + "".join(f"{row[0]},{row[1]}:{row[-1]}\n" for row in rows)
        )
        own = {"DATASET": str(tmp_path / "d.ts")}
    elif kind == "folders":
        for k, row in enumerate(rows):
            (tmp_path / "d" / row[-1]).mkdir(parents=True, exist_ok=True)
            (tmp_path / "d" / row[-1] / f"{k}.csv").write_text("\n".join(["x", *map(str, row[:5])]))
        own = {"DATASET": str(tmp_path / "d")}
    else:
        np.savez(tmp_path / "d.npz", X=np.array([row[:5] for row in rows]), y=np.array([row[-1] for row in rows]))
        own = {"DATASET": str(tmp_path / "d.npz")}
    expected = sorted(labels, key=lambda word: (word in WORDS, 0 if word in WORDS else Decimal(word), word))
    assert load(**own).task.classes == expected


def test_whole_numbers_keep_their_order_and_printed_ones_are_numbers(tmp_path):
    values = np.random.default_rng(0).normal(size=(40, 5))
    own = {"DATASET": str(tmp_path / "d.csv"), "SEQUENCE": "row", "LABEL": -1}
    np.savetxt(tmp_path / "d.csv", np.column_stack([values, np.resize([10, 9, 2, 1], 40)]), delimiter=",")
    assert load(**own).task.classes == ["1", "2", "9", "10"]  # 1.000000000000000000e+01 in the file
    life = [f"{k}.0" for k in range(40)]
    (tmp_path / "d.csv").write_text(rows_of("abcdey", [[*v, y] for v, y in zip(values, life)]))
    with pytest.raises(InputError, match="40 different whole numbers as labels: set TASK"):
        load(**own)
    data = load(**own, TASK="regression")
    assert sorted(data.train.y[:, 0].round(3))[-1] in range(30, 40)
    (tmp_path / "d.csv").write_text(rows_of("abcdey", [[*v, y] for v, y in zip(values, np.repeat(life[:20], 2))]))
    assert load(**own, TASK="classification", TEST_SIZE=20).task.classes == life[:20]


def test_labels_and_groups_that_look_alike_are_alike(tmp_path):
    """An é of one character and one of two: one class, one group."""
    x, y = np.random.default_rng(0).normal(size=(40, 6)), np.array(["caf\u00e9", "cafe\u0301", "tea", "tea"] * 10)
    np.savez(tmp_path / "d.npz", X=x, y=y, groups=np.resize([*y[:3], *"abc"], 40))
    read = load(DATASET=str(tmp_path / "d.npz")).sequences
    assert set(read.y) == {"caf\u00e9", "tea"} and set(read.groups) == {"caf\u00e9", "tea", *"abc"}
    own = stream(tmp_path / "s.csv", [f"p{k}" for k in range(9)], labels=["caf\u00e9", "cafe\u0301", "tea"])
    assert load(**own).task.classes == ["caf\u00e9", "tea"]


def test_large_numbers_name_recordings_with_all_their_digits(tmp_path):
    names = load(**stream(tmp_path / "s.csv", ["12345671", "12345672", "3", "4"])).sequences.names
    assert [names[k].split(",")[0] for k in (0, 3)] == ["12345671", "12345672"]


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
        what = {"series": "x: a change", "stream": "x: a deviation"}.get(kind, "the values: a deviation")
        assert (f"{what} of" in notes and "steps of 128 apart: model.keras takes 64" in notes) == named, notes


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
    train_model.main(shipped.changed(RUN_DIR=str(tmp_path / "run"), EPOCHS=1, **own))

    def answers(text):
        (tmp_path / "new.csv").write_text(text)
        predict_model.predict(str(tmp_path / "run"), tmp_path / "new.csv")
        return (tmp_path / "run" / "new_predictions.csv").read_text(), capsys.readouterr().out

    expected, _ = answers(rows_of(names, values[:9]))
    assert (
        answers(rows_of(names[::-1], values[:9, ::-1]))[0] == expected != answers(rows_of(names, values[:9, ::-1]))[0]
    )
    assert answers(rows_of(names, values[:9], header=False))[0] == expected
    more, printed = answers(rows_of(["", *names, "y"], np.column_stack([np.arange(9), table[:9]])))
    assert more == expected and "column '(nameless)' is read as an index of rows" in printed
    with pytest.raises(InputError, match="has sequences of 4 time steps; the training set has 5"):
        answers(rows_of(names, values[:9, :4], header=False))
    for text, lost in ((rows_of(names[:4], values[:9, :4]), "e"), (rows_of(list("vwxyz"), values[:9]), "a")):
        with pytest.raises(InputError, match=f"has no column '{lost}', which the training set has"):
            answers(text)


@pytest.mark.parametrize(("name", "step", "named"), [("id", 3, 1), ("Series_ID", 7, 1), ("a", 7, 0), (None, 1, 1)])
def test_an_index_that_is_read_as_a_time_step_is_named(tmp_path, name, step, named):
    values = np.column_stack([step * np.arange(40), np.random.default_rng(0).normal(size=(40, 6)), np.arange(40) % 2])
    (tmp_path / "r.csv").write_text(rows_of([name, *"bcdefg", "y"], values, header=name is not None))
    own = {"DATASET": str(tmp_path / "r.csv"), "SEQUENCE": "row"}
    for other in ({"LABEL": -1}, {"TASK": "forecasting", "WINDOW": 3}):
        assert (
            sum("read as a time step: remove it if it is" in note for note in load(**own, **other).sequences.notes)
            == named
        )


def test_an_id_that_counts_the_rows_is_no_time_step(tmp_path):
    rows = [[k, *np.random.default_rng(k).normal(size=6).round(3), "ab"[k % 2]] for k in range(1, 41)]
    (tmp_path / "r.csv").write_text(rows_of(["id", *"bcdefg", "y"], rows))
    data = load(DATASET=str(tmp_path / "r.csv"), SEQUENCE="row", LABEL="y")
    assert data.train.shape == (6, 1)
    assert "column 'id' is read as an index of rows: it is no time step" in data.sequences.notes


@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
@pytest.mark.parametrize("kind", ["series", "stream", "rows", "wide"])
@pytest.mark.parametrize(
    ("order", "said"),
    [
        ([*range(60)], None),
        ([k for k in range(90) if k % 3], "skips 29 numbers: rows were left out after it was made"),
        (np.random.default_rng(0).permutation(60), "is out of order: rows were sorted or shuffled"),
    ],
)
def test_the_index_of_pandas_is_no_input_and_tells_of_rows_left_out(tmp_path, name, kind, order, said):
    rows = [[k, f"n{k}", *(j * k % 7 for j in (2, 3, 5)), "ab"[place // 10 % 2]] for place, k in enumerate(order)]
    columns, own = {
        "series": ([0, 2, 3, 4], {"TARGET": "z", "WINDOW": 5}),
        "stream": ([0, 2, 3, 4, 5], {"LABEL": "what", "WINDOW": 5}),
        "rows": ([0, 2, 3, 4, 5], {"LABEL": "what", "SEQUENCE": "row"}),
        "wide": ([0, 1, 2, 3, 4], {"SEQUENCE": "row", "TASK": "forecasting", "WINDOW": 1}),
    }[kind]
    header = [name, "who", "x", "y", "z", "what"]
    (tmp_path / "d.csv").write_text(rows_of([header[k] for k in columns], [[row[k] for k in columns] for row in rows]))
    read = load(DATASET=str(tmp_path / "d.csv"), **own).sequences
    if kind in ("series", "stream"):
        assert read.columns == ["x", "y", "z"]
    else:
        np.testing.assert_array_equal(np.stack(read.x)[:, :, 0], [row[2:5] for row in rows])
    assert any(said in note for note in read.notes) if said else not any("the index" in note for note in read.notes)


@pytest.mark.parametrize("kind", ["series", "stream"])
def test_new_columns_that_the_training_part_has_not_are_named(shipped, tmp_path, capsys, kind):
    own = stream(tmp_path / "d.csv", [f"p{k}" for k in range(6)])
    if kind == "series":
        (tmp_path / "d.csv").write_text("time,x\n" + "".join(f"{k},{k % 7}\n" for k in range(60)))
        own = {"DATASET": str(tmp_path / "d.csv"), "TARGET": "x", "WINDOW": 5}
    train_model.main(shipped.changed(RUN_DIR=str(tmp_path / "run"), EPOCHS=1, **own))
    (tmp_path / "new.csv").write_text("time,y,x,z\n" + "".join(f"{k},{k % 3},{k % 7},{k % 5}\n" for k in range(20)))
    predict_model.predict(str(tmp_path / "run"), tmp_path / "new.csv")
    assert "columns that are not in the training set are ignored: y, z" in capsys.readouterr().out
    (tmp_path / "new.csv").write_text("time,y\n" + "".join(f"{k},{k % 3}\n" for k in range(20)))
    with pytest.raises(InputError, match="no numeric column 'x', which the training set has"):
        predict_model.predict(str(tmp_path / "run"), tmp_path / "new.csv")


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
    assert "with a unit" not in " ".join(load(DATASET=str(tmp_path / "s.csv"), TARGET="v", WINDOW=5).sequences.notes)


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
    x, y = np.random.default_rng(0).normal(size=(12, 6)), np.arange(12) % 2  # in different sets, and of arrays
    both = {"groups_train": np.repeat(["ann", "bob"], 6), "groups_test": np.repeat(["Ann", "eve"], 6)}
    np.savez(tmp_path / "d.npz", X_train=x, y_train=y, X_test=x, y_test=y, **both)
    assert (
        "groups that differ only in case or spaces: 'Ann', 'ann'"
        in load(DATASET=str(tmp_path / "d.npz")).sequences.notes
    )


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


def phone_log(path, form, people=6, rows=200, clock=True):
    """Write recordings of noise in which a tenth of the rows tell the class, a clock beside it where `clock`.

    Each person sits first, then walks: the clock alone tells the class, and nothing of a person's movements.
    """
    rng, lines = np.random.default_rng(3), ["who,what,log,x" if clock else "who,what,x"]
    for who in range(people):
        start = rng.integers(10**6)
        stamps = start + np.cumsum(rng.integers(49_000, 51_000, rows))
        for i in range(rows):
            walks = i >= rows // 2
            value = f"{rng.normal() + 0.5 * walks:.4f}"
            lines.append(",".join([f"p{who}", ["sit", "walk"][walks], *[form(i, stamps[i])] * clock, value]))
    path.write_text("\n".join(lines) + "\n")
    return {"DATASET": str(path), "SEQUENCE": "who", "LABEL": "what", "WINDOW": 10, "TEST_SIZE": 2}


CLOCKS = {
    "nanoseconds, two of which are zero": lambda i, stamp: str(0 if i in (50, 120) else 1000 * stamp),
    "a counter that is rounded": lambda i, stamp: f"{99_900 + i:.5g}",
    "days since 1899": lambda i, stamp: f"{45_000 + stamp / 1e6:.10f}",
    "whole seconds": lambda i, stamp: str(stamp // 200_000),
    "time that is left": lambda i, stamp: str(10**8 - stamp),
}


@pytest.mark.parametrize("name", CLOCKS)
def test_a_clock_is_no_input_whatever_it_is_called(tmp_path, name):
    """What the linear model scores with the clock as an input, without, and where the file has none."""

    def score(own, **constants):
        data = load(**own | constants)
        answers = data.task.baselines(data, check_constants({**read_constants(), **own}))[0]["linear"]
        return (answers == data.test.y).mean(), data

    own = phone_log(tmp_path / "d.csv", CLOCKS[name])
    plain, data = score(own)
    assert data.preparation.columns == ["x"] and "no input unless KNOWN = ['log']" in " ".join(data.sequences.notes)
    with_clock, data = score(own, KNOWN=["log"])
    assert data.preparation.columns == ["log", "x"] and not any(
        "without effect" in note for note in data.sequences.notes
    )
    alone, _ = score(phone_log(tmp_path / "alone.csv", CLOCKS[name], clock=False))
    assert plain == alone < 0.9 < with_clock, (plain, alone, with_clock)


def test_in_a_series_a_clock_is_no_input_unless_it_is_named(tmp_path):
    rng = np.random.default_rng(0)
    stamps, level = 10**9 + np.cumsum(rng.integers(1, 9, 300)), np.cumsum(rng.normal(size=300))
    rows = [f"{stamp},{k % 24},{1 + k // 100},{a:.3f},{k * k}" for k, (stamp, a) in enumerate(zip(stamps, level))]
    (tmp_path / "s.csv").write_text("\n".join(["elapsed,hour,stage,level,total", *rows]))
    own = {"DATASET": str(tmp_path / "s.csv"), "WINDOW": 8, "TASK": "forecasting"}
    data = load(**own, TARGET="level")
    assert data.preparation.columns == ["hour", "stage", "level"]
    assert sum("goes one way inside recordings" in note for note in data.sequences.notes) == 2
    assert load(**own).preparation.columns == ["hour", "stage", "level", "total"]  # the last column is to be forecast
    data = load(**own, TARGET=["level", 4], KNOWN=[0])
    assert data.preparation.columns == ["elapsed", "hour", "stage", "level", "total"]


def test_where_nothing_but_a_clock_is_left_it_is_named(tmp_path):
    own = phone_log(tmp_path / "d.csv", CLOCKS["whole seconds"]) | {"KNOWN": ["log"]}
    text = (tmp_path / "d.csv").read_text().splitlines()
    (tmp_path / "d.csv").write_text("\n".join(line.rpartition(",")[0] for line in text))
    assert load(**own).preparation.columns == ["log"]
    with pytest.raises(InputError, match=r"no numeric column to learn from.*log goes one way.*KNOWN = \['log'\]"):
        load(**own | {"KNOWN": None})
