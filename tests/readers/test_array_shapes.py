"""Arrays as people have them: one-hot labels, lengths, grey videos, files of other programs."""

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from core.errors import InputError
from readers.arrays import numpy_files
from sequences.rows_on_disk import RowsOnDisk
from tests.conftest import load

X, Y = np.random.default_rng(0).normal(size=(40, 9, 3)), np.arange(40) % 4


def read(tmp_path, **named):
    np.savez(tmp_path / "d.npz", **named)
    return load(DATASET=str(tmp_path / "d.npz"))


def all_of(data):
    """All sequences, in the order of the file."""
    parts = [data.train, data.test]
    rows = np.concatenate([part.rows for part in parts])
    return np.concatenate([part.take(slice(None)) for part in parts])[np.argsort(rows)]


def all_labels(data):
    rows = np.concatenate([data.train.rows, data.test.rows])
    return np.concatenate([data.train.y, data.test.y])[rows.argsort()]


def test_one_hot_labels_are_classes_and_it_is_said(tmp_path):
    data = read(tmp_path, X=X, y=np.eye(4)[Y])
    np.testing.assert_array_equal(data.train.y, Y[data.train.rows])
    assert any("one-hot labels were read as the classes 0 to 3" in note for note in data.sequences.notes)


def test_archives_as_keras_ships_them_name_their_arrays_with_a_small_x(tmp_path):
    data = read(tmp_path, x_train=X[:30], y_train=Y[:30], x_test=X[30:], y_test=Y[30:])
    np.testing.assert_allclose(data.test.take(slice(None)), X[30:], rtol=1e-6)
    assert not any("are not used" in note for note in data.sequences.notes)
    with pytest.raises(InputError, match="needs arrays X, y or X_train"):
        read(tmp_path, x_train=X, y_train=Y)


def test_several_labels_at_once_are_no_classes_and_as_many_as_time_steps_are_asked_about(tmp_path):
    one_hot, several = np.eye(4)[Y], np.eye(4)[Y]
    several[:3] = [[1, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]]
    np.testing.assert_array_equal(all_labels(read(tmp_path, X=X, y=several)), several)
    data = read(tmp_path, X_train=X, y_train=several, X_test=X, y_test=one_hot)  # both are read alike
    np.testing.assert_array_equal(data.test.y, one_hot)
    with pytest.raises(InputError, match='has 4 labels for each sequence: they are .*TASK = "multilabel"'):
        load(DATASET=str(tmp_path / "d.npz"), TASK="classification")
    for chosen in ({}, {"TASK": "regression"}):
        np.savez(tmp_path / "d.npz", X=X[:, :4], y=several)
        with pytest.raises(InputError, match='marks 4 labels at once, as many as there are time steps.*"multilabel"'):
            load(DATASET=str(tmp_path / "d.npz"), **chosen)
    assert load(DATASET=str(tmp_path / "d.npz"), TASK="multilabel").task.classes == [f"label {k}" for k in range(4)]


