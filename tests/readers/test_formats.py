"""Each file format on a real file that the test writes, against the values that went in."""

import numpy as np
import pytest
from scipy.io import wavfile

from core.errors import InputError
from readers import find_format
from readers.arrays.ts import read_ts
from readers.media import sound
from readers.media.sound import log_mel, read_wav
from readers.tables import series
from sequences.preparation import Preparation, pad_or_truncate
from sequences.types import Sequences
from tests.conftest import load
from tests.readers.helpers import NAMES, tone, write_recordings

TS = """# a comment
@problemName Walk
@timeStamps false
@missing true
@univariate false
@dimensions 2
@equalLength false
@classLabel true up down
@data
1.5,2,?,4:10,20,30,40:up
-1e-3,0.1:7,8:down
"""


def write_ts(path, text=TS):
    path.write_text(text)
    return path


def test_ts_multivariate_of_unequal_length_with_missing_values(tmp_path):
    read = read_ts(write_ts(tmp_path / "Walk_TRAIN.ts"))
    np.testing.assert_array_equal(read.x[0], [[1.5, 10], [2, 20], [np.nan, 30], [4, 40]])
    np.testing.assert_array_equal(read.x[1], [[-1e-3, 7], [0.1, 8]])
    assert read.y.tolist() == ["up", "down"]


def test_ts_with_time_stamps(tmp_path):
    """As aeon reads it: the values alone count. Stamps hold colons and commas of their own."""
    lines = [f"(2004-10-01 00:0{k}:00,{k}.5), (2004-10-02,-1e-2):(1,?),(2,{k}):{'ab'[k % 2]}" for k in range(8)]
    head = "@problemName s\n@timeStamps true\n@univariate false\n@dimensions 2\n@classLabel true a b\n@data\n"
    (tmp_path / "s.ts").write_text(head + "\n".join(lines))
    read = read_ts(tmp_path / "s.ts")
    np.testing.assert_array_equal(read.x[3], [[3.5, np.nan], [-0.01, 3]])
    assert read.y.tolist() == list("abababab") and "time stamps" in read.notes[0]
    (tmp_path / "s.ts").write_text(head + "1,2,3:4,5,6:a\n")
    with pytest.raises(InputError, match="line 7: .*(time stamp,value)"):
        read_ts(tmp_path / "s.ts")


def test_ts_without_labels(tmp_path):
    text = "@problemName a\n@univariate true\n@classLabel false\n@data\n1,2,3\n4,5,6\n"
    read = read_ts(write_ts(tmp_path / "a.ts", text))
    assert read.y is None
    np.testing.assert_array_equal(np.stack(read.x)[:, :, 0], [[1, 2, 3], [4, 5, 6]])


def test_gaps_are_interpolated_short_sequences_padded_long_ones_cut():
    gap = np.array([[1.0], [np.nan], [np.nan], [4.0], [np.nan]])
    made = pad_or_truncate(Sequences([gap, np.array([[7.0]] * 3), np.array([[1.0]] * 6)]), 5, [-2.0], "here")
    x = made.x
    np.testing.assert_allclose(x[0, :, 0], [1, 2, 3, 4, 4])
    assert x.shape == (3, 5, 1) and x.dtype == np.float32
    np.testing.assert_array_equal(x[1, :, 0], [-2, -2, 7, 7, 7])
    np.testing.assert_array_equal(x[2, :, 0], [1] * 5)
    text = " ".join(made.notes)
    assert "1 of 3 sequences was padded" in text and "1 of 3 sequences was cut" in text
    assert "3 missing values" in text


def test_a_sequence_without_any_value_is_named():
    with pytest.raises(InputError, match="sequence 1 "):
        pad_or_truncate(Sequences([np.ones((3, 1)), np.full((3, 1), np.nan)]), 3, [0.0], "here")


def test_a_folder_of_several_formats_gives_the_ts_file(tmp_path):
    write_ts(tmp_path / "Walk_TRAIN.ts")
    (tmp_path / "Walk_TRAIN.txt").write_text("1 2 3\n")
    assert find_format(tmp_path)[1].name == "Walk_TRAIN.ts"


