"""Files of word vectors: GloVe, fastText (.vec) and word2vec as text, also packed by gzip."""

import gzip
import zlib

import numpy as np

from core.errors import InputError
from core.wording import counted, counted_of
from readers.file_checks import refuse_damaged, refuse_special, refused_unless_readable
from sequences.vocabulary import RESERVED, tokenize

LOOKED_AT = 100  # lines that tell how many numbers a vector has
MOST_NUMBERS = 5000  # of a vector
LONGEST_LINE = 2**20  # bytes
MOST_DAMAGED = 0.1  # share of the lines


def read_word_vectors(path, vocabulary, most):
    """Read the vectors of a vocabulary's words, and of the file's first other words while there is room.

    A line is a word and its numbers, between blanks; a word may hold blanks itself. A first line of two numbers, as
    fastText and word2vec write it, counts words and numbers. Only the numbers of words that are taken are parsed.
    `Paris` stands for `paris`, as texts are divided into words, where the file has no such word.
    Parameters: path; vocabulary, list of words; most, words to know in all, RESERVED among them.
    Returns: (the vocabulary with the file's own words behind it; vectors float32 (words + RESERVED, numbers), divided
    by the root of their mean square, 0 of words without one; notes). Raises: InputError for a file that holds no
    vectors, none of the vocabulary, or more than one damaged line in ten.
    """
    refuse_special(path)
    problem = "holds no word vectors as text: a word and its numbers in each line"
    with refused_unless_readable(path), refuse_damaged(path, problem, (EOFError, gzip.BadGzipFile, zlib.error)):
        size = _vector_size(path, problem)
        found, more, damaged, lines = _find_vectors(path, size, dict.fromkeys(vocabulary), most)
    if len(damaged) > MOST_DAMAGED * lines:
        raise InputError(f"{path} {problem}; line {damaged[0]} is not a word and {size} numbers")
    if not found:
        raise InputError(f"{path} has a vector for none of the {len(vocabulary)} words of the training set")
    scale = np.sqrt(np.mean([np.square(vector).mean() for vector in found.values()]))
    vectors = np.zeros((RESERVED + len(vocabulary) + len(more), size), np.float32)
    for place, word in enumerate([*vocabulary, *more], RESERVED):
        vectors[place] = found.get(word, more.get(word, 0))
    share = counted_of(len(found), len(vocabulary), "word", "have")
    notes = [
        f"word vectors: {share} one, of {size} numbers; {counted(len(more), 'more word')} of {path.name} are known"
    ]
    if damaged:
        notes.append(f"{path.name}: {counted(len(damaged), 'damaged line')} left out, the first is line {damaged[0]}")
    return [*vocabulary, *more], vectors / (scale or 1), notes


def _lines(path):
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        while line := file.readline(LONGEST_LINE):
            yield line


def _is_header(line):
    return len(line.split()) == 2 and all(part.isdigit() for part in line.split())


def _vector_size(path, problem):
    """Tell how many numbers the vectors have: as the header says, or as most of the first lines have."""
    first = [line for line, _ in zip(_lines(path), range(LOOKED_AT))]
    sizes = [len(line.split()) - 1 for line in first] or [0]
    size = int(first[0].split()[1]) if first and _is_header(first[0]) else max(set(sizes), key=sizes.count)
    if not 2 <= size <= MOST_NUMBERS or _numbers(first[-1].split()[-size:], size) is None:
        raise InputError(f"{path} {problem}")
    return size


def _find_vectors(path, size, vocabulary, most):
    """Return ({word of the vocabulary: vector}, {other word: vector}, numbers of damaged lines, lines in all)."""
    found, variants, more, damaged, number = {}, {}, {}, [], 0
    for number, line in enumerate(_lines(path), 1):
        if number == 1 and _is_header(line):
            continue
        word, *fields = line.rstrip().rsplit(b" ", size)
        word = word.decode("utf-8", "replace")
        if len(fields) < size or not word:
            damaged.append(number)
            continue
        into = found
        if word not in vocabulary:
            parts = tokenize(word)
            if len(parts) != 1:
                continue
            if parts[0] in vocabulary:
                word, into = parts[0], variants
            elif parts == [word] and len(vocabulary) + len(more) + RESERVED < most:
                into = more
            else:
                continue
        if word in into:
            continue
        vector = _numbers(fields, size)
        if vector is None:
            damaged.append(number)
        else:
            into[word] = vector
    return variants | found, more, damaged, number


def _numbers(fields, size):
    """Return fields as float32 numbers (size,), None where they are not."""
    try:
        vector = np.array(fields, np.float64).astype(np.float32)
    except ValueError:
        return None
    return vector if vector.shape == (size,) and np.isfinite(vector).all() else None
