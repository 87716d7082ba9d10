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
    n_outputs,
    task="classification",
    standardise=None,
    forecast_of=None,
    filters=FILTERS,
    kernel_size=KERNEL_SIZE,
    pool_size=POOL_SIZE,
    lstm_units=LSTM_UNITS,
    dropout=DROPOUT,
    architecture=ARCHITECTURE,
):
    """Build the network, not compiled, of plain Keras layers.

    input_shape: (time, features), or (time, height, width, channels) for video.
    task: "classification" gives probabilities, (n, 1) of class 1 for n_outputs = 2 classes, else (n, n_outputs);
    "forecasting" gives the next n_outputs values of a series, (n, n_outputs).
    standardise: (mean, variance), each (features,), of what the convolution sees: it then takes raw values.
    forecast_of: forecasting only, (column of the series to forecast, standard deviation of its changes).
    Raises InputError where the sizes do not fit the sequences.
    """
    check_sizes(input_shape, kernel_size, pool_size, architecture)
    from quiet_tensorflow import keras

    layers = keras.layers
    inputs = keras.Input(input_shape)
    x = inputs
    if task == "forecasting":  # levels drift: the network sees, and forecasts, the change against the last value
        last = layers.Cropping1D((input_shape[0] - 1, 0))(inputs)
        x = layers.Subtract()([inputs, last])
    if standardise is not None:
        mean, variance = (np.asarray(a, dtype=float).tolist() for a in standardise)
        x = layers.Normalization(mean=mean, variance=variance)(x)

    if architecture != "lstm":
        x = convolution(x, filters, kernel_size, pool_size)
    elif len(input_shape) == 4:
        x = layers.TimeDistributed(layers.Flatten())(x)
    x = layers.GlobalAveragePooling1D()(x) if architecture == "cnn" else layers.LSTM(lstm_units)(x)
    if dropout:
        x = layers.Dropout(dropout)(x)

    if task == "forecasting":
        outputs = add_change(last, layers.Dense(n_outputs)(x), *forecast_of)
    elif n_outputs == 2:
        outputs = layers.Dense(1, activation="sigmoid")(x)
    else:
        outputs = layers.Dense(n_outputs, activation="softmax")(x)
    return keras.Model(inputs, outputs, name=architecture)


def convolution(x, filters, kernel_size, pool_size):
    """Convolve and pool over time (n, time, features), or each frame of a video (n, time, height, width, channels)."""
    from quiet_tensorflow import keras

    layers = keras.layers
    if len(x.shape) == 3:
        x = layers.Conv1D(filters, kernel_size, activation="relu")(x)
        return layers.MaxPooling1D(pool_size)(x)
    x = layers.TimeDistributed(layers.Conv2D(filters, kernel_size, activation="relu"))(x)
    x = layers.TimeDistributed(layers.MaxPooling2D(pool_size))(x)
    return layers.TimeDistributed(layers.Flatten())(x)


def add_change(last, change, column, scale):
    """Add changes (n, horizon), in units of `scale`, to the target's value in `last` (n, 1, columns)."""
    from quiet_tensorflow import keras

    layers = keras.layers
    columns = last.shape[-1]
    if columns > 1:  # pick the target's column
        last = layers.Permute((2, 1))(last)
        last = layers.Cropping1D((column, columns - 1 - column))(last)
    return layers.Add()([layers.Flatten()(last), layers.Rescaling(scale)(change)])


def check_sizes(input_shape, kernel_size, pool_size, architecture):
    """Raise InputError if the convolution or the pooling would leave nothing of sequences or frames."""
    if architecture == "lstm":
        return
    size, what = (input_shape[0], "time steps") if len(input_shape) == 2 else (min(input_shape[1:3]), "pixels")
    if kernel_size > size:
        raise InputError(f"KERNEL_SIZE = {kernel_size} is impossible: {size} {what} allow 1 to {size}")
    left = size - kernel_size + 1
    if pool_size > left:
        raise InputError(
            f"POOL_SIZE = {pool_size} is impossible: the convolution leaves {left} {what}, which allow 1 to {left}"
        )
