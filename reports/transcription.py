"""The printed report of transcripts."""

from baselines import FREQUENT
from core.wording import format_percent, format_share
from reports.formatting import aligned, baseline_line, format_interval


def transcription_lines(figures, examples, frequent):
    """Return the lines of the report.

    Parameters: figures of evaluation.transcript_scores; examples, rows of (recording, what is said, what was heard);
    frequent, the transcript that the baseline always gives.
    """
    letters = {"": "(nothing)", " ": "(space)"}
    confusions = [[letters.get(t, t), letters.get(a, a), str(n)] for t, a, n in figures["confusions"]]
    return [
        f"Test recordings: {figures['test_sequences']}, {figures['characters']} characters",
        "",
        aligned(["recording", "what is said", "what was heard"], examples),
        "",
        *([aligned(["character", "heard as", "times"], confusions), ""] if confusions else []),
        f"Recordings without an error: {format_percent(figures['right'])}",
        f"Word error rate: {format_share(figures['wer'], 3)}, 95 % bootstrap interval "
        f"{format_interval(figures['wer_interval'])}",
        f"Character error rate: {format_share(figures['cer'], 4)}, 95 % bootstrap interval "
        f"{format_interval(figures['cer_interval'])}",
        baseline_line(figures, FREQUENT, "Most frequent transcript", f"always answering {frequent!r}"),
    ]


def cer_line(figures):
    """Return the line of the main score."""
    return f"Test CER: {format_share(figures['cer'])}"
