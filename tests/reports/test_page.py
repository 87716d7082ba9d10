"""report.html and runs/index.html: what they hold, that nothing in them runs or is loaded, and that they stay small."""

import csv
import json
from html.parser import HTMLParser

import numpy as np
import pytest

import evaluate_model
import train_model
from reports import Report
from reports.page import MAX_BYTES, RunPage, _picture, index_page, run_page

EVIL = "<script>alert('1')</script>"


class Page(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.text, self.tables, self.policy = [], [], [], [], ""
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

    def handle_data(self, data):
        if data.strip():
            self.text.append(data.strip())
            if self.tags and self.tags[-1] in ("td", "th", "a", "button"):
                self.tables[-1].append(data.strip())


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


def test_a_run_has_a_page_with_the_verdict_first(strange):
    folder, figures = strange
    content = (folder / "run <i>" / "report.html").read_bytes()
    page = Page(content.decode())
    assert len(content) <= 3_000_000
    heading = page.text.index("a<b onclick=x>&.csv: classification by cnn_lstm", 2)  # after the title and the style
    assert page.tags[page.tags.index("body") + 1 :][:2] == ["h1", "p"]
    assert page.text[heading + 1].startswith(("The model beats", "The model is "))
    assert "default-src 'none'" in page.policy
    scores = {row[0]: row[1:] for row in page.tables if row}
    assert float(scores["this network"][0]) == pytest.approx(figures["accuracy"], abs=0.005)
    for name, value in figures["baselines"].items():
        assert float(scores[name][0]) == pytest.approx(value, abs=0.005)
        assert float(scores[name][1]) == pytest.approx(figures["accuracy"] - value, abs=0.001)
    assert page.tags.count("img") == 2  # curves and confusion matrix
    assert any("Test Accuracy" in text for text in page.text) and scores["EPOCHS"] == ["10"]


def test_nothing_in_a_page_runs_or_is_loaded(strange):
    folder, _ = strange
    page = Page((folder / "run <i>" / "report.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags and "b" not in page.tags and "i" not in page.tags
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
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
    pages = [f"previous/{kept.name}/report.html", "b/report.html", "a/report.html"]
    assert index.addresses == [page for page in pages for _ in ("validation", "test")]
    header, *rows = index.tables
    assert header[0] == "when" and len(rows) == 6  # each has a row of its validation set too
    assert [row[header.index("part")] for row in rows] == ["validation", "test"] * 3
    record = json.loads((runs / "a" / "run.json").read_text())
    page = Page((runs / "a" / "report.html").read_text())
    first = page.text.index("Constants that vary among the runs")
    assert page.text[first : first + 5][-2:] == ["SEED", "2"] and record["constants"]["SEED"] == 2


def test_pictures_beyond_the_size_of_a_page_are_named():
    assert "see frames.png beside this page" in _picture("frames.png", None)
    figures = {"cer": 0.1, "baselines": {"x": 0.2}, "differences": {"x": {"difference": 0.1, "interval": [0, 1]}}}
    pictures = {"frames.png": bytes(MAX_BYTES // 2), "importance.png": bytes(MAX_BYTES // 2)}
    report = Report(figures, [], [], [], pictures)
    page = run_page(RunPage("t", "v", "cer", report, None, [], [], []))
    assert len(page) < 3_000_000 and "see importance.png beside this page" in page


def test_an_index_of_any_words():
    page = Page(index_page(["run", EVIL], [[EVIL, "<b>"]], [None]))
    assert page.tags.count("script") == 1 and "b" not in page.tags and page.addresses == []
