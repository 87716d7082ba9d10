"""report.html and runs/index.html: what they hold, that nothing in them runs or is loaded, and that they stay small."""

import csv
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import evaluate_model
import train_model
from core.ledger import COLUMNS
from reports import Drawing, anomaly, examples, html, pictures
from reports.classification import most_confused
from reports.examples import of_confused_classes
from reports.formatting import distinct
from reports.importance import shaded_words
from reports.index_page import Entry, index_page
from reports.pictures import errors_by_step, time_ticks
from reports.transcription import compared_texts

EVIL = "<script>alert('1')</script>"


class Page(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.text, self.tables, self.policy = [], [], [], [], ""
        self.in_cell = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        attributes = dict(attributes)
        self.addresses += [attributes[name] for name in ("src", "href") if name in attributes]
        assert not any(name.startswith("on") for name in attributes)
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]
        if tag == "tr":
            self.tables.append([])
        if tag in ("td", "th"):
            self.tables[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag):
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data):
        if data.strip():
            self.text.append(data.strip())
            if self.in_cell:
                self.tables[-1][-1] += data.strip()


@pytest.fixture(scope="module")
def strange(tmp_path_factory):
    """A run on texts whose words, classes and file name are markup."""
    from core.constants import read_constants

    folder = tmp_path_factory.mktemp("page")
    path, rng = folder / "a<b onclick=x>&.csv", np.random.default_rng(0)
    rows = [["kind", "text"]]
    for k in range(60):
        words = " ".join(rng.choice(["good", "fine"] if k % 2 else ["bad", "grim"], 3))
        rows.append([EVIL if k % 2 else "no & <b>", f"{words} <img src=x onerror=alert(2)> {EVIL}"])
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows(rows)
    c = {**read_constants(), "DATASET": str(path), "TEXT": "text", "LABEL": "kind", "RUN_DIR": str(folder / "run <i>")}
    train_model.main(c)
    return folder, evaluate_model.main(c)


def test_a_run_has_a_page_with_the_answer_first(strange):
    folder, figures = strange
    content = (folder / "run <i>" / "report.html").read_bytes()
    page = Page(content.decode())
    assert len(content) <= 2_000_000
    assert page.tags[page.tags.index("body") + 1 :][:5] == ["h1", "p", "p", "small", "p"]
    first = page.text.index("a<b onclick=x>&.csv: classification by cnn_lstm", 2)  # after the title and the style
    learned, score, small, verdict = page.text[first + 1 : first + 5]
    assert learned.startswith("What was learned: 2 classes, from 48 sequences") and "tested on 12 " in learned
    assert float(score) == pytest.approx(figures["accuracy"], abs=0.005) and "test accuracy, 95 % interval" in small
    assert "network" in verdict and "linear model" in verdict
    assert "default-src 'none'" in page.policy
    scores = {row[0]: row[1:] for row in page.tables if row}
    for name, value in {"majority class": "majority", "linear model": "linear"}.items():
        assert float(scores[name][0]) == pytest.approx(figures["baselines"][value], abs=0.005)
        assert float(scores[name][1]) == pytest.approx(figures["accuracy"] - figures["baselines"][value], abs=0.001)
    assert scores[EVIL][1] == f"{figures['per_class'][EVIL]['recall']:.2f}"  # a table, no text of the terminal
    assert any("Test Accuracy" in text for text in page.text) and any("EPOCHS = 10" in text for text in page.text)


