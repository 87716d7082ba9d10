"""Shares above thresholds, counted in one pass, are those of stock Keras."""

import numpy as np
import pytest

from networks import minirocket
from sequences.types import Split
from tests.conftest import on_gpu
from training import acceleration, prediction
from training.acceleration import fixed_kernels


@pytest.mark.parametrize("steps, n", [(37, 300), (30, 2100)])  # the last in many blocks, which are traced
def test_shares_are_those_of_stock_keras(monkeypatch, steps, n):
    from core.quiet_tensorflow import keras

    monkeypatch.setattr(minirocket, "SHARES", 1000)
    x = np.random.default_rng(0).integers(-2, 3, (n, steps, 2)).astype(np.float32)
    split = Split(x, None, np.arange(n))
    kernels = [
        own._replace(thresholds=np.rint(own.thresholds)) for own in minirocket.fit_kernels(split, lambda x: x, 0)
    ]
    inputs = keras.Input((steps, 2))
    model = keras.Model(inputs, minirocket.positive_share_features(inputs, kernels))  # many outputs equal a threshold
    found = prediction.predict(model, split)
    with acceleration.accelerated(model, n):
        assert all(("call" in vars(layer)) != on_gpu() for layer in model.layers if layer.name.startswith("fixed"))
    monkeypatch.setattr(acceleration, "ACCELERATE", False)
    prediction.traced.cache_clear()
    np.testing.assert_allclose(found, prediction.predict(model, split), rtol=0, atol=1e-7)
    assert (found == 0).any() and len(np.unique(found)) > steps


def test_outputs_that_are_asked_for_stay():
    from core.quiet_tensorflow import keras

    ops, inputs = keras.ops, keras.Input((20, 1))
    outputs = keras.layers.Conv1D(84, 9, padding="same")(inputs)
    signs = ops.sign(ops.subtract(outputs, np.zeros(84, np.float32)))
    shares = ops.mean(signs, axis=1)

    def count(asked):
        return len([*fixed_kernels.replacements(keras.Model(inputs, asked), 1000)])

    assert [count(asked) for asked in (shares, [shares, outputs], [shares, signs])] == [4, 0, 0]
    ops.mean(signs, axis=2)  # needs the signs too
    assert count(shares) == 0
