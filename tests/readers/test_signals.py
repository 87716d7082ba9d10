"""Records of signals (WFDB, EDF, BDF) and their annotations, read as the tables that they are."""

import datetime

import numpy as np
import pyedflib
import pytest
import wfdb
from scipy.signal import resample_poly

from core.errors import InputError
from readers import read_new
from readers.signals.records import with_shared_channels
from readers.tables.delimited import read_table
from readers.tables.table import Table
from tests.conftest import load

RNG = np.random.default_rng(0)
BEATS = np.arange(40, 3000, 150)
SYMBOLS = ["N", "V"] * 10
RHYTHMS = [(20, "(N"), (1500, "(AFIB")]


def ecg(folder, name, channels=("MLII", "V5"), rate=360, beats=BEATS, fmt="212"):
    """Write a record with beats, N a rise and V a fall, and two rhythms. Returns: signals in mV (3000, channels)."""
    folder.mkdir(exist_ok=True)
    signals = RNG.normal(size=(3000, len(channels))) / 10
    for beat, symbol in zip(beats, SYMBOLS):
        signals[beat : beat + 20] += 1 if symbol == "N" else -1
    units = ["mV"] * len(channels)
    options = {"fs": rate, "units": units, "sig_name": [*channels], "fmt": [fmt] * len(channels)}
    wfdb.wrsamp(name, p_signal=signals, write_dir=str(folder), **options)
    notes = sorted(
        [*((beat, symbol, "") for beat, symbol in zip(beats, SYMBOLS)), *((at, "+", n) for at, n in RHYTHMS)]
    )
    samples, symbols, aux = zip(*notes)
    wfdb.wrann(name, "atr", np.array(samples), [*symbols], aux_note=[*aux], write_dir=str(folder), fs=rate)
    return signals


def edf(path, signals=(), marks=(), start=datetime.datetime(1989, 4, 24, 16, 13), kind=pyedflib.FILETYPE_EDFPLUS):
    """Write signals, a list of (name, unit, rate, values), and annotations (onset, duration, text)."""
    file = pyedflib.EdfWriter(str(path), len(signals), file_type=kind)
    limits = {"physical_max": 100, "physical_min": -100, "digital_max": 32767, "digital_min": -32768}
    more = {"transducer": "", "prefilter": ""}
    headers = [{"label": n, "dimension": u, "sample_frequency": r, **limits, **more} for n, u, r, _ in signals]
    if headers:
        file.setSignalHeaders(headers)
    file.setStartdatetime(start)
    if headers:
        file.writeSamples([values for *_, values in signals])
    for mark in marks:
        file.writeAnnotation(*mark)
    file.close()


def night(folder, subject, stages):
    """Write a night of Sleep-EDF's names: 10 Hz and 1 Hz, and the stages of 30 s each in a hypnogram beside it."""
    folder.mkdir(exist_ok=True)
    seconds = 30 * len(stages)
    slow, fast = 37 + np.arange(seconds) / 100, 20 * RNG.normal(size=10 * seconds)
    fast = np.clip(fast + np.repeat([50 * ("W" in stage) for stage in stages], 300), -99, 99)
    channels = [("EEG Fpz-Cz", "uV", 10, fast), ("Temp rectal", "DegC", 1, slow)]
    edf(folder / f"SC4{subject}1E0-PSG.edf", channels)
    edf(folder / f"SC4{subject}1EC-Hypnogram.edf", [], [(30 * k, 30, stage) for k, stage in enumerate(stages)])
    return fast, slow


def test_a_record_has_its_channels_beats_and_rhythms(tmp_path):
    signals = ecg(tmp_path, "100")
    table = read_table(tmp_path / "100.hea")
    assert table.names == ["MLII [mV]", "V5 [mV]", "annotation", "rhythm"]
    assert table.notes == ["channels at 360 Hz"]
    np.testing.assert_allclose(np.stack(table.columns[:2], axis=1), signals, atol=2e-3)  # 12 bits
    beats, rhythm = (np.array(column) for column in table.columns[2:])
    np.testing.assert_array_equal(np.flatnonzero(beats != ""), BEATS)
    assert beats[BEATS].tolist() == SYMBOLS
    np.testing.assert_array_equal(rhythm, np.repeat(["", "(N", "(AFIB"], [20, 1480, 1500]))


