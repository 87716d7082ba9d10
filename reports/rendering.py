"""Matplotlib's figures as PNG files, and as SVG in a page whose colours they take."""

import hashlib
import io
import logging
import re
import warnings
from dataclasses import dataclass
from html import escape
from typing import Any

from core.lazy import lazy

matplotlib = lazy("matplotlib")
backend_agg = lazy("matplotlib.backends.backend_agg")
figures = lazy("matplotlib.figure")

DPI = 200
POINTS = 72  # of an SVG to the inch
# What is drawn in these colours takes those of the page's style sheet, in light and dark mode.
COLOURS = {
    "#000000": "currentColor",
    "#595959": "var(--text)",  # "0.35"
    "#999999": "var(--grey)",  # "0.6"
    "#b0b0b0": "var(--grey)",  # of grids
    "#1f77b4": "var(--blue)",
    "#ff7f0e": "var(--accent)",
    "#2ca02c": "var(--good)",
    "#d62728": "var(--bad)",
}
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))

# On its very first run Matplotlib tells standard error that it builds a font cache: not the user's business.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Picture:
    """A Matplotlib figure, what it is about, what to see in it, and the name of its PNG file ("": it has none)."""

    figure: Any
    title: str
    caption: str
    name: str = ""

    def png(self):
        """Return the bytes of the PNG file."""
        return png(self.figure)

    def svg(self):
        """Return the SVG element of a page."""
        return svg(self.figure, self.caption)


def new_figure(width=8.0, height=5.0, layout="constrained"):
    """Return an empty Matplotlib figure, its size in inches."""
    matplotlib.rcParams["text.parse_math"] = False  # a "$" in a class or a column is a dollar
    figure = figures.Figure(figsize=(width, height), layout=layout)
    backend_agg.FigureCanvasAgg(figure)
    return figure


def png(figure):
    """Return a Matplotlib figure as the bytes of a PNG file."""
    return _saved(figure, dpi=DPI, format="png", facecolor="white", pil_kwargs={"compress_level": 4})


def svg(figure, caption):
    """Return a Matplotlib figure as an SVG element without size, metadata and unused ids. caption: what it shows."""
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": caption}):
        text = _saved(figure, format="svg", transparent=True, metadata=NO_METADATA).decode()
    prefix = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:6]  # ids of two pictures never meet
    used = set(re.findall(r'[(""]#(\w+)[)""]', text))
    width = round(POINTS * figure.get_figwidth() * 4 / 3)
    frame = f'role="img" aria-label="{escape(caption)}" style="--width: {width}px"'

    def clean(match):
        tag = re.sub(r"(\.\d\d)\d+", r"\1", match[0].replace("\n", ""))
        tag = re.sub(r"#[0-9a-f]{6}\b", lambda colour: COLOURS.get(colour[0], colour[0]), tag)
        tag = re.sub(r"font-family: [^;\"]*", "font-family: inherit", tag)
        tag = re.sub(r' id="([^"]*)"', lambda own: f' id="{prefix}{own[1]}"' if own[1] in used else "", tag)
        return re.sub(r'(xlink:href="|url\()#', rf"\1#{prefix}", tag)

    body = text[text.index("</defs>") + len("</defs>") :]  # before it there is a style sheet
    viewbox = re.search(r'viewBox="[^"]*"', text)[0]
    body = re.sub(r"<[^>]+>", clean, re.sub(r">\s+<", "><", body))
    return f"<svg {viewbox} {frame}>{body.replace('xlink:href', 'href').strip()}"


def _saved(figure, **how):
    picture = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a letter that the font lacks is drawn as a box
        figure.savefig(picture, **how)
    return picture.getvalue()
