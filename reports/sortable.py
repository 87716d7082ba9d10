"""Tables of a page that sort at a click, and lists to choose which rows they show; plain tables without scripts."""

import base64
import hashlib
from dataclasses import dataclass
from html import escape
from pathlib import Path

from reports.formatting import cut_middle, shorten
from reports.html import is_number, page, table_of

SCRIPT, STYLE = (Path(__file__).with_name(f"sortable.{end}").read_text(encoding="utf-8") for end in ("js", "css"))
POLICY = f"'sha256-{base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()}'"  # nothing else may run
LONGEST = 60  # characters of a cell; all of it shows when the pointer rests there
LONG = 24  # characters of a cell that may break


@dataclass(frozen=True)
class Cell:
    """A cell that shows something else than it is sorted and chosen by."""

    key: str
    element: str  # HTML


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    cells: list  # strings or Cells
    varies: bool = False  # left out while all rows shown have the same in it
    sorted: str = ""  # "ascending" or "descending", if the rows come so


def page_with_table(title, body):
    """Return a page, HTML, with one table that sorts. body: list of elements."""
    return page(title, body, POLICY, STYLE)


def sortable(columns, label, choices=(), gone=()):
    """Return a table whose rows sort by the heading that is clicked, with its script, HTML.

    Parameters: columns, list of Column; label, says what it is; choices, names of columns whose value can be chosen;
    gone, for each row whether it is shown in grey.
    """
    numeric = [all(is_number(_key(cell)) for cell in column.cells) for column in columns]
    head = [
        f'<th scope="col"{" class=number" if right else ""}{" data-varies" if column.varies else ""}'
        f"{f' aria-sort={column.sorted}' if column.sorted else ''}>"
        f"<button type=button>{escape(shorten(column.name, LONGEST))}</button></th>"
        for column, right in zip(columns, numeric)
    ]
    rows = zip(*([_cell(cell, right) for cell in column.cells] for column, right in zip(columns, numeric)))
    rows = ["".join(cells) for cells in rows]
    several = {column.name: (k, column) for k, column in enumerate(columns) if len({*map(_key, column.cells)}) > 1}
    lists = [_choice(*several[name]) for name in choices if name in several]
    form = f"<form class=choices hidden>{''.join(lists)}<output></output></form>" if lists else ""
    return f"{form}{table_of(head, rows, label, 'sortable', gone)}<script>{SCRIPT}</script>"


def shortened(text, width=LONGEST):
    """Return a name that comes from data, cut in its middle to `width` characters, HTML; hovering shows all of it."""
    if len(text) <= width:
        return f"<bdi>{escape(text)}</bdi>"
    return f'<bdi title="{escape(text)}">{escape(cut_middle(text, width))}</bdi>'


def _key(cell):
    return cell.key if isinstance(cell, Cell) else cell


def _cell(cell, right):
    """Return a td element."""
    kind = " class=number" if right else " class=long" if len(_key(cell)) > LONG else ""
    if isinstance(cell, Cell):
        return f'<td{kind} data-key="{escape(cell.key)}">{cell.element}</td>'
    if len(cell) > LONGEST:
        return f'<td{kind} data-key="{escape(cell)}">{shortened(cell)}</td>'
    return f"<td{kind}>{escape(cell)}</td>"


def _choice(k, column):
    """Return a list of the values of column number k."""
    values = dict.fromkeys(map(_key, column.cells))
    options = "".join(f'<option value="{escape(value)}">{escape(shorten(value, LONGEST))}</option>' for value in values)
    name = escape(column.name)
    return f'<label>{name} <select data-column="{k}"><option value="">all</option>{options}</select></label> '
