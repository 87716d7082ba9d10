"""What the label of a window is where every row has one (WINDOW_LABEL), against plain loops."""

from collections import Counter

import numpy as np
import pytest

import evaluate_model
import train_model
from core.errors import InputError
from data_preprocessing import load_data, read
from experiments.cross_validation import folds_from_data
from tests.conftest import load


def rows_of(recordings, rng, labels=("a", "b", "c"), missing=0.1):
    """Return {recording: labels of its rows}, in stretches; some rows have none."""
    made = {}
    for k in range(recordings):
        drawn = [label for _ in range(14) for label in [rng.choice(labels, p=[0.5, 0.3, 0.2])] * rng.integers(1, 6)]
        made[f"r{k}"] = ["" if rng.random() < missing else label for label in drawn]
    return made


def write(path, recordings):
    """Write rows whose value x is unique, so that a window is known by its first value."""
    rng, lines, value = np.random.default_rng(1), ["who,what,x,noise"], 0
    for name, labels in recordings.items():
        for label in labels:
            value += 1
            lines.append(f"{name},{label},{value * (-1) ** value},{rng.normal():.3f}")
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def expected(recordings, size, stride, rule):
    """Work out {x of the first row of a window: its label} by a loop over windows and rows."""
    frequency, found, value = Counter(label for own in recordings.values() for label in own if label), {}, 0
    for labels in recordings.values():
        for start in range(0, len(labels) - size + 1, stride):
            window, row = labels[start : start + size], value + start + 1
            known, label = [own for own in window if own], None
            if rule == "all" and len(set(window)) == 1 or rule == "last":
                label = window[-1] or None
            elif rule == "any" and known:
                label = min(known, key=lambda own: frequency[own])
            elif rule == "most" and known:
                most = max(Counter(known).values())
                label = next(own for own in known[::-1] if known.count(own) == most)
            if label:
                found[row * (-1) ** row] = label
        value += len(labels)
    return found


def of_split(data, split):
    x = split.take(slice(None))[:, :, data.preparation.columns.index("x")]
    return {int(values[0]): data.task.classes[y] for values, y in zip(x, split.y)}


@pytest.mark.parametrize("rule", ["all", "last", "any", "most"])
def test_windows_have_the_label_that_a_loop_gives_them(tmp_path, rule):
    recordings = rows_of(12, np.random.default_rng(0))
    path = write(tmp_path / "s.csv", recordings)
    constants = {"SEQUENCE": "who", "LABEL": "what", "WINDOW_LABEL": rule}
    for size, stride in ((1, 2), (4, 1), (6, 3)):
        data = load(DATASET=path, WINDOW=size, STRIDE=stride, **constants)
        assert of_split(data, data.train) | of_split(data, data.test) == expected(recordings, size, stride, rule)
    notes = " ".join(data.sequences.notes)
    said = {"all": "", "last": "its last row", "any": "rarest among its rows: 'c', then 'b', then 'a'", "most": "later"}
    assert said[rule] in notes and (f'(WINDOW_LABEL = "{rule}")' in notes) == (rule != "all")


@pytest.mark.parametrize("rule", ["last", "any", "most"])
def test_without_window_a_whole_recording_has_a_label(tmp_path, rule):
    rows = ["xyzy", "zzxx", "yyyz", "xxxx"] * 4
    recordings = {f"r{k:02}": list(labels) for k, labels in enumerate(rows)} | {"unlabelled": [""] * 4}
    data = load(DATASET=write(tmp_path / "s.csv", recordings), SEQUENCE="who", LABEL="what", WINDOW_LABEL=rule)
    assert "recordings without a label, left out: 1" in data.sequences.notes
    assert of_split(data, data.train) | of_split(data, data.test) == expected(recordings, 4, 4, rule)


@pytest.mark.parametrize("rule", ["last", "any", "most"])
@pytest.mark.parametrize("constants", [{"VALIDATION_SIZE": 0.2}, {"SEQUENCE": "who", "VALIDATION_SIZE": 0.2}, "folds"])
def test_no_row_is_in_two_splits(shipped, tmp_path, constants, rule):
    recordings = rows_of(1 if "SEQUENCE" not in constants else 8, np.random.default_rng(2), missing=0)
    recordings = {name: labels * 4 for name, labels in recordings.items()}
    c = shipped.changed(DATASET=write(tmp_path / "s.csv", recordings), LABEL="what", WINDOW=6, STRIDE=1)
    c = c.changed(WINDOW_LABEL=rule, **({} if constants == "folds" else constants))
    folds = folds_from_data(*read(c), c, 3) if constants == "folds" else [None]
    for fold in folds:
        data = load_data(fold=fold, **c)
        splits = [split for split in (data.train, data.validation, data.test) if split is not None]
        place = data.preparation.columns.index("x")
        rows = [{int(v) for v in split.take(slice(None))[:, :, place].ravel()} for split in splits]
        assert all(rows) and sum(map(len, rows)) == len(set.union(*rows))