def test_test_sequences_are_brought_to_the_training_length(tmp_path):
    body = "".join(f"{','.join(map(str, range(n)))}:{'ab'[n % 2]}\n" for n in (5, 6, 7, 8))
    header = "@univariate true\n@equalLength false\n@classLabel true a b\n@data\n"
    write_ts(tmp_path / "S_TRAIN.ts", header + body)
    write_ts(tmp_path / "S_TEST.ts", header + "1,2,3:a\n" + ",".join(["1"] * 12) + ":b\n")
    data = load(DATASET=str(tmp_path))
    assert data.train.take(slice(None)).shape == (4, 8, 1) and data.test.take(slice(None)).shape == (2, 8, 1)
    mean = sum(sum(range(n)) for n in (5, 6, 7, 8)) / (5 + 6 + 7 + 8)  # of the training values
    np.testing.assert_allclose(data.test.take(slice(None))[0, :, 0], [mean] * 5 + [1, 2, 3])
    assert any("1 of 2 sequences was cut" in note for note in data.sequences.notes)


# Recordings.


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float32"])
@pytest.mark.parametrize("channels", [1, 2])
def test_wav_of_every_sample_type_gives_the_same_sound(tmp_path, rate, dtype, channels):
    sound = tone(rate)
    scale = {"uint8": 128, "int16": 2**15, "int32": 2**31, "float32": 1}[dtype]
    samples = (sound * scale + (128 if dtype == "uint8" else 0)).astype(dtype)
    wavfile.write(tmp_path / "a.wav", rate, np.stack([samples] * channels, axis=1) if channels > 1 else samples)
    read, read_rate = read_wav(tmp_path / "a.wav")
    assert read_rate == rate
    np.testing.assert_allclose(read, sound, atol=0.01 if dtype == "uint8" else 1e-4)


