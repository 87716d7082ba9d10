"""Validation, early stopping, class weights, attention and transfer do what the constants say."""

import csv
import json

import numpy as np
import pytest

import evaluate_model
from core.errors import InputError
from sequences.toy_datasets import RAMP, motifs
from tasks.classification.stacking import class_weight_logits
from tasks.classification.task import Classification
from tests.conftest import load, load_model
from tests.helpers import train
from training.prediction import attention_weights, predict
from training.schedule import count_halvings


def history(run):
    rows = list(csv.DictReader((run / "history.csv").open()))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def test_early_stopping_keeps_the_epoch_of_the_lowest_validation_loss(shipped, tmp_path, capsys):
    run = tmp_path / "run"
    small = {"DATASET": "motifs", "N_SAMPLES": 200, "VALIDATION_SIZE": 0.25, "LSTM_UNITS": 100, "LEARNING_RATE": 0.02}
    train(shipped, run, PATIENCE=4, EPOCHS=60, **small)
    losses = history(run)["val_loss"]
    best = int(np.argmin(losses))
    assert len(losses) == best + 1 + 4 < 60
    assert f"Kept the weights of epoch {best + 1}" in capsys.readouterr().out
    # The kept model has the validation loss of that epoch, by scikit-learn's definition.
    from sklearn.metrics import log_loss

    part = load(DATASET="motifs", N_SAMPLES=200, VALIDATION_SIZE=0.25).validation
    p = load_model(run).predict(part.take(slice(None)), verbose=0)[:, 0].astype(float)
    assert log_loss(part.y, p) == pytest.approx(losses[best], rel=1e-4)


def test_the_learning_rate_is_halved_where_the_loss_stays(shipped, tmp_path):
    assert count_halvings({"loss": [3, 2, 2, 2, 2.5, 1, 1, 1]}, 2) == 2
    assert count_halvings({"loss": [9, 8, 7], "val_loss": [1, 1, 1]}, 1) == 2
    assert count_halvings({"loss": [3, 3, 3]}, None) == 0
    train(shipped, tmp_path / "run", PLATEAU=1, EPOCHS=8, N_SAMPLES=100, LEARNING_RATE=1.0)
    record = history(tmp_path / "run")
    for epoch, rate in enumerate(record["learning_rate"]):
        halved = count_halvings({"loss": record["loss"][:epoch]}, 1)
        assert rate == pytest.approx(0.5**halved)
    assert record["learning_rate"][-1] < 1.0


def test_averaged_weights_are_those_of_the_last_epochs(shipped, tmp_path, monkeypatch):
    chosen, own = {"DATASET": "motifs", "N_SAMPLES": 200, "ARCHITECTURE": "deep_cnn_lstm", "LINEAR_START": False}, []
    monkeypatch.setattr(
        "training.fit.EpochLine.end_epoch", lambda line, epoch, metrics: own.append(line.model.get_weights())
    )
    train(shipped, tmp_path / "last", EPOCHS=3, **chosen)
    train(shipped, tmp_path / "average", EPOCHS=3, AVERAGE_WEIGHTS=True, **chosen)
    for a, b, c, found in zip(*own[:3], load_model(tmp_path / "average").get_weights()):
        np.testing.assert_allclose(found, 0.49 * a + 0.21 * b + 0.3 * c, atol=1e-6)


def test_averaged_weights_are_validated_and_training_goes_on_with_its_own(shipped, tmp_path):
    from sklearn.metrics import log_loss

    small = {"DATASET": "motifs", "N_SAMPLES": 200, "VALIDATION_SIZE": 0.25, "EPOCHS": 4, "LEARNING_RATE": 0.01}
    train(shipped, tmp_path / "last", **small)
    train(shipped, tmp_path / "average", AVERAGE_WEIGHTS=True, **small)
    part = load(DATASET="motifs", N_SAMPLES=200, VALIDATION_SIZE=0.25).validation
    p = load_model(tmp_path / "average").predict(part.take(slice(None)), verbose=0)[:, 0].astype(float)
    last, average = history(tmp_path / "last"), history(tmp_path / "average")
    assert average["loss"] == last["loss"] and average["val_loss"][1:] != last["val_loss"][1:]
    assert log_loss(part.y, p) == pytest.approx(average["val_loss"][-1], rel=1e-4)


@pytest.mark.parametrize("every_step", [False, True])
def test_both_ways_is_the_bidirectional_lstm_of_keras(shipped, every_step):
    from core.quiet_tensorflow import keras
    from networks.recurrent import lstm

    inputs, x = keras.Input((9, 3)), np.random.default_rng(0).normal(size=(4, 9, 3)).astype(np.float32)
    ours = keras.Model(inputs, lstm(inputs, shipped.changed(LSTM_UNITS=5, BIDIRECTIONAL=True), every_step=every_step))
    both = keras.layers.Bidirectional(keras.layers.LSTM(5, return_sequences=every_step))
    stock = keras.Model(inputs, both(inputs))
    stock.set_weights([w for name in ("lstm", "lstm_backwards") for w in ours.get_layer(name).get_weights()])
    np.testing.assert_allclose(ours(x), stock(x), atol=1e-6)


