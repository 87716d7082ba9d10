"""Labels in a file of their own (LABEL_FILE): matched by id, by file name, by time and by order, or refused."""

from collections import Counter

import numpy as np
import pytest

import evaluate_model
import predict_model
import train_model
from core.errors import InputError
from core.run_folder import load_record
from readers import read_data_set
from tests.conftest import load


def write(path, *lines):
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def signal(path, ids, rows=6):
    """Write a table of recordings, the k-th of which begins with the value 100 k."""
    return write(path, "id,x", *(f"{own},{100 * k + 3 * row % 7}" for k, own in enumerate(ids) for row in range(rows)))


def read(shipped, path, labels, **constants):
    return read_data_set(path, shipped.changed(DATASET=str(path), LABEL_FILE=str(labels), **constants))[0]


def labels_by_name(sequences):
    """Return {name: the only label of its rows}."""
    assert all(len(set(y.tolist())) == 1 for y in sequences.y)
    return dict(zip(sequences.names, (y[0] for y in sequences.y)))


def test_ids_are_matched_as_they_are_written(shipped, tmp_path):
    path = signal(tmp_path / "s.csv", ["1", "01", "2", "7"])
    labels = write(tmp_path / "l.csv", "failure,id", "bearing,01", "none,2", "gear,1", "none,9", "none,007", ",7")
    found = read(shipped, path, labels, SEQUENCE="id")
    assert labels_by_name(found) == {"1": "gear", "01": "bearing", "2": "none"}
    assert [x[0, 0] for x in found.x] == [0, 100, 200]
    assert "1 of 4 sequences without a label in l.csv, left out: '7'" in found.notes
    assert "2 rows of l.csv without a sequence: '9', '007'" in found.notes


def test_a_column_of_ids_may_have_another_name_and_labels_may_be_several(shipped, tmp_path):
    path = signal(tmp_path / "s.csv", "abcd")
    labels = write(tmp_path / "l.csv", "unit,hot,loud", "d,1,0", "b,0,1", "a,1,1", "c,0,0")
    found = read(shipped, path, labels, SEQUENCE="id", LABEL=["hot", "loud"])
    assert found.target_names == ["hot", "loud"]
    assert [y[-1].tolist() for y in found.y] == [[1, 1], [0, 1], [0, 0], [1, 0]]
    with pytest.raises(
        InputError, match=r"LABEL must name the column to learn .* unit, hot, loud, of which unit tells"
    ):
        read(shipped, path, labels, SEQUENCE="id")


@pytest.mark.parametrize(
    "cells", [["t1", "t2", "t3"], ["t1.csv", "t2.csv", "t3.csv"], ["./tests/t1.csv", "a\\t2", "t3"]]
)
def test_names_of_files_have_a_suffix_and_a_folder_or_not(shipped, tmp_path, cells):
    folder = tmp_path / "tests"
    for k in (1, 2, 3):
        write(folder / f"t{k}.csv", "x,y", *(f"{k},{row}" for row in range(5)))
    labels = write(folder / "ratings.csv", "test,rating", *(f"{cell},{k}.5" for k, cell in enumerate(cells)), "t9,3")
    found = read(shipped, folder, labels, SEQUENCE="file", KNOWN=["x", "y"])
    assert labels_by_name(found) == {"t1.csv": 0.5, "t2.csv": 1.5, "t3.csv": 2.5}
    assert [x[0, 0] for x in found.x] == [1, 2, 3]
    assert "1 row of ratings.csv without a sequence: 't9'" in found.notes


def test_arrays_in_files_are_named_too(shipped, tmp_path):
    for k in range(4):
        (tmp_path / "a").mkdir(exist_ok=True)
        np.save(tmp_path / "a" / f"s{k}.npy", np.full((5, 2), k))
    labels = write(tmp_path / "l.csv", "name,kind", "s3,up", "s0,down", "s1,up")
    found = read(shipped, tmp_path / "a", labels, SEQUENCE="file")
    assert labels_by_name(found) == {"s0.npy": "down", "s1.npy": "up", "s3.npy": "up"}


