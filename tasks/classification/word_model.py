"""A linear model of words, pairs and parts of words beside the network of texts: each knows what the other misses.

Their logits add up. Trained together the network would only learn what the linear model gets wrong, and learn it by
heart; it is therefore trained alone, and the sum is what is saved and scored (docs/choices.md).
"""

from typing import NamedTuple

import numpy as np

from baselines import sparse_ridge, tfidf
from core.lazy import layers, lazy, ops
from networks.layer_names import LINEAR
from networks.linear_layers import with_logits
from sequences.vocabulary import RESERVED, UNKNOWN
from tasks.classification.stacking import class_weight_logits, signed_targets, stacking_weights

sparse = lazy("scipy.sparse")
text_features = lazy("sklearn.feature_extraction.text")
model_selection = lazy("sklearn.model_selection")

STRENGTHS_OF_WORDS = (0.1, 0.3, 1.0, 3.0)  # of the ridge
PARTS_WEIGHT = 0.5  # of counts of parts of words, of which there are more than words
WORD_FOLDS = 5  # of the answers that choose strength and scale
PAIRS = 2**18  # numbers for pairs of neighbouring words: two pairs rarely share one, and the saved model stays small
SPREAD = 31337  # a prime: a pair's number is (SPREAD × first word + second word) modulo PAIRS


class BagOfWordsModel(NamedTuple):
    """A linear model: logits are a text's sum of `weights` by the root of its sum of `squares`, and the intercept."""

    weights: np.ndarray  # (words that can occur and PAIRS, outputs) float32, 0 for padding and unknown words
    squares: np.ndarray  # (words that can occur and PAIRS,) of what each counts, 0 where no training text has it
    intercept: np.ndarray  # (outputs,)


def fit_bag_of_words(data, outputs, c):
    """Fit ridge regression to the words of the training set. outputs: 1 for two classes, else their number."""
    y = data.train.y
    size = len(data.preparation.vocabulary) + RESERVED
    words = bag_of_words(data.train.take(slice(None)), size)
    to_parts = PARTS_WEIGHT * parts_of_words(data, words.shape[1])
    rarity, x = zip(*map(weighted_by_rarity, (words, words @ to_parts)))
    squares = np.where(np.bincount(words.indices, minlength=words.shape[1]) > 0, rarity[0] ** 2, 0)
    x = (sparse.diags(1 / np.sqrt(np.maximum(words @ squares, 1))) @ sparse.hstack(x)).tocsr()
    targets = signed_targets(y, outputs)
    folds = model_selection.KFold(min(WORD_FOLDS, len(y)), shuffle=True, random_state=c.SEED)
    fitted, intercept, answers = sparse_ridge.choose_and_fit(x, targets, STRENGTHS_OF_WORDS, folds)
    (scale,) = stacking_weights([answers], y)
    weights = scale * np.concatenate(rarity)[:, None] * fitted
    of_words, of_parts = np.split(weights, [size + PAIRS])
    weights = of_words + to_parts @ of_parts  # parts are those of words: no more is needed to answer
    intercept = scale * intercept + class_weight_logits(y, outputs, c)
    return BagOfWordsModel(weights.astype(np.float32), squares.astype(np.float32), intercept)


def parts_of_words(data, rows):
    """Count three to five letters of each word, its ends among them: sparse (rows, parts), 0 but for single words.

    None are counted of very many texts, as in the report's linear model.
    """
    vocabulary = data.preparation.vocabulary
    if not tfidf.counts_parts([data.train.names[row] for row in data.train.rows]):
        return sparse.csr_matrix((rows, 0))
    counts = text_features.CountVectorizer(**tfidf.PARTS).fit_transform(vocabulary)
    before, behind = (sparse.csr_matrix((n, counts.shape[1])) for n in (RESERVED, rows - RESERVED - len(vocabulary)))
    return sparse.vstack([before, counts, behind]).tocsr()


def weighted_by_rarity(x):
    """Weigh columns of counts x, sparse (n, columns), as TF-IDF does. Returns: (weights (columns,), x weighted)."""
    weights = np.log((1 + x.shape[0]) / (1 + np.bincount(x.indices, minlength=x.shape[1]))) + 1
    return weights, x @ sparse.diags(weights)


def bag_of_words(numbers, size):
    """Count words and pairs of texts, numbers (n, words); size: words that can occur. Returns: (n, size + PAIRS)."""
    numbers = numbers.astype(np.int64)
    known, n = numbers > UNKNOWN, len(numbers)
    rows, places = np.nonzero(known)
    of_pairs, seconds = np.nonzero(known[:, :-1] & known[:, 1:])
    pairs = (SPREAD * numbers[of_pairs, seconds] + numbers[of_pairs, seconds + 1]) % PAIRS
    rows, columns = np.concatenate([rows, of_pairs]), np.concatenate([numbers[rows, places], size + pairs])
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), (n, size + PAIRS))


def bag_of_words_logits(numbers, words):
    """Put the linear model into the network: the numbers of words (n, words) become logits (n, outputs)."""
    numbers = ops.cast(numbers, "int64")
    first, second = numbers[:, :-1], numbers[:, 1:]
    known = ops.cast(ops.logical_and(first > UNKNOWN, second > UNKNOWN), "int64")
    pairs = known * ((first * SPREAD + second) % PAIRS + (len(words.weights) - PAIRS))  # 0, as padding, where unknown
    values = np.column_stack([words.weights, words.squares])
    table = layers.Embedding(*values.shape, trainable=False, name=LINEAR)
    total = ops.sum(table(ops.concatenate([numbers, pairs], axis=1)), axis=1)
    table.set_weights([values])
    length = ops.sqrt(ops.maximum(total[:, -1:], 1.0))
    return layers.Rescaling(1.0, words.intercept.tolist())(total[:, :-1] / length)


def applies(data, c):
    """Tell whether the linear model is added: to a network of texts."""
    return c.LINEAR_START and data.preparation.kind == "texts"


def with_word_model(model, data, c):
    """Return a trained network of the numbers of words with the linear model beside it."""
    return with_logits(model, bag_of_words_logits(model.input, fit_bag_of_words(data, model.output_shape[1], c)))


def add_word_model(model, data, c):
    """Do that, and say so."""
    whole = with_word_model(model, data, c)
    print(
        "Added to the network's logits: ridge regression on words, pairs and parts of words (LINEAR_START), "
        f"{whole.count_params():,} parameters in all"
    )
    return whole
