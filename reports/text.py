"""Text for a terminal: aligned tables, and figures with the digits that matter."""

import math


def aligned(header, rows):
    """Lay out a table of strings in aligned columns, numbers to the right."""

    def is_number(text):
        try:
            return math.isfinite(float(text))
        except ValueError:
            return text == ""

    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    right = [all(is_number(row[i]) for row in rows) for i in range(len(header))]
    return "\n".join(
        "  ".join(cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right)).rstrip()
        for row in [header, *rows]
    )


def figure(value):
    """Write an error with two decimals, or with three digits where it is smaller."""
    return f"{value:.2f}" if value >= 0.1 or value == 0 else f"{value:.3g}"
