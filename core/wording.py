"""Sentences that count."""


def counted(n, noun):
    """Return a count and what is counted, a regular noun in the singular: counted(2, "row") is "2 rows"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def were(n, noun):
    """Return the beginning of a sentence in the past: were(1, "cell") is "1 cell was"."""
    return f"{counted(n, noun)} {'was' if n == 1 else 'were'}"
