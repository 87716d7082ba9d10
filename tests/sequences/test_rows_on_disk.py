"""Arrays that stay on disk are read right, shuffled by every epoch, and never held whole in memory."""

import json

import h5py
import numpy as np
import pytest
from PIL import Image

import evaluate_model
import predict_model
import train_model
from core.errors import InputError
from readers import file_checks as regular
from readers import sentinels
from readers.arrays import numpy_files as array_reader
from sequences import rows_on_disk
from sequences.joined import all_for_training
from sequences.rows_on_disk import RowsOnDisk, open_npy
from sequences.statistics import fingerprint
from sequences.types import Sequences, Split
from tests.conftest import LINUX, load
from training import batches


def arrays(n=500, dtype=np.float64):
    rng = np.random.default_rng(0)
    return (rng.normal(size=(n, 7, 3)) * 100).astype(dtype), np.arange(n) % 3


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", ">f8"])
@pytest.mark.parametrize("rows", [[0], [499, 0, 3, 3], range(100, 300), slice(10, 480, 7), np.arange(500)[::-1]])
@pytest.mark.parametrize("stroke", [1000, 2**24])
def test_rows_on_disk_are_the_arrays_rows(tmp_path, monkeypatch, dtype, rows, stroke):
    monkeypatch.setattr(rows_on_disk, "STROKE", stroke)
    x, _ = arrays(dtype=dtype)
    np.save(tmp_path / "X.npy", x)
    read = open_npy(tmp_path / "X.npy")[rows if isinstance(rows, slice) else np.array(rows)]
    np.testing.assert_array_equal(read, x[rows if isinstance(rows, slice) else np.array(rows)])


@pytest.mark.parametrize("form", ["npz", "npy"])
@pytest.mark.parametrize("features", [True, False])
def test_data_on_disk_give_the_same_parts_as_in_memory(tmp_path, monkeypatch, form, features):
    x, y = arrays()
    x = x if features else x[:, :, 0]
    if form == "npz":
        path = tmp_path / "d.npz"
        np.savez(path, X=x, y=y)
    else:
        path = tmp_path / "X.npy"
        np.save(path, x)
        np.save(tmp_path / "y.npy", y)
    memory = load(DATASET=str(path), VALIDATION_SIZE=0.2)
    monkeypatch.setattr(array_reader, "IN_MEMORY", 0)
    disk = load(DATASET=str(path), VALIDATION_SIZE=0.2)
    assert isinstance(disk.train.all_x, RowsOnDisk) and isinstance(memory.train.all_x, np.ndarray)
    for name in ("train", "validation", "test"):
        a, b = getattr(memory, name), getattr(disk, name)
        order = np.argsort(a.rows)
        np.testing.assert_array_equal(a.rows[order], b.rows)
        np.testing.assert_array_equal(a.y[order], b.y)
        np.testing.assert_array_equal(a.take(order), b.take(slice(None)))
    assert fingerprint(disk.test) == fingerprint(disk.test)


@pytest.mark.parametrize("n", [100, 1000, 1003])
def test_windows_hold_every_sequence_once_in_an_order_of_each_epoch(tmp_path, monkeypatch, n):
    monkeypatch.setattr(batches, "WINDOW_BYTES", 320 * 4)  # of n sequences of one value: windows of 320
    np.save(tmp_path / "X.npy", np.arange(float(n)).reshape(n, 1, 1))
    part = Split(open_npy(tmp_path / "X.npy"), np.arange(n), np.arange(n))
    loader = batches.BatchLoader(part, 8, seed=1, batches_per_block=4)
    orders = []
    for epoch in (0, 1, 0):
        loader.set_epoch(epoch)
        read = [loader[i] for i in range(len(loader))]
        assert [len(y) for _, y in read[:-1]] == [32] * (len(read) - 1)
        for x, y in read:
            np.testing.assert_array_equal(x[:, 0, 0], y)
        orders.append(np.concatenate([y for _, y in read]))
        assert sorted(orders[-1]) == list(range(n))
    np.testing.assert_array_equal(orders[0], orders[2])
    assert not np.array_equal(orders[0], orders[1])
    # Neighbours in the file are not neighbours in training: the mean step is far from 1.
    assert np.abs(np.diff(orders[0])).mean() > 20


# Not ru_maxrss, which begins with the memory of the process that started this one.
PEAK = """
def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
"""

