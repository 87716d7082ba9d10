"""The line of progress: one that changes on a terminal, a line now and then elsewhere."""

import io
import sys
import time
from types import SimpleNamespace

import pytest

from core import progress
from core.progress import ProgressLine, said_if_slow, time_left, tracked
from training import fit


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def shown(self):
        """What stands on the screen in the end: of each line what was written last on each place."""
        lines = []
        for line in self.getvalue().split("\n"):
            cells = []
            for version in line.split("\r"):
                cells[: len(version)] = version
            lines.append("".join(cells).rstrip())
        return lines


@pytest.fixture
def often(monkeypatch):
    monkeypatch.setattr(progress, "IN_PLACE", 0)
    monkeypatch.setattr(progress, "ELSEWHERE", 0)


def test_elsewhere_a_line_comes_now_and_then(often, capsys):
    assert list(tracked("abc", "Reading clips")) == ["a", "b", "c"]
    assert capsys.readouterr().out.splitlines() == [f"Reading clips: {k} of 3" for k in (1, 2, 3)]


def test_quick_work_says_nothing(capsys):
    list(tracked(range(1000), "Reading clips"))
    assert capsys.readouterr().out == ""


def test_on_a_terminal_the_line_changes_and_leaves_nothing(often, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", "20")
    for _ in tracked(range(12), "A long name of work"):
        pass
    print("done")
    versions = sys.stdout.getvalue().split("\r")
    assert max(map(len, versions)) == 19 and "\x1b" not in sys.stdout.getvalue()
    assert sys.stdout.shown() == ["done", ""]


def test_work_inside_other_work_is_silent(often, capsys):
    for _ in tracked([1], "outer"):
        list(tracked([1, 2], "inner"))
    assert capsys.readouterr().out.splitlines() == ["outer: 1 of 1"]
    list(tracked([1], "next"))
    assert ProgressLine.shown is None and "next" in capsys.readouterr().out


def test_work_that_fails_leaves_the_line_to_others(often, capsys):
    with pytest.raises(ValueError), ProgressLine():
        raise ValueError
    list(tracked([1], "next"))
    assert "next: 1 of 1" in capsys.readouterr().out


def test_a_slow_step_is_said_again(monkeypatch, capsys):
    monkeypatch.setattr(progress, "ELSEWHERE", 0.05)
    with said_if_slow("Fitting ...", after=0.05):
        time.sleep(0.2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Fitting ..." and lines[1] == "Fitting ... 0 s so far"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2, ""), (5, ", 5 s left"), (119, ", 119 s left"), (150, ", 2 min left"), (9000, ", 2 h left")],
)
def test_time_left(seconds, text):
    assert time_left(seconds) == text


def test_the_first_epoch_tells_nothing_of_the_time_that_others_take(monkeypatch, capsys):
    """It includes the tracing of the network: here 30 s, and then 2 s an epoch."""
    clock = iter([0.0, 30.0, 32.0, 34.0])
    monkeypatch.setattr(fit, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with fit.EpochLine(None, 1, 10, 10) as line:
        for epoch in range(3):
            line.end_epoch(epoch, {"loss": 0.5})
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "Epoch 1/10: loss 0.5000",
        "Epoch 2/10: loss 0.5000, 16 s left",
        "Epoch 3/10: loss 0.5000, 14 s left",
    ]
