"""Checks for tables that may not be series: each refusal says what was seen and which constant decides."""

import re

import numpy as np

from core.errors import InputError
from readers.tables.clocks import CALENDAR
from readers.tables.columns import as_words, shorten
from readers.tables.sanity_checks import cell_with_unit
from readers.tables.timestamps import TIME_NAMES

MOST_LABELS = 20  # different words of a column that may be labels
PRICE = re.compile(r"\b(open|high|low|close)\b", re.IGNORECASE)
SUFFIXES = "wav mp3 flac ogg m4a png jpg jpeg gif bmp tif tiff mp4 avi mov mkv dcm nii npy npz csv tsv txt mat edf h5"
FILE_NAME = re.compile(rf"[^\s:@]+\.({SUFFIXES.replace(' ', '|')})(\.gz)?", re.IGNORECASE)
ADDRESS = re.compile(r"\S*[.@]\S*")  # of a host, a page or a person, or a version
LEAST_WORDS, LEAST_NUMBERS = 200, 25  # lines of a file of word vectors, and numbers of a vector: ids have fewer
LETTERS = 15  # of a cell on average, from which on a column holds texts


def _are_file_names(cells):
    """Tell whether words are names of files: each has a suffix of one that holds data, and most differ."""
    return bool(cells) and 2 * len({*cells}) > len(cells) and all(map(FILE_NAME.fullmatch, cells))


def refuse_word_vectors(path, rows):
    """Raise InputError for lines of a word and its vector, as GloVe and word2vec write them: no word comes twice.

    Most words are of small letters alone, and no other names are: ids have digits, and names capital letters.
    rows: pairs of a line's number and its text, without commas.
    """
    rows = rows[len(rows[0][1].split()) == 2 :]  # word2vec writes how many words and numbers there are
    if len(rows) < LEAST_WORDS or len(rows[0][1].split()) <= LEAST_NUMBERS:
        return
    words = [line.split(None, 1)[0] for _, line in rows]
    plain = sum(word.isalpha() and word.islower() for word in words)
    if 10 * len({*words}) > 9 * len(words) < 18 * plain:
        raise InputError(
            f"{path} holds words ({shorten(words, 3)}) and a vector of numbers for each, as GloVe and word2vec write "
            "them: these are no sequences. To learn from texts with them, set DATASET to the texts, TEXT, LABEL and "
            f"WORD_VECTORS = {str(path)!r}"
        )


def refuse_other_meanings(path, names, columns, skipped):
    """Refuse a table of which TARGET names no column to forecast, and which may hold something else to learn.

    Raises: InputError for a column of texts, of a few words, or of a whole number that runs 1 1 1 2 2 2.
    """
    others = [(name, column) for k, (name, column) in enumerate(zip(names, columns)) if k not in skipped]
    words = {name: [cell for cell in column if cell] for name, column in others if not isinstance(column, np.ndarray)}
    words = {name: cells for name, cells in words.items() if cell_with_unit(cells) is None}
    if (name := next((name for name, cells in words.items() if _are_file_names(cells)), None)) is not None:
        raise InputError(
            f"{path}: column {name!r} holds names of files, such as {words[name][0][:40]!r}: to learn from those, "
            "set DATASET to the folder that holds them and this table; to learn from another column, name it in TEXT, "
            "LABEL or TARGET"
        )
    if way := way_to_learn_texts(dict(others)):
        raise InputError(f"{path}: {way}; to forecast, name a column of numbers in TARGET")
    for name, cells in words.items():
        different = list(dict.fromkeys(cells))
        if 2 <= len(different) <= MOST_LABELS and len(cells) >= 3 * len(different):
            raise InputError(
                f"{path}: column {name!r} holds {len(different)} words ({shorten(different, 3)}): to learn them, set "
                f'LABEL = {name!r}, and WINDOW, the rows of one input (or SEQUENCE = "row" if each row is a '
                "sequence); to forecast, name a column in TARGET"
            )
    for name, column in others:
        if not isinstance(column, np.ndarray) or TIME_NAMES.search(name) or CALENDAR.search(name):
            continue
        if runs_in_blocks(column):
            values = " ".join(f"{v:g}" for v in (*[column[0]] * 3, *[column[column != column[0]][0]] * 3))
            raise InputError(
                f"{path}: column {name!r} runs {values}: if its values tell recordings apart, set SEQUENCE = {name!r} "
                "and LABEL, the column with the label of each row; to forecast a column, name it in TARGET"
            )


