"""Phrases with a count and a noun in the singular or plural, and shares as the user reads them."""

SINGULAR = {"are": "is", "were": "was", "have": "has"}


def counted(n, noun):
    """Return a count and what is counted, a regular noun in the singular: counted(2, "row") is "2 rows"."""
    return f"{n} {noun}" if n == 1 or noun.endswith("series") else f"{n} {noun}s"


def counted_was(n, noun):
    """Return the beginning of a sentence in the past: counted_was(1, "cell") is "1 cell was"."""
    return f"{counted(n, noun)} {'was' if n == 1 else 'were'}"


def counted_of(k, n, noun, verb):
    """Return how a sentence begins; the verb is a plural: counted_of(1, 3, "row", "are") is "1 of 3 rows is"."""
    return f"{k} of {counted(n, noun)} {SINGULAR[verb] if k == 1 else verb}"


def format_share(value, decimals=2):
    """Write a share of 0 to 1 (accuracy, error rate) with more decimals where it would show as 0 or 1 and is not."""
    return f"{value:.{_share_decimals(value, decimals)}f}"


def format_percent(value):
    """Write a share of 0 to 1 in per cent: below 1 it never shows as 100 %, nor above 0 as 0 %."""
    return f"{100 * value:.{_share_decimals(value, 2) - 2}f} %"


def _share_decimals(value, decimals):
    distance = min(value, 1 - value)
    while 1e-9 < distance <= 0.500001 * 10**-decimals:
        decimals += 1
    return decimals