@pytest.mark.parametrize("architecture", ["cnn_lstm", "deep_cnn_lstm"])  # the second with linear models beside it
def test_balanced_class_weights_make_rare_classes_count(shipped, tmp_path, architecture):
    np.testing.assert_allclose(
        Classification(["0", "1"]).sample_weights(np.array([0, 0, 0, 1]), shipped.changed(CLASS_WEIGHT="balanced")),
        [2 / 3] * 3 + [2],
    )
    logs = class_weight_logits(
        np.array([0, 0, 0, 2]), 3, shipped.changed(CLASS_WEIGHT="balanced")
    )  # one class is missing
    np.testing.assert_allclose(logs, [np.log(4 / 9), 0, np.log(4 / 3)])
    rng = np.random.default_rng(0)
    y = np.arange(400) % 10 == 0
    x = rng.normal(size=(400, 8, 1)) + 0.4 * y[:, None, None]
    np.savez(tmp_path / "d.npz", X=x, y=y)
    recalls = []
    for weight in (None, "balanced"):
        chosen = {"DATASET": str(tmp_path / "d.npz"), "ARCHITECTURE": architecture, "CLASS_WEIGHT": weight}
        test = load(**train(shipped, tmp_path / "run", **chosen)).test
        recalls.append((predict(load_model(tmp_path / "run"), test)[test.y == 1] > 0.5).mean())
    assert recalls[1] > recalls[0] + 0.3


@pytest.mark.parametrize("architecture", ["cnn_lstm", "deep_cnn_lstm"])
def test_attention_sits_on_the_ramps(shipped, tmp_path, architecture):
    run = tmp_path / "run"
    constants = train(shipped, run, DATASET="motifs", ATTENTION=True, ARCHITECTURE=architecture)
    assert evaluate_model.main(constants)["accuracy"] >= 0.9
    assert (run / "attention.png").read_bytes()[:4] == b"\x89PNG"
    x, _, starts = motifs(1000, 50, 1, seed=42)
    rows = load(DATASET="motifs").test.rows
    weights = attention_weights(load_model(run), x[rows])
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
    on_ramps = np.zeros_like(weights, dtype=bool)
    for sequence, (rising, falling) in zip(on_ramps, starts[rows]):
        sequence[rising : rising + RAMP] = sequence[falling : falling + RAMP] = True
    share_of_weight = (weights * on_ramps).sum(axis=1).mean()
    assert share_of_weight > 1.25 * on_ramps.mean()  # 12 of 50 steps, 0.24


ATTENTIVE = [("cnn_lstm", "video"), ("lstm", "four classes"), ("cnn", "two classes"), ("deep_cnn_lstm", "forecasting")]
ATTENTIVE += [("deep_cnn", "two classes")]
TOGETHER = {  # each architecture with the inputs and outputs that it treats in ways of its own
    "cnn_lstm": ["four classes", "texts"],
    "lstm": ["forecasting", "video"],
    "cnn": ["video", "texts"],
    "deep_cnn": ["forecasting", "video"],
    "trend": ["forecasting", "texts"],
    "deep_cnn_lstm": ["four classes", "forecasting", "video", "texts"],
}


@pytest.mark.parametrize(
    ("architecture", "task", "attention"),
    [(a, task, False) for a, tasks in TOGETHER.items() for task in tasks] + [(a, task, True) for a, task in ATTENTIVE],
)
def test_every_architecture_takes_every_kind_of_data(shipped, tmp_path, architecture, attention, task):
    if attention and architecture in ("cnn", "deep_cnn"):
        for name in ("ATTENTION", "BIDIRECTIONAL"):
            with pytest.raises(InputError, match=f"{name} = True is impossible .*: it has no LSTM"):
                train(shipped, tmp_path / "run", **{"ARCHITECTURE": architecture, name: True})
        return
    rng = np.random.default_rng(0)
    if task == "forecasting":
        dataset = tmp_path / "s.csv"
        dataset.write_text("a,b\n" + "".join(f"{v[0]},{v[1]}\n" for v in rng.normal(size=(60, 2))))
    elif task == "texts":
        dataset = tmp_path / "t.csv"
        words = rng.choice(list("abcdefgh"), (24, 9))
        dataset.write_text("text,label\n" + "".join(f"{' '.join(w)},{k % 2}\n" for k, w in enumerate(words)))
    else:
        dataset = tmp_path / "d.npz"
        shape = (24, 4, 6, 6, 1) if task == "video" else (24, 9, 2)
        np.savez(dataset, X=rng.normal(size=shape), y=np.arange(24) % (4 if task == "four classes" else 2))
    sizes = {"FILTERS": 3, "LSTM_UNITS": 4, "WINDOW": 8, "HORIZON": 2, "EPOCHS": 1, "TEST_SIZE": 8, "DROPOUT": 0.1}
    sizes |= {"TEXT": "text", "LABEL": "label"} if task == "texts" else {}
    run = tmp_path / "run"
    constants = train(
        shipped, run, DATASET=str(dataset), ARCHITECTURE=architecture, ATTENTION=attention, BATCH_SIZE=5, **sizes
    )
    if not attention and task != "four classes":  # of the others the network's answers are enough
        test = load(**constants).test
        assert len(predict(load_model(run), test)) == len(test)
        return
    evaluate_model.main(constants)
    assert (run / "attention.png").exists() == attention


