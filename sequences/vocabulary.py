"""Texts as numbers: words as Keras' TextVectorization divides them, so that the saved network may take the texts."""

import re
from array import array
from collections import Counter

import numpy as np

PADDING, UNKNOWN = 0, 1  # what stands before the words of a short text, and for a word that is not in the vocabulary
RESERVED = 2  # numbers before the first word's
LENGTH = 95  # percentile of the lengths of the training set that all texts are brought to
PUNCTUATION = re.compile(rb"""[!"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']""")  # what Keras strips


def tokenize(text):
    """Divide a text into words: small letters (of a to z alone, as TensorFlow does), no punctuation."""
    return [word.decode() for word in PUNCTUATION.sub(b"", text.encode("utf-8", "replace").lower()).split()]


def learn_vocabulary(texts, most):
    """Return (the most frequent words of texts, so that they and RESERVED are `most` at the most; steps of a text)."""
    counts, lengths = Counter(), array("l")
    for text in texts:
        words = tokenize(text)
        counts.update(words)
        lengths.append(len(words))
    frequent = sorted(counts, key=lambda word: (-counts[word], word))[: most - RESERVED]
    return frequent, max(1, int(np.ceil(np.percentile(lengths, LENGTH))))


def token_ids(texts, vocabulary, steps):
    """Return texts as the numbers of their words, (n, steps) uint16 (int32 where they are many), and how many were cut.

    Texts are cut at the end and padded in front: what counts is the LSTM's last state, so the words come last
    (docs/choices.md).
    """
    places = {word: place for place, word in enumerate(vocabulary, RESERVED)}
    small = len(vocabulary) + RESERVED <= np.iinfo(np.uint16).max
    numbers, cut = np.full((len(texts), steps), PADDING, np.uint16 if small else np.int32), 0
    for row, text in zip(numbers, texts):
        words = tokenize(text)
        cut += len(words) > steps
        if words:
            row[-min(steps, len(words)) :] = [places.get(word, UNKNOWN) for word in words[:steps]]
    return numbers, cut
