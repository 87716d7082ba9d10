"""The network: Conv1D - MaxPooling1D - LSTM - Dense.

The convolution finds local shapes, pooling shortens the sequence, the LSTM learns the order of the shapes, and the
dense layer answers. The constants are its sizes; each architecture is a function below. Larger ones are in networks/.
"""

from core.constants import FRACTION, SWITCH, one_of, or_zero, whole
from core.lazy import keras, layers
from networks import video
from networks.deep import deep_cnn, deep_cnn_lstm
from networks.layer_names import CONVOLUTION, LSTM, OUTPUT, POOLING
from networks.recurrent import lstm_features
from networks.trend import trend

FILTERS = 32  # shapes the convolution can learn, 1 or more; more cost time and need more data
KERNEL_SIZE = 3  # time steps a shape spans, 1 to the length of a sequence
POOL_SIZE = 2  # time steps pooled into one, 1 or more; larger is faster and coarser
LSTM_UNITS = 50  # memory of the LSTM, 1 or more; more cost time and need more data
DROPOUT = 0.0  # fraction of the features dropped in training, 0 to below 1; try 0.2 to 0.5 against overfitting
EMBEDDING = 100  # texts: size of the vector learned for each word
BIDIRECTIONAL = False  # True: a second LSTM reads from the end, and its features are joined to the first one's
ATTENTION = False  # True: weigh the LSTM's states instead of taking the last; evaluate then draws attention.png
# "cnn_lstm"; for comparison without its LSTM "cnn" (flattened, so that order counts) or without its convolution "lstm";
# the stronger "deep_cnn_lstm", and "deep_cnn", the same without its LSTM; "trend", level and slope alone: wear
ARCHITECTURE = "cnn_lstm"
# Forecasts and regression start as ridge regression; texts, and deep networks of classes, add linear models' logits.
# Of forecasts, numbers and texts, held-out data say how much the network counts: without VALIDATION_SIZE, two trainings
LINEAR_START = True


def build_model(input_shape, outputs, c, prepare=None, dtype="float32"):
    """Build the network, not compiled: the architecture between the inputs and the output layer.

    Parameters: input_shape (time, features), for video (time, height, width, channels); outputs, 1 for the probability
    of the second of two classes, n for the probabilities of n classes, or a function from the features and the prepared
    inputs to the output; c, Constants; prepare, a function from the inputs to what the architecture is given; dtype of
    the inputs.
    Returns: keras.Model.
    """
    inputs = keras.Input(input_shape, dtype=dtype)
    x = inputs if prepare is None else prepare(inputs)
    architectures = video.ARCHITECTURES if len(input_shape) == 4 else ARCHITECTURES
    features = architectures[c.ARCHITECTURE](x, c)
    if c.DROPOUT:
        features = layers.Dropout(c.DROPOUT)(features)
    if callable(outputs):
        return keras.Model(inputs, outputs(features, x))
    activation = "sigmoid" if outputs == 1 else "softmax"
    return keras.Model(inputs, layers.Dense(outputs, activation=activation, name=OUTPUT)(features))


def cnn_lstm(x, c):
    """The hybrid: shapes, then their order."""
    x = layers.Conv1D(c.FILTERS, c.KERNEL_SIZE, activation="relu", name=CONVOLUTION)(x)  # (time - 2, FILTERS)
    x = layers.MaxPooling1D(c.POOL_SIZE, name=POOLING)(x)  # (steps, FILTERS)
    return lstm(x, c)  # (LSTM_UNITS,)


def lstm(x, c):
    """The LSTM alone: its last state."""
    if c.BIDIRECTIONAL or c.ATTENTION:
        return lstm_features(x, c)
    return layers.LSTM(c.LSTM_UNITS, name=LSTM)(x)  # (LSTM_UNITS,)


def cnn(x, c):
    """The convolution alone, flattened."""
    x = layers.Conv1D(c.FILTERS, c.KERNEL_SIZE, activation="relu", name=CONVOLUTION)(x)  # (time - 2, FILTERS)
    x = layers.MaxPooling1D(c.POOL_SIZE, name=POOLING)(x)  # (steps, FILTERS)
    return layers.Flatten()(x)  # (steps * FILTERS,)


# Name: function from x (n, time, features) to features (n, k). Shapes above are without n, for the default KERNEL_SIZE.
ARCHITECTURES = {
    "cnn_lstm": cnn_lstm,
    "cnn": cnn,
    "lstm": lstm,
    "deep_cnn_lstm": deep_cnn_lstm,
    "deep_cnn": deep_cnn,
    "trend": trend,
}

ALLOWED = {
    "FILTERS": whole(1, 10_000),
    "KERNEL_SIZE": whole(1),
    "POOL_SIZE": whole(1),
    "LSTM_UNITS": whole(1, 10_000),
    "DROPOUT": or_zero(FRACTION),
    "EMBEDDING": whole(1, 10_000),
    "BIDIRECTIONAL": SWITCH,
    "ATTENTION": SWITCH,
    "ARCHITECTURE": one_of(*ARCHITECTURES),
    "LINEAR_START": SWITCH,
}
