"""Layers for texts: word vectors before the architecture, and in the saved network the division into words."""

from core.lazy import keras, layers, ops
from networks.layer_names import EMBEDDING, NETWORK
from sequences.vocabulary import RESERVED


def embedded(inputs, data, c):
    """Turn the numbers of words (n, words) into learned vectors (n, words, EMBEDDING); DROPOUT drops whole features."""
    x = layers.Embedding(len(data.preparation.vocabulary) + RESERVED, c.EMBEDDING, name=EMBEDDING)(inputs)
    return layers.SpatialDropout1D(c.DROPOUT)(x) if c.DROPOUT else x


def prepend_tokenizer(model, preparation):
    """Put before a trained network what turns strings (n,) into the numbers of words that it was trained on.

    TextVectorization pads behind; the words are moved to the end, where the LSTM's last state is.
    """
    steps = preparation.steps
    texts = keras.Input((), dtype="string", name="texts")
    divide = layers.TextVectorization(output_sequence_length=steps, vocabulary=preparation.vocabulary, name="words")
    numbers = divide(texts)
    padding = ops.sum(ops.cast(ops.equal(numbers, 0), "int32"), axis=1, keepdims=True)
    places = ops.mod(ops.arange(steps, dtype="int32") - padding, steps)
    numbers = ops.take_along_axis(numbers, places, axis=1)
    network = keras.Model(model.input, model.output, name=NETWORK)
    return keras.Model(texts, network(ops.cast(numbers, "float32")))


def without_tokenizer(model):
    """Return the network that takes prepared sequences: the whole model but for what divides texts into words."""
    inner = [layer for layer in model.layers if layer.name == NETWORK]
    return inner[0] if inner else model
