"""What the network looks at: tables, and texts whose words are shaded."""

from reports import MarkedText
from reports.formatting import aligned, format_change, format_decimals, shorten

NOTHING = f"{0:.3f}"
WEAK, STRONG = 0.02, 0.1  # of probability lost: from here on a word is underlined, and shaded


def word_table(found):
    """Lay out the words that matter most to the answers on the first test texts."""
    rows = []
    for of in found:
        words = ", ".join(f"{word} {format_change(lost)}" for word, lost in of["words"])
        text = " ".join(of["text"].split())
        rows.append([shorten(text, 50), of["answer"], words])
    title = "What the network looks at: the words whose removal makes its answer least probable, probability lost"
    return f"{title}\n{aligned(['test text', 'answer', 'words'], rows)}"


def shaded_words(found, every):
    """Return MarkedText of test texts. found, every: of evaluation.importance.word_importance."""
    rows = [
        (f"Answer: {of['answer']}", [(f"{word} ", _shade(lost)) for word, lost in words])
        for of, words in zip(found, every)
    ]
    caption = (
        "What the network looks at: underlined words speak for its answer (without them it is less probable, of shaded "
        f"ones by {STRONG} and more), words with a dotted line against it."
    )
    return MarkedText("Words that matter", rows, caption)


def _shade(lost):
    """Return the mark of a word without which so much probability is lost."""
    if abs(lost) < WEAK:
        return ""
    return ("for strong" if lost >= STRONG else "for") if lost > 0 else "against"


def importance_table(features, times, cost, unit):
    """Lay out what shuffling costs: the features that matter most, and the time steps in order.

    Parameters: features, times: of evaluation.importance; cost, "accuracy lost" or "increase in rmse"; unit, what is
    shuffled.
    """
    first = sorted(features, key=lambda name: -features[name][0])[:5]
    rows = [["feature", name, *(format_decimals(v) for v in features[name])] for name in first]
    rows += [["time steps", name, *(format_decimals(v) for v in losses)] for name, losses in times.items()]
    telling = [row for row in rows if row[2:] != [NOTHING, NOTHING]]
    title = f"What the network looks at: {cost} when shuffled among the test {unit}, mean and spread"
    if not telling:
        return f"{title}: {NOTHING} of all"
    left_out = f"\nThe other {len(rows) - len(telling)}: {NOTHING}" if len(telling) < len(rows) else ""
    return f"{title}\n{aligned(['what', 'which', 'mean', 'spread'], telling)}{left_out}"
