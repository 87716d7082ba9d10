"""Layers that several tasks put before the backbone."""


def standardised(x, mean, variance):
    """Standardise x (n, time, features) inside the network, so that the saved model takes raw values."""
    from project.quiet_tensorflow import keras

    return keras.layers.Normalization(mean=mean.tolist(), variance=variance.tolist(), name="standardise")(x)
