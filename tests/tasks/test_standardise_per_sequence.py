"""STANDARDISE = "sequence": levels and scales that differ between people or sensors count for nothing."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler

import evaluate_model
import train_model
from core.errors import InputError
from core.quiet_tensorflow import tf
from networks.standardisation import sequence_standardised
from tests.conftest import load_model

RNG = np.random.default_rng(5)


def sines(n, level, scale):
    """n sequences of 20 steps and 2 features; the class is the phase of the first, the second is noise."""
    y = RNG.integers(0, 2, n)
    signal = np.sin(np.arange(20) / 3 + 2 * y[:, None]) + 0.1 * RNG.normal(size=(n, 20))
    return level + scale * np.stack([signal, RNG.normal(size=(n, 20))], axis=2), y


@pytest.fixture
def constants(shipped, tmp_path):
    (x, y), (x_test, y_test) = sines(200, 100, 5), sines(60, -700, 0.5)  # another person, another sensor
    np.savez(tmp_path / "d.npz", X_train=x, y_train=y, X_test=x_test, y_test=y_test)
    chosen = {"DATASET": str(tmp_path / "d.npz"), "RUN_DIR": str(tmp_path / "run"), "EPOCHS": 5}
    return shipped.changed(**chosen, STANDARDISE="sequence"), x, y, x_test, y_test


def test_another_level_is_no_other_class(constants, tmp_path):
    c, x, y, x_test, y_test = constants
    train_model.main(c)
    assert evaluate_model.main(c)["accuracy"] > 0.95
    model = load_model(tmp_path / "run")
    moved = np.float32(64 * x_test - 4096)
    np.testing.assert_allclose(model.predict(moved, verbose=0), model.predict(np.float32(x_test), verbose=0), atol=2e-3)
    train_model.main(c := c.changed(STANDARDISE="training"))
    assert evaluate_model.main(c)["accuracy"] < 0.8


def test_the_linear_model_sees_the_same_values(constants):
    c, x, y, x_test, y_test = constants
    train_model.main(c.changed(EPOCHS=1))
    result = evaluate_model.main(c.changed(EPOCHS=1))

    def own(x):
        return np.stack([StandardScaler().fit_transform(sequence).ravel() for sequence in x])

    scaler = StandardScaler().fit(own(x))
    ridge = RidgeCV(np.logspace(-3, 5, 17)).fit(scaler.transform(own(x)), 2 * y - 1)
    right = (ridge.predict(scaler.transform(own(x_test))) > 0) == y_test
    assert result["baselines"]["linear"] == pytest.approx(right.mean())


def test_numbers_start_as_the_linear_model(shipped, tmp_path):
    x, _ = sines(150, 3, 2)
    np.savez(tmp_path / "d.npz", X=x, y=x[:, 3, 0] - x[:, 9, 0])
    c = shipped.changed(DATASET=str(tmp_path / "d.npz"), RUN_DIR=str(tmp_path / "run"), STANDARDISE="sequence")
    c = c.changed(EPOCHS=1, LEARNING_RATE=1e-30)
    train_model.main(c)
    result = evaluate_model.main(c)
    assert result["rmse"] == pytest.approx(result["baselines"]["linear"], rel=1e-3)


def test_a_sequence_that_never_changes(shipped, tmp_path):
    x, y = sines(60, 0, 1)
    x[::7] = 12_345.678
    np.savez(tmp_path / "d.npz", X=x, y=y)
    c = shipped.changed(
        DATASET=str(tmp_path / "d.npz"), RUN_DIR=str(tmp_path / "run"), STANDARDISE="sequence", EPOCHS=1
    )
    train_model.main(c)
    evaluate_model.main(c)
    assert np.isfinite(load_model(tmp_path / "run").predict(np.float32(x), verbose=0)).all()


def test_the_level_of_a_shorter_sequence_counts_for_nothing_either(shipped, tmp_path):
    (x, y), (x_test, y_test) = sines(200, 100, 5), sines(60, -700, 0.5)
    x[::2, 16:], x_test[::3, 16:] = np.nan, np.nan  # at the end: they are shorter
    np.savez(tmp_path / "d.npz", X_train=x, y_train=y, X_test=x_test, y_test=y_test)
    c = shipped.changed(DATASET=str(tmp_path / "d.npz"), RUN_DIR=str(tmp_path / "run"), STANDARDISE="sequence")
    train_model.main(c := c.changed(EPOCHS=8))
    result = evaluate_model.main(c)
    assert result["accuracy"] > 0.95
    filler = np.nanmean(x, axis=(0, 1)).astype(np.float32)

    def own(x):
        found = np.zeros_like(x)
        for row, sequence in zip(found, x):
            steps = sequence[~np.isnan(sequence[:, 0])]
            row[len(row) - len(steps) :] = StandardScaler().fit_transform(steps)
        return found

    scaler = StandardScaler().fit(own(x).reshape(200, -1))
    ridge = RidgeCV(np.logspace(-3, 5, 17)).fit(scaler.transform(own(x).reshape(200, -1)), 2 * y - 1)
    right = (ridge.predict(scaler.transform(own(x_test).reshape(60, -1))) > 0) == y_test
    assert result["baselines"]["linear"] == pytest.approx(right.mean())
    short = np.full((1, 20, 2), filler)
    short[0, 4:] = x_test[0, :16]
    model = load_model(tmp_path / "run")
    louder = short.copy()
    louder[0, 4:] = 8 * short[0, 4:] + 30
    np.testing.assert_allclose(model.predict(louder, verbose=0), model.predict(short, verbose=0), atol=2e-3)


def test_a_run_is_not_scored_with_another_standardisation(constants):
    c = constants[0].changed(EPOCHS=1)
    train_model.main(c)
    with pytest.raises(InputError, match="STANDARDISE is now 'training', the run has 'sequence'"):
        evaluate_model.main(c.changed(STANDARDISE="training"))


@pytest.mark.parametrize("unequal", [True, False])
@pytest.mark.parametrize("steps", [40, 101])
def test_a_flat_sequence_is_flat_for_every_program_that_computes_it(unequal, steps):
    """What a mean is rounded by would be divided by the least deviation: 0.01, and other figures by XLA and ONNX."""
    x = np.float32(RNG.normal(0, 3, (300, 1, 2)) + np.zeros((steps, 1)))
    data = SimpleNamespace(preparation=SimpleNamespace(unequal_lengths=unequal, filler=[1e9, 1e9]))
    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, sequence_standardised(inputs, inputs, data))
    for compute in (model, tf.function(model, jit_compile=True)):
        assert np.abs(compute(x)).max() < 1e-6
    waves = np.float32(x + np.sin(np.arange(steps))[:, None])
    expected = StandardScaler().fit_transform(np.sin(np.arange(steps))[:, None])
    np.testing.assert_allclose(model(waves), np.broadcast_to(expected, x.shape), atol=1e-4)
