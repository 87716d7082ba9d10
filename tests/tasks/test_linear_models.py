"""Linear models stand beside deep networks of classes: their figures by NumPy and scikit-learn."""

import json
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import nnls
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.metrics import log_loss
from sklearn.model_selection import LeaveOneGroupOut, LeaveOneOut, cross_val_predict
from sklearn.preprocessing import StandardScaler

import evaluate_model
import train_model
from baselines import ridge
from data_preprocessing import load_data
from sequences.types import Split
from tasks.classification.linear_models import fit_ridge_pair
from tasks.classification.stacking import stacking_weights
from tests.conftest import load_model

STRENGTHS = np.logspace(-3, 5, 17)
N = 36  # training sequences


def write(folder, classes, rng):
    """Write training sequences and 30 for the test, of 40 steps, that ridge regression tells apart, but not surely."""
    y = np.arange(N + 30) % classes
    x = rng.normal(50, 20, (N + 30, 40, 2)) + 8 * (np.arange(40)[:, None] % classes == y[:, None, None])
    np.savez(folder / "d.npz", X_train=x[:N], y_train=y[:N], X_test=x[N:], y_test=y[N:])
    return x, y


def train(shipped, folder, **constants):
    chosen = {"DATASET": str(folder / "d.npz"), "ARCHITECTURE": "deep_cnn", "RUN_DIR": str(folder / "run"), "EPOCHS": 1}
    constants = shipped.changed(**chosen | constants)
    train_model.main(constants)
    return evaluate_model.main(constants)


def shares(x, model):
    """Compute by NumPy how often each kernel's output is above each threshold, from -1 (never) to 1; x (n, time, k)."""

    features = []
    layers = {layer.name: layer for layer in model.layers}
    calls = [op._inbound_nodes[0].arguments.args for op in model.operations if type(op).__name__ == "Subtract"]
    for dilation in (1, 2, 4):  # 8 steps of 4 fit into 40, 8 steps of 8 do not
        weights = layers[f"fixed_{dilation}"].get_weights()[0]
        padded = np.pad(x, [(0, 0), (4 * dilation, 4 * dilation), (0, 0)])
        outputs = sum(padded[:, k * dilation : k * dilation + x.shape[1]] @ weights[k] for k in range(9))
        thresholds = [np.array(own) for of, own in calls if of._keras_history.operation is layers[f"fixed_{dilation}"]]
        features += [np.sign(outputs - threshold).mean(axis=1) for threshold in thresholds]
    assert len(features) == 60  # 5040 by 84 kernels
    assert "fixed_8" not in layers
    return np.concatenate(features, axis=1)