MEASURE = f"""
import json, sys
from data_preprocessing import load_data
from core.constants import read_constants
from readers.arrays import numpy_files as arrays
from readers.media import video
from sequences import rows_on_disk, types
from sequences.statistics import fingerprint, mean_and_variance
from training import batches

{PEAK}

arrays.IN_MEMORY, video.MEMORY, rows_on_disk.STROKE = 2**20, 2**20, 2**21
types.BLOCK_BYTES, batches.WINDOW_BYTES = 2**21, 2**22
load_data(**read_constants().changed(DATASET="motifs"))  # what is imported when it is needed, scikit-learn too
figures = []
for constants in json.loads(sys.argv[1]):
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak begins anew (man 5 proc)
    before = peak()
    data = load_data(**read_constants().changed(**constants))
    fingerprint(data.test), mean_and_variance(data.train)
    loader = batches.BatchLoader(data.train, 8, seed=0)
    figures.append([sum(len(loader[i][1]) for i in range(len(loader))), peak() - before])
print(json.dumps(figures))
"""


def test_a_large_compressed_array_is_refused_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr(array_reader, "UNPACKED", 1000)
    monkeypatch.setattr(array_reader, "IN_MEMORY", 1000)
    np.savez_compressed(tmp_path / "a.npz", X=np.zeros((40, 9)), y=np.arange(40) % 2)
    with pytest.raises(InputError, match="np.savez instead of"):
        load(DATASET=str(tmp_path / "a.npz"))
    np.savez(tmp_path / "a.npz", X=np.zeros((40, 9)), y=np.arange(40) % 2)
    assert load(DATASET=str(tmp_path / "a.npz")).train.all_x.shape == (40, 9, 1)


@LINUX
def test_memory_stays_far_below_arrays_in_files_and_below_the_frames_of_clips(project):
    project.forked = False  # memory that is free there would hide what is taken
    rng, n, clips = np.random.default_rng(0), 8000, 120
    x, y = rng.random((n, 50, 16)), np.arange(n) % 2
    np.save(project.folder / "X.npy", x)
    np.save(project.folder / "y.npy", y)
    with h5py.File(project.folder / "d.h5", "w") as file:
        file["X"], file["y"] = x, y
    for k in range(clips):
        frames = [Image.fromarray(rng.integers(0, 255, (24, 24), np.uint8)) for _ in range(4)]
        (project.folder / "d" / "ab"[k % 2]).mkdir(parents=True, exist_ok=True)
        frames[0].save(project.folder / "d" / "ab"[k % 2] / f"{k}.gif", save_all=True, append_images=frames[1:])
    cases = [{"DATASET": "X.npy"}, {"DATASET": "d.h5"}, {"DATASET": "d", "FRAMES": 16, "FRAME_SIZE": 128}]
    figures = json.loads(project.succeed("-c", MEASURE, json.dumps(cases)))
    assert [seen for seen, _ in figures] == [0.8 * n, 0.8 * n, 0.8 * clips]
    # The frames are bytes: as the float32 that a network takes they would be four times as large.
    limits = [x.nbytes / 2, x.nbytes / 2, clips * 16 * 128 * 128 * 3]
    assert all(grown < limit for (_, grown), limit in zip(figures, limits)), (figures, limits)


REFUSED = """
import os, resource
from data_preprocessing import read
from core.constants import read_constants
from core.errors import InputError

size = os.path.getsize("gaps.csv")
with open("/proc/self/statm") as file:
    taken = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
resource.setrlimit(resource.RLIMIT_AS, (taken + 2 * size, resource.RLIM_INFINITY))
try:
    read(read_constants().changed(DATASET="gaps.csv", SEQUENCE="who", TARGET="b"))
except InputError as error:
    print(error)
"""
TIMES_ITS_SIZE = f"""
import os, sys
from data_preprocessing import read
from core.constants import read_constants
from readers.tables import cells

{PEAK}

cells.STRETCH = 2**16
before = peak()
read(read_constants().changed(DATASET=sys.argv[1], SEQUENCE="who", TARGET="b"))
print((peak() - before) / os.path.getsize(sys.argv[1]))
"""


@LINUX
def test_a_table_takes_a_few_times_its_size_or_is_refused(project, tmp_path, monkeypatch):
    """Whole columns at once, and where cells are missing cell by cell, which took 17 times the size of the file."""
    project.forked = False  # memory that is free there would hide what is taken
    rng = np.random.default_rng(0)
    for name, gap in (("plain.csv", "0.5"), ("gaps.csv", "")):
        rows = [
            f"{k // 500},{rng.normal():.6f},{gap if k % 9 == 0 else f'{rng.normal():.6f}'},{rng.normal():.6f}"
            for k in range(4000)
        ]
        (project.folder / name).write_text("\n".join(["who,a,b,c", *rows * 60]) + "\n")
    assert "gaps.csv does not fit in memory" in project.succeed("-c", REFUSED)
    # A process each: how much the C library keeps for later depends on what was read before.
    times = {name: float(project.succeed("-c", TIMES_ITS_SIZE, name)) for name in ("plain.csv", "gaps.csv")}
    assert max(times.values()) < 8, times
    monkeypatch.setattr(regular, "TIMES", 10**9)
    (tmp_path / "d.csv").write_text("a,b\n" + "1,2\n" * 900)
    with pytest.raises(InputError, match="takes about 1000000000 times as much.*divide it, or write its numbers"):
        load(DATASET=str(tmp_path / "d.csv"), TARGET="b")