@pytest.mark.parametrize("suffix", ["hea", "dat", "atr"])
def test_any_file_of_a_record_names_it_and_beats_are_cut_around_their_marks(tmp_path, suffix):
    signals = ecg(tmp_path, "100")
    options = {"LABEL": "annotation", "SEQUENCE": "annotation", "WINDOW": 100}
    data = load(DATASET=str(tmp_path / f"100.{suffix}"), **options)
    starts = BEATS[1:] - 50  # the first is 40 samples behind the beginning
    x = np.asarray(data.train.all_x[np.arange(len(starts))])
    np.testing.assert_allclose(x, [signals[start : start + 100] for start in starts], atol=2e-3)
    assert len(data.train) + len(data.test) == len(starts)
    assert np.array(data.task.classes)[data.test.y.astype(int).ravel()].tolist() == SYMBOLS[-len(data.test) :]
    left_out = len(BEATS) - len(starts)
    assert (
        f"annotations too near to an end of their recording for a window, left out: {left_out}" in data.sequences.notes
    )


def test_new_records_are_cut_around_their_beats_too(tmp_path, shipped):
    ecg(tmp_path, "100")
    signals = ecg(tmp_path / "new", "200")
    c = {"LABEL": "annotation", "SEQUENCE": "annotation", "WINDOW": 100, "DATASET": str(tmp_path / "100.hea")}
    data = load(**c)
    new = read_new(tmp_path / "new" / "200.hea", shipped.changed(**c), data.preparation)
    assert new.names[0] == f"200.hea, steps {BEATS[1] - 50} to {BEATS[1] + 49}"
    np.testing.assert_allclose(new.x[3], signals[BEATS[4] - 50 : BEATS[4] + 50], atol=2e-3)
    (tmp_path / "new" / "200.atr").unlink()
    with pytest.raises(InputError, match="has no column 'annotation'"):
        read_new(tmp_path / "new" / "200.hea", shipped.changed(**c), data.preparation)
    for name in "ab":  # folders of classes say nothing of the beats
        (tmp_path / "sorted" / name).mkdir(parents=True)
        ecg(tmp_path / "sorted" / name, "300")
        (tmp_path / "sorted" / name / "300.atr").unlink()
    with pytest.raises(InputError, match="has no column 'annotation'"):
        read_new(tmp_path / "sorted", shipped.changed(**c), data.preparation)


def test_a_folder_is_split_by_record_and_keeps_the_channels_that_all_have(tmp_path):
    for k in range(5):
        ecg(tmp_path, f"10{k}", channels=("MLII", f"V{k}"))
    (tmp_path / "RECORDS").write_text("100\n101\n102\n103\n104\n105\n")
    data = load(DATASET=str(tmp_path), LABEL="rhythm", WINDOW=200)
    assert data.train.shape == (200, 1)
    notes = "\n".join(data.sequences.notes)
    assert "channels that not all records have, left out: V0 [mV], V1 [mV], V2 [mV], V3 [mV], V4 [mV]" in notes
    assert "1 of 6 records of RECORDS are not in the folder: 105" in notes
    assert "left out: 10" not in notes  # the other files of the records
    names = [{data.train.names[row].partition(",")[0] for row in part.rows} for part in (data.train, data.test)]
    assert len(names[0]) == 4
    assert len(names[1]) == 1
    assert not names[0] & names[1]