@pytest.mark.parametrize("classes", [2, 3])
def test_two_linear_models_stand_beside_a_deep_network(shipped, tmp_path, classes):
    from core.quiet_tensorflow import keras

    x, y = write(tmp_path, classes, np.random.default_rng(0))
    train(shipped, tmp_path)
    model = load_model(tmp_path / "run")  # stock Keras
    for layer in model.layers:
        if layer.name.startswith("fixed"):  # three weights of each are 2, six -1; it sees one feature or both
            kernels = np.abs(layer.get_weights()[0]).max(axis=1) * np.sign(layer.get_weights()[0].sum(axis=1))
            assert sorted(map(tuple, kernels.T)) == sorted(
                tuple(2.0 if k in twos else -1.0 for k in range(9)) for twos in combinations(range(9), 3)
            )
    parts = keras.Model(model.input, [model.get_layer("probabilities").input, model.get_layer("output").output])
    both, alone = (np.asarray(part, float) for part in parts(x.astype(np.float32)))
    x = (x - x[:N].mean(axis=(0, 1))) / x[:N].std(axis=(0, 1))
    signs = np.where(np.eye(classes)[y] > 0, 1.0, -1.0)[:, 1 if classes == 2 else slice(None)].reshape(len(y), -1)
    answers, unseen = [], []
    for inputs in (x.reshape(len(x), -1), shares(x, model)):
        strength = RidgeCV(STRENGTHS).fit(StandardScaler().fit_transform(inputs[:N]), signs[:N]).alpha_
        inputs = StandardScaler().fit(inputs[:N]).transform(inputs)
        left_out = cross_val_predict(Ridge(strength), inputs[:N], signs[:N], cv=LeaveOneOut())
        unseen.append(left_out.reshape(N, -1))
        answers.append(Ridge(strength).fit(inputs[:N], signs[:N]).predict(inputs).reshape(len(y), -1))
    table, added = np.stack([own.ravel() for own in answers], axis=1), (both - 0.3 * alone).ravel()
    scales, *_ = np.linalg.lstsq(table, added, rcond=None)
    np.testing.assert_allclose(table @ scales, added, atol=0.02 * np.abs(added).max())

    centred = [(own - own.mean(axis=0)).ravel() for own in (*unseen, signs[:N])]
    proportions, _ = nnls(np.stack(centred[:2], axis=1), centred[2])
    assert proportions.all() or classes == 3  # there the second model is of no use
    proportions = N / (N + 30) * proportions + 30 / (N + 30) * np.array([0, proportions.sum()])
    np.testing.assert_allclose(scales / scales.sum(), proportions / proportions.sum(), atol=0.02)

    def loss(factor):
        logits = factor * (scales[0] * unseen[0] + scales[1] * unseen[1])
        odds = np.exp(np.hstack([0 * logits, logits]) if classes == 2 else logits)
        shares = odds / odds.sum(axis=1, keepdims=True)
        wrong = np.mean([log_loss(np.full(N, k), shares, labels=range(classes)) for k in range(classes)])
        return (1 - 1 / N) * log_loss(y[:N], shares) + wrong / N  # one of N is wrong: any class is as likely there

    assert loss(1) <= min(loss(0.9), loss(1.1))  # no other scale fits sequences better that were not fitted


def test_so_few_held_out_answers_leave_most_to_the_fixed_kernels():
    y = np.arange(48) % 2
    signs, errors = 2.0 * y - 1, np.where(np.arange(48) % 4 < 2, 1.0, -1.0)  # of no bearing on each other
    for first, second, ratio in (
        (signs + errors, signs - errors, 24 / 54),  # half of each is right: 48 of 78 times that, the rest to the second
        (signs, errors, 48 / 30),  # the first alone
        (errors, signs, 0),
    ):
        weights = stacking_weights([first[:, None], second[:, None]], y)
        assert weights[0] / weights[1] == pytest.approx(ratio, abs=1e-6)


def test_shapes_anywhere_are_told_apart_from_the_start(shipped, tmp_path):
    rng = np.random.default_rng(1)
    y = np.arange(140) % 2
    places = rng.integers(0, 20, 140)
    x = rng.normal(0, 0.2, (140, 24, 1))
    x[np.arange(140), places] += np.where(y, 2, -2)[:, None]  # a peak up and down, or down and up, anywhere
    x[np.arange(140), places + 1] -= np.where(y, 2, -2)[:, None]
    np.savez(tmp_path / "d.npz", X_train=x[:40], y_train=y[:40], X_test=x[40:], y_test=y[40:])
    result = train(shipped, tmp_path, LEARNING_RATE=1e-9)
    assert result["baselines"]["linear"] < 0.75 and result["accuracy"] > 0.85
    from core.quiet_tensorflow import keras

    model = load_model(tmp_path / "run")
    shapes = keras.Model(model.input, model.get_layer("linear_of_shapes").output)(x[40:].astype(np.float32))
    assert ((np.asarray(shapes)[:, 0] > 0) == y[40:]).mean() > 0.95  # ridge on all values takes some of it away