@pytest.mark.parametrize("rate", [8000, 22050])
def test_log_mel_frames_are_those_of_a_direct_computation(rate):
    """The discrete Fourier transform and the triangles written out, one frame and band at a time."""
    sound = tone(rate, hertz=700) + np.random.default_rng(0).normal(size=int(rate * 0.3)) * 0.01
    window, step = round(0.025 * rate), round(0.01 * rate)
    size = 1
    while size < window:
        size *= 2
    k = np.arange(size // 2 + 1)
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = [700 * (10 ** (top * i / 41 / 2595) - 1) for i in range(42)]
    n = np.arange(window)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * n / (window - 1))
    frames = log_mel(sound, rate)
    assert frames.shape == (1 + (len(sound) - window) // step, 40)
    for i in (0, 7, len(frames) - 1):
        frame = sound[i * step : i * step + window] * hann
        power = np.abs(np.exp(-2j * np.pi * np.outer(k, n) / size) @ frame) ** 2
        for band in range(40):
            low, centre, high = edges[band : band + 3]
            energy = 0.0
            for frequency, p in zip(k * rate / size, power):
                if low < frequency <= centre:
                    energy += p * (frequency - low) / (centre - low)
                elif centre < frequency < high:
                    energy += p * (high - frequency) / (high - centre)
            assert frames[i, band] == pytest.approx(np.log(energy + 1e-6), abs=1e-6)


def test_a_recording_that_ends_before_its_header_says_is_named(tmp_path):
    folder = write_recordings(tmp_path / "r", NAMES)
    cut = folder / NAMES[3]
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    assert sound.read(folder, None)[0].notes == (f"recordings shorter than their headers say: {NAMES[3]}",)
    whole = (folder / NAMES[4]).read_bytes()
    cut.write_bytes(whole[:4] + b"\xff" * 4 + whole[8:])  # written to a pipe
    assert sound.read(folder, None)[0].notes == ()


def test_recordings_are_labelled_by_their_names(tmp_path):
    read = sound.read(write_recordings(tmp_path / "r", NAMES), None)[0]
    assert read.y.tolist() == [name[0] for name in sorted(NAMES)]
    assert read.x[0].shape == (1 + (800 - 200) // 80, 40) and read.sample_rate == 8000


def test_test_files_picks_the_test_recordings(tmp_path):
    data = load(DATASET=str(write_recordings(tmp_path / "r", NAMES)), TEST_FILES=r"_[01]\.wav$")
    names = np.array(sorted(NAMES))
    assert set(names[data.test.rows]) == {n for n in NAMES if n.endswith(("_0.wav", "_1.wav"))}
    assert not set(data.test.rows) & set(data.train.rows) and len(data.train) + len(data.test) == len(NAMES)


@pytest.mark.parametrize("validation_size", [0.0, 0.34])
def test_a_group_is_never_in_two_parts(tmp_path, validation_size):
    folder = write_recordings(tmp_path / "r", NAMES)
    data = load(DATASET=str(folder), GROUP="_([a-z]+)_", TEST_SIZE=0.25, VALIDATION_SIZE=validation_size)
    names = np.array(sorted(NAMES))
    parts = [part for part in (data.train, data.validation, data.test) if part is not None]
    speakers = [{name.split("_")[1] for name in names[part.rows]} for part in parts]
    assert all(speakers) and sum(map(len, speakers)) == len(set.union(*speakers)) == 4


def test_groups_of_npz_stay_whole(tmp_path):
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(10), 6)
    np.savez(tmp_path / "d.npz", X=rng.normal(size=(60, 8)), y=np.arange(60) % 2, groups=groups)
    data = load(DATASET=str(tmp_path / "d.npz"), TEST_SIZE=0.3)
    assert len(set(groups[data.test.rows])) == 3 and not set(groups[data.test.rows]) & set(groups[data.train.rows])


# Series.


def test_csv_numeric_columns_are_inputs_and_time_is_skipped(shipped, tmp_path):
    (tmp_path / "s.csv").write_text('"Month","Sales","Price"\n"2001-01",1,2.5\n"2001-02",,3\n"2001-03",3,4\n')
    read = series.read(tmp_path / "s.csv", shipped)[0]
    assert read.columns == ["Sales", "Price"] and read.notes == (
        "columns not used as inputs: Month",
        "Price is forecast, the last of 2 columns of numbers: TARGET names another",
    )
    np.testing.assert_array_equal(read.x[0], [[1, 2.5], [np.nan, 3], [3, 4]])
    filled = Preparation.fit(read, [0]).apply(read, "here")
    notes = filled.notes
    np.testing.assert_array_equal(filled.x[0], [[1, 2.5], [1, 3], [3, 4]])
    assert "1 empty cell was carried forward" in " ".join(notes)


@pytest.mark.parametrize(
    "times",
    [["2001-01-01", "2001-01-02"], ["31/01/2001", "01/02/2001"], ["01/31/2001", "02/01/2001"], ["2001", "2002"],
     ["2001-01-01 10:00:00", "2001-01-01 11:00:00"], ["Jan 2001", "Feb 2001"]],
)  # fmt: skip
def test_csv_time_stamps_in_order_are_accepted(shipped, tmp_path, times):
    (tmp_path / "s.csv").write_text(f"date;v\n{times[0]};1\n{times[1]};2\n")
    assert series.read(tmp_path / "s.csv", shipped)[0].columns == ["v"]


@pytest.mark.parametrize("times", [["2001-02-01", "2001-01-01"], ["2001-01-01", "2001-01-01"], ["1", "1"]])
def test_csv_time_stamps_out_of_order_are_refused(shipped, tmp_path, times):
    rows = [*times, "2002-01-01"] if "-" in times[0] else ["0", *times, *map(str, range(2, 30))]
    (tmp_path / "s.csv").write_text("date,v\n" + "".join(f"{t},{k}\n" for k, t in enumerate(rows)))
    with pytest.raises(InputError, match="line (3|4).*date"):
        series.read(tmp_path / "s.csv", shipped)[0]
