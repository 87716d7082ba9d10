"""Training by training/epochs.py gives what stock Keras gives: losses, gradients, weights, the saved file."""

import json
import zipfile

import numpy as np
import pytest

import evaluate_model
import train_model
from sequences.types import Split
from tests.conftest import on_gpu
from tests.training.helpers import check_close, loss_and_gradients, network, new_model, random_data, replaced

SMALL = {"FILTERS": 4, "LSTM_UNITS": 6}
NETWORKS = {  # input shape, classes or horizon, rows of the batch, batch size, constants
    "reference": ((50, 1), 2, 32, 32, {}),
    "16 features": ((50, 16), 2, 32, 32, {}),
    "300 steps": ((300, 1), 2, 8, 32, {}),
    "large batch": ((20, 1), 2, 256, 256, SMALL),
    "fewer rows than pieces": ((20, 1), 2, 3, 256, SMALL),
    "lstm": ((20, 3), 2, 16, 32, SMALL | {"ARCHITECTURE": "lstm"}),
    "deep_cnn_lstm": ((20, 3), 2, 16, 32, SMALL | {"ARCHITECTURE": "deep_cnn_lstm"}),
    "attention, unequal pieces": ((20, 3), 2, 71, 128, SMALL | {"ATTENTION": True}),
    "both ways": ((20, 3), 2, 16, 32, SMALL | {"BIDIRECTIONAL": True}),
    "video": ((6, 8, 8, 2), 4, 8, 32, SMALL),
    "5 classes": ((20, 3), 5, 16, 32, SMALL),
    "forecasting": ((20, 2), 3, 16, 32, SMALL),
}
LAYERS = {  # how many layers the fused kernel computes, the layers between input and output
    "recurrent dropout": (0, lambda layers: [layers.LSTM(6, recurrent_dropout=0.3)]),
    "relu": (0, lambda layers: [layers.LSTM(6, activation="relu")]),
    "masked": (0, lambda layers: [layers.Masking(), layers.LSTM(6)]),
    "GRU": (0, lambda layers: [layers.GRU(6)]),
    "stacked": (2, lambda layers: [layers.LSTM(6, return_sequences=True), layers.LSTM(5)]),
    "bidirectional": (2, lambda layers: [layers.Bidirectional(layers.LSTM(6, return_sequences=True)), layers.GRU(5)]),
    "input dropout": (1, lambda layers: [layers.LSTM(6, dropout=0.3, kernel_regularizer="l2")]),
}
UNFIT = [{"recurrent_activation": "hard_sigmoid"}, {"use_bias": False}, {"unroll": True}, {"dtype": "mixed_bfloat16"}]


@pytest.mark.parametrize("name", NETWORKS)
def test_loss_and_gradients_are_those_of_stock_keras(name):
    from training.acceleration import accelerated

    input_shape, n_outputs, rows, batch_size, constants = NETWORKS[name]
    loss = "sparse_categorical_crossentropy" if n_outputs > 2 else "binary_crossentropy"
    loss = "mse" if name == "forecasting" else loss
    model = new_model(lambda: network(input_shape, n_outputs, name, **constants), loss)
    x, y = random_data(input_shape, n_outputs, rows, name)
    stock, none = loss_and_gradients(model, x, y)
    with accelerated(model, batch_size):
        ours, kernels = loss_and_gradients(model, x, y)
    assert none == 0 and (kernels > 0) != on_gpu()
    check_close(stock, ours)


@pytest.mark.parametrize("name", LAYERS)
def test_the_kernel_replaces_only_what_it_computes_exactly(name):
    from core.quiet_tensorflow import keras
    from training.acceleration import accelerated

    if name == "masked" and on_gpu():
        pytest.skip("Keras' cuDNN layer takes masks of sequences padded at the end only")
    expected, make = LAYERS[name]
    x, y = random_data((12, 3), 2, 7)
    x[:3, :4] = 0.0  # what Masking hides

    def build():
        output = keras.layers.Dense(1, activation="sigmoid")
        return keras.Sequential([keras.Input((12, 3)), *make(keras.layers), output])

    stock, _ = loss_and_gradients(new_model(build), x, y)
    model = new_model(build)
    with accelerated(model, 32):
        ours, kernels = loss_and_gradients(model, x, y)
    assert kernels == (0 if on_gpu() else expected * 2) and not replaced(model)
    if expected or on_gpu():  # there, sums come in another order each time
        check_close(stock, ours)
    else:
        assert all(np.array_equal(a, b) for a, b in zip(stock, ours, strict=True))


def test_a_batch_runs_in_an_even_number_of_pieces():
    from training.acceleration.lstm import count_pieces

    assert [count_pieces(rows) for rows in (1, 31, 32, 128, 129, 256, 257, 1024)] == [1, 1, 2, 2, 4, 4, 6, 16]


def test_layers_of_other_sorts_are_left_alone():
    from core.quiet_tensorflow import keras
    from training.acceleration import accelerated

    own_class = type("Own", (keras.layers.LSTM,), {})
    layers = [own_class(4, return_sequences=True)]
    layers += [keras.layers.LSTM(4, return_sequences=True, **options) for options in UNFIT]
    with accelerated(keras.Sequential([keras.Input((5, 2)), *layers]), 32):
        assert not any("inner_loop" in vars(layer) for layer in layers)


