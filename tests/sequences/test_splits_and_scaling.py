"""Data sets, splits, labels and standardisation, against values worked out with NumPy and scikit-learn."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from core.errors import InputError
from sequences.splits import shuffle_split
from sequences.statistics import fingerprint, mean_and_variance
from sequences.toy_datasets import RAMP, motifs, moving_digits
from sequences.types import Split
from tests.conftest import load


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


def waves(n, rng=None):
    rng = rng or np.random.default_rng(0)
    return rng.normal(size=(n, 12, 2)), rng.integers(0, 2, n)


def test_motifs_hide_two_ramps_and_the_label_says_which_is_first():
    x, labels, starts = motifs(500, 50, 1, seed=3)
    assert x.dtype == np.float32 and x.shape == (500, 50, 1)
    assert labels.sum() == 250
    rising = np.linspace(0, 1, RAMP)
    noise = x[:, :, 0].astype(np.float64)
    for sequence, label, (up, down) in zip(noise, labels, starts):
        assert (up < down) == (label == 1) and abs(up - down) >= RAMP
        sequence[up : up + RAMP] -= rising
        sequence[down : down + RAMP] -= rising[::-1]
    assert noise.min() > -1e-6 and noise.max() < 0.3 + 1e-6  # what is left once the ramps are taken away


def test_shortest_motifs_fill_the_whole_sequence():
    _, _, starts = motifs(10, 2 * RAMP, 1, seed=0)
    assert sorted(set(starts.ravel())) == [0, RAMP]


def test_digits_are_scikit_learns_images_row_by_row():
    data = load(DATASET="digits", TEST_SIZE=0.2, SEED=42)
    images, labels = load_digits(return_X_y=True)
    _, test_images, _, test_labels = train_test_split(images, labels, test_size=0.2, random_state=42, stratify=labels)
    np.testing.assert_array_equal(data.test.take(slice(None)) * 16, test_images.reshape(-1, 8, 8))
    assert [int(data.task.classes[y]) for y in data.test.y] == test_labels.tolist()


@pytest.mark.parametrize("dataset", ["random", "motifs", "digits"])
@pytest.mark.parametrize("test_size", [0.2, 0.5, 50])
def test_training_and_test_part_never_overlap_and_lose_nothing(dataset, test_size):
    data = load(DATASET=dataset, N_SAMPLES=300, TEST_SIZE=test_size)
    train, test = set(data.train.rows), set(data.test.rows)
    assert not train & test and train | test == set(range(len(data.train.all_x)))
    if isinstance(test_size, int):
        assert len(test) == test_size


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (np.array([-1, 1] * 20), ["-1", "1"]),
        (np.array([2.0, 1.0, 10.0, 3.0] * 10), ["1", "2", "3", "10"]),
        (np.array(["walk", "run"] * 20), ["run", "walk"]),
        (np.array(["10", "9"] * 20), ["9", "10"]),
        (np.array([True, False] * 20), ["False", "True"]),
    ],
)
def test_labels_of_any_kind_are_classes_by_name(tmp_path, labels, classes):
    x = np.random.default_rng(0).normal(size=(40, 12, 2))
    data = load(DATASET=str(save(tmp_path / "d.npz", X=x, y=labels)))
    assert data.task.classes == classes
    for part in (data.train, data.test):
        for row, y in zip(part.rows, part.y):
            written = str(labels[row])
            assert data.task.classes[y] == (written.removesuffix(".0"))


def test_unsplit_files_are_split_with_each_class_keeping_its_share(tmp_path):
    x, _ = waves(100)
    data = load(DATASET=str(save(tmp_path / "d.npz", X=x, y=np.arange(100) % 10 == 0)), TEST_SIZE=0.2)
    assert data.train.y.sum() == 8 and data.test.y.sum() == 2


def test_official_split_of_npz_is_kept(tmp_path):
    x, y = waves(30)
    path = save(tmp_path / "d.npz", X_train=x[:20], y_train=y[:20], X_test=x[20:], y_test=y[20:])
    data = load(DATASET=str(path))
    np.testing.assert_array_equal(data.train.take(slice(None)), x[:20].astype(np.float32))
    np.testing.assert_array_equal(data.test.take(slice(None)), x[20:].astype(np.float32))
    np.testing.assert_array_equal(data.test.y, y[20:])


@pytest.mark.parametrize("separator", [",", "\t", "  "])
@pytest.mark.parametrize("suffix", [".txt", ".tsv"])
@pytest.mark.parametrize("named_by", ["file", "folder"])
def test_ucr_text_keeps_the_official_split(tmp_path, separator, suffix, named_by):
    rng = np.random.default_rng(1)
    tables = {"TRAIN": rng.normal(size=(12, 7)), "TEST": rng.normal(size=(9, 7))}
    for name, table in tables.items():
        table[:, 0] = np.arange(len(table)) % 3 - 1
        np.savetxt(tmp_path / f"Gait_{name}{suffix}", table, delimiter=separator)
    data = load(DATASET=str(tmp_path if named_by == "folder" else tmp_path / f"Gait_TRAIN{suffix}"))
    assert data.task.classes == ["-1", "0", "1"]
    for part, table in ((data.train, tables["TRAIN"]), (data.test, tables["TEST"])):
        np.testing.assert_allclose(part.take(slice(None))[:, :, 0], table[:, 1:], rtol=1e-6)
        np.testing.assert_array_equal(part.y - 1, table[:, 0])


def test_ucr_text_without_a_twin_is_split(tmp_path):
    np.savetxt(tmp_path / "gait.txt", np.hstack([np.arange(20)[:, None] % 2, np.ones((20, 5))]))
    data = load(DATASET=str(tmp_path / "gait.txt"), TEST_SIZE=5)
    assert (len(data.train), len(data.test)) == (15, 5)


def test_constants_without_effect_are_named():
    notes = load(N_SAMPLES=100, HORIZON=3, SEASON=12, WINDOW_LABEL="last").sequences.notes
    assert notes == ("without effect on these data: HORIZON = 3, SEASON = 12, WINDOW_LABEL = 'last'",)
    assert load(N_SAMPLES=100).sequences.notes == ()


def test_a_test_label_never_seen_in_training_is_refused(tmp_path):
    x, y = waves(30)
    path = save(tmp_path / "d.npz", X_train=x[:20], y_train=y[:20], X_test=x[20:], y_test=y[20:] + 1)
    with pytest.raises(InputError, match="'2'"):
        load(DATASET=str(path))


def test_mean_and_variance_are_numpys_over_the_training_part():
    rng = np.random.default_rng(0)
    x = rng.normal(1000.0, [0.5, 30.0, 0.0], size=(9000, 4, 3)).astype(np.float32)
    x[8000:] = 1e6
    mean, variance = mean_and_variance(Split(x, None, np.arange(8000)))
    expected = x[:8000].astype(np.float64)
    np.testing.assert_allclose(mean, expected.mean(axis=(0, 1)), rtol=1e-12)
    np.testing.assert_allclose(variance[:2], expected.var(axis=(0, 1))[:2], rtol=1e-9)
    assert variance[2] == 1.0  # a constant feature is not divided by zero


def test_fingerprint_changes_with_any_value_label_or_order():
    x, y = waves(20)
    rows = np.arange(10)
    prints = {fingerprint(Split(x, y[:10], rows)), fingerprint(Split(x, 1 - y[:10], rows))}
    prints.add(fingerprint(Split(x, y[:10], rows[::-1])))
    changed = x.copy()
    changed[3, 2, 1] += 1e-3
    prints.add(fingerprint(Split(changed, y[:10], rows)))
    assert len(prints) == 4
    assert fingerprint(Split(x.copy(), y[:10].copy(), rows)) in prints


def test_moving_digits_drift_one_pixel_a_frame_in_the_direction_of_the_label():
    x, labels = moving_digits(40, seed=1)
    assert x.shape == (40, 10, 16, 16, 1) and x.dtype == np.float32 and x.min() >= 0 and x.max() == 1
    images = {image.tobytes() for image in (load_digits().images / 16).astype(np.float32)}
    shifts = {"up": (-1, 1), "down": (1, 1), "left": (-1, 2), "right": (1, 2)}
    for video, label in zip(x[..., 0], labels):
        shift, axis = shifts[label]
        np.testing.assert_array_equal(np.roll(video[:-1], shift, axis=axis), video[1:])
    # The first frame, rolled to where its digit begins, holds a real digit.
    frame = x[0, 0, :, :, 0]
    windows = (np.roll(frame, (-r, -c), (0, 1))[:8, :8] for r in range(16) for c in range(16))
    assert any(np.ascontiguousarray(window).tobytes() in images for window in windows)
    assert sorted(np.unique(labels, return_counts=True)[1]) == [10] * 4


@pytest.mark.parametrize("size", [0.25, 40])
def test_validation_is_cut_from_the_training_part_and_the_test_part_stays(size):
    plain = load(DATASET="motifs", N_SAMPLES=400)
    data = load(DATASET="motifs", N_SAMPLES=400, VALIDATION_SIZE=size)
    np.testing.assert_array_equal(plain.test.rows, data.test.rows)
    train, validation = set(data.train.rows), set(data.validation.rows)
    assert not train & validation and train | validation == set(plain.train.rows)
    assert len(validation) == (size if size > 1 else 80) and data.validation.y.mean() == 0.5


def test_groups_in_both_official_sets_are_counted(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(12, 6)), np.arange(12) % 2
    shared = "2 of 3 groups of the test set are in the training set too"
    one = "1 of 1 group of the test set is in the training set too"
    for groups, said in (([0, 1, 2], shared), ([2, 2, 2], one), ([7, 8, 9], None), (None, None)):
        np.savez(
            tmp_path / "d.npz",
            **{"X_train": x, "y_train": y, "groups_train": np.repeat([1, 2, 3, 4], 3)},
            **{"X_test": x, "y_test": y} | ({"groups_test": np.repeat(groups, 4)} if groups else {}),
        )
        notes = [note for note in load(DATASET=str(tmp_path / "d.npz")).sequences.notes if "of the test set" in note]
        assert len(notes) == (said is not None) and (said is None or notes[0].startswith(said))


@pytest.mark.parametrize("n, size, seed", [(10, 0.25, 0), (1000, 0.2, 42), (7, 3, 5)])
def test_a_random_split_is_that_of_scikit_learn(n, size, seed):
    kept, cut = shuffle_split(np.arange(n), size, seed)
    for own, expected in zip((kept, cut), train_test_split(np.arange(n), test_size=size, random_state=seed)):
        np.testing.assert_array_equal(own, expected)
