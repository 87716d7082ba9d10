"""The network learns what there is to learn, the halves do not, and files are standardised inside the saved model."""

import csv

import numpy as np
import pytest

import evaluate_model
import train_model
from tests.conftest import load, load_model
from training.prediction import predict


def accuracy(shipped, folder, **constants):
    constants = {**shipped, "RUN_DIR": str(folder / "run"), **constants}
    train_model.main(constants)
    data = load(**constants)
    return data.task.score(data.test, data.task.decode(predict(load_model(folder / "run"), data.test)))


@pytest.mark.parametrize("seed", [42, 7])
def test_the_hybrid_learns_motifs(shipped, tmp_path, seed):
    assert accuracy(shipped, tmp_path, DATASET="motifs", SEED=seed) >= 0.95


@pytest.mark.parametrize("half", ["cnn", "lstm"])
def test_each_half_alone_falls_short_on_motifs(shipped, tmp_path, half):
    assert accuracy(shipped, tmp_path, DATASET="motifs", ARCHITECTURE=half) <= 0.85


def test_real_digits_in_ten_classes(shipped, tmp_path, capsys):
    constants = shipped.changed(DATASET="digits", EPOCHS=40, RUN_DIR=str(tmp_path / "run"))
    train_model.main(constants)
    assert evaluate_model.main(constants)["accuracy"] >= 0.96
    report = capsys.readouterr().out
    assert "Linear model: 0.9" in report and "Test sequences: 360" in report


def test_a_file_is_standardised_inside_the_model_by_its_training_part(shipped, tmp_path, capsys):
    from core.quiet_tensorflow import keras

    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    x = rng.normal(size=(200, 10, 2)) + y[:, None, None] * [1.0, 0.0]
    x = x * [1e4, 1e-3] + [5e5, 7.0]  # such scales would stop the bare network from learning
    np.savez(
        tmp_path / "d.npz",
        X_train=x[:150],
        y_train=np.where(y, "up", "down")[:150],
        X_test=x[150:],
        y_test=np.where(y, "up", "down")[150:],
    )
    run = tmp_path / "run"
    constants = shipped.changed(DATASET=str(tmp_path / "d.npz"), RUN_DIR=str(run), EPOCHS=15, BATCH_SIZE=8)
    train_model.main(constants)
    evaluate_model.main(constants)
    report = capsys.readouterr().out
    model = keras.models.load_model(run / "model.keras")
    normalization = model.layers[1]
    assert type(normalization).__name__ == "Normalization"
    np.testing.assert_allclose(np.ravel(normalization.mean), x[:150].mean(axis=(0, 1)), rtol=1e-5)
    np.testing.assert_allclose(np.ravel(normalization.variance), x[:150].var(axis=(0, 1)), rtol=1e-4)
    predicted = np.where(model.predict(x[150:].astype(np.float32), verbose=0)[:, 0] > 0.5, "up", "down")
    rows = list(csv.DictReader((run / "predictions.csv").open()))
    assert [row["predicted_label"] for row in rows] == predicted.tolist()
    assert [row["true_label"] for row in rows] == np.where(y, "up", "down")[150:].tolist()
    correct = np.mean(predicted == np.where(y, "up", "down")[150:])
    assert correct >= 0.9 and f"Test Accuracy: {correct:.2f}" in report


def test_the_first_weights_are_those_of_the_same_layers_in_stock_keras(shipped):
    from cnn_lstm_model import build_model
    from core.quiet_tensorflow import keras
    from training.build import build

    model = build(load(), build_model, shipped)
    keras.utils.set_random_seed(shipped.SEED)
    layers = keras.layers
    stock = keras.Sequential(
        [
            keras.Input((50, 1)),
            layers.Conv1D(32, 3, activation="relu"),
            layers.MaxPooling1D(2),
            layers.LSTM(50),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    for ours, theirs in zip(model.get_weights(), stock.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
