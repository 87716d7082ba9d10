"""What is said of transcripts, in the terminal and on the page."""

from itertools import groupby

from baselines import FREQUENT
from core.wording import format_percent, format_share
from evaluation.transcript_scores import align_sequences
from reports import MarkedText, Table
from reports.formatting import aligned, baseline_line, format_interval


def transcription_lines(figures, examples, frequent):
    """Return the lines of the report.

    Parameters: figures of evaluation.transcript_scores; examples, rows of (recording, what is said, what was heard);
    frequent, the transcript that the baseline always gives.
    """
    confusions = confusion_table(figures)
    return [
        f"Test recordings: {figures['test_sequences']}, {figures['characters']} characters",
        "",
        aligned(["recording", "what is said", "what was heard"], examples),
        "",
        *(line for table in confusions for line in (aligned(table.header, table.rows), "")),
        f"Recordings without an error: {format_percent(figures['right'])}",
        f"Word error rate: {format_share(figures['wer'], 3)}, {interval_said(figures['wer_interval'])}",
        f"Character error rate: {format_share(figures['cer'], 4)}, {interval_said(figures['cer_interval'])}",
        baseline_line(figures, FREQUENT, "Most frequent transcript", f"always answering {frequent!r}"),
    ]


def interval_said(bounds):
    """Write a bootstrap interval; recordings that all score alike give none."""
    low, high = bounds
    if low == high:
        return "without an interval, as all recordings score alike"
    return f"95 % bootstrap interval {format_interval(bounds)}"


def confusion_table(figures):
    """Return the Table of the letters that are mistaken most often, in a list; none without mistakes."""
    letters = {"": "(nothing)", " ": "(space)"}
    rows = [[letters.get(t, t), letters.get(a, a), str(n)] for t, a, n in figures["confusions"]]
    return [Table("Letters mistaken", ["character", "heard as", "times"], rows)] if rows else []


def score_table(figures):
    """Return the Table of error rates of characters and words."""
    rows = [
        [name, format_share(figures[key], 4), format_interval((low, high)) if low < high else ""]
        for name, key in (("characters", "cer"), ("words", "wer"))
        for low, high in [figures[f"{key}_interval"]]
    ]
    rows.append(["recordings", format_share(1 - figures["right"], 4), ""])
    return Table("Errors", ["", "share wrong", "95 % interval"], rows)


def compared_texts(names, truths, heard):
    """Return MarkedText: what is said in recordings and what was heard, differences marked. All: lists of strings."""
    rows = []
    for name, truth, answer in zip(names, truths, heard):
        pairs = align_sequences(truth, answer)
        said = _joined((t or "·", "for" if t != a else "") for t, a in pairs)
        written = _joined((a or "·", "wrong" if t != a else "") for t, a in pairs)
        rows += [(name, said), ("", written or [("(nothing)", "wrong")])]
    caption = (
        "Of each recording, what is said, and below it what was heard, letter below letter: differences are marked, a "
        "dot is a missing letter."
    )
    return MarkedText("Test recordings", rows, caption, below_each_other=True)


def _joined(letters):
    """Join neighbouring letters (letter, mark) of one mark."""
    groups = groupby(letters, key=lambda pair: pair[1])
    return [("".join(letter for letter, _ in group), mark) for mark, group in groups]


def cer_line(figures):
    """Return the line of the main score."""
    return f"Test CER: {format_share(figures['cer'])}"
