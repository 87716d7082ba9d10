"""What a script shows and keeps: lines, tables, pictures and pages. Arrays and figures in, text, PNG or HTML out."""

from dataclasses import dataclass, field

from reports.rendering import Picture


@dataclass(frozen=True)
class Drawing:
    """An SVG element of our own, what it is about and what to see in it."""

    element: str
    title: str
    caption: str

    def svg(self):
        """Return the SVG element."""
        return self.element


@dataclass(frozen=True)
class Table:
    """A table of a page."""

    title: str
    header: list
    rows: list  # of cells: strings
    caption: str = ""


@dataclass(frozen=True)
class MarkedText:
    """Texts of a page whose words or letters are marked."""

    title: str
    rows: list  # of (heading, [(text, mark)]): mark is one of the style sheet's "", "wrong", "for", "against"
    caption: str = ""
    below_each_other: bool = False  # letters of equal width


@dataclass(frozen=True)
class Report:
    """What a task says of its answers."""

    figures: dict  # of evaluation.json, by name
    lines: list  # of the printed report
    header: list  # of the CSV file of predictions
    rows: list  # of that file: strings
    blocks: list = field(default_factory=list)  # of the page, in order: Table, Picture, Drawing, MarkedText
    tables: dict = field(
        default_factory=dict
    )  # {name of another CSV file: (header, rows)}, for programs: its texts stay as they are
    score: str = ""  # the line that says the main score, which the printed report ends with
    remarks: list = field(default_factory=list)  # those of the lines that the page says right below the verdict

    @property
    def pictures(self):
        """The PNG files to write, {name: bytes}."""
        return pictures_of(self.blocks)


def pictures_of(blocks):
    """Return the PNG files of the blocks of a page, {name: bytes}."""
    return {block.name: block.png() for block in blocks if isinstance(block, Picture) and block.name}
