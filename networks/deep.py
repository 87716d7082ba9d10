"""The deep architectures: two wider blocks of convolution, batch normalisation and pooling before the LSTM."""

from core.lazy import layers
from networks.layer_names import CONVOLUTION, NORMALISE
from networks.recurrent import lstm_features


def deep_cnn_lstm(x, c):
    """Join the LSTM's features to the mean and the maximum over time of the blocks' own: (n, k).

    The LSTM tells the order of the shapes; their mean and maximum tell how often and how clearly they occur (LSTM-FCN,
    Karim 2018, joins its two branches so).
    """
    x = convolution_blocks(x, c)
    return layers.Concatenate()([lstm_features(x, c), *mean_and_maximum(x)])


def deep_cnn(x, c):
    """Return mean and maximum over time of the blocks alone: (n, 4 FILTERS)."""
    return layers.Concatenate()(mean_and_maximum(convolution_blocks(x, c)))


def convolution_blocks(x, c):
    """Apply both blocks to x (n, time, features). DROPOUT drops whole filters, against learning single speakers."""
    for block, kernel_size in enumerate(deep_kernel_sizes(c), 1):
        x = layers.Conv1D(2 * c.FILTERS, kernel_size, padding="same", name=f"{CONVOLUTION}_{block}")(x)
        x = batch_norm_relu(x, block)  # (time, 2 FILTERS)
        x = layers.MaxPooling1D(c.POOL_SIZE, padding="same")(x)  # (time / POOL_SIZE, 2 FILTERS)
        x = layers.SpatialDropout1D(c.DROPOUT)(x) if c.DROPOUT else x
    return x


def deep_kernel_sizes(c):
    """Return the kernel sizes of the two blocks: 8 and 5 steps where KERNEL_SIZE is 3, as in LSTM-FCN."""
    return 2 * c.KERNEL_SIZE + 2, 2 * c.KERNEL_SIZE - 1


def batch_norm_relu(x, block):
    """Normalise the features of a block over the batch, and rectify."""
    # Averages over the last five steps or so: small data have few steps an epoch, and the weights move on.
    x = layers.BatchNormalization(momentum=0.8, name=f"{NORMALISE}_{block}")(x)
    return layers.ReLU()(x)


def mean_and_maximum(x):
    """Return mean and maximum over time of x (n, time, features), a list of two (n, features)."""
    return [layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)]