def test_a_run_trains_and_evaluates_from_disk(shipped, tmp_path, monkeypatch):
    x, y = arrays()
    x += y[:, None, None] * 200.0
    path = tmp_path / "d.npz"
    np.savez(path, X=x, y=y)
    monkeypatch.setattr(array_reader, "IN_MEMORY", 1000)
    monkeypatch.setattr(batches, "WINDOW_BYTES", 20000)
    constants = shipped.changed(DATASET=str(path), RUN_DIR=str(tmp_path / "run"), EPOCHS=20)
    train_model.main(constants)
    assert evaluate_model.main(constants)["accuracy"] > 0.9
    predict_model.predict(str(tmp_path / "run"), path)


def test_what_stays_on_disk_is_searched_for_values_that_mean_missing(tmp_path, monkeypatch):
    x = np.random.default_rng(0).normal(size=(60, 20, 2))
    x[::6, 3, 1] = -999
    np.savez(tmp_path / "d.npz", X=x, y=np.arange(60) % 2)
    monkeypatch.setattr(array_reader, "IN_MEMORY", 0)
    for values, n in ((10**6, 60), (30 * 40, 30)):
        monkeypatch.setattr(sentinels, "SAMPLE", values)
        notes = load(DATASET=str(tmp_path / "d.npz")).sequences.notes
        assert f"{n} of 60 sequences were searched for values that may mean missing: the data stay on disk" in notes
        looked_at = np.unique(np.linspace(0, 59, n).astype(int))
        count = np.count_nonzero(x[looked_at] == -999)
        said = f"feature 1 is -999 {count} times in the {n} sequences looked at, far outside the rest: empty those"
        assert count >= 5 and any(note.startswith(said) for note in notes)


def test_rows_that_were_left_out_stay_out_where_both_sets_of_a_file_are_for_training(tmp_path):
    """Sequences without a label, or with one of IGNORE_LABELS, are left out of each set before they are joined."""
    x = np.arange(60.0).reshape(20, 3, 1)
    np.save(tmp_path / "x.npy", x)
    whole, labels = open_npy(tmp_path / "x.npy"), np.arange(20)
    train = Sequences(whole.between(0, 12), labels[:12], "sequences")
    test = Sequences(whole.between(12, 20), labels[12:], "sequences")
    for left_out in (np.arange(0), np.array([13, 17]), np.array([3, 4]), np.array([0, 11, 12, 19])):
        kept = [own.at(np.flatnonzero(~np.isin(own.y, left_out))) for own in (train, test)]
        together = all_for_training(*kept, "x.npy")
        np.testing.assert_array_equal(together.x[:], x[together.y])
        np.testing.assert_array_equal(together.y, np.setdiff1d(labels, left_out))
        np.testing.assert_array_equal(together.x.between(2, 9)[:], x[together.y[2:9]])


@pytest.mark.parametrize("form", ["numbers", "groups", "official", "several labels", "gaps"])
def test_every_form_of_split_draws_the_rows_on_disk_that_it_draws_in_memory(tmp_path, monkeypatch, form):
    x, y = arrays(60)
    held = {
        "numbers": {"X": x, "y": np.arange(60) / 7},
        "groups": {"X": x, "y": y, "groups": np.arange(60) // 4},
        "official": {"X_train": x[:40], "y_train": y[:40], "X_test": x[40:], "y_test": y[40:]},
        "several labels": {"X": x, "y": np.stack([y == 0, y > 0], axis=1).astype(int)},
        "gaps": {"X": x, "y": np.where(np.arange(60) % 7 == 0, np.nan, y)},
    }
    np.savez(tmp_path / "d.npz", **held[form])
    memory = load(DATASET=str(tmp_path / "d.npz"), VALIDATION_SIZE=0.2)
    monkeypatch.setattr(array_reader, "IN_MEMORY", 0)
    disk = load(DATASET=str(tmp_path / "d.npz"), VALIDATION_SIZE=0.2)
    for name in ("train", "validation", "test"):
        a, b = getattr(memory, name), getattr(disk, name)
        assert isinstance(b.all_x, RowsOnDisk)
        order = np.argsort(a.rows)
        np.testing.assert_array_equal(a.take(order), b.x)
        np.testing.assert_array_equal(a.y[order], b.y)
