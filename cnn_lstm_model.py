"""Build the network: Conv1D - MaxPooling1D - LSTM - Dense.

The convolution finds local shapes, the LSTM their order. The constants below are its sizes.
"""

import numpy as np

from checks import InputError

FILTERS = 32  # shapes the convolution can learn, 1 or more; more cost time and need more data
KERNEL_SIZE = 3  # time steps a shape spans, 1 to the length of a sequence
POOL_SIZE = 2  # time steps pooled into one, 1 or more; larger is faster and coarser
LSTM_UNITS = 50  # memory of the LSTM, 1 or more; more cost time and need more data
DROPOUT = 0.0  # share of the features dropped while training, 0 to below 1; try 0.2 to 0.5 against overfitting
ATTENTION = False  # True: weigh the LSTM's states instead of taking the last; evaluate then draws attention.png
# "cnn_lstm"; its halves, for comparison: "cnn" (averaged over time), "lstm"; the stronger "deep_cnn_lstm"
ARCHITECTURE = "cnn_lstm"


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
    attention=ATTENTION,
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
    check_sizes(input_shape, kernel_size, pool_size, attention, architecture)
    from quiet_tensorflow import keras

    layers = keras.layers
    inputs = keras.Input(input_shape)
    x = inputs
    if task == "forecasting":  # levels drift: the network sees, and forecasts, the change against the last value
        last = layers.Cropping1D((input_shape[0] - 1, 0))(inputs)
        x = layers.Subtract()([inputs, last])
    if standardise is not None:
        mean, variance = (np.asarray(a, dtype=float).tolist() for a in standardise)
        x = layers.Normalization(mean=mean, variance=variance, name="standardise")(x)

    if architecture == "deep_cnn_lstm":
        x = deep_features(x, filters, kernel_size, pool_size, lstm_units, dropout, attention)
    else:
        if architecture != "lstm":
            x = convolution(x, filters, kernel_size, pool_size)
        elif len(input_shape) == 4:
            x = layers.TimeDistributed(layers.Flatten())(x)
        x = layers.GlobalAveragePooling1D()(x) if architecture == "cnn" else recurrence(x, lstm_units, attention)
    if dropout:
        x = layers.Dropout(dropout)(x)

    if task == "forecasting":
        outputs = add_change(last, layers.Dense(n_outputs, name="output")(x), *forecast_of)
    elif n_outputs == 2:
        outputs = layers.Dense(1, activation="sigmoid", name="output")(x)
    else:
        outputs = layers.Dense(n_outputs, activation="softmax", name="output")(x)
    return keras.Model(inputs, outputs, name=architecture)


def convolution(x, filters, kernel_size, pool_size):
    """Convolve and pool over time (n, time, features), or each frame of a video (n, time, height, width, channels)."""
    from quiet_tensorflow import keras

    layers = keras.layers
    if len(x.shape) == 3:
        x = layers.Conv1D(filters, kernel_size, activation="relu", name="convolution")(x)
        return layers.MaxPooling1D(pool_size, name="pooling")(x)
    x = layers.TimeDistributed(layers.Conv2D(filters, kernel_size, activation="relu"), name="convolution")(x)
    x = layers.TimeDistributed(layers.MaxPooling2D(pool_size), name="pooling")(x)
    return layers.TimeDistributed(layers.Flatten())(x)


def deep_features(x, filters, kernel_size, pool_size, lstm_units, dropout, attention):
    """Two wider blocks of convolution, batch normalisation and pooling; the LSTM's summary joined to the blocks' own.

    The LSTM tells the order of the shapes; their mean and maximum over time tell how often and how clearly they occur
    (LSTM-FCN, Karim 2018, joins its two branches so). Whole filters are dropped, against learning single speakers.
    Returns: (n, lstm_units + 2 × features), for video (n, lstm_units).
    """
    from quiet_tensorflow import keras

    layers = keras.layers
    video = len(x.shape) == 5
    each = layers.TimeDistributed if video else lambda layer: layer
    convolve, pool = (layers.Conv2D, layers.MaxPooling2D) if video else (layers.Conv1D, layers.MaxPooling1D)
    drop = layers.SpatialDropout3D if video else layers.SpatialDropout1D
    # 8 and 5 steps where KERNEL_SIZE is 3, the kernels of LSTM-FCN; the pixels of a frame are fewer.
    sizes = (kernel_size, kernel_size) if video else (2 * kernel_size + 2, 2 * kernel_size - 1)
    for block, size in enumerate(sizes, 1):
        x = each(convolve(2 * filters, size, padding="same", name=f"convolution_{block}"))(x)
        # Averages over the last five steps or so: small data have few steps an epoch, and the weights move on.
        x = layers.BatchNormalization(momentum=0.8, name=f"normalise_{block}")(x)
        x = layers.ReLU()(x)
        x = each(pool(pool_size, padding="same"))(x)
        x = drop(dropout)(x) if dropout else x
    if video:  # what a video shows on the whole says little about movement
        return recurrence(layers.TimeDistributed(layers.Flatten())(x), lstm_units, attention)
    summary = recurrence(x, lstm_units, attention)
    return layers.Concatenate()([summary, layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)])


