"""The LSTM in its forms: its last state, both directions, attention over all states."""

from core.lazy import keras, layers, ops
from networks.layer_names import ATTENTION_WEIGHTS, LSTM


def lstm_features(x, c):
    """Summarise x (n, time, features) by an LSTM: its last state, or with ATTENTION the weighted mean of its states.

    The weights are those of additive attention (Bahdanau 2015), softmax over time of v · tanh(W x + b). They look at
    the LSTM's input at each step: its states still remember the steps before, and would blur the weights.
    Returns: (n, LSTM_UNITS), with BIDIRECTIONAL twice as many.
    """
    if not c.ATTENTION:
        return lstm(x, c)
    states = lstm(x, c, every_step=True)  # (time, LSTM_UNITS)
    scores = layers.Dense(c.LSTM_UNITS, activation="tanh", name="attention_hidden")(x)
    wide = keras.initializers.RandomNormal(stddev=0.5)  # selective from the start: even weights learn slowly
    scores = layers.Dense(1, use_bias=False, kernel_initializer=wide, name="attention_score")(scores)  # (time, 1)
    weights = layers.Softmax(axis=1, name=ATTENTION_WEIGHTS)(scores)
    return layers.Flatten()(layers.Dot(axes=1)([weights, states]))


def lstm(x, c, mask=None, every_step=False):
    """Run the LSTM over x (n, time, features), with BIDIRECTIONAL a second one from the end.

    Parameters: mask (n, time, 1), 0 at padding behind a sequence, or None.
    Returns: the last state (n, LSTM_UNITS), or those of every step (n, time, LSTM_UNITS); of two LSTMs side by side.
    """
    forwards = layers.LSTM(c.LSTM_UNITS, return_sequences=every_step, name=LSTM)(x)
    if not c.BIDIRECTIONAL:
        return forwards
    reversed_x = reverse_time(x, mask)
    backwards = layers.LSTM(c.LSTM_UNITS, return_sequences=every_step, name=f"{LSTM}_backwards")(reversed_x)
    return layers.Concatenate()([forwards, reverse_time(backwards, mask) if every_step else backwards])


def reverse_time(x, mask=None):
    """Reverse the time steps of x (n, time, k); padding stays behind them."""
    if mask is None:
        return ops.flip(x, axis=1)
    steps, lengths = ops.cumsum(ops.ones_like(mask), axis=1) - 1, ops.sum(mask, axis=1, keepdims=True)
    places = ops.where(steps < lengths, lengths - 1 - steps, steps)
    return ops.take_along_axis(x, ops.cast(places, "int32"), axis=1)
