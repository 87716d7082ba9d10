"""Variables are updated by TensorFlow's kernel as stock Adam, and as its formula, would update them."""

import numpy as np
import pytest

from sequences.types import Split

WORDS, SIZE = 5_000, 8


def model_of(optimizer):
    from core.quiet_tensorflow import keras

    keras.utils.set_random_seed(3)
    layers = keras.layers
    embedding = layers.Embedding(WORDS, SIZE, name="embedding")
    model = keras.Sequential([keras.Input((5,)), embedding, layers.Flatten(), layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer, "binary_crossentropy")
    return model


@pytest.mark.parametrize("name", ["Adam", "SGD"])
def test_training_is_that_of_stock_keras(name):
    from core.quiet_tensorflow import keras
    from training.batches import BatchLoader
    from training.epochs import train_epochs

    rng = np.random.default_rng(0)
    # No word twice: of those stock Keras squares the gradients before it adds them.
    x, y = rng.permutation(WORDS)[:350].reshape(70, 5), rng.integers(0, 2, 70)
    stock, ours = (model_of(getattr(keras.optimizers, name)(0.01)) for _ in range(2))
    first = stock.get_weights()[0]
    for _, logs in train_epochs(ours, BatchLoader(Split(x, y, np.arange(70)), 16), range(4)):
        expected = stock.fit(x, y, 16, shuffle=False, verbose=0).history["loss"][0]
        assert logs["loss"] == pytest.approx(expected, rel=1e-5)
    for a, b in zip(stock.get_weights(), ours.get_weights()):
        np.testing.assert_allclose(b, a, atol=1e-5)
    assert "_backend_update_step" not in vars(ours.optimizer)
    assert ours.optimizer.iterations.numpy() == 20
    moved = np.abs(ours.get_weights()[0] - first).max(axis=1) > 0
    assert moved.sum() == len(np.unique(x))  # words that occur, and no other


def test_steps_follow_the_formula():
    from core.quiet_tensorflow import keras, tf
    from training.acceleration import accelerated

    rng = np.random.default_rng(1)
    variable, optimizer = keras.Variable(rng.normal(size=WORDS), dtype="float32"), keras.optimizers.Adam(0.003)
    optimizer.build([variable])
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer)
    w, m, v = np.asarray(variable, np.float64), 0.0, 0.0
    with accelerated(model, 32):
        traced = tf.function(lambda gradient: optimizer.apply([gradient], [variable]))
        for step in range(1, 6):
            gradient = rng.normal(size=WORDS)
            traced(tf.constant(gradient, "float32"))
            m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2  # Kingma and Ba 2015
            rate = 0.003 * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            w = w - rate * m / (np.sqrt(v) + 1e-7)
    np.testing.assert_allclose(np.asarray(variable), w, atol=1e-6)
