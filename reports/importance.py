"""What the network looks at: tables, and texts whose words are shaded."""

import numpy as np

from reports import MarkedText
from reports.examples import MARKS
from reports.formatting import aligned, format_change, format_decimals, shorten

NOTHING = f"{0:.3f}"
LEAST = np.log(1.05)  # of the odds' logarithm: where no word changes more, none is shaded
SHADES = {"strong": 0.6, "": 0.3, "weak": 0.1}  # from which share of the largest change in its text a word has each


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
    """Return MarkedText of test texts, shaded by the odds lost. found, every: of importance.word_importance."""
    rows = []
    for of, words in zip(found, every):
        word, largest = max(words, key=lambda pair: abs(pair[1]), default=("", 0.0))
        told, times = abs(largest) >= LEAST, np.exp(abs(largest))
        strongest = f"without {shorten(word, 40)!r} its odds are {times:,.{1 if times < 10 else 0}f} times "
        strongest += "lower" if largest > 0 else "higher"
        strongest = strongest if told else "no word on its own changes its odds by 5 %"
        answer = f"answer {of['answer']}, probability {format_decimals(of['probability'])}; {strongest}"
        right = f", {of['answer']}, " in f", {of['true']}, "  # of several labels, the answer is the most probable
        heading = f"{MARKS[right]} true {of['true']}, {answer}"
        rows.append((heading, [(f"{word} ", _shade(lost / largest, lost) if told else "") for word, lost in words]))
    caption = (
        "Each word is left out in turn. Underlined words speak for the answer: without them it is less probable; words "
        "with a dotted line speak against it. The darker, the more a word changes the odds, as a share (of their "
        "logarithm) of what the strongest word of its text does: the line above says which and by how much."
    )
    return MarkedText("Words that matter", rows, caption)


def _shade(share, lost):
    """Return the mark of a word without which the odds lose so much, a share of the most in its text."""
    shade = next((name for name, least in SHADES.items() if abs(share) >= least), None)
    return "" if shade is None else f"{'for' if lost > 0 else 'against'} {shade}".strip()


def importance_table(features, times, cost, unit):
    """Lay out what shuffling costs: the features that matter most, and the time steps in order.

    Parameters: features, times: of evaluation.importance; cost, "accuracy lost" or "increase in rmse"; unit, what is
    shuffled.
    """
    first = sorted(features, key=lambda name: -features[name][0])[:5]
    rows = [["feature", name, *(format_decimals(v) for v in features[name])] for name in first]
    rows += [["time steps", name, *(format_decimals(v) for v in losses)] for name, losses in times.items()]
    telling = [row for row in rows if row[2:] != [NOTHING, NOTHING]]
    title = f"What the network looks at: {cost} when shuffled among the test {unit}, and its standard error"
    if not telling:
        return f"{title}: {NOTHING} for each of them"
    left_out = f"\nThe other {len(rows) - len(telling)}: {NOTHING}" if len(telling) < len(rows) else ""
    header = ["what", "which", "lost" if cost.endswith("lost") else "increase", "error"]
    return f"{title}\n{aligned(header, telling)}{left_out}"
