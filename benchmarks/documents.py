"""Tables that benchmarks write into the documents: each stands between two comments with its name."""

import re

from core.files import PROJECT, write_atomically


def put_table(document, name, table):
    """Replace the table `name` of docs/`document`, and keep all else.

    In the document stands `<!-- name -->`, the table and `<!-- end of name -->`, each on lines of their own.
    """
    path = PROJECT / "docs" / document
    text = path.read_text(encoding="utf-8")
    between = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(\n<!-- end of {re.escape(name)} -->)", re.DOTALL)
    changed, count = between.subn(lambda found: f"{found[1]}\n{table.strip()}\n{found[2]}", text)
    if count != 1:
        raise ValueError(f"docs/{document} has {count} places for the table {name}")
    write_atomically(path, changed)