def test_pictures_of_a_page_are_drawings_that_are_told_and_take_its_colours(strange):
    folder, _ = strange
    text = (folder / "run <i>" / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.tags.count("svg") == page.tags.count("figure") == page.tags.count("figcaption") == 4
    assert text.count('role="img" aria-label="') == 4 and "#ffffff" not in text.partition("<body>")[2]
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(ids) == len(set(ids)) > 0
    assert set(re.findall(r'(?:href="|url\()#([^")]*)', text)) <= set(ids)


def test_a_drawing_is_the_same_each_time():
    history = {"loss": [2.0, 1.0], "accuracy": [0.5, 0.7], "val_loss": [1.5, 1.2], "val_accuracy": [0.4, 0.6]}
    one, other = (pictures.learning_curves(history, best=2).svg() for _ in range(2))
    assert one == other and "epoch 2, the best on the validation set" in one and "<metadata" not in one
    squared = pictures.learning_curves({"loss": [4.0, 1.0], "rmse": [2.0, 1.0]}, scale=10.0)
    (axes,) = squared.figure.axes  # the loss is the same curve, squared; the error is in the units of the report
    assert list(axes.lines[0].get_ydata()) == [20.0, 10.0] and axes.get_ylabel() == "RMSE"


def test_nothing_in_a_page_runs_or_is_loaded(strange):
    folder, _ = strange
    page = Page((folder / "run <i>" / "report.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags and "b" not in page.tags and "i" not in page.tags
    assert all(address.startswith(("data:image/png;base64,", "#")) for address in {*page.addresses} - {"../index.html"})
    assert any(EVIL in text for text in page.text) and "script-src 'none'" in page.policy
    index = Page((folder / "index.html").read_text(encoding="utf-8"))
    assert index.addresses == ["run%20%3Ci%3E/report.html"]
    assert index.tags.count("script") == 1 and "i" not in index.tags


def test_the_index_links_each_run_that_is_there_and_one_that_was_replaced(shipped, tmp_path):
    runs = tmp_path / "runs"
    small = {**shipped, "N_SAMPLES": 40, "EPOCHS": 1, "TIME_STEPS": 10}
    for name, seed in (("a", 1), ("b", 1), ("a", 2)):
        c = {**small, "SEED": seed, "RUN_DIR": str(runs / name), "VALIDATION_SIZE": 0.2}
        train_model.main(c)
        evaluate_model.main(c)
    (kept,) = (runs / "previous").iterdir()
    assert json.loads((kept / "run.json").read_text())["constants"]["SEED"] == 1
    index = Page((runs / "index.html").read_text())
    pages = ["a/report.html", "b/report.html", f"previous/{kept.name}/report.html"]  # newest first
    assert index.addresses[1:] == [page for page in pages for _ in ("test", "validation")]
    header = next(row for row in index.tables if row[0] == "run")
    rows = index.tables[index.tables.index(header) + 1 :]
    assert [row[header.index("part")] for row in rows] == ["test", "validation"] * 3  # each has a row of both
    assert [row[header.index("SEED")] for row in rows] == ["2", "2", "1", "1", "1", "1"]
    by_validation = max(float(row[header.index("value")]) for row in rows[1::2])
    assert float(index.tables[1][2]) == by_validation and index.tables[1][3] == "3"
    assert 'href="../../index.html"' in (kept / "report.html").read_text()
    assert 'href="../index.html"' in (runs / "a" / "report.html").read_text()
    page = Page((runs / "a" / "report.html").read_text())
    copied = page.text[page.text.index("Constants to copy") + 2].splitlines()
    assert {"SEED = 2", "EPOCHS = 1"} < {*copied} and not any("FILTERS" in line for line in copied)
    train_model.main({**small, "RUN_DIR": str(runs / "a")})  # replaces the last one, and has no score
    assert f"previous/{sorted((runs / 'previous').iterdir())[-1].name}/report.html" in (runs / "index.html").read_text()


def test_pictures_beyond_the_size_of_a_page_are_named(monkeypatch):
    picture = pictures.confusion_matrix([[1, 0], [0, 1]], ["a", "b"])
    small = Drawing("<svg></svg>", "", "the network")
    monkeypatch.setattr(html, "MAX_BYTES", len(picture.svg()) + 500)
    shown = "".join(html.lay_out([picture, picture, small]))
    assert shown.count("<figure>") == 2 and "see confusion_matrix.png beside this page" in shown


def test_examples_show_a_right_and_a_wrong_answer_of_the_classes_confused_most():
    true, answers = np.array([0, 0, 1, 1, 1, 2, 2]), np.array([0, 1, 1, 2, 2, 2, 2])
    pairs = most_confused([[1, 1, 0], [0, 1, 2], [0, 0, 2]])
    assert pairs == [(1, 2), (0, 1)]
    assert of_confused_classes(true, answers, pairs).tolist() == [2, 3, 0, 1, 5]


def test_words_are_shaded_as_a_share_of_the_strongest_in_their_text():
    found = [{"true": "b", "answer": "a", "probability": 0.9}] * 2
    every = [[("good", np.log(4)), ("bad", -np.log(2)), ("the", 0.01)], [("the", 0.01)]]
    one, other = shaded_words(found, every).rows
    assert one[0] == "✗ true b, answer a, probability 0.900; without 'good' its odds are 4.0 times lower"
    assert one[1] == [("good ", "for strong"), ("bad ", "against"), ("the ", "")]
    assert other[0].endswith("no word on its own changes its odds by 5 %") and other[1] == [("the ", "")]


def test_times_of_an_axis_are_round():
    hours = np.datetime64("2024-02-28T20") + np.arange(60)
    assert time_ticks(hours)[1] == ["2024-02-29", "2024-03-01", "2024-03-02"]
    assert time_ticks(hours[:20])[1][:2] == ["21:00\n2024-02-28", "01:00\n2024-02-29"]
    months = np.datetime64("1958-10") + np.arange(40)
    assert [list(own) for own in time_ticks(months)] == [[3, 15, 27, 39], ["1959", "1960", "1961", "1962"]]


def test_names_of_any_kind_are_told_apart():
    long = ["x" * 150 + end + "y" * 150 for end in "abc"]
    assert distinct(long, 9) == ["xxxx…yyyy", "xxxx…yyyy (2)", "xxxx…yyyy (3)"]
    assert distinct(["left hand, raised", "left foot, raised"], 40) == ["left hand, raised", "left foot, raised"]


def test_names_are_text_in_every_picture_and_table():
    names = [EVIL, 'שלום "quoted" & more' + "w" * 300]
    pair, x = np.array([[1.0, 2.0], [3.0, 4.0]]), np.random.default_rng(0).random((2, 9, 2))
    panel = pictures.ForecastPanel(x[0, :, 0], np.array([7]), pair[:1], {80: pair[:1]}, names[0], names[1])
    drawn = [
        pictures.confusion_matrix([[1, 0], [0, 1]], names),
        pictures.time_attention(x, x[..., 0], names),
        pictures.word_attention([names], [[0.2, 0.8]], names[:1]),
        pictures.forecasts([panel], names[1]),
        pictures.permutation_importance(dict(zip(names, pair)), {0: (0, 0)}, x[0], names[0], names[1]),
        pictures.video_frames(np.zeros((2, 3, 4, 4, 3)), names, [True, False]),
        pictures.predicted_against_true(pair, pair, names),
        pictures.transcript(x[0], [1, 2], "<&", EVIL, 0.1),
        examples.draw_examples(x, names, names[1], [True, False]),
        anomaly.draw_unusual(x, x, x, names),
        errors_by_step({"network": [1.0], names[1]: [2.0]}, names[0]),
        compared_texts(names, names, names[::-1]),
        shaded_words([{"true": EVIL, "answer": EVIL, "probability": 1.0}], [[(names[1], 0.1)]]),
    ]
    for block in drawn:
        text = "".join(html.lay_out([block]))
        assert "<script>" not in text and "&lt;script" in text


def test_of_a_long_ledger_the_index_shows_what_fits():
    row = dict.fromkeys(COLUMNS, "1") | {"part": "validation", "score": "accuracy", "best baseline": ""}
    entries = [
        Entry(row | {"value": str(k)}, {"DATASET": EVIL * 9, "TARGET": f"{k}{EVIL * 9}"}, None) for k in range(999)
    ]
    content = index_page(entries, ["TARGET"], {"accuracy": "higher"}, {})
    index = Page(content.decode())
    shown = index.text.count("(gone)")
    assert len(content) < 2_000_000 and shown > 300  # the newest, and the best
    assert f"The oldest {1000 - shown} rows are left out here: ledger.csv has all." in index.text
    assert index.tags.count("script") == 1
