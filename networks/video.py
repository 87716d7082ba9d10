"""The architectures for video clips (n, time, height, width, channels): convolutions look at each frame."""

from core.lazy import layers
from networks.deep import batch_norm_relu, mean_and_maximum
from networks.layer_names import CONVOLUTION, POOLING
from networks.recurrent import lstm_features


def convolved_frames(x, c):
    """Convolve and pool each frame, and flatten it: (n, time, features)."""
    x = layers.TimeDistributed(layers.Conv2D(c.FILTERS, c.KERNEL_SIZE, activation="relu"), name=CONVOLUTION)(x)
    x = layers.TimeDistributed(layers.MaxPooling2D(c.POOL_SIZE), name=POOLING)(x)
    return flattened_frames(x)


def deep_frames(x, c):
    """Apply two blocks of convolution, batch normalisation and pooling to each frame: (n, time, features)."""
    for block in (1, 2):
        convolution = layers.Conv2D(2 * c.FILTERS, c.KERNEL_SIZE, padding="same", name=f"{CONVOLUTION}_{block}")
        x = layers.TimeDistributed(convolution)(x)
        x = batch_norm_relu(x, block)
        x = layers.TimeDistributed(layers.MaxPooling2D(c.POOL_SIZE, padding="same"))(x)
        x = layers.SpatialDropout3D(c.DROPOUT)(x) if c.DROPOUT else x
    return flattened_frames(x)


def flattened_frames(x):
    """Turn frames (n, time, height, width, channels) into features (n, time, k)."""
    return layers.TimeDistributed(layers.Flatten())(x)


ARCHITECTURES = {
    "cnn_lstm": lambda x, c: lstm_features(convolved_frames(x, c), c),
    "cnn": lambda x, c: layers.Flatten()(convolved_frames(x, c)),
    "lstm": lambda x, c: lstm_features(flattened_frames(x), c),
    # Mean and maximum over a clip say little about movement: the LSTM's features stand alone.
    "deep_cnn_lstm": lambda x, c: lstm_features(deep_frames(x, c), c),
    "deep_cnn": lambda x, c: layers.Concatenate()(mean_and_maximum(deep_frames(x, c))),
}