def test_transfer_takes_convolution_and_lstm_and_says_so(shipped, tmp_path, capsys):
    big, small = tmp_path / "big", tmp_path / "small"
    train(shipped, big, DATASET="motifs", N_SAMPLES=200, EPOCHS=1)
    capsys.readouterr()
    options = {"DATASET": "motifs", "N_SAMPLES": 100, "TIME_STEPS": 80, "SEED": 5, "EPOCHS": 1, "LEARNING_RATE": 1e-30}
    train(shipped, small, PRETRAINED_RUN=str(big), **options)
    assert "convolution, lstm; new: output" in capsys.readouterr().out
    before, after = load_model(big), load_model(small)
    for layer in ("convolution", "lstm"):
        for a, b in zip(before.get_layer(layer).get_weights(), after.get_layer(layer).get_weights()):
            np.testing.assert_allclose(a, b, atol=1e-6)
    train(shipped, small, PRETRAINED_RUN=str(big), LSTM_UNITS=20, **options)
    assert "convolution; new: lstm, output" in capsys.readouterr().out


def test_frozen_convolutions_stay_while_the_rest_learns(shipped, tmp_path):
    big, small = tmp_path / "big", tmp_path / "small"
    train(shipped, big, DATASET="motifs", N_SAMPLES=200, EPOCHS=1, ARCHITECTURE="deep_cnn_lstm")
    options = {"DATASET": "motifs", "N_SAMPLES": 200, "SEED": 5, "EPOCHS": 2, "ARCHITECTURE": "deep_cnn_lstm"}
    train(shipped, small, PRETRAINED_RUN=str(big), FREEZE_CNN=True, **options)
    before, after = load_model(big), load_model(small)
    for layer in ("convolution_1", "normalise_2"):
        for a, b in zip(before.get_layer(layer).get_weights(), after.get_layer(layer).get_weights()):
            np.testing.assert_array_equal(a, b)
    assert not np.array_equal(before.get_layer("lstm").get_weights()[0], after.get_layer("lstm").get_weights()[0])
    assert json.loads((small / "run.json").read_text())["constants"]["FREEZE_CNN"] is True


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ({"PATIENCE": 5}, "PATIENCE needs a validation set"),
        ({"FREEZE_CNN": True}, "FREEZE_CNN"),
        ({"PRETRAINED_RUN": "no/such/run"}, "holds no run"),
        ({"KERNEL_SIZE": 51}, "KERNEL_SIZE = 51 is impossible"),
    ],
)
def test_constants_that_do_not_go_together(shipped, tmp_path, constants, message):
    with pytest.raises(InputError, match=message):
        train(shipped, tmp_path / "run", **constants)
    assert not (tmp_path / "run").exists()


def test_deep_cnn_is_the_deep_network_without_its_lstm(shipped):
    from cnn_lstm_model import ARCHITECTURES
    from core.quiet_tensorflow import keras

    inputs = keras.Input((40, 2))
    with_lstm, without = (
        keras.Model(inputs, ARCHITECTURES[name](inputs, shipped)) for name in ("deep_cnn_lstm", "deep_cnn")
    )
    shared = [layer.name for layer in without.layers if layer.weights]
    assert shared == ["convolution_1", "normalise_1", "convolution_2", "normalise_2"]
    for name in shared:
        without.get_layer(name).set_weights(with_lstm.get_layer(name).get_weights())
    x = np.random.default_rng(0).normal(size=(5, 40, 2)).astype(np.float32)
    np.testing.assert_allclose(without(x), np.asarray(with_lstm(x))[:, 50:], atol=1e-6)  # 50: LSTM_UNITS


@pytest.mark.parametrize(("changed", "why"), [({"FILTERS": 3}, "differ"), ({"ARCHITECTURE": "lstm"}, "are not in")])
def test_convolutions_that_would_stay_untrained_are_not_frozen(shipped, tmp_path, changed, why):
    train(shipped, tmp_path / "big", EPOCHS=1, N_SAMPLES=100)
    frozen = {"PRETRAINED_RUN": str(tmp_path / "big"), "FREEZE_CNN": True}
    with pytest.raises(InputError, match=f"FREEZE_CNN = True is impossible: the convolutions of PRETRAINED_RUN {why}"):
        train(shipped, tmp_path / "small", EPOCHS=1, N_SAMPLES=100, **frozen, **changed)
    assert not (tmp_path / "small").exists()


def test_a_learning_rate_may_be_a_whole_number(shipped, tmp_path):
    train(shipped, tmp_path / "run", EPOCHS=2, N_SAMPLES=100, LEARNING_RATE=1, PLATEAU=1)
    assert history(tmp_path / "run")["learning_rate"][0] == 1