def test_what_makes_a_score_say_less_is_said_in_training_and_in_the_report(shipped, tmp_path, capsys):
    change = np.random.default_rng(3).normal(size=300)
    lines = [f"{k % 7},{v:.4f},{'up' if v > 0 else 'down'}" for k, v in enumerate(change)]
    (tmp_path / "s.csv").write_text("day,change,direction\n" + "\n".join(lines) + "\n")
    c = shipped.changed(DATASET=str(tmp_path / "s.csv"), LABEL="direction", WINDOW=4, STRIDE=1, EPOCHS=1)
    up, own = change > 0, c.changed(WINDOW_LABEL="last", RUN_DIR=str(tmp_path / "run"))
    mixed = sum(len(set(up[k : k + 4])) > 1 for k in range(297))
    (line,) = load_data(**c).sequences.cautions
    assert line.startswith(f"{mixed} of 297 windows have rows of more than one label")
    assert f"the other {297 - mixed}, far" in line
    assert not load_data(**own.changed(IGNORE=["change"])).sequences.cautions  # the other column tells nothing
    train_model.main(own)
    trained = capsys.readouterr().out
    figures = evaluate_model.main(own)
    for printed in (trained, capsys.readouterr().out):
        assert printed.count("olumn change of the same row alone tells the label, by thresholds, in 100 % of the") == 1
    place = {round(v, 4): k for k, v in enumerate(change)}
    last = [place[round(float(window[-1, 1]), 4)] for window in load_data(**own).test.take(slice(None))]
    assert figures["baselines"]["previous label"] == np.mean([up[k] == up[k - 1] for k in last])


@pytest.mark.parametrize(
    ("last", "constants", "message"),
    [
        ("b", {"WINDOW": 2, "STRIDE": 1}, '59 of 59 windows have .* WINDOW_LABEL = "last"'),
        ("b", {"WINDOW_LABEL": "last"}, "class 'b' has one recording.* set WINDOW"),
        ("", {"WINDOW_LABEL": "last"}, "no recording, as a whole, has a label: set WINDOW"),
    ],
)
def test_what_leaves_no_window_names_the_way_on(tmp_path, last, constants, message):
    with pytest.raises(InputError, match=message):
        load(DATASET=write(tmp_path / "s.csv", {"r": [*"ab" * 29, "a", last]}), LABEL="what", **constants)


@pytest.mark.parametrize("rule", ["all", "last", "any", "most"])
def test_no_window_has_a_row_whose_label_is_ignored(tmp_path, rule):
    recordings = rows_of(8, np.random.default_rng(5), missing=0) | {"rest": ["c"] * 40}
    path = write(tmp_path / "rows.csv", recordings)
    options = {"SEQUENCE": "who", "LABEL": "what", "WINDOW": 4, "STRIDE": 1, "WINDOW_LABEL": rule}
    data = load(DATASET=path, IGNORE_LABELS=["c"], **options)
    del recordings["rest"]  # it is left out whole
    blank = {name: ["" if label == "c" else label for label in labels] for name, labels in recordings.items()}
    found = of_split(data, data.train) | of_split(data, data.test)
    rows, ignored = [label for labels in recordings.values() for label in labels], set()
    for row in range(len(rows)):
        ignored |= {(row + 1) * (-1) ** (row + 1)} if "c" in rows[row : row + 4] else set()
    wanted = {first: label for first, label in expected(blank, 4, 1, rule).items() if first not in ignored}
    assert found == wanted
    assert data.task.classes == ["a", "b"]
    notes = "\n".join(data.sequences.notes)
    assert "recordings with no label but those of IGNORE_LABELS, left out: 1" in notes
    assert f"whose label IGNORE_LABELS names ({rows.count('c')} rows), left out: " in notes


def test_labels_of_whole_sequences_are_ignored_too(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("".join(f"{k % 3},{k},{-k},{k * k}\n" for k in range(30)))
    data = load(DATASET=str(path), SEQUENCE="row", LABEL=0, IGNORE_LABELS=[2])
    assert (len(data.train) + len(data.test), data.task.classes) == (20, ["0", "1"])
    with pytest.raises(InputError, match="leaves no label to learn"):
        load(DATASET=str(path), SEQUENCE="row", LABEL=0, IGNORE_LABELS=["0", 1, 2.0])


@pytest.mark.parametrize("streams", [False, True])
def test_labels_to_ignore_that_no_row_has_are_named(tmp_path, streams):
    rows = [f"{k // 20},{k % 7},{k % 5},{k // 20 % 3}" for k in range(240)]
    (tmp_path / "s.csv").write_text("\n".join(["take,u,v,label", *rows]))
    how = {"SEQUENCE": "take", "WINDOW": 10} if streams else {"SEQUENCE": "row", "IGNORE": ["take"]}
    for ignored, said in (([2], []), ([2, "02", "rest"], ["IGNORE_LABELS names what no label is: '02', 'rest'"])):
        data = load(DATASET=str(tmp_path / "s.csv"), LABEL="label", IGNORE_LABELS=ignored, **how)
        assert [note for note in data.sequences.notes if "no label is" in note] == said
        assert data.task.classes == ["0", "1"]
