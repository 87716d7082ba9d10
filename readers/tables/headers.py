"""Headers of tables: names in the first line, in a comment or in several lines; titles above, a second table below."""

import re
from collections import Counter

from core.errors import InputError
from readers.tables.cells import (
    FIRST_ROWS,
    MISSING,
    is_header,
    mostly_numbers,
    only_first_counts_up,
    split_cells,
    to_number,
)
from readers.tables.columns import shorten
from readers.tables.numpy_fast_path import SAMPLED_ROWS
from readers.tables.timestamps import parse_times

HEADER_ROWS = 4  # lines of a header at the most
LETTERS = 2**19  # of the first lines that are looked at


def find_header(path, body, i, comments, separator):
    """Return (cells of the first row, names of the columns or None, rows that they take): a comment may name them."""
    first = split_cells(path, i, body[0], separator)
    if not first:  # blanks that are no spaces
        raise InputError(f"{path} line {i} holds nothing that can be read")
    if is_header(first, separator):
        return first, first, 1
    named = split_cells(path, 0, comments[-1].lstrip("#% "), separator) if comments else []
    if len(named) == len(first):
        return first, [re.split(r"[:\s]+", named[0])[-1], *named[1:]], 0
    return first, None, 0


def count_titles(path, body, lines, separator):
    """Return how many of the first lines are titles: of other widths than most, or one cell alone, above a header.

    body: lines of text; lines: the number of each in the file. Raises: InputError where no header follows.
    """
    rows = _first_rows(path, body, lines, separator)
    width = Counter(map(len, rows)).most_common(1)[0][0]
    titles = next((k for k, row in enumerate(rows) if len(row) == width and sum(map(bool, row)) > 1), 0)
    below = rows[titles + 1 :]
    numeric = _numeric_places(below, width, separator) if titles and width > 1 else []
    names = is_header(rows[titles], separator) and all(rows[titles][k] for k in numeric if k)
    if numeric and (names or only_first_counts_up(rows[titles:][:FIRST_ROWS], separator)):
        return titles
    if numeric and len(rows[0]) == 1 and is_header(rows[0], separator):
        last = f" to {lines[titles - 1]}" if titles > 1 else ""
        raise InputError(
            f"{path} has {width} columns, but line {lines[0]}{last} above its first numbers has not: delete what is a "
            "title, and name each column in one line"
        )
    return 0


def _first_rows(path, body, lines, separator):
    """Split the first lines into cells, fewer of them where they are long."""
    count = max(2 * FIRST_ROWS, min(SAMPLED_ROWS, LETTERS // max(map(len, body[:SAMPLED_ROWS]))))
    return [split_cells(path, i, line, separator) for i, line in zip(lines, body[:count])]


def _numeric_places(rows, width, separator):
    """Return the places of the columns most of whose cells are numbers, in those rows of cells that have this width."""
    rows = [row for row in rows if len(row) == width]
    return [k for k in range(width) if mostly_numbers([row[k] for row in rows], separator)]


def before_second_table(path, body, lines, separator):
    """Leave out a second table below the first: a line of another width, and the header again.

    Returns: (lines of text, the number of each, notes). Raises: InputError where the header alone comes again.
    """
    again = body.repeats_first()
    if again is None:
        return body, lines, []
    width = len(split_cells(path, lines[0], body[0], separator))
    first = again
    while first > 1 and len(split_cells(path, lines[first - 1], body[first - 1], separator)) != width:
        first -= 1
    if first == again:
        raise InputError(f"{path} line {lines[again]} is the header again: delete it, with what follows if that is new")
    note = (
        f"line {lines[first]} begins a second table ({body[first].strip()[:40]!r}): it is left out, with what follows"
    )
    return body[:first], lines[:first], [note]


def join_header(path, header, body, lines, separator):
    """Join lines below the header that belong to it: tickers of several shares, units, the name of the index.

    Such a line has no number, and words in columns whose rows below are numbers.
    Parameters: body are lines of text, the header first; lines the number of each in the file.
    Returns: (names of the columns, lines that the header has, notes).
    Raises: InputError where such a line may be a row of data.
    """
    rows = _first_rows(path, body, lines, separator)
    header, width, levels, count = [*header], len(header), [header], 1
    while count < min(HEADER_ROWS, len(rows) - 1) and len(row := rows[count]) == width:
        written = {k for k, cell in enumerate(row) if cell.lower() not in MISSING}
        if any(to_number(row[k], separator) is not None for k in written):
            break
        below = rows[count + 1 :]
        if not (numeric := _numeric_places(below, width, separator)):
            break
        if written.intersection(numeric):
            if not _is_no_row(row, below, numeric, written):
                raise InputError(
                    f"{path} line {lines[count]} has no number, {row[min(written.intersection(numeric))][:40]!r} say: "
                    "delete it if it belongs to the header, else write numbers there"
                )
            levels.append(row)
        elif count > 1 and written == {0} and not parse_times([row[0]]):
            header[0] = row[0]
        else:
            break
        count += 1
    if count == 1:
        return header, 1, []
    named, which = [name for name in header if name], f"line{'s' * (count > 2)} {lines[1]}"
    which += f" to {lines[count - 1]}" if count > 2 else ""
    if len(set(named)) == len(named):
        words = [cell for cell in dict.fromkeys(levels[1][k] for k in numeric) if cell]
        return header, count, [f"{which}, below the header and without numbers, left out: {shorten(words, 5)}"]
    differing = [level for level in levels if len({level[k] for k in numeric}) > 1]
    for k in numeric:
        header[k] = " ".join(level[k] for level in differing if level[k])
    return header, count, [f"{which} joined to the header: {shorten([header[k] for k in numeric], 5)}"]


def _is_no_row(row, below, numeric, written):
    """Tell whether a line of words is certainly no row of data: no date stands where dates stand below, no other word.

    numeric: places of the columns of numbers; written: places of the cells that hold something.
    """
    words = [k for k in range(len(row)) if k not in numeric and any(other[k] for other in below if len(other) > k)]
    if not words:
        return len(written) == len(numeric) > 1
    below = below[len(below) // 2 :]  # more lines of the header may come first
    cells = {k: [other[k] for other in below if len(other) > k] for k in words}
    dated = [k for k in words if cells[k] and parse_times(cells[k])]
    return all(k not in written or k in dated and not parse_times([row[k]]) for k in words)
