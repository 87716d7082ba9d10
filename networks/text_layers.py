"""What texts need: the layers before the backbone, in the saved network those that divide them, and their rival."""

import numpy as np

from core.lazy import keras, layers, lazy, ops
from sequences.vocabulary import RESERVED, words_of

text_features = lazy("sklearn.feature_extraction.text")
linear_model = lazy("sklearn.linear_model")
model_selection = lazy("sklearn.model_selection")

STRENGTHS = {"alpha": [0.3, 1.0, 3.0]}


def embedded(inputs, data, c):
    """Turn the numbers of words (n, words) into learned vectors (n, words, EMBEDDING); DROPOUT drops whole features."""
    size = len(data.preparation["vocabulary"]) + RESERVED
    x = keras.layers.Embedding(size, c.EMBEDDING, name="embedding")(inputs)
    return keras.layers.SpatialDropout1D(c.DROPOUT)(x) if c.DROPOUT else x


def taking_texts(model, learned):
    """Put before a trained network what turns raw strings (n,) into the numbers that it was trained on.

    TextVectorization pads behind; the words are moved to the end, where the LSTM's last state is.
    """
    steps = learned["steps"]
    texts = keras.Input((), dtype="string", name="texts")
    divide = layers.TextVectorization(output_sequence_length=steps, vocabulary=learned["vocabulary"], name="words")
    numbers = divide(texts)
    padding = ops.sum(ops.cast(ops.equal(numbers, 0), "int32"), axis=1, keepdims=True)
    places = ops.mod(ops.arange(steps, dtype="int32") - padding, steps)
    numbers = ops.take_along_axis(numbers, places, axis=1)
    network = keras.Model(model.input, model.output, name="network")
    return keras.Model(texts, network(ops.cast(numbers, "float32")))


def tfidf_answers(train, test, n_classes):
    """Answer the test texts by ridge regression on TF-IDF of words and pairs of words. Returns: classes (n,).

    Its strength is chosen by cross-validation in three parts.
    """
    features = text_features.TfidfVectorizer(
        analyzer=_words_and_pairs, sublinear_tf=True, min_df=2 if len(train) >= 100 else 1
    )
    texts = [train.names[row] for row in train.rows]
    try:
        x = features.fit_transform(texts)
    except ValueError:  # no word stands in two texts
        x = features.set_params(min_df=1).fit_transform(texts)
    targets = 2.0 * np.eye(n_classes)[train.y] - 1
    search = model_selection.GridSearchCV(
        linear_model.Ridge(solver="sparse_cg", tol=1e-3), STRENGTHS, cv=min(3, len(train))
    )
    search.fit(x, targets)
    return search.predict(features.transform([test.names[row] for row in test.rows])).argmax(axis=1)


def _words_and_pairs(text):
    words = words_of(text)
    return words + [" ".join(pair) for pair in zip(words, words[1:])]
