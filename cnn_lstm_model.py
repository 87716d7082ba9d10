"""Build the network: Conv1D - MaxPooling1D - LSTM - Dense.

The convolution finds local shapes, the LSTM their order. The constants below are its sizes.
"""

import numpy as np

from checks import InputError

FILTERS = 32  # shapes the convolution can learn, 1 or more; more cost time and need more data
KERNEL_SIZE = 3  # time steps a shape spans, 1 to the length of a sequence
POOL_SIZE = 2  # time steps pooled into one, 1 or more; larger is faster and coarser
LSTM_UNITS = 50  # memory of the LSTM, 1 or more; more cost time and need more data
DROPOUT = 0.0  # share of the last features dropped while training, 0 to below 1; try 0.3 against overfitting
ARCHITECTURE = "cnn_lstm"  # or one of its halves, for comparison: "cnn" (pooled by global average), "lstm"


def build_model(
    input_shape,
    n_classes,
    mean_and_variance=None,
    filters=FILTERS,
    kernel_size=KERNEL_SIZE,
    pool_size=POOL_SIZE,
    lstm_units=LSTM_UNITS,
    dropout=DROPOUT,
    architecture=ARCHITECTURE,
):
    """Build the network for sequences of `input_shape` = (time, features) and `n_classes` classes, not compiled.

    `mean_and_variance` (two arrays (features,)) puts a Normalization layer first, so that the model takes raw values.
    Output: (n, 1), the probability of class 1, for two classes; (n, n_classes) probabilities for more.
    Raises InputError where the sizes do not fit the sequences.
    """
    check_sizes(input_shape, kernel_size, pool_size, architecture)
    from quiet_tensorflow import keras

    layers = keras.layers
    inputs = keras.Input(input_shape)
    x = inputs
    if mean_and_variance is not None:
        mean, variance = (np.asarray(a, dtype=float).tolist() for a in mean_and_variance)
        x = layers.Normalization(mean=mean, variance=variance)(x)
    if architecture != "lstm":
        x = layers.Conv1D(filters, kernel_size, activation="relu")(x)
        x = layers.MaxPooling1D(pool_size)(x)
    x = layers.GlobalAveragePooling1D()(x) if architecture == "cnn" else layers.LSTM(lstm_units)(x)
    if dropout:
        x = layers.Dropout(dropout)(x)
    if n_classes == 2:
        outputs = layers.Dense(1, activation="sigmoid")(x)
    else:
        outputs = layers.Dense(n_classes, activation="softmax")(x)
    return keras.Model(inputs, outputs, name=architecture)


def check_sizes(input_shape, kernel_size, pool_size, architecture):
    """Raise InputError if the convolution or the pooling would leave no time step of `input_shape`."""
    if architecture == "lstm":
        return
    steps = input_shape[0]
    if kernel_size > steps:
        raise InputError(
            f"KERNEL_SIZE = {kernel_size} is impossible: sequences of {steps} time steps allow 1 to {steps}"
        )
    left = steps - kernel_size + 1
    if pool_size > left:
        raise InputError(
            f"POOL_SIZE = {pool_size} is impossible: the convolution leaves {left} time steps, which allow 1 to {left}"
        )