@pytest.mark.parametrize("words", [False, True])
def test_a_label_for_each_time_step_is_cut_into_windows(tmp_path, words):
    labels = (np.arange(40 * 9).reshape(40, 9) // 3) % 4 // 2  # in stretches of six time steps
    y, lengths = np.array(["a", "b"])[labels] if words else labels, 5 + np.arange(40) % 5
    with pytest.raises(InputError, match="if each time step has its label, set WINDOW.*WINDOW_LABEL"):
        read(tmp_path, X=X, y=y)
    np.savez(tmp_path / "d.npz", X=X, y=y, lengths=lengths)
    data = load(DATASET=str(tmp_path / "d.npz"), WINDOW=4, STRIDE=1, WINDOW_LABEL="last")
    found = {}
    for split in (data.train, data.test):
        found |= {x.tobytes(): data.task.classes[label] for x, label in zip(split.take(slice(None)), split.y)}
    windows = [(k, start) for k in range(40) for start in range(lengths[k] - 3)]
    x = X.astype(np.float32)
    assert found == {x[k, start : start + 4].tobytes(): str(y[k, start + 3]) for k, start in windows}
    whole = load(DATASET=str(tmp_path / "d.npz"), WINDOW_LABEL="last")
    assert sorted(np.concatenate([whole.train.y, whole.test.y])) == sorted(labels[np.arange(40), lengths - 1])


def test_lengths_cut_the_padding_away(tmp_path):
    lengths = 3 + np.arange(40) % 7
    data = read(tmp_path, X=X, y=Y % 2, lengths=lengths)
    for sequence, x, length in zip(all_of(data), X, lengths):
        np.testing.assert_allclose(sequence[-length:], x[:length], rtol=1e-6)
    with pytest.raises(InputError, match="lengths must lie between"):
        read(tmp_path, X=X, y=Y % 2, lengths=lengths + 9)
    # MATLAB has neither whole numbers nor vectors.
    doubles = {"y": Y % 2.0, "lengths": lengths.astype(float), "groups": np.arange(40) // 4.0}
    savemat(tmp_path / "d.mat", {"X": X, **doubles})
    data = load(DATASET=str(tmp_path / "d.mat"))
    for sequence, x, length in zip(all_of(data), X, lengths):
        np.testing.assert_allclose(sequence[-length:], x[:length], rtol=1e-6)
    assert not set(data.train.rows // 4) & set(data.test.rows // 4)


def test_constants_of_a_sequence_are_repeated_over_time(tmp_path):
    s = np.random.default_rng(1).normal(size=(40, 2))
    x = all_of(read(tmp_path, X=X, y=Y, S=s))
    assert x.shape == (40, 9, 5)
    np.testing.assert_allclose(x[:, :, 3:], np.repeat(s[:, None], 9, axis=1), rtol=1e-6)


def test_a_grey_video_gets_its_channel(tmp_path):
    video = np.random.default_rng(0).integers(0, 255, size=(40, 5, 8, 7), dtype=np.uint8)
    np.testing.assert_array_equal(all_of(read(tmp_path, X=video, y=Y))[..., 0], video)


def write_h5(path, **named):
    with h5py.File(path, "w") as file:
        for name, values in named.items():
            file[name] = values
    return path


def test_h5_in_memory_and_from_disk(tmp_path, monkeypatch):
    path = write_h5(tmp_path / "d.h5", X=X, y=[b"left", b"right"] * 20, mood=Y)
    data = load(DATASET=str(path))
    np.testing.assert_allclose(all_of(data), X, rtol=1e-6)
    assert data.task.classes == ["left", "right"] and any("mood" in note for note in data.sequences.notes)
    monkeypatch.setattr(numpy_files, "IN_MEMORY", 0)
    disk = load(DATASET=str(path))
    assert isinstance(disk.train.all_x, RowsOnDisk)
    np.testing.assert_allclose(all_of(disk), X, rtol=1e-6)


def test_links_of_an_h5_file_are_not_followed(tmp_path):
    write_h5(tmp_path / "other.h5", X=X)
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["X"] = h5py.ExternalLink("other.h5", "/X")
        file["y"] = Y
    with pytest.raises(InputError, match="needs arrays X"):
        load(DATASET=str(tmp_path / "d.h5"))


def test_mat_by_names_and_by_shape(tmp_path):
    savemat(tmp_path / "a.mat", {"X": X, "y": Y[:, None]})
    np.testing.assert_allclose(all_of(load(DATASET=str(tmp_path / "a.mat"))), X, rtol=1e-6)
    savemat(tmp_path / "b.mat", {"data": X.T, "labels": Y[:, None] + 1, "fs": 250.0})  # electrodes, time, trials
    data = load(DATASET=str(tmp_path / "b.mat"))
    np.testing.assert_allclose(all_of(data), X, rtol=1e-6)
    assert data.task.classes == ["1", "2", "3", "4"]
    assert any("was read as (40, 9, 3)" in note for note in data.sequences.notes) and any(
        "fs" in note for note in data.sequences.notes
    )


def test_arff(tmp_path):
    names = ["café\xa01", r"b\é"]  # SciPy's words are of ASCII letters
    rows = "".join(f"{','.join(map(str, x[:, 0].round(6)))},'{names[y % 2]}'\n" for x, y in zip(X, Y))
    head = "@relation r\n" + "".join(f"@attribute t{i} numeric\n" for i in range(9))
    (tmp_path / "d.arff").write_text(head + f"@attribute class {{'{names[0]}','{names[1]}'}}\n@data\n" + rows)
    data = load(DATASET=str(tmp_path / "d.arff"))
    np.testing.assert_allclose(all_of(data)[:, :, 0], X[:, :, 0].round(6), rtol=1e-5)
    assert data.task.classes == sorted(names)


@pytest.mark.parametrize("name", ["a.mat", "a.h5", "a.arff"])
@pytest.mark.parametrize(
    "content", [b"", b"\x89HDF\r\n\x1a\nxxxx", b"MATLAB 5.0 MAT-file" + b"\0" * 200, b"@relation x\n@data\n"]
)
def test_damaged_files_of_other_programs_are_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        load(DATASET=str(tmp_path / name))
