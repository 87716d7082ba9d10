"""Sequences without a label are left out, counted and said, whatever form they come in."""

import numpy as np
import pandas
import pytest

from core.errors import InputError
from data_preprocessing import load_data
from readers.arrays import numpy_files
from sequences.rows_on_disk import RowsOnDisk

N, WITHOUT = 40, [3, 7, 8]
X = np.random.default_rng(0).normal(size=(N, 9, 1)).round(3)
LABELS = [*"ab"] * (N // 2)
GAPS = ["" if k in WITHOUT else label for k, label in enumerate(LABELS)]
NUMBERS = np.array([{"": np.nan, "a": 0.0, "b": 1.0}[label] for label in GAPS])
SAID = f"sequences without a label, left out: {len(WITHOUT)} of {N}"
TS = "@problemName p\n@timeStamps false\n@univariate true\n@classLabel true a b\n@data\n"
ARFF = "@relation r\n" + "".join(f"@attribute t{k} numeric\n" for k in range(9)) + "@attribute y {a,b}\n@data\n"


def rows(label=lambda cells, own: [*cells, own], between=",", header=""):
    """Write the sequences line by line, each with its label."""
    lines = [between.join(label([str(v) for v in x[:, 0]], own)) for x, own in zip(X, GAPS)]
    return header + "\n".join(lines) + "\n"


def as_mark(cells, label):
    return [":".join([",".join(cells), label or "?"])]


TABLE = rows(header=",".join([*(f"t{k}" for k in range(9)), "y"]) + "\n")
FILES = {
    "row of a table": ("d.csv", TABLE, {"SEQUENCE": "row", "LABEL": "y"}),
    "texts": ("d.csv", "t,y\n" + "".join(f"a text {k},{y}\n" for k, y in enumerate(GAPS)), {"TEXT": "t", "LABEL": "y"}),
    "fastText": ("d.txt", "".join(f"{'__label__' * bool(y)}{y} a text {k}\n" for k, y in enumerate(GAPS)), {}),
    ".ts": ("d.ts", rows(as_mark, header=TS), {}),
    ".arff": ("d.arff", rows(lambda cells, own: [*cells, own or "?"], header=ARFF), {}),
    "UCR": ("d.tsv", rows(lambda cells, own: [{"": "NaN", "a": "0", "b": "1"}[own], *cells], "\t"), {}),
}


@pytest.mark.parametrize("form", FILES)
def test_files_whose_labels_have_gaps(tmp_path, form):
    name, content, constants = FILES[form]
    (tmp_path / name).write_text(content)
    data = load_data(DATASET=str(tmp_path / name), **constants)
    assert SAID in data.sequences.notes and len(data.task.classes) == 2
    assert sum(data.sizes.values()) == N - len(WITHOUT)
    if "TEXT" not in constants and form != "fastText":
        kept = np.delete(X, WITHOUT, axis=0)
        np.testing.assert_allclose(np.sort(data.train.all_x[:, 0, 0]), np.sort(kept[:, 0, 0]), atol=1e-6)


TEXTS = [f"text number {k}" for k in range(N)]
FRAME = pandas.DataFrame(X[:, :, 0], columns=[f"t{k}" for k in range(9)])


@pytest.mark.parametrize(
    ("x", "y", "constants", "classes"),
    [
        (X, NUMBERS, {}, ["0", "1"]),
        (X, [own or None for own in GAPS], {}, ["a", "b"]),
        (X, [*map(str, GAPS)], {}, ["a", "b"]),
        (X, [None if np.isnan(own) else int(own) for own in NUMBERS], {}, ["0", "1"]),
        ([*X], [own or float("nan") for own in GAPS], {}, ["a", "b"]),
        (X, np.stack([1 - NUMBERS, NUMBERS], axis=1), {}, ["0", "1"]),
        (X, np.stack([NUMBERS, NUMBERS * 0 + 1], axis=1), {}, ["label 0", "label 1"]),
        (TEXTS, [None if np.isnan(own) else int(own) for own in NUMBERS], {}, ["0", "1"]),
        (TEXTS, np.stack([NUMBERS, NUMBERS * 0 + 1], axis=1), {}, ["label 0", "label 1"]),
        (FRAME.assign(y=[own or None for own in GAPS]), None, {"SEQUENCE": "row", "LABEL": "y"}, ["a", "b"]),
    ],
)
def test_labels_in_memory_have_gaps(x, y, constants, classes):
    data = load_data(x, y, **constants)
    assert data.task.classes == classes and SAID in data.sequences.notes
    assert sum(data.sizes.values()) == N - len(WITHOUT)


@pytest.mark.parametrize("mark", ["<NA>", "nan"])
@pytest.mark.parametrize("labels", [("a", "b"), ("0", "1")])
@pytest.mark.parametrize("constants", [{"SEQUENCE": "row"}, {"TEXT": "t0"}, {"WINDOW": 1}])
def test_a_mark_of_pandas_is_no_class(tmp_path, mark, labels, constants):
    lines = [[str(v) for v in x[:, 0]] + [mark if k in WITHOUT else labels[k % 2]] for k, x in enumerate(X)]
    if "TEXT" in constants:
        lines = [[f"a text {line[0]}", *line[1:]] for line in lines]
    (tmp_path / "d.csv").write_text("\n".join(map(",".join, [[*(f"t{k}" for k in range(9)), "y"], *lines])))
    data = load_data(DATASET=str(tmp_path / "d.csv"), LABEL="y", **constants)
    assert data.task.classes == [*labels] and sum(data.sizes.values()) == N - len(WITHOUT)
    assert any(note.endswith(("left out: 3 of 40", "left out: 3")) for note in data.sequences.notes)


@pytest.mark.parametrize("gap", [None, float("nan"), pandas.NA])
@pytest.mark.parametrize("texts", [False, True])
@pytest.mark.parametrize("first", [2**53 + 1, 2**63 + 1])
def test_whole_numbers_beside_gaps_in_memory_keep_their_digits(gap, texts, first):
    y = [gap if k in WITHOUT else first + 2 * (k % 2) for k in range(N)]
    forms = [y, np.array(y, object), pandas.Series(y, dtype=object)]
    forms += [pandas.array(y, "UInt64")] if gap is pandas.NA else []
    for form in forms:
        data = load_data([f"text number {k}" for k in range(N)] if texts else X, form)
        assert data.task.classes == [str(first), str(first + 2)] and SAID in data.sequences.notes


def test_numbers_to_predict_that_gaps_round_are_counted():
    y = [None if k in WITHOUT else 2**53 + 1 + k for k in range(N)]
    notes = load_data(X, y, TASK="regression").sequences.notes
    odd = sum(k % 2 == 0 for k in range(N) if k not in WITHOUT)
    assert any(f": {odd} whole numbers were rounded: 64-bit floats" in note for note in notes)


def test_numbers_to_predict_anomalies_and_an_official_test_set(tmp_path):
    targets = np.where(np.isnan(NUMBERS), np.nan, X[:, 0, 0])
    assert SAID in load_data(X, targets).sequences.notes
    assert SAID in load_data(X, NUMBERS, TASK="anomaly", TEST_SIZE=0.5).sequences.notes
    np.savez(tmp_path / "d.npz", X_train=X, y_train=LABELS, X_test=X, y_test=GAPS)
    data = load_data(DATASET=str(tmp_path / "d.npz"))
    assert f"test set: {SAID}" in data.sequences.notes and data.sizes == {"training": N, "test": N - len(WITHOUT)}
    for y, said in (
        (NUMBERS * np.nan, r"has no labels \(y\)"),
        ([["a"], *[["a", "b"]] * (N - 1)], "join them, as 'a|b'"),
    ):
        with pytest.raises(InputError, match=said):
            load_data(X, y)


def test_files_beside_folders_of_classes_are_named(tmp_path):
    for k, label in enumerate(GAPS):
        (tmp_path / "d" / label).mkdir(parents=True, exist_ok=True)
        np.savetxt(tmp_path / "d" / label / f"{k}.csv", X[k], header="v", comments="")
    data = load_data(DATASET=str(tmp_path / "d"))
    assert sum(data.sizes.values()) == N - len(WITHOUT)
    assert "3 files or folders left out: 3.csv, 7.csv, 8.csv" in data.sequences.notes


def test_words_with_tags_may_have_none(tmp_path):
    tags = [own and f"{own}|c" for own in GAPS]
    assert sum(load_data(X, tags, TASK="multilabel").sizes.values()) == N


def test_sequences_on_disk_are_left_out_without_reading_them(tmp_path, monkeypatch):
    np.savez(tmp_path / "d.npz", X=X, y=GAPS)
    memory = load_data(DATASET=str(tmp_path / "d.npz"))
    monkeypatch.setattr(numpy_files, "IN_MEMORY", 0)
    disk = load_data(DATASET=str(tmp_path / "d.npz"))
    assert isinstance(disk.train.all_x, RowsOnDisk) and disk.sizes == memory.sizes
    order = np.argsort(memory.train.rows)
    np.testing.assert_array_equal(memory.train.take(order), disk.train.x)
    np.testing.assert_array_equal(memory.train.y[order], disk.train.y)


def test_labels_to_ignore_are_left_out_of_data_in_memory_too():
    data = load_data(X, LABELS[:-10] + ["c"] * 10, IGNORE_LABELS=["c"])
    assert data.task.classes == ["a", "b"] and sum(data.sizes.values()) == N - 10


def table_of(path, header, rows):
    path.write_text("\n".join(map(",".join, [header, *rows])) + "\n")
    return str(path)


@pytest.mark.parametrize("mark", ["<NA>", "nan"])
def test_such_a_mark_is_none_of_several_labels_and_an_empty_cell_says_that_there_are_none(tmp_path, mark):
    tags = [mark if k in WITHOUT else ("", "a", "a|b")[k % 3] for k in range(N)]
    path = table_of(tmp_path / "d.csv", ["t", "y"], [[f"a text {k}", tag] for k, tag in enumerate(tags)])
    data = load_data(DATASET=path, TEXT="t", LABEL="y", TASK="multilabel")
    assert data.task.classes == ["a", "b"] and SAID in data.sequences.notes
    assert sum(data.sizes.values()) == N - len(WITHOUT)
    rows = [[f"a text {k}", mark if k in WITHOUT else str(k % 2), "1"] for k in range(N)]
    path = table_of(tmp_path / "e.csv", ["t", "y", "z"], rows)
    data = load_data(DATASET=path, TEXT="t", LABEL=["y", "z"], TASK="multilabel")
    assert SAID in data.sequences.notes and sum(data.sizes.values()) == N - len(WITHOUT)


def test_pandas_mark_is_neither_a_group_nor_a_text_nor_a_word_that_is_known(tmp_path):
    group = ["<NA>" if k == 4 else f"g{k % 5}" for k in range(N)]
    for texts in (False, True):
        rows = [[f"a text {k}" if texts else str(k / 7), "ab"[k % 2], own] for k, own in enumerate(group)]
        path = table_of(tmp_path / "g.csv", ["x", "y", "g"], rows)
        constants = {"TEXT": "x"} if texts else {"SEQUENCE": "row"}
        with pytest.raises(InputError, match="column 'g' of GROUP is empty in row 5"):
            load_data(DATASET=path, LABEL="y", GROUP="g", **constants)
    rows = [["<NA>" if k == 4 else f"a text {k}", "ab"[k % 2]] for k in range(N)]
    with pytest.raises(InputError, match="text 5 is empty"):
        load_data(DATASET=table_of(tmp_path / "t.csv", ["x", "y"], rows), TEXT="x", LABEL="y")
    rows = [[str(k % 7), "<NA>" if k == 4 else "uv"[k % 2]] for k in range(N)]
    data = load_data(DATASET=table_of(tmp_path / "k.csv", ["x", "k"], rows), TARGET="x", KNOWN=["k"], WINDOW=5)
    assert data.sequences.columns == ["x", "k=u", "k=v", "k=u ahead", "k=v ahead"]