def test_small_differences_on_a_large_curve_are_left_to_ridge(shipped, tmp_path):
    rng = np.random.default_rng(2)
    y = np.arange(130) % 2
    x = np.cumsum(rng.normal(0, 3, 60))[None, :, None] + rng.normal(0, 0.2, (130, 60, 1))
    x[y == 1, 20:23] += 0.4  # three steps a little higher, as in a spectrum
    np.savez(tmp_path / "d.npz", X_train=x[:30], y_train=y[:30], X_test=x[30:], y_test=y[30:])
    result = train(shipped, tmp_path, EPOCHS=20, BATCH_SIZE=8)
    assert result["accuracy"] >= result["baselines"]["linear"] - 0.03 > 0.7


def test_elsewhere_nothing_stands_beside_the_network(shipped, tmp_path, monkeypatch):
    write(tmp_path, 2, np.random.default_rng(0))
    with np.load(tmp_path / "d.npz") as file:
        np.savez(tmp_path / "g.npz", X=file["X_train"], y=file["y_train"], groups=np.arange(N) // 18)
    one_group = {"DATASET": str(tmp_path / "g.npz")}
    for constants in ({"LINEAR_START": False}, {"ARCHITECTURE": "cnn_lstm"}, one_group, {}):
        if not constants:
            monkeypatch.setattr("tasks.classification.linear_models.MOST_SEQUENCES", N - 1)
        train(shipped, tmp_path, **constants)
        names = [layer.name for layer in load_model(tmp_path / "run").layers]
        assert "fixed_1" not in names and names[-1] == "output"


@pytest.mark.parametrize("inputs", [5, 60])  # fewer than sequences, and more
def test_answers_to_a_group_come_from_models_fitted_without_it(inputs):
    rng = np.random.default_rng(5)
    x, groups = rng.normal(size=(40, inputs, 1)), np.arange(40) % 7
    y = x[:, :2, 0] + rng.normal(size=(7, 2))[groups] + rng.normal(size=(40, 2))
    split = Split(x, None, np.arange(40), dtype="float64")
    model, answers, rows = ridge.fit_held_out(split, lambda places: y[places], ridge.flat, 0, groups)
    scaled, errors = StandardScaler().fit_transform(x[:, :, 0]), {}
    for strength in STRENGTHS:
        held_out = cross_val_predict(Ridge(strength), scaled, y, cv=LeaveOneGroupOut(), groups=groups)
        errors[((held_out - y) ** 2).mean()] = strength, held_out
    strength, held_out = errors[min(errors)]
    np.testing.assert_allclose(answers, held_out, atol=1e-6)
    expected = Ridge(strength).fit(scaled, y).predict(scaled)
    np.testing.assert_allclose(ridge.predict(model, split, ridge.flat), expected, atol=1e-6)
    assert rows.tolist() == list(range(40))


def test_a_new_person_is_answered_surely_only_where_the_others_told_of_each_other(shipped, tmp_path):
    from core.quiet_tensorflow import keras

    rng, people, y, spread = np.random.default_rng(6), np.arange(400) // 20, np.arange(400) % 2, {}
    for alike in (True, False):  # all people move alike, or each in a way of their own; half of them are new
        moves = rng.normal(size=(1 if alike else 20, 2, 30))[0 * people if alike else people, y]
        x = (moves + rng.normal(0, 0.3, (400, 30)))[:, :, None].astype(np.float32)
        np.savez(tmp_path / "d.npz", X=x[:200], y=y[:200], groups=people[:200])
        train(shipped, tmp_path)
        model = load_model(tmp_path / "run")
        parts = [model.get_layer(name).output for name in ("linear", "linear_of_shapes")]
        spread[alike] = np.std(sum(map(np.asarray, keras.Model(model.input, parts)(x[200:]))))
    assert spread[True] > 2 and spread[False] < 1
    data = load_data(DATASET=str(tmp_path / "d.npz"), TEST_SIZE=2)
    of = data.sequences.groups[data.train.rows]
    one = fit_ridge_pair(data.train.select(np.flatnonzero(of == of[0])), data, 1, shipped)  # as one of two, in turn
    assert one.held_out == "groups" and one.network_share == 1


def test_linear_models_of_no_share_leave_the_network_beside_the_reports_own(shipped, tmp_path, capsys):
    rng, groups = np.random.default_rng(6), np.arange(240) // 40
    x = (groups % 2 * 2 - 1)[:, None] * np.linspace(0, 1, 30) + rng.normal(0, 0.3, (240, 30))  # a class for each group
    np.savez(tmp_path / "d.npz", X=x[:, :, None].astype(np.float32), y=groups % 2, groups=groups)
    result = train(shipped, tmp_path, TEST_SIZE=2, LEARNING_RATE=1e-9, SEED=1)
    record, printed = json.loads((tmp_path / "run" / "run.json").read_text()), capsys.readouterr().out
    assert "Beside the network: ridge regression on all values and on fixed convolutions" in printed
    assert "The linear models add nothing to the network here" in printed and "Added" not in printed
    assert record["network_share"] == 0 and result["baselines"]["linear"] > result["accuracy"]
    ahead = result["accuracy"] - result["baselines"]["linear"]
    assert result["differences"]["linear"]["difference"] == pytest.approx(ahead)


@pytest.mark.parametrize("unequal", [False, True])
@pytest.mark.parametrize("tells", ["shape", "size"])
def test_kernels_see_sequences_of_any_size_alike_where_size_says_nothing(shipped, tmp_path, tells, unequal):
    from core.quiet_tensorflow import keras

    rng, n, steps = np.random.default_rng(7), 120, 40
    y, size, lengths = np.arange(n) % 2, rng.lognormal(0, 1, n), np.full(n, steps)
    x = np.sin(np.arange(steps) / 2 * (1 + (y if tells == "shape" else 0 * y)[:, None]) + rng.uniform(0, 6, (n, 1)))
    x = (x + rng.normal(0, 0.3, x.shape)) * (size if tells == "shape" else 1 + 2 * y)[:, None]
    if unequal:
        lengths = np.where(np.arange(n) % 4 > 1, steps, 30)  # of both classes
    np.savez(tmp_path / "d.npz", X=x[:, :, None].astype(np.float32), y=y, **({"lengths": lengths} if unequal else {}))
    train(shipped, tmp_path, LEARNING_RATE=1e-9)
    model, test = load_model(tmp_path / "run"), load_data(DATASET=str(tmp_path / "d.npz")).test
    shapes = keras.Model(model.input, model.get_layer("linear_of_shapes").output)
    x, larger = test.take(slice(None)), test.take(slice(None))
    for own, length in zip(larger, lengths[test.rows]):
        own[steps - length :] = 5 * own[steps - length :] - 2  # padding stands in front
    answers, of_larger = np.asarray(shapes(x))[:, 0], np.asarray(shapes(larger))[:, 0]
    assert ((answers > 0) == test.y).mean() > 0.9
    different = np.abs(answers - of_larger).mean() / np.abs(answers).mean()
    assert different < 0.02 if tells == "shape" else different > 0.5


def test_where_sequences_are_flat_rounding_decides_nothing():
    from networks import minirocket

    x = np.random.default_rng(3).normal(size=(20, 60, 1))
    x[:, :40] = 0.3  # as padding is
    part = Split(x, None, np.arange(20))
    features = minirocket.feature_extractor(lambda x: x, part, minirocket.fit_kernels(part, lambda x: x, 0))
    assert np.abs(features(x) - features(x + 1e-7)).mean() < 1e-3


def test_thresholds_come_from_the_whole_training_part():
    from networks import minirocket

    x = np.random.default_rng(4).normal(size=(2000, 20, 1))
    x[1000:] *= 100  # as in a file that is sorted by class
    (kernels, _) = minirocket.fit_kernels(Split(x, None, np.arange(2000)), lambda x: x, 0)
    # Six weights of -1 and three of 2 give outputs for the first thousand with a deviation of 4.2.
    assert (np.abs(kernels.thresholds) > 60).any()
