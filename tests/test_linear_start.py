"""Deep networks of classes begin as ridge regression and learn what it cannot tell, by scikit-learn's own figures."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from sklearn.linear_model import Ridge, RidgeClassifierCV, RidgeCV
from sklearn.metrics import log_loss
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import evaluate_model
import train_model
from tests.test_experiments import history

STRENGTHS = np.logspace(-3, 5, 17)


N = 36  # training sequences


def write(folder, classes, rng):
    """Write training sequences and 30 for the test, of 14 steps, that ridge regression tells apart, but not surely."""
    y = np.arange(N + 30) % classes
    x = rng.normal(50, 20, (N + 30, 14, 2)) + 25 * (np.arange(14)[:, None] % classes == y[:, None, None])
    np.savez(folder / "d.npz", X_train=x[:N], y_train=y[:N], X_test=x[N:], y_test=y[N:])
    return x.reshape(N + 30, -1), y


def train(shipped, folder, **constants):
    chosen = {"DATASET": str(folder / "d.npz"), "ARCHITECTURE": "deep_cnn", "RUN_DIR": str(folder / "run"), "EPOCHS": 1}
    constants = shipped.changed(**chosen | constants)
    train_model.train_with(constants)
    return evaluate_model.evaluate_with(constants)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_deep_network_begins_as_ridge_regression(shipped, tmp_path, classes):
    from project.quiet_tensorflow import keras

    x, y = write(tmp_path, classes, np.random.default_rng(0))
    result = train(shipped, tmp_path, LEARNING_RATE=1e-9)
    ridge = make_pipeline(StandardScaler(), RidgeClassifierCV(STRENGTHS)).fit(x[:N], y[:N])
    assert result["accuracy"] == pytest.approx(ridge.score(x[N:], y[N:]))
    # What training shows is the loss of models that have not seen the sequence, at their best scale.
    signs = np.where(np.eye(classes)[y[:N]] > 0, 1.0, -1.0)[:, 1 if classes == 2 else slice(None)]
    strength = RidgeCV(STRENGTHS).fit(StandardScaler().fit_transform(x[:N]), signs).alpha_
    folds = KFold(10, shuffle=True, random_state=shipped.SEED)
    unseen = cross_val_predict(make_pipeline(StandardScaler(), Ridge(strength)), x[:N], signs, cv=folds)
    unseen = np.stack([-unseen / 2, unseen / 2], axis=1) if classes == 2 else unseen

    def loss(scale):
        odds = np.exp(scale * unseen)
        return log_loss(y[:N], odds / odds.sum(axis=1, keepdims=True))

    best = minimize_scalar(loss, bounds=(0, 30), method="bounded")
    first = history(tmp_path / "run")
    assert first["loss"][0] == pytest.approx(best.fun, rel=1e-3)
    assert first["accuracy"][0] == pytest.approx((unseen.argmax(axis=1) == y[:N]).mean())
    # The saved model gives probabilities of raw sequences: those of the linear model at that scale.
    model = keras.models.load_model(tmp_path / "run" / "model.keras")
    p = model.predict(x[N:].reshape(30, 14, 2), verbose=0)
    answers = make_pipeline(StandardScaler(), Ridge(strength)).fit(x[:N], signs).predict(x[N:])
    expected = 1 / (1 + np.exp(-best.x * answers[:, None])) if classes == 2 else np.exp(best.x * answers)
    np.testing.assert_allclose(p, expected if classes == 2 else expected / expected.sum(1, keepdims=True), atol=2e-3)


def test_where_the_linear_model_knows_nothing_the_network_learns_as_without(shipped, tmp_path):
    rng = np.random.default_rng(1)
    y = np.arange(140) % 2
    places = rng.integers(0, 20, 140)
    x = rng.normal(0, 0.2, (140, 24, 1))
    x[np.arange(140), places] += np.where(y, 2, -2)[:, None]  # a peak up and down, or down and up, anywhere
    x[np.arange(140), places + 1] -= np.where(y, 2, -2)[:, None]
    np.savez(tmp_path / "d.npz", X_train=x[:40], y_train=y[:40], X_test=x[40:], y_test=y[40:])
    result = train(shipped, tmp_path, EPOCHS=60, BATCH_SIZE=8)
    assert result["baselines"]["linear"] < 0.75 and result["accuracy"] > 0.95


def test_without_linear_start_or_with_many_sequences_nothing_is_added(shipped, tmp_path):
    from project.quiet_tensorflow import keras

    write(tmp_path, 2, np.random.default_rng(0))
    for constants in ({"LINEAR_START": False}, {"ARCHITECTURE": "cnn_lstm"}, {"DATASET": "motifs", "N_SAMPLES": 200}):
        train(shipped, tmp_path, **constants)
        names = [layer.name for layer in keras.models.load_model(tmp_path / "run" / "model.keras").layers]
        assert "linear" not in names and names[-1] == "output"