def test_the_few_records_without_the_channel_of_all_others_are_left_out():
    def record(*channels):
        return Table([*channels], [np.zeros(3)] * len(channels), range(3), True, [], rate=360.0)

    tables = [(f"{k}", record("V5", "V2") if k == 7 else record("MLII", f"V{k % 3}")) for k in range(20)]
    kept = with_shared_channels("folder", tables)
    assert [name for name, _ in kept] == [f"{k}" for k in range(20) if k != 7]
    assert all(table.names == ["MLII"] for _, table in kept)
    assert "1 of 20 records have no MLII: left out: 7" in kept[0][1].notes
    with pytest.raises(InputError, match="MLII is in 18 of 19, and not in 7; take some out of the folder"):
        with_shared_channels("folder", tables[:19])


def test_annotations_are_no_inputs(tmp_path):
    ecg(tmp_path, "100")
    path = str(tmp_path / "100.hea")
    assert load(DATASET=path, TARGET="MLII [mV]", WINDOW=10).train.shape == (10, 2)
    assert load(DATASET=path, LABEL="rhythm", WINDOW=100).train.shape == (100, 2)


def test_stages_of_sleep_beside_the_record_and_channels_of_two_rates(tmp_path):
    stages = ["Sleep stage W", "Sleep stage 1", "Sleep stage ?", "Sleep stage W", "Sleep stage 1"] * 2
    written = [night(tmp_path, f"{k:02d}", stages) for k in range(3)]
    table = read_table(tmp_path / "SC4001E0-PSG.edf")
    assert table.names == ["EEG Fpz-Cz [uV]", "Temp rectal [DegC]", "annotation"]
    np.testing.assert_allclose(table.columns[0], written[0][0], atol=4e-3)  # 16 bits for 200 uV
    np.testing.assert_allclose(table.columns[1], resample_poly(written[0][1], 10, 1, padtype="line"), atol=6e-3)
    assert table.columns[2] == [stage for stage in stages for _ in range(300)]
    ignored = {"IGNORE_LABELS": ["Sleep stage ?"], "WINDOW": 300, "STRIDE": 300}
    data = load(DATASET=str(tmp_path), LABEL="annotation", **ignored)
    assert data.task.classes == ["Sleep stage 1", "Sleep stage W"]
    assert len(data.train) + len(data.test) == 3 * 8
    notes = "\n".join(data.sequences.notes)
    assert "Temp rectal, at 1 Hz, resampled to the 10 Hz of the fastest channel" in notes
    assert "whose label IGNORE_LABELS names (1800 rows), left out: 6" in notes
    assert "Hypnogram" not in notes
    night(tmp_path, "30", stages)
    nights = load(DATASET=str(tmp_path), LABEL="annotation", GROUP=r"SC4(\d)", TEST_SIZE=1, **ignored)
    subjects = [{nights.train.names[row][3] for row in part.rows} for part in (nights.train, nights.test)]
    assert sorted(map(sorted, subjects)) == [["0"], ["3"]]


def test_bdf_and_points_and_a_hypnogram_that_begins_later(tmp_path):
    values = np.linspace(-50, 50, 300)
    marks = [(1, -1, "blink"), (20, 5, "rest"), (99, 1, "late")]
    edf(tmp_path / "a.bdf", [("C3", "uV", 10, values)], marks, kind=pyedflib.FILETYPE_BDFPLUS)
    table = read_table(tmp_path / "a.bdf")
    labels = np.array(table.columns[1])
    np.testing.assert_array_equal(np.flatnonzero(labels != ""), [10, *range(200, 250)])
    assert "annotations outside the record, left out: 1" in table.notes
    edf(tmp_path / "SC4001E0-PSG.edf", [("C3", "uV", 10, values)])
    later = datetime.datetime(1989, 4, 24, 16, 13, 10)
    edf(tmp_path / "SC4001EH-Hypnogram.edf", [], [(0, 10, "W")], later)
    labels = np.array(read_table(tmp_path / "SC4001E0-PSG.edf").columns[1])
    np.testing.assert_array_equal(np.flatnonzero(labels == "W"), np.arange(100, 200))