STAGES = {
    "seconds": ("t", [10 * k for k in range(12)], "onset,duration,stage", ["0,30,W", "30,60,N1"]),
    "until the next": ("time", [10 * k for k in range(12)], "onset,stage", ["0,W", "30,N1", "90,"]),
    "past midnight": (
        "clock",
        ["23:59:00", "23:59:10", "23:59:20", "23:59:30", "23:59:40", "23:59:50"]
        + ["00:00:00", "00:00:10", "00:00:20", "00:00:30", "00:00:40", "00:00:50"],
        "start,end,stage",
        ["23:59:00,23:59:30,W", "23:59:30,00:00:30,N1"],
    ),
    "stamps and seconds": (
        "date",
        [f"2024-05-01 23:{58 + s // 60}:{s % 60:02}" for s in range(0, 120, 10)],
        "onset,duration,stage",
        ["0,30,W", "30,60,N1"],
    ),
    "stamps and a clock": (
        "date",
        [f"2024-05-01 23:{58 + s // 60}:{s % 60:02}" for s in range(0, 120, 10)],
        "StartTime,dur,stage",
        ["23:58:00,30,W", "23:58:30,60,N1"],
    ),
    "milliseconds": (
        "time_ms",
        [10_000 * k for k in range(12)],
        "onset,duration_ms,stage",
        ["0,30000,W", "30,60000,N1"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", STAGES)
def test_stages_hold_from_their_onset_for_their_duration(shipped, tmp_path, form):
    name, times, header, stages = STAGES[form]
    path = write(tmp_path / "s.csv", f"{name},x", *(f"{time},{5 * k % 12}" for k, time in enumerate(times)))
    found = read(shipped, path, write(tmp_path / "l.csv", header, *stages), WINDOW=2)
    # A row each 10 seconds: three of W, six of N1, and three of nothing.
    assert found.y[0].tolist() == ["W"] * 3 + ["N1"] * 6 + [""] * 3
    assert any("3 of 12 rows have no label at their time in l.csv" in note for note in found.notes)


def test_stages_of_several_people_and_of_none(shipped, tmp_path):
    rows = [f"{who},{10 * k},{5 * k % 6}" for who in ("ann", "bob", "eve") for k in range(6)]
    path = write(tmp_path / "s.csv", "who,time,x", *rows)
    labels = write(
        tmp_path / "l.csv", "who,onset,duration,stage", "bob,0,20,W", "ann,0,30,N1", "bob,20,40,N2", "ann,900,9,W"
    )
    found = read(shipped, path, labels, SEQUENCE="who", WINDOW=2)
    assert found.names == ["ann", "bob"]
    assert [y.tolist() for y in found.y] == [["N1"] * 3 + [""] * 3, ["W"] * 2 + ["N2"] * 4]
    assert "1 of 3 sequences without a label in l.csv, left out: 'eve'" in found.notes
    assert "1 label of l.csv holds at the time of no row" in found.notes
    with pytest.raises(InputError, match="lines 3 and 4: their labels hold at the same time"):
        read(
            shipped,
            path,
            write(labels, "who,onset,duration,stage", "ann,0,9,W", "bob,0,20,W", "bob,10,40,N2"),
            SEQUENCE="who",
        )


def test_a_signal_without_times_is_divided_evenly_or_asked_about(shipped, tmp_path):
    path = write(tmp_path / "s.csv", "eeg", *(f"{k * k % 7}" for k in range(60)))
    labels = write(tmp_path / "l.csv", "No.,StartTime,Label", "1,21:34:57,W", "2,21:35:27,N1", "3,21:35:57,N2")
    found = read(shipped, path, labels, WINDOW=5)
    assert found.y[0].tolist() == ["W"] * 20 + ["N1"] * 20 + ["N2"] * 20
    assert any("20 of its rows are read as those of each label" in note for note in found.notes)
    write(labels, "No.,StartTime,Label", "1,21:34:57,W", "2,21:35:27,N1", "3,21:36:57,N2")
    with pytest.raises(InputError, match="has no column of times, and l.csv says by time"):
        read(shipped, path, labels, WINDOW=5)


def test_a_lone_column_is_matched_by_order_if_there_are_as_many(shipped, tmp_path):
    path = signal(tmp_path / "units.txt", range(1, 6))
    found = read(shipped, path, write(tmp_path / "RUL.txt", "112 ", "98 ", "69 ", "82 ", "91 "), SEQUENCE=0)
    assert [y[0] for y in found.y] == [112, 98, 69, 82, 91]
    assert any("in this order, the labels of 5 sequences: nothing but the order" in note for note in found.notes)
    words = read(shipped, path, write(tmp_path / "w.txt", "up", "down", "up", "up", "down"), SEQUENCE=0)
    assert [y[0] for y in words.y] == ["up", "down", "up", "up", "down"]
    with pytest.raises(
        InputError, match="no row of .*RUL.txt fits: the 5 sequences are '1', '2', '3', ...; in it RUL 0 is"
    ):
        read(shipped, path, write(tmp_path / "RUL.txt", "112", "98", "69", "82"), SEQUENCE=0)
    rows = read(shipped, signal(tmp_path / "one.csv", "a"), write(tmp_path / "r.csv", "state", *"ababab"), WINDOW=2)
    assert "".join(rows.y[0]) == "ababab"


def test_arrays_and_rows_take_labels_in_order_or_by_id(tmp_path):
    x = np.random.default_rng(0).normal(size=(20, 8))
    np.savez(tmp_path / "x.npz", X=x)
    labels = str(write(tmp_path / "y.csv", "grade", *(f"{k}.5" for k in range(20))))
    data = load(DATASET=str(tmp_path / "x.npz"), LABEL_FILE=labels)
    assert sorted([*data.train.y[:, 0], *data.test.y[:, 0]]) == [k + 0.5 for k in range(20)]
    with pytest.raises(InputError, match="20 rows and 1 column: arrays have no ids"):
        np.savez(tmp_path / "x.npz", X=x[:19])
        load(DATASET=str(tmp_path / "x.npz"), LABEL_FILE=labels)
    for part, first in (("train", 0), ("test", 14)):
        rows = x[first : first + (6 if first else 14)]
        np.savetxt(tmp_path / f"X_{part}.csv", rows, delimiter=",")
        write(tmp_path / f"y_{part}.csv", "class", *("ab"[int(row[0] > 0)] for row in rows))
    data = load(DATASET=str(tmp_path / "X_train.csv"), LABEL_FILE=str(tmp_path / "y_train.csv"), SEQUENCE="row")
    assert len(data.test) == 6 and ((data.train.x[:, 0, 0] > 0) == data.train.y).all()
    assert ((data.test.x[:, 0, 0] > 0) == data.test.y).all()
    ids = [f"{k:03}" for k in range(20)]
    write(tmp_path / "r.csv", "id,a,b,c,d", *(f"{own},{','.join(map(str, row[:4]))}" for own, row in zip(ids, x)))
    labels = write(
        tmp_path / "l.csv", "id,kind", *(f"{own},{'ab'[int(row[0] > 0)]}" for own, row in zip(ids[::-1], x[::-1]))
    )
    data = load(DATASET=str(tmp_path / "r.csv"), LABEL_FILE=str(labels), SEQUENCE="row")
    assert data.train.shape == (4, 1) and ((data.train.x[:, 0, 0] > 0) == data.train.y).all()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["id,kind", "01,a", "02,b"],
            r"no row of .*l.csv fits: the 3 sequences are '1', '2', '3'; in it id is '01', '02'",
        ),
        (["id,kind", "1,a", "2,b", "1,b"], "lines 2 and 4 give '1' two labels"),
        (["id,x", "1,a", "2,b"], "both have a column 'x': rename it in one of them"),
        (None, "LABEL_FILE = .* is not found"),
    ],
)
def test_what_does_not_fit_is_refused_with_examples_of_both_sides(shipped, tmp_path, lines, message):
    path = signal(tmp_path / "s.csv", [1, 2, 3])
    labels = tmp_path / "l.csv" if lines is None else write(tmp_path / "l.csv", *lines)
    with pytest.raises(InputError, match=message):
        read(shipped, path, labels, SEQUENCE="id", LABEL="x" if lines and "x" in lines[0] else None)


