"""Refusals that name what leads on, and notes on what is easily missed."""

import re
import shlex
import subprocess
import sys

import numpy as np
import pytest

from core.errors import InputError
from readers import read_data_set
from tests.conftest import load
from tests.readers.test_label_file import write


def refusal(path, **constants):
    with pytest.raises(InputError) as error:
        load(DATASET=str(path), **constants)
    return str(error.value)


TEXTS = ["the film was a pleasure from start to end", "nothing in this film is worth a look"]


@pytest.mark.parametrize("header", [True, False])
def test_texts_beside_labels_name_text_and_label(tmp_path, header):
    rows = [f"{k:04x},{TEXTS[k % 2]} {k},{k % 2},{k % 3 // 2}" for k in range(60)]
    line = refusal(write(tmp_path / "t.csv", *["id,comment,toxic,insult"] * header, *rows))
    text, labels = ("'comment'", "['toxic', 'insult']") if header else ("1", "[2, 3]")
    assert f"set TEXT = {text} and LABEL = {labels}, columns of 0 and 1" in line


def test_a_long_number_is_no_text(tmp_path):
    x = np.random.default_rng(0).normal(size=(40, 3))
    np.savetxt(tmp_path / "x.csv", x, delimiter=",")
    assert "TEXT" not in refusal(tmp_path / "x.csv")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("quoted", [True, False])
def test_texts_over_several_lines_are_read_between_all_separators(tmp_path, separator, quoted):
    mark = '"' if quoted else ""
    rows = [[f"{mark}{k}{mark}", f'"first {k}\n\nthird ""line"""', f"{mark}{'ab'[k % 2]}{mark}"] for k in range(40)]
    header = [f"{mark}{name}{mark}" for name in ("id", "mail", "kind")]
    path = write(tmp_path / "m.csv", *(separator.join(row) for row in [header, *rows]))
    data = load(DATASET=str(path), TEXT="mail", LABEL="kind")
    assert data.sequences.texts[3] == 'first 3\n\nthird "line"'
    assert "TEXT" in refusal(path)


def test_a_folder_one_down_is_named(tmp_path):
    for name in ("up", "down"):
        for k in range(3):
            (tmp_path / "outer" / "inner" / name).mkdir(parents=True, exist_ok=True)
            write(tmp_path / "outer" / "inner" / name / f"{k}.csv", "x", "1", "2", "3")
    line = refusal(tmp_path / "outer")
    assert f"DATASET = {str(tmp_path / 'outer' / 'inner')!r}" in line
    assert f"DATASET = {str(tmp_path / 'outer' / 'inner')!r}" in refusal(
        write(tmp_path / "outer" / "read.me", "x").parent
    )


def test_a_folder_of_tables_names_what_forecasts_and_what_labels(tmp_path):
    for k in range(3):
        write(tmp_path / "songs" / f"{k}.csv", "pitch,step", "60,1", "62,2")
    line = refusal(tmp_path / "songs")
    assert "seen: 3 × .csv, in it" in line and 'SEQUENCE = "file", with TARGET' in line
    assert "LABEL_FILE" in line


def test_tags_that_are_mostly_numbers(tmp_path):
    tags = ["2", "1|3", "1", "3", "2"]
    path = write(tmp_path / "t.csv", "rec,x,tags", *(f"{k // 4},{k % 3},{tags[k // 4 % 5]}" for k in range(160)))
    data = load(DATASET=str(path), SEQUENCE="rec", LABEL="tags", TASK="multilabel")
    assert data.task.classes == ["1", "2", "3"] and data.train.y.sum(axis=1).max() == 2


