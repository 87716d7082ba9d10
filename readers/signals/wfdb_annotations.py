"""WFDB's annotation files (MIT format): words of 16 bits, a code of 6 and a number of 10.

Read here rather than by wfdb, which can be made to loop for ever.
Source: https://physionet.org/physiotools/wag/annot-5.htm
"""

import re

import numpy as np

from core.errors import InputError
from core.lazy import lazy

wfdb_annotation = lazy("wfdb.io.annotation")

NO_BEAT = 0  # code that stands for nothing, as after a long step
NOTE = 22  # code of an annotation that is a note alone
SKIP, AUX = 59, 63  # codes of what is no annotation: a long step, a note on the one before; between them, numbers of it
RATE = re.compile(r"## time resolution: (\d+(\.\d+)?)")
BEGIN, END = "## annotation type definitions", "## end of definitions"


def read_annotations(path, rate):
    """Read an annotation file.

    Parameters: rate is that of the record, Hz; the annotations may have their own.
    Returns: list of (time in seconds, symbol, note), in the order of the file.
    Raises: InputError for a file that ends within an annotation, or goes back before the beginning.
    """
    content = path.read_bytes()
    if len(content) % 2:
        raise InputError(f"{path} is cut off: it has an odd number of bytes")
    found = _entries(path, np.frombuffer(content, "<u2").tolist(), content)
    table = wfdb_annotation.ann_label_table
    symbols = dict(zip(table["label_store"].tolist(), table["symbol"].tolist()))
    annotations, defining = [], False
    for sample, code, note in found:
        if code == NOTE and (own := RATE.fullmatch(note)) and 0 < float(own[1]) < 1e9:
            rate = float(own[1])
        elif code == NOTE and note in (BEGIN, END):
            defining = note == BEGIN
        elif code == NOTE and defining:
            own, symbol, *_ = [*note.split(None, 2), "", ""]
            symbols |= {int(own): symbol} if own.isdecimal() and len(own) < 3 and symbol else {}
        else:
            annotations.append((sample / rate, str(symbols.get(code, f"type {code}")), note))
    return annotations


def _entries(path, words, content):
    """Return [(sample, code, note)] of an annotation file; words are its content as whole numbers of 16 bits."""
    entries, sample, place = [], 0, 0
    while place < len(words):
        code, number = words[place] >> 10, words[place] & 0x3FF
        place += 1
        if code == number == 0:
            return entries
        if code == SKIP and place + 2 <= len(words):
            step = (words[place] << 16) + words[place + 1]
            sample += step - (step >> 31 << 32)
            place += 2
        elif code == AUX and entries and 2 * place + number <= len(content):
            note = content[2 * place : 2 * place + number].decode("utf-8", "replace").strip("\0 ")
            entries[-1] = (*entries[-1][:2], note)
            place += (number + 1) // 2
        elif code < SKIP:
            sample += number
            entries += [(sample, code, "")] * (code != NO_BEAT)
            if sample < 0:
                raise InputError(f"{path} has an annotation before the beginning of the record")
        elif code in (SKIP, AUX):
            break
    raise InputError(f"{path} is cut off: it ends within an annotation, or without the mark of its end")