def test_labels_belong_to_the_data_and_new_data_need_none(shipped, tmp_path):
    ids = [f"{k:02}" for k in range(24)]
    path = signal(tmp_path / "s.csv", ids)
    labels = write(tmp_path / "l.csv", "id,kind", *(f"{own},{'ab'[k % 2]}" for k, own in enumerate(ids)))
    c = shipped.changed(DATASET=str(path), LABEL_FILE=str(labels), LABEL="kind", SEQUENCE="id", KNOWN=["x"], EPOCHS=1)
    c = c.changed(RUN_DIR=str(tmp_path / "run"))
    train_model.main(c)
    assert load_record(tmp_path / "run").sequences == {"training": 19, "test": 5}
    labels.unlink()
    predict_model.predict(c.RUN_DIR, signal(tmp_path / "new.csv", ["30", "31"]))
    assert len((tmp_path / "run" / "new_predictions.csv").read_text().splitlines()) == 1 + 2
    write(labels, "id,kind", *(f"{own},{'ba'[k % 2]}" for k, own in enumerate(ids)))
    with pytest.raises(InputError, match="data"):
        evaluate_model.main(c)


def test_texts_have_labels_apart_too(tmp_path):
    words = ["good film", "bad plot", "good plot", "bad film"]
    path = write(tmp_path / "t.csv", "id,text", *(f"{k:02},{words[k % 4]}" for k in range(24)))
    labels = write(tmp_path / "l.csv", "id,mood", *(f"{k:02},{['up', 'down'][k % 2]}" for k in range(20)))
    data = load(DATASET=str(path), LABEL_FILE=str(labels), TEXT="text")
    assert len(data.train) + len(data.test) == 20 and data.task.classes == ["down", "up"]
    texts = np.array(data.sequences.texts)[data.train.rows]
    assert [("good" in text) for text in texts] == [bool(y) for y in data.train.y]
    assert any("4 of 24 sequences without a label in l.csv" in note for note in data.sequences.notes)


