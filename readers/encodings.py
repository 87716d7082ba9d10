"""Which encoding a text is in: what its bytes say for sure; what nothing tells is refused."""

import codecs
import re
from collections import Counter

import numpy as np

from core.errors import InputError

SAMPLE = 10_000  # bytes, or letters, that are looked at
CONTROL = re.compile("[\0-\x08\x0e-\x1f\x7f]")  # what no text holds
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
MANY = 0.25  # share of zero bytes at a place: so many letters at least are ASCII, digits and separators too
HIGH = bytes(range(0x80, 0x100))
UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
APOSTROPHE = re.compile(rb"(?<=[A-Za-z])\x92(?=[a-z])")  # don't, as cp1252 prints it
# Encodings of two bytes a letter, and the bytes of the letters that are frequent in them.
TWO_BYTES = {
    "SHIFT-JIS": re.compile(rb"[\x81-\x98][\x40-\x7e\x80-\xfc]"),
    "EUC-JP": re.compile(rb"[\xa4\xa5][\xa1-\xf6]"),  # kana
    "EUC-KR": re.compile(rb"[\xb0-\xc8][\xa1-\xfe]"),
    "GB18030": re.compile(rb"[\xa1-\xa9\xb0-\xd7][\xa1-\xfe]"),
    "BIG5": re.compile(rb"[\xa1-\xc6][\x40-\x7e\xa1-\xfe]"),
}
LEAST_FREQUENT = {"EUC-JP": 0.25, "EUC-KR": 0.99}  # share of them; else FREQUENT
FREQUENT = 0.6
# Four letters in a row that no language of Western Europe writes so: Cyrillic, Greek, ...
FOREIGN = re.compile("([À-ÖØ-öø-ÿ])(?!\\1)[À-ÖØ-öø-ÿ]{3}")


def wide_encoding(content):
    """Return the encoding of bytes in which a letter takes two or four, or None: their mark, or where zeros are."""
    for mark, encoding in MARKS.items():
        if content.startswith(mark):
            return encoding
    zero = np.frombuffer(content[: SAMPLE - SAMPLE % 4], np.uint8) == 0
    if not zero.any():
        return None
    first, second, third, fourth = (zero[k::4].mean() if len(zero) > k else 0 for k in range(4))
    for encoding, zeros, others in (
        ("utf-32-le", (third, fourth), (first,)),
        ("utf-32-be", (first, second), (fourth,)),
        ("utf-16-le", (second, fourth), (first, third)),
        ("utf-16-be", (first, third), (second, fourth)),
    ):
        if min(zeros) > MANY and max(others) < min(zeros) / 10:
            return encoding
    return None


def refuse_other_formats(path, content):
    """Raise InputError for a workbook or an archive under the name of a text."""
    if content.startswith(b"PK\x03\x04"):
        workbook = b"xl/workbook.xml" in content
        what = "an Excel workbook, not text: name it .xlsx" if workbook else "a zip archive, not text: unpack it"
        raise InputError(f"{path} is {what}")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(f"{path} is an old Excel workbook (.xls), not text: save it as .xlsx or as .csv (UTF-8)")


def refuse_other_encodings(path, content, place):
    """Raise InputError for text that is neither UTF-8, from the byte `place` on, nor looks like cp1252."""
    line, lines = content.count(b"\n", 0, place) + 1, [line for line in content.split(b"\n") if not line.isascii()]
    lines = b"\n".join(lines)
    if sum(map(len, UTF8_LETTER.findall(lines))) * 2 > len(lines) - len(lines.translate(None, HIGH)):
        raise InputError(
            f"{path} line {line} is not UTF-8 (byte {place}), and most of its letters are: correct it there"
        )
    encoding = next((name for name in TWO_BYTES if _is_frequent(APOSTROPHE.sub(b"'", lines), name)), None)
    try:
        if encoding is None and FOREIGN.search(lines.decode("cp1252")) is None:
            return
    except UnicodeDecodeError:  # a control character
        pass
    encoding = encoding or "CP1251"
    raise InputError(
        f"{path} line {line} is not UTF-8 (byte {place}) but another encoding, {encoding} perhaps, which nothing tells "
        f"for sure: convert it, iconv -f {encoding} -t UTF-8 {path.name} > utf8-{path.name}"
    )


def _is_frequent(content, encoding):
    """Tell whether bytes are text of an encoding of two bytes a letter, most of them frequent ones."""
    try:
        letters = Counter(content.decode(encoding))
    except UnicodeDecodeError:
        return False
    coded = {letter.encode(encoding): count for letter, count in letters.items() if letter > "\x7f"}
    frequent = {code: count for code, count in coded.items() if TWO_BYTES[encoding].fullmatch(code)}
    total = sum(frequent.values())
    if encoding == "BIG5" and sum(count for code, count in frequent.items() if code[1] >= 0x80) * 3 < total:
        return False  # the degree sign and C are a letter of it too
    return total > LEAST_FREQUENT.get(encoding, FREQUENT) * sum(coded.values())
