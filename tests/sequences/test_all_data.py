"""TEST_SIZE = 0: nothing is held out for a test, of whatever kind the data are, official sets neither."""

import numpy as np
import pytest

import cross_validate_model
import tune_model
from core.constants import read_constants
from core.errors import InputError
from tests.conftest import load
from tests.small_datasets import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_data_is_all_for_training(kind, tmp_path):
    write, constants = KINDS[kind]
    write(tmp_path, np.random.default_rng(0))
    constants = {**constants, "DATASET": str(tmp_path / constants["DATASET"])}
    apart, together = load(**constants), load(**constants, TEST_SIZE=0)
    assert together.test is None and together.validation is None and list(together.sizes) == ["training"]
    if kind == "several series":  # 150 rows each, windows of 24, one row to forecast
        assert len(together.train) == 3 * (150 - 24)
    else:
        assert len(together.train) == sum(apart.sizes.values())
    with_validation = load(**constants, TEST_SIZE=0, VALIDATION_SIZE=0.25)
    assert with_validation.test is None and len(with_validation.validation) > 0


def test_official_sets_are_joined_row_by_row(tmp_path):
    rng = np.random.default_rng(0)
    x = {name: rng.random((n, 9, 2), np.float32) for name, n in (("train", 8), ("val", 4), ("test", 6))}
    y = {name: np.arange(len(values)) % 2 for name, values in x.items()}
    arrays = {f"X_{name}": values for name, values in x.items()} | {f"y_{name}": values for name, values in y.items()}
    np.savez(tmp_path / "d.npz", **arrays)
    data = load(DATASET=str(tmp_path / "d.npz"), TEST_SIZE=0)
    np.testing.assert_array_equal(data.train.x, np.concatenate([*x.values()]))
    assert data.train.y.tolist() == np.concatenate([*y.values()]).tolist()
    assert not any("VALIDATION_SIZE" in note for note in data.sequences.notes)
    arrays["X_test"] = arrays["X_test"][:, :5]
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(InputError, match="the training and of the test set do not fit together"):
        load(DATASET=str(tmp_path / "d.npz"), TEST_SIZE=0)


def test_a_class_of_one_sequence_and_one_group_are_no_hindrance(tmp_path):
    x, y = np.random.default_rng(0).random((7, 6, 1)), np.array([0, 0, 0, 1, 1, 1, 2])
    np.savez(tmp_path / "d.npz", X=x, y=y, groups=np.zeros(7, int))
    assert len(load(DATASET=str(tmp_path / "d.npz"), TEST_SIZE=0).train) == 7


def test_a_series_and_its_official_test_set_are_learned_up_to_the_last_row(tmp_path):
    values = np.random.default_rng(0).normal(size=90).round(3)
    for name, part in (("s_TRAIN.csv", values[:60]), ("s_TEST.csv", values[60:])):
        (tmp_path / name).write_text("v\n" + "".join(f"{v}\n" for v in part))
    data = load(DATASET=str(tmp_path / "s_TRAIN.csv"), TARGET="v", WINDOW=10, HORIZON=3, SEASON=50, TEST_SIZE=0)
    assert len(data.train) == 90 - 10 - 3 + 1
    np.testing.assert_allclose(data.train.y[-1, :, 0], values[-3:], rtol=1e-6)


@pytest.mark.parametrize("recordings", [1, 4])
def test_streams_are_cut_whole(tmp_path, recordings):
    rng = np.random.default_rng(0)
    rows = [f"{k},{t // 50 % 2},{rng.normal():.3f}" for k in range(recordings) for t in range(200)]
    (tmp_path / "d.csv").write_text("\n".join(["id,label,v", *rows]) + "\n")
    constants = {"DATASET": str(tmp_path / "d.csv"), "SEQUENCE": "id", "LABEL": "label", "WINDOW": 10, "STRIDE": 10}
    data = load(**constants, TEST_SIZE=0)
    assert data.test is None and len(data.train) == 20 * recordings
    assert not any("held out" in note or "last windows" in note for note in data.sequences.notes)


def test_several_labels_and_test_files(tmp_path):
    x, y = np.random.default_rng(0).random((20, 6, 1)), np.tile([[1, 0, 1], [0, 1, 1]], (10, 1))
    np.savez(tmp_path / "d.npz", X=x, y=y)
    data = load(DATASET=str(tmp_path / "d.npz"), TASK="multilabel", TEST_SIZE=0, TEST_FILES="x")
    assert len(data.train) == 20 and any("TEST_FILES = 'x'" in note for note in data.sequences.notes)


@pytest.mark.parametrize("constants", [{"TEST_SIZE": 0}, {"EVALUATED_RUN": "runs/latest"}])
def test_what_needs_held_out_data_refuses_at_once(shipped, constants):
    for run, script in (
        (tune_model.search, "tune_model"),
        (cross_validate_model.cross_validate, "cross_validate_model"),
    ):
        with pytest.raises(InputError, match=f"{next(iter(constants))} = .* needs what is held out"):
            run(shipped.changed(**constants), read_constants([script]))
