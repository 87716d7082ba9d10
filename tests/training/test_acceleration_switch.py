"""ACCELERATE = False leaves out everything in training/acceleration, and changes nothing but the time."""

import numpy as np
import pytest

from cnn_lstm_model import build_model
from core.constants import read_constants
from tests.conftest import load, on_gpu
from training import acceleration, prediction
from training.acceleration.traced_steps import reuse_network
from training.build import build
from training.fit import fit
from training.prediction import predict

KINDS = {
    "default": {"N_SAMPLES": 200},
    "deep_cnn_lstm": {"DATASET": "motifs", "N_SAMPLES": 100, "ARCHITECTURE": "deep_cnn_lstm", "AVERAGE_WEIGHTS": True},
    "texts": {"TEXT": "text", "LABEL": "label", "EMBEDDING": 1000},  # large enough for the fused Adam
}


@pytest.mark.parametrize("kind", KINDS)
def test_training_and_prediction_are_the_same_without_acceleration(tmp_path, monkeypatch, kind):
    # No word twice in a batch: of those stock Keras squares the gradients before it adds them.
    rows = [f"{k % 2}," + " ".join(f"word{word}" for word in range(6 * k, 6 * k + 6)) for k in range(40)]
    (tmp_path / "texts.csv").write_text("\n".join(["label,text", *rows]) + "\n")
    chosen = {"DATASET": str(tmp_path / "texts.csv")} if kind == "texts" else {}
    chosen |= KINDS[kind] | {"EPOCHS": 2, "VALIDATION_SIZE": 0.25, "BATCH_SIZE": 32}
    c, data = read_constants().changed(**chosen), load(**chosen)

    def train(accelerate):
        monkeypatch.setattr(acceleration, "ACCELERATE", accelerate)
        prediction.traced.cache_clear()
        model, traced_steps = reuse_network(build(data, build_model, c), data)
        history, _ = fit(model, data, c, traced_steps=traced_steps)
        assert bool(traced_steps) == accelerate
        with acceleration.accelerated(model, 32):
            replaced = [layer.name for layer in model.layers if {"call", "inner_loop"} & set(vars(layer))]
            assert bool(replaced) == (accelerate and not on_gpu())
            assert ("_backend_update_step" in vars(model.optimizer)) == accelerate
        return history, model

    fast_history, fast = train(True)
    fast_output = predict(fast, data.test)
    history, stock = train(False)
    assert fast_history.keys() == history.keys() and fast is not stock
    for name, values in history.items():
        np.testing.assert_allclose(fast_history[name], values, rtol=1e-5, err_msg=name)
    for a, b in zip(fast.weights, stock.weights, strict=True):
        # Where the batch is normalised next, a bias has no gradient but rounding, of which Adam makes a whole step.
        arbitrary = kind == "deep_cnn_lstm" and a.name in ("bias", "moving_mean")
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), atol=1e-3 if arbitrary else 1e-5, err_msg=a.path)
    stock.set_weights(fast.get_weights())
    np.testing.assert_allclose(fast_output, predict(stock, data.test), atol=1e-5)
