"""Connectionist temporal classification (Graves et al. 2006): a network that writes while it listens.

At each step the network gives a logit for each letter of the alphabet, and first one for the blank, "nothing new".
What it writes are the letters without blanks and repetitions.
"""

import numpy as np

from core.lazy import keras, tf

BLANK = 0


def ctc_loss(y, logits):
    """Return the loss (n,) of letters y (n, longest), numbered from 1 and filled up with 0, for logits (n, steps, k).

    The same as keras.losses.CTC, by TensorFlow's own kernel, several times as fast.
    """
    rows, steps = tf.unstack(tf.shape(logits)[:2])
    letters = tf.sparse.from_dense(tf.cast(y, tf.int32))
    return tf.nn.ctc_loss(letters, logits, None, tf.fill([rows], steps), logits_time_major=False, blank_index=BLANK)


def error_rate():
    """Return the metric of training: the character error rate over an epoch, as Keras wants it."""

    class CharacterErrorRate(keras.metrics.Mean):
        def update_state(self, y, logits, sample_weight=None):
            """Add the recordings of a batch, each weighted by the length of its transcript."""
            rows, steps = tf.unstack(tf.shape(logits)[:2])
            time_first = tf.transpose(logits, [1, 0, 2])
            (heard,), _ = tf.nn.ctc_greedy_decoder(time_first, tf.fill([rows], steps), blank_index=BLANK)
            truth = tf.sparse.from_dense(tf.cast(y, tf.int64))
            size = tf.stack([tf.cast(rows, tf.int64), tf.cast(tf.maximum(steps, tf.shape(y)[1]), tf.int64)])
            heard, truth = (tf.sparse.SparseTensor(found.indices, found.values, size) for found in (heard, truth))
            errors = tf.reshape(tf.edit_distance(heard, truth, normalize=False), [rows])
            lengths = tf.cast(tf.math.count_nonzero(y, axis=1), "float32")
            super().update_state(errors / tf.maximum(lengths, 1), lengths)

    return CharacterErrorRate(name="cer")


def decode_greedily(logits):
    """Decode logits (n, steps, k). Returns: for each recording (letters (m,), steps (m,), probabilities (m,)).

    A letter stands at the first step of its run; its probability is that step's.
    """
    best, found = logits.argmax(axis=2), []
    for letters, own in zip(best, logits):
        new = (letters != BLANK) & (letters != np.concatenate([[BLANK], letters[:-1]]))
        steps = np.flatnonzero(new)
        chosen = own[steps]
        peaks = np.exp(chosen - chosen.max(axis=1, keepdims=True, initial=-np.inf)) if len(steps) else chosen
        found.append((letters[steps], steps, 1 / peaks.sum(axis=1) if len(steps) else np.zeros(0)))
    return found


def steps_needed(letters):
    """Return how many steps a network needs to write letters (m,): one each, and a blank between two that are alike."""
    return len(letters) + int((letters[1:] == letters[:-1]).sum())
