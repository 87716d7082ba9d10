"""Build the backbone of the network: Conv1D - MaxPooling1D - LSTM. The Dense layer after it is the task's.

The convolution finds local shapes, the LSTM their order. The constants below are its sizes.
"""

from core.constants import FRACTION, SWITCH, one_of, or_zero, whole
from core.errors import InputError
from core.lazy import keras, layers, ops

FILTERS = 32  # shapes the convolution can learn, 1 or more; more cost time and need more data
KERNEL_SIZE = 3  # time steps a shape spans, 1 to the length of a sequence
POOL_SIZE = 2  # time steps pooled into one, 1 or more; larger is faster and coarser
LSTM_UNITS = 50  # memory of the LSTM, 1 or more; more cost time and need more data
DROPOUT = 0.0  # share of the features dropped while training, 0 to below 1; try 0.2 to 0.5 against overfitting
EMBEDDING = 100  # texts: numbers that stand for a word, learned with the rest
BIDIRECTIONAL = False  # True: a second LSTM reads backwards, and its features are put beside the first one's
ATTENTION = False  # True: weigh the LSTM's states instead of taking the last; evaluate then draws attention.png
# "cnn_lstm"; its halves, for comparison: "cnn" (flattened, so that order counts), "lstm"; the stronger "deep_cnn_lstm",
# and "deep_cnn", the same without the LSTM
ARCHITECTURE = "cnn_lstm"
# Forecasts and numbers begin as ridge regression; texts, and classes of a deep network, have linear models beside them
LINEAR_START = True

ALLOWED = {
    "FILTERS": whole(1, 10_000),
    "KERNEL_SIZE": whole(1),
    "POOL_SIZE": whole(1),
    "LSTM_UNITS": whole(1, 10_000),
    "DROPOUT": or_zero(FRACTION),
    "EMBEDDING": whole(1, 10_000),
    "BIDIRECTIONAL": SWITCH,
    "ATTENTION": SWITCH,
    "ARCHITECTURE": one_of("cnn_lstm", "cnn", "lstm", "deep_cnn_lstm", "deep_cnn"),
    "LINEAR_START": SWITCH,
}


def backbone(x, c, real=None):
    """Turn a Keras tensor (n, time, features), for video (n, time, height, width, channels), into features (n, k).

    real: of sequences padded behind, (n, time, 1), 1 where a step is not padding and 0 where it is. With it what comes
    back is (features (n, steps, k) of each pooled step, which of them are real): see step_features.
    """
    if real is not None:
        return step_features(x, c, real)
    if c.ARCHITECTURE.startswith("deep"):
        x = deep_features(x, c)
    elif c.ARCHITECTURE == "cnn":
        x = layers.Flatten()(convolution(x, c))
    elif c.ARCHITECTURE == "lstm":
        x = recurrence(layers.TimeDistributed(layers.Flatten())(x) if len(x.shape) == 5 else x, c)
    else:
        x = recurrence(convolution(x, c), c)
    return layers.Dropout(c.DROPOUT)(x) if c.DROPOUT else x


def convolution(x, c):
    """Convolve and pool over time (n, time, features), or each frame of a video (n, time, height, width, channels)."""
    if len(x.shape) == 3:
        x = layers.Conv1D(c.FILTERS, c.KERNEL_SIZE, activation="relu", name="convolution")(x)
        return layers.MaxPooling1D(c.POOL_SIZE, name="pooling")(x)
    x = layers.TimeDistributed(layers.Conv2D(c.FILTERS, c.KERNEL_SIZE, activation="relu"), name="convolution")(x)
    x = layers.TimeDistributed(layers.MaxPooling2D(c.POOL_SIZE), name="pooling")(x)
    return layers.TimeDistributed(layers.Flatten())(x)


def deep_features(x, c):
    """Two wider blocks of convolution, batch normalisation and pooling; the LSTM's summary joined to the blocks' own.

    The LSTM tells the order of the shapes; their mean and maximum over time tell how often and how clearly they occur
    (LSTM-FCN, Karim 2018, joins its two branches so). Whole filters are dropped, against learning single speakers.
    Returns: (n, states + 2 × features), for video (n, states), of LSTM_UNITS states, with BIDIRECTIONAL twice as many;
    with "deep_cnn" mean and maximum alone.
    """
    video = len(x.shape) == 5
    each = layers.TimeDistributed if video else lambda layer: layer
    convolve, pool = (layers.Conv2D, layers.MaxPooling2D) if video else (layers.Conv1D, layers.MaxPooling1D)
    drop = layers.SpatialDropout3D if video else layers.SpatialDropout1D
    sizes = (c.KERNEL_SIZE, c.KERNEL_SIZE) if video else deep_kernels(c)
    for block, size in enumerate(sizes, 1):
        x = each(convolve(2 * c.FILTERS, size, padding="same", name=f"convolution_{block}"))(x)
        x = normalised(x, block)
        x = each(pool(c.POOL_SIZE, padding="same"))(x)
        x = drop(c.DROPOUT)(x) if c.DROPOUT else x
    x = layers.TimeDistributed(layers.Flatten())(x) if video else x
    if video and c.ARCHITECTURE == "deep_cnn_lstm":  # what a video shows on the whole says little about movement
        return recurrence(x, c)
    summary = [recurrence(x, c)] if c.ARCHITECTURE == "deep_cnn_lstm" else []
    return layers.Concatenate()([*summary, layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)])