def way_to_learn_texts(columns):
    """Say which constants learn the texts in one of columns {name: words or numbers (rows,)}, if one holds any.

    Columns of 0 and 1 beside them are several labels at once.
    """
    words = {name: [cell for cell in own if cell] for name, own in columns.items() if not isinstance(own, np.ndarray)}
    words = {name: cells for name, cells in words.items() if 2 * len({*cells}) > len(cells)}
    words = {name: cells for name, cells in words.items() if not all(map(ADDRESS.fullmatch, cells))}
    lengths = {name: sum(map(len, cells)) / len(cells) for name, cells in words.items()}
    name = max(lengths, key=lengths.get, default=None)
    if name is None or lengths[name] < LETTERS:
        return ""
    marks = [other for other, own in columns.items() if {*as_words(own)} - {""} == {"0", "1"}]
    label = f"LABEL = {marks}, columns of 0 and 1" if len(marks) > 1 else "LABEL, the column with their classes"
    return f"column {name!r} holds texts: to learn them, set TEXT = {name!r} and {label}"


def default_target_notes(path, columns, c):
    """Say which column is forecast where TARGET names none and several could be meant. columns: names of the inputs.

    Raises: InputError for the prices of a day, of which the last column is hardly the one.
    """
    prices = [name for name in columns if PRICE.search(name)]
    kinds = {PRICE.search(name)[0].lower() for name in prices}
    if len(kinds) >= 3:
        close = next((name for name in columns if re.search("close|price|last", name.lower())), prices[-1])
        raise InputError(f"{path} holds prices ({shorten(prices)}): TARGET says which to forecast, {close!r} say")
    could = [name for name in columns if "=" not in name and not CALENDAR.search(name) and name not in (c.KNOWN or ())]
    if len(could) < 2 or columns[-1] not in could:
        return []
    return [f"{columns[-1]} is forecast, the last of {len(could)} columns of numbers: TARGET names another"]


def runs_in_blocks(column):
    """Tell whether a column (rows,) of whole numbers has each of its values in one long run."""
    if len(column) < 6 or (column[:100] != np.round(column[:100])).any():  # most are told by their first rows
        return False
    if not np.isfinite(column).all() or (column != np.round(column)).any():
        return False
    blocks, values = 1 + (column[1:] != column[:-1]).sum(), len(np.unique(column))
    return 2 <= values == blocks <= len(column) / 3


def refuse_time_steps(path, labels, values):
    """Raise InputError for rows, to be read as one sequence each, that look like the time steps of recordings.

    labels: (n,) strings, the first cell of each row; values: (n,) float64, the second cell.
    """
    try:
        numbers = labels.astype(np.float64)
    except ValueError:
        return
    rows = 'If each row is a sequence of its own, set SEQUENCE = "row", and LABEL to the place of its label'
    if (decimals := np.isfinite(numbers) & (numbers != np.round(numbers))).any():
        first = labels[decimals.argmax()]
        raise InputError(
            f"{path}: the first cell of its rows, such as {first}, looks like a measurement, not like a label. {rows}; "
            'if it is the number to predict, set TASK = "regression"; if the file is one channel of several, name '
            "its folder"
        )
    steps = np.diff(values)[numbers[1:] == numbers[:-1]]
    if runs_in_blocks(numbers) and len(steps) and (steps == 1).all():
        raise InputError(
            f"{path}: its first column runs in blocks, and the second counts up in each: these look like time steps of "
            f"{len(np.unique(numbers))} recordings. Set SEQUENCE = 0 and LABEL to the place of the label. {rows}"
        )
