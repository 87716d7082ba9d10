"""The architectures for recordings that are padded behind: features at every pooled step, whatever the length."""

from core.lazy import layers
from networks.deep import batch_norm_relu, deep_kernel_sizes
from networks.layer_names import CONVOLUTION
from networks.recurrent import lstm

ARCHITECTURES = ("cnn_lstm", "deep_cnn_lstm")


def features_per_step(x, mask, c):
    """Turn padded sequences x (n, time, features) into features of every pooled step.

    Padding is kept at zero, and convolutions and pooling run past the ends: the features of a sequence do not depend
    on how much padding follows it.
    Parameters: mask (n, time, 1), 1 where a step is real and 0 where it is padding.
    Returns: (features (n, steps, k), mask (n, steps, 1)).
    """
    deep = c.ARCHITECTURE == "deep_cnn_lstm"
    for block in (1, 2) if deep else (1,):
        if deep:
            kernel_size = deep_kernel_sizes(c)[block - 1]
            x = layers.Conv1D(2 * c.FILTERS, kernel_size, padding="same", name=f"{CONVOLUTION}_{block}")(x)
            x = batch_norm_relu(x, block)
        else:
            x = layers.Conv1D(c.FILTERS, c.KERNEL_SIZE, padding="same", activation="relu", name=CONVOLUTION)(x)
        # Filled up behind: Keras' "same" would fill up in front too, and move the steps with the length.
        x, mask = (layers.ZeroPadding1D((0, c.POOL_SIZE - 1))(t) for t in (layers.Multiply()([x, mask]), mask))
        x, mask = (layers.MaxPooling1D(c.POOL_SIZE)(t) for t in (x, mask))
        x = layers.SpatialDropout1D(c.DROPOUT)(x) if deep and c.DROPOUT else x
    states = lstm(x, c, mask, every_step=True)  # (steps, LSTM_UNITS)
    features = layers.Concatenate()([states, x]) if deep else states
    return layers.Dropout(c.DROPOUT)(features) if c.DROPOUT else features, mask