def deep_kernels(c):
    """Return the kernels of the two blocks: 8 and 5 steps where KERNEL_SIZE is 3, as in LSTM-FCN."""
    return 2 * c.KERNEL_SIZE + 2, 2 * c.KERNEL_SIZE - 1


def normalised(x, block):
    """Normalise the features of a block over the batch, and rectify."""
    # Averages over the last five steps or so: small data have few steps an epoch, and the weights move on.
    x = keras.layers.BatchNormalization(momentum=0.8, name=f"normalise_{block}")(x)
    return keras.layers.ReLU()(x)


def step_features(x, c, real):
    """Turn padded sequences into features of every pooled step: the convolutions, and what the LSTM makes of them.

    Padding is kept at zero, and convolutions and pooling go over the ends: what a sequence gives does not depend on how
    much padding is behind it. Returns: (features (n, steps, k), real (n, steps, 1)).
    """
    deep = c.ARCHITECTURE == "deep_cnn_lstm"
    for block in (1, 2) if deep else (1,):
        if deep:
            x = layers.Conv1D(2 * c.FILTERS, deep_kernels(c)[block - 1], padding="same", name=f"convolution_{block}")(x)
            x = normalised(x, block)
        else:
            x = layers.Conv1D(c.FILTERS, c.KERNEL_SIZE, padding="same", activation="relu", name="convolution")(x)
        # Filled up behind: Keras' "same" would fill up in front too, and move the steps with the length.
        x, real = (layers.ZeroPadding1D((0, c.POOL_SIZE - 1))(of) for of in (layers.Multiply()([x, real]), real))
        x, real = (layers.MaxPooling1D(c.POOL_SIZE)(of) for of in (x, real))
        x = layers.SpatialDropout1D(c.DROPOUT)(x) if deep and c.DROPOUT else x
    states = lstm(x, c, real, every_step=True)
    features = layers.Concatenate()([states, x]) if deep else states
    return layers.Dropout(c.DROPOUT)(features) if c.DROPOUT else features, real


def lstm(x, c, real=None, every_step=False):
    """Run the LSTM over x (n, time, features), with BIDIRECTIONAL a second one backwards.

    Returns: the last state (n, LSTM_UNITS), or those of every step (n, time, LSTM_UNITS); of two LSTMs side by side.
    """
    forwards = layers.LSTM(c.LSTM_UNITS, return_sequences=every_step, name="lstm")(x)
    if not c.BIDIRECTIONAL:
        return forwards
    backwards = layers.LSTM(c.LSTM_UNITS, return_sequences=every_step, name="lstm_backwards")(turned(x, real))
    return layers.Concatenate()([forwards, turned(backwards, real) if every_step else backwards])


def turned(x, real=None):
    """Turn the steps of x (n, time, k) round; those that are not real stay behind the others."""
    if real is None:
        return ops.flip(x, axis=1)
    steps, lengths = ops.cumsum(ops.ones_like(real), axis=1) - 1, ops.sum(real, axis=1, keepdims=True)
    places = ops.where(steps < lengths, lengths - 1 - steps, steps)
    return ops.take_along_axis(x, ops.cast(places, "int32"), axis=1)


def recurrence(x, c):
    """Run the LSTM over x (n, time, features). Returns: its last state, or the weighted mean of all: (n,
    LSTM_UNITS), with BIDIRECTIONAL twice as many.

    The weights are those of additive attention (Bahdanau 2015), softmax over time of v · tanh(W x + b). They look at
    what the LSTM is given at each step: its states still remember the steps before, and would blur the weights.
    """
    if not c.ATTENTION:
        return lstm(x, c)
    states = lstm(x, c, every_step=True)
    scores = layers.Dense(c.LSTM_UNITS, activation="tanh", name="attention_hidden")(x)
    wide = keras.initializers.RandomNormal(stddev=0.5)  # selective from the start: even weights learn slowly
    scores = layers.Dense(1, use_bias=False, kernel_initializer=wide, name="attention_score")(scores)
    weights = layers.Softmax(axis=1, name="attention_weights")(scores)
    return layers.Flatten()(layers.Dot(axes=1)([weights, states]))


def check_sizes(shape, c):
    """Raise InputError if the constants leave nothing of sequences or frames, or do not go together.

    shape: of one sequence, (time, features), (time, height, width, channels), or of a text (words,).
    """
    for name in ("ATTENTION", "BIDIRECTIONAL"):
        if c[name] and "lstm" not in c.ARCHITECTURE:
            raise InputError(f'{name} = True is impossible with ARCHITECTURE = "{c.ARCHITECTURE}": it has no LSTM')
    if c.ARCHITECTURE == "lstm":
        return
    size, what = (shape[0], "time steps") if len(shape) < 3 else (min(shape[1:3]), "pixels")
    if size < c.KERNEL_SIZE:
        raise InputError(f"KERNEL_SIZE = {c.KERNEL_SIZE} is impossible: {size} {what} allow 1 to {size}")
    left = size if c.ARCHITECTURE.startswith("deep") else size - c.KERNEL_SIZE + 1
    if left < c.POOL_SIZE:
        raise InputError(
            f"POOL_SIZE = {c.POOL_SIZE} is impossible: the convolution leaves {left} {what}, which allow 1 to {left}"
        )