def test_window_label_beside_label_file_chooses_among_the_rows_of_a_window(tmp_path):
    path = write(tmp_path / "s.csv", "id,time,x", *(f"m{k},{t},{7 * t % 11}" for k in range(8) for t in range(12)))
    ids = write(tmp_path / "ids.csv", "id,kind", *(f"m{k},{'ab'[k % 2]}" for k in range(8)))
    # Rows 0 to 4 are W, row 5 is nothing, and the others N, R in every second recording.
    stages = [line for k in range(8) for line in (f"m{k},0,5,W", f"m{k},6,12,{'NR'[k % 2]}")]
    timed = write(tmp_path / "timed.csv", "id,onset,end,stage", *stages)

    def labels(file, **constants):
        data = load(DATASET=str(path), SEQUENCE="id", LABEL_FILE=str(file), TEST_SIZE=0.25, **constants)
        found = np.array(data.task.classes)[np.concatenate([data.train.y, data.test.y])]
        return Counter(found.tolist()), " ".join(data.sequences.notes)

    # Windows of 4 rows begin at rows 0, 4 and 8: WWWW, W-NN, NNNN or WWWW, W-RR, RRRR.
    assert labels(timed, WINDOW=4, STRIDE=4)[0] == {"W": 8, "N": 4, "R": 4}
    for rule in ("last", "any", "most"):
        found, notes = labels(timed, WINDOW=4, STRIDE=4, WINDOW_LABEL=rule)
        assert found == {"W": 8, "N": 8, "R": 8} and f'(WINDOW_LABEL = "{rule}")' in notes
    found, notes = labels(timed, WINDOW_LABEL="last")
    assert found == {"N": 4, "R": 4} and "the label of a recording is that of its last row" in notes
    found, notes = labels(ids, WINDOW=4, STRIDE=4, WINDOW_LABEL="any")
    assert found == {"a": 12, "b": 12} and 'WINDOW_LABEL = "any" is without effect: all rows of a window' in notes
    with pytest.raises(InputError, match="m0 has 2 labels .N, W. and rows without one: set WINDOW"):
        labels(timed)
    few = write(tmp_path / "few.csv", "id,onset,end,stage", *(line.replace("R", "N") for line in stages))
    with pytest.raises(InputError, match="all recordings that can be used have the label 'N'; WINDOW, .* may give"):
        labels(few, WINDOW_LABEL="most")