@pytest.mark.parametrize("cell", [lambda k: 1_700_000_000 + 60 * k, lambda k: 20_240_101 + k % 28 + 100 * (k // 28)])
def test_times_in_numbers_with_gaps_are_times(tmp_path, cell):
    rows = [f"{'' if k in (5, 9) else cell(k)},{k * k % 11}" for k in range(200)]
    line = refusal(write(tmp_path / "s.csv", "time_stamp,y", *rows), TARGET="y")
    assert "line 7: time column 'time_stamp' is empty, as in 2 of 200 rows: fill it in" in line
    assert "IGNORE = ['time_stamp']" in line


def test_classes_that_a_set_lacks_are_said(tmp_path):
    for part, kinds in (("train", "abc"), ("test", "ab")):
        for kind in kinds:
            for k in range(4):
                (tmp_path / "d" / part / kind).mkdir(parents=True, exist_ok=True)
                write(tmp_path / "d" / part / kind / f"{k}.csv", "x,y", "1,2", "2,1", "3,5")
    assert (
        "no sequence of the test set has the class c" in load(DATASET=str(tmp_path / "d"), KNOWN=["x"]).sequences.notes
    )


@pytest.mark.parametrize("kind", ["irregular", "missing days"])
def test_the_line_of_uneven_steps_makes_them_even(tmp_path, kind):
    rng = np.random.default_rng(0)
    if kind == "irregular":
        times = np.datetime64("2024-01-01T00:00:00") + np.cumsum(rng.integers(20, 100, 200)).astype("timedelta64[s]")
    else:
        times = np.datetime64("2024-01-01") + np.flatnonzero(rng.random(200) < 0.8).astype("timedelta64[D]")
    path = write(
        tmp_path / "s.csv", "date,shop,sold", *(f"{t},{s},{k % 9 + 1}" for s in "ab" for k, t in enumerate(times))
    )
    constants = {"SEQUENCE": "shop", "TARGET": "sold", "WINDOW": 5}
    note = next(note for note in load(DATASET=str(path), **constants).sequences.notes if note.startswith("steps"))
    command = shlex.split(re.search("python -c .*", note)[0])
    subprocess.run([sys.executable, *command[1:]], cwd=tmp_path, check=True)
    data = load(DATASET=str(tmp_path / "even.csv"), **constants)
    assert not any(note.startswith("steps") for note in data.sequences.notes)
    if kind == "missing days":
        missing = int(np.ptp(times).astype(int)) + 1 - len(times)
        assert [(~own).sum() for own in data.sequences.measured] == [missing] * 2


def test_names_of_files_and_word_vectors_are_called_what_they_are(tmp_path, shipped):
    rows = [f"clips/recording_{k:04}.mp3\tHello there\t{k}" for k in range(20)]
    (tmp_path / "train.tsv").write_text("\n".join(["path\tsentence\tvotes", *rows]))
    with pytest.raises(InputError, match="column 'path' holds names of files, such as 'clips/recording_0000.mp3'"):
        read_data_set(tmp_path / "train.tsv", shipped)
    numbers = " ".join(f"0.{k}" for k in range(10, 35))
    vectors = [f"{first}{second}ord {numbers}" for first in "abcdefghijklmnop" for second in "abcdefghijklmnop"]
    for name, lines in (("glove.txt", [*vectors, f". {numbers}"]), ("word2vec.txt", ["256 25", *vectors])):
        (tmp_path / name).write_text("\n".join(lines))
        with pytest.raises(InputError, match="holds words .aaord, abord, acord, .*WORD_VECTORS = "):
            read_data_set(tmp_path / name, shipped)
    (tmp_path / "classes.txt").write_text("\n".join(f"{'ab'[k % 2]} 0.1 0.2 0.{k}" for k in range(20)))
    assert read_data_set(tmp_path / "classes.txt", shipped)[0].x.shape == (20, 3, 1)


def test_dotted_words_are_no_files_and_ids_no_words(tmp_path, shipped):
    for k, word in enumerate(("www.h{}.example.org", "1.{}.3", "v1.{}.rc1", "a{}@example.com", "10.0.0.{}")):
        rows = [f"2024-01-{1 + row // 24:02} {row % 24:02}:00,{word.format(row)},{row * 7 % 11}" for row in range(200)]
        path = write(tmp_path / f"{k}.csv", "when,name,x", *rows)
        assert read_data_set(path, shipped)[0].columns == ["x"]
    numbers = " ".join(f"0.{k}" for k in range(10, 35))
    for name in ("id{}", "P-{}", "{}a"):
        path = write(tmp_path / "ids.txt", *(f"{name.format(k)} {numbers}" for k in range(256)))
        assert read_data_set(path, shipped)[0].x.shape == (256, 25, 1)
    with pytest.raises(InputError, match="each sequence has a class of its own .0a, 100a, 101a, .*LABEL"):
        load(DATASET=str(path))