def recurrence(x, lstm_units, attention):
    """Run the LSTM over x (n, time, features). Returns: its last state (n, lstm_units), or the weighted mean of all.

    The weights are those of additive attention (Bahdanau 2015), softmax over time of v · tanh(W x + b). They look at
    what the LSTM is given at each step: its states still remember the steps before, and would blur the weights.
    """
    from quiet_tensorflow import keras

    layers = keras.layers
    if not attention:
        return layers.LSTM(lstm_units, name="lstm")(x)
    states = layers.LSTM(lstm_units, return_sequences=True, name="lstm")(x)
    scores = layers.Dense(lstm_units, activation="tanh", name="attention_hidden")(x)
    wide = keras.initializers.RandomNormal(stddev=0.5)  # selective from the start: even weights learn slowly
    scores = layers.Dense(1, use_bias=False, kernel_initializer=wide, name="attention_score")(scores)
    weights = layers.Softmax(axis=1, name="attention_weights")(scores)
    return layers.Flatten()(layers.Dot(axes=1)([weights, states]))


def attention_weights(model, sequences):
    """Return how much each time step of sequences (n, time, ...) counts for a model with attention: (n, time), sum 1.

    The states that attention weighs stand for pooled steps: a state's weight is spread evenly over its share of steps.
    """
    from quiet_tensorflow import keras

    weights_of = keras.Model(model.input, model.get_layer("attention_weights").output)
    weights = np.asarray(weights_of(sequences))[:, :, 0]
    steps, states = sequences.shape[1], weights.shape[1]
    spread = weights[:, np.arange(steps) * states // steps]
    return spread / spread.sum(axis=1, keepdims=True)


def add_change(last, change, column, scale):
    """Add changes (n, horizon), in units of `scale`, to the target's value in `last` (n, 1, columns)."""
    from quiet_tensorflow import keras

    layers = keras.layers
    columns = last.shape[-1]
    if columns > 1:  # pick the target's column
        last = layers.Permute((2, 1))(last)
        last = layers.Cropping1D((column, columns - 1 - column))(last)
    return layers.Add()([layers.Flatten()(last), layers.Rescaling(scale)(change)])


def check_sizes(
    input_shape, kernel_size=KERNEL_SIZE, pool_size=POOL_SIZE, attention=ATTENTION, architecture=ARCHITECTURE
):
    """Raise InputError if the constants leave nothing of sequences or frames, or do not go together."""
    if attention and architecture == "cnn":
        raise InputError('ATTENTION = True is impossible with ARCHITECTURE = "cnn": it weighs the states of an LSTM')
    if architecture == "lstm":
        return
    size, what = (input_shape[0], "time steps") if len(input_shape) == 2 else (min(input_shape[1:3]), "pixels")
    if kernel_size > size:
        raise InputError(f"KERNEL_SIZE = {kernel_size} is impossible: {size} {what} allow 1 to {size}")
    left = size if architecture == "deep_cnn_lstm" else size - kernel_size + 1
    if pool_size > left:
        raise InputError(
            f"POOL_SIZE = {pool_size} is impossible: the convolution leaves {left} {what}, which allow 1 to {left}"
        )


def transfer_weights(model, pretrained, freeze_cnn=False):
    """Start `model` from the convolution and LSTM weights of `pretrained`, where names and shapes agree.

    freeze_cnn: hold the convolutions (and their normalisation) still while training.
    Returns: (names of the layers taken over, names of the layers that stay new).
    """
    taken, new = [], []
    known = {layer.name: layer for layer in pretrained.layers}
    for layer in model.layers:
        if not layer.weights:
            continue
        weights = known[layer.name].get_weights() if layer.name in known else []
        alike = [w.shape for w in weights] == [tuple(w.shape) for w in layer.weights]
        if layer.name != "output" and alike:
            layer.set_weights(weights)
            taken.append(layer.name)
        else:
            new.append(layer.name)
        if freeze_cnn and layer.name.startswith(("convolution", "normalise")):
            layer.trainable = False
    return taken, new
