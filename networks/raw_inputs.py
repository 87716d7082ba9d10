"""The saved network of texts and of encoded frames: what prepares raw sequences, then the network that was trained."""

from core.lazy import keras
from networks.layer_names import NETWORK


def behind(raw, prepared, model):
    """Return the network that takes `raw`, a Keras tensor: `model` is given `prepared`, which is made of it."""
    network = keras.Model(model.input, model.output, name=NETWORK)
    return keras.Model(raw, network(prepared))


def trained_part(model):
    """Return the network that takes prepared sequences: all of a saved one but what prepares raw sequences."""
    inner = [layer for layer in model.layers if layer.name == NETWORK]
    return inner[0] if inner else model
