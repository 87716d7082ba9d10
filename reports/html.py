"""Building blocks of pages: the frame with its style sheet, tables, pictures. Every text is escaped here."""

import math
from html import escape
from pathlib import Path
from string import Template

from reports import MarkedText, Table

FRAME = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
LONG = 40  # characters of a cell that may break
MAX_ROWS = 30  # of a table that is not folded
MAX_BYTES = 1_700_000  # of the pictures of a page; those beyond are named


def page(title, body, scripts="'none'", style=""):
    """Return a whole page, HTML.

    Parameters: body, list of elements; scripts, which ones may run, as a content security policy; style, a style sheet
    beside that of all pages.
    """
    return FRAME.substitute(title=escape(title), scripts=scripts, style=style, body="\n".join(body))


def lay_out(blocks):
    """Return the elements of blocks (see reports/__init__.py); pictures beyond MAX_BYTES are named."""
    room, elements = MAX_BYTES, []
    for block in blocks:
        elements += [heading(block.title)] * bool(block.title)
        caption = [paragraph(block.caption[0].upper() + block.caption[1:], "quiet")] if block.caption else []
        if isinstance(block, Table):
            laid_out, n = table(block.header, block.rows, block.title or "table"), len(block.rows)
            elements += [*caption, folded(f"{n} rows", laid_out) if n > MAX_ROWS else laid_out]
        elif isinstance(block, MarkedText):
            elements += [*caption, *(marked_text(*row, block.below_each_other) for row in block.rows)]
        else:
            drawn, file = figure(block.svg(), block.caption), getattr(block, "name", "")
            room -= len(drawn)
            named = paragraph(f"{block.caption}: see {file} beside this page.")
            elements.append(drawn if room > 0 or not file else named)
    return elements


def marked_text(title, parts, equal_widths):
    """Return a line of text under its title; where it has none, close to the line before.

    Parameters: parts: [(text, mark)]; equal_widths: of its letters.
    """
    spans = (element("span", text, mark) for text, mark in parts)
    kind = f"marked{' letters' * equal_widths}{' below' * (not title)}"
    named = f'<strong class="quiet">{escape(title)}</strong><br>' if title else ""
    return f'<p class="{kind}">{named}<bdi>{"".join(spans)}</bdi></p>'


def heading(text, level=2):
    """Return a heading."""
    return element(f"h{level}", text)


def paragraph(text, kind=""):
    """Return a paragraph. kind: its class in the style sheet."""
    return element("p", text, kind)


def element(name, text, kind=""):
    """Return an element that holds text. kind: its class in the style sheet."""
    return f'<{name} class="{kind}">{escape(text)}</{name}>' if kind else f"<{name}>{escape(text)}</{name}>"


def table(header, rows, label="table"):
    """Lay out a table of anything, each cell escaped, columns of numbers to the right."""
    rows = [[str(cell) for cell in row] for row in rows]
    numeric = [all(map(is_number, column)) for column in zip(*rows)] or [False] * len(header)
    head = [element("th", str(name), "number" * right) for name, right in zip(header, numeric)]
    return table_of(head, ["".join(map(_cell, row, numeric)) for row in rows], label)


def table_of(head, rows, label, kind="", gone=()):
    """Frame a table that scrolls in its own box.

    head: list of th elements; rows: of joined td elements each; kind: its class in the style sheet; gone: for each
    row, whether it is of something that is no more.
    """
    kinds = [" class=gone" if own else "" for own in gone] or [""] * len(rows)
    body = "".join(f"<tr{own}>{cells}</tr>" for own, cells in zip(kinds, rows))
    kind = f" class={kind}" if kind else ""
    return wide(f"<table{kind}><thead><tr>{''.join(head)}</tr></thead><tbody>{body}</tbody></table>", label)


def links(addresses):
    """Return a line of links, nothing where there is none. addresses: {text: address}."""
    found = (f'<a href="{escape(address)}">{escape(text)}</a>' for text, address in addresses.items())
    return f"<nav>{' · '.join(found)}</nav>" if addresses else ""


def wide(content, label):
    """Put an element into a box that scrolls sideways, by keys too."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{escape(label)}">{content}</div>'


def figure(svg, caption):
    """Return a picture with what to see in it. svg: an element."""
    return f"<figure>{wide(svg, caption)}<figcaption>{escape(caption)}</figcaption></figure>"


def folded(summary, content):
    """Return an element that is shown at a click."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def preformatted(text):
    """Return text that keeps its lines and blanks, to be copied."""
    return f'<pre tabindex="0">{escape(text)}</pre>'


def is_number(text):
    """Tell whether the text of a cell is a number or nothing, so that it stands to the right."""
    try:
        return math.isfinite(float(text.replace(",", "").rstrip("%")))
    except ValueError:
        return text == ""


def _cell(text, right):
    return element("td", text, "number" if right else "long" if len(text) > LONG else "")