@pytest.mark.parametrize(
    "n, batch_size, batches_per_block, n_validation, weighted, dropout",
    [
        pytest.param(97, 16, 2, 37, True, 0.0, id="sample weights, validation, a last block of 1"),
        pytest.param(64, 16, 2, 0, False, 0.3, id="dropout"),
        pytest.param(129, 128, 64, 0, False, 0.0, id="batches in pieces, a last batch of 1"),
        pytest.param(5, 32, 64, 0, False, 0.0, id="a block smaller than a batch"),
        pytest.param(1, 32, 64, 1, False, 0.0, id="1 sequence"),
    ],
)
def test_three_epochs_are_those_of_stock_keras(n, batch_size, batches_per_block, n_validation, weighted, dropout):
    from training.batches import BatchLoader
    from training.epochs import train_epochs

    x, y = random_data((20, 1), 2, n)
    weights = np.random.default_rng(3).uniform(0.5, 2.0, n).astype(np.float32) if weighted else None
    loader, validation = BatchLoader(Split(x, y, np.arange(n)), batch_size, 7, weights, batches_per_block), None
    held_out = random_data((20, 1), 2, n_validation, seed=4) if n_validation else None
    if held_out:
        validation = BatchLoader(Split(*held_out, np.arange(n_validation)), batch_size, batches_per_block=1)
    stock, ours = (new_model(lambda: network((20, 1), 2, DROPOUT=dropout, **SMALL)) for _ in range(2))

    history = [logs for _, logs in train_epochs(ours, loader, range(3), validation)]
    assert len(history) == 3
    for epoch, logs in enumerate(history):
        loader.set_epoch(epoch)
        x, y, *w = (np.concatenate(arrays) for arrays in zip(*(loader[i] for i in range(len(loader)))))
        expected = stock.fit(
            x, y, batch_size, shuffle=False, verbose=0, sample_weight=w[0] if w else None, validation_data=held_out
        ).history
        assert set(logs) == set(expected)
        for metric, (value,) in expected.items():
            np.testing.assert_allclose(logs[metric], value, rtol=1e-4, err_msg=f"{metric} of epoch {epoch}")
    for a, b in zip(stock.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_allclose(b, a, rtol=0, atol=1e-3)


def test_the_layer_is_a_stock_layer_again_however_the_block_is_left(tmp_path):
    from core.quiet_tensorflow import keras
    from training.acceleration import accelerated
    from training.batches import BatchLoader
    from training.epochs import train_epochs

    x, y = random_data((20, 1), 2, 40)
    model = new_model(lambda: network((20, 1), 2, **SMALL))
    training = BatchLoader(Split(x, y, np.arange(40)), 16, 7)
    during = set() if on_gpu() else {("convolution", "call"), ("pooling", "call"), ("lstm", "inner_loop")}
    with pytest.raises(ZeroDivisionError), accelerated(model, 32):
        assert replaced(model) == during
        raise ZeroDivisionError
    assert not replaced(model)

    epochs = train_epochs(model, training, range(10))
    next(epochs)
    assert replaced(model) == during
    epochs.close()
    assert not replaced(model)

    with pytest.raises(Exception, match="shape|dim|incompatible"):  # sequences of another length
        next(train_epochs(model, BatchLoader(Split(x[:, :1], y, np.arange(40)), 16), range(10)))
    for _ in train_epochs(model, training, range(10)):
        break
    assert not replaced(model)

    file = tmp_path / "model.keras"
    model.save(file)
    layers = json.loads(zipfile.ZipFile(file).read("config.json"))["config"]["layers"]
    (lstm,) = (layer for layer in layers if layer["config"]["name"] == "lstm")
    assert (lstm["module"], lstm["class_name"], lstm["registered_name"]) == ("keras.layers", "LSTM", None)
    np.testing.assert_array_equal(keras.models.load_model(file)(x), model(x))


TWO_DEVICES = """
import sys
from core.quiet_tensorflow import tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from training import epochs as engine
scope = engine.training_scope
engine.training_scope = lambda: scope(["CPU:0", "CPU:1"])
import train_model
train_model.main()
"""


def test_two_devices_give_the_losses_of_one(project, shipped, tmp_path):
    """Real MirroredStrategy over two logical CPU devices; the last batch is not full."""
    import csv

    small = {
        "DATASET": "motifs",
        "N_SAMPLES": 250,
        "EPOCHS": 3,
        "VALIDATION_SIZE": 0.2,
        "TEST_SIZE": 50,
        "AVERAGE_WEIGHTS": True,
    }

    def losses(run):
        rows = csv.DictReader((run / "history.csv").open())
        return [[float(row["loss"]), float(row["val_loss"])] for row in rows]

    one = shipped.changed(**small, RUN_DIR=str(tmp_path / "run"))
    train_model.main(one)
    done = project.edit(**small).run("-c", TWO_DEVICES)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(losses(project.run_dir), losses(tmp_path / "run"), rtol=1e-5)
    evaluate_model.main(one.changed(RUN_DIR=str(project.run_dir)))
