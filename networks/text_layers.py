"""Layers for texts: word vectors before the architecture, and in the saved network the division into words."""

from core.lazy import keras, layers, ops
from networks.layer_names import EMBEDDING
from networks.raw_inputs import behind
from sequences.vocabulary import RESERVED


def embedded(inputs, data, c):
    """Turn the numbers of words (n, words) into vectors (n, words, EMBEDDING); DROPOUT drops whole features.

    They are learned, or those of WORD_VECTORS, which stay as they are: words that training does not see keep their
    places among those that it sees (docs/choices.md).
    """
    given = data.word_vectors
    shape = given.shape if given is not None else (len(data.preparation.vocabulary) + RESERVED, c.EMBEDDING)
    table = layers.Embedding(*shape, trainable=given is None, name=EMBEDDING)
    x = table(inputs)
    if given is not None:
        table.set_weights([given])
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
    return behind(texts, ops.cast(numbers, "float32"), model)