HEADER = "x 1 100 1000\nx.dat 16 200(0)/mV 16 0 0 0 0 a\n"
HOSTILE = {
    "../../etc/passwd": (HEADER.replace("x.dat", "../../etc/passwd"), "cannot be read as a WFDB record"),
    "absolute": (HEADER.replace("x.dat", "/etc/passwd"), "cannot be read as a WFDB record"),
    "address": (HEADER.replace("x.dat", "http://x.org/x.dat"), "cannot be read as a WFDB record"),
    "chained": (HEADER.replace("x.dat", "simplecache::x.dat"), "cannot be read as a WFDB record"),
    "missing": (HEADER.replace("x.dat", "y.dat"), "needs y.dat, which does not lie beside it"),
    "samples": (HEADER.replace("1000", "1000000000000"), "claims 1,000,000,000,000 samples"),
    "signals": (HEADER.replace("x 1", "x 1000000000"), "describes no signals"),
    "skew": (HEADER.replace("16 200", "16:1000000000000 200"), "moves a signal by more than its length"),
    "segments": ("x/2 1 100 1000000001000\ny 1000\n~ 1000000000000\n", "its segments have far fewer"),
    "its own segment": ("x/1 1 100 1000\nx 1000\n", "is a segment of another record"),
    "segment elsewhere": ("x/1 1 100 1000\n../y 1000\n", "cannot be read as a WFDB record"),
    "long": ("9" * 100_000, "too large to be a header"),
    "empty": ("", "cannot be read as a WFDB record"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_header_leads_nowhere_and_claims_nothing(tmp_path, name):
    text, why = HOSTILE[name]
    (tmp_path / "x.dat").write_bytes(bytes(2000))
    (tmp_path / "y.hea").write_text(HEADER.replace("x 1", "y 1"))
    (tmp_path / "x.hea").write_text(text)
    with pytest.raises(InputError, match=why) as refused:
        read_table(tmp_path / "x.hea")
    assert "\n" not in str(refused.value)


def test_what_is_wrong_with_records_is_said_with_a_way_on(tmp_path, monkeypatch):
    ecg(tmp_path, "100")
    path = tmp_path / "100.hea"
    with pytest.raises(InputError, match='labels stand at single rows: SEQUENCE = "annotation"'):
        load(DATASET=str(path), LABEL="annotation", WINDOW=50)
    with pytest.raises(InputError, match="needs WINDOW"):
        load(DATASET=str(path), LABEL="annotation", SEQUENCE="annotation")
    with pytest.raises(InputError, match="is for labels at single rows"):
        load(DATASET=str(path), LABEL="rhythm", SEQUENCE="annotation", WINDOW=50)
    with pytest.raises(
        InputError, match=r"set LABEL, here 'annotation' \(N, V\); 'rhythm' \(\(AFIB, \(N\), and WINDOW"
    ):
        load(DATASET=str(tmp_path))
    ecg(tmp_path, "101", rate=250)
    with pytest.raises(InputError, match="100.hea is at 360 Hz and 101.hea at 250 Hz"):
        load(DATASET=str(tmp_path), LABEL="rhythm", WINDOW=50)
    (tmp_path / "RECORDS").write_text("../100\n")
    with pytest.raises(InputError, match="only records inside the folder"):
        load(DATASET=str(tmp_path), LABEL="rhythm", WINDOW=50)
    edf(tmp_path / "a.edf", [("C3", "uV", 10, np.zeros(100))])
    whole = (tmp_path / "a.edf").read_bytes()
    (tmp_path / "a.edf").write_bytes(whole[:-50])
    with pytest.raises(InputError, match=f"has {len(whole) - 50:,} bytes, and its header says {len(whole):,}: cut off"):
        read_table(tmp_path / "a.edf")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match="needs the package wfdb to be read: pip install wfdb"):
        read_table(path)
    with pytest.raises(InputError, match="needs the package pyedflib to be read: pip install pyedflib"):
        read_table(tmp_path / "a.edf")
