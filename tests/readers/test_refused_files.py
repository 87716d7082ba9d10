"""Files that cannot be used are refused in one line that says what and where; nothing is written."""

import io
import os
import re
import zipfile

import numpy as np
import pytest
from scipy.io import wavfile

import evaluate_model
import train_model
from core.errors import InputError
from sequences.statistics import mean_and_variance
from tests.conftest import POSIX, load

X, Y = np.random.default_rng(0).normal(size=(20, 6, 2)), np.arange(20) % 2
ARRAYS = [
    ({"X": np.where(np.arange(2) == 1, np.nan, X), "y": Y}, "sequence 0 .*has no value of feature 1"),
    ({"X": np.where(X[3, 1, 0] == X, np.inf, X), "y": Y}, "1 value.* sequence 3, time step 1"),
    ({"X": np.where(X[3, 1, 0] == X, 1e300, X), "y": Y}, "1 value"),
    ({"X": X, "y": np.zeros(20)}, "one class only"),
    ({"X": X, "y": np.arange(20)}, "20 different whole numbers"),
    ({"X": X, "y": Y[:-1]}, "20 sequences.*\\(19,\\)"),
    ({"X": X}, "no labels"),
    ({"y": Y}, "needs arrays X"),
    ({"X": X[:0], "y": Y[:0]}, "no values"),
    ({"X": X[:, :0], "y": Y}, "no values"),
    ({"X": X.astype(object), "y": Y}, "[Oo]bject"),
    ({"X": X, "y": Y.astype(object)}, "[Oo]bject"),
    ({"X": X.astype(str), "y": Y}, "numbers"),
    ({"X": X + 1j, "y": Y}, "numbers"),
    ({"X": X[:, 0, 0], "y": Y}, "shape"),
    ({"X": X[:, :, :, None, None, None], "y": Y}, "shape"),
    ({"X_train": X, "y_train": Y, "X_test": X[:, :3], "y_test": Y}, "3 time steps; the training set has 6"),
    ({"X_train": X, "y_train": Y, "X_test": X}, "no labels"),
]


@pytest.mark.parametrize(("arrays", "message"), ARRAYS)
def test_arrays_that_cannot_be_used(tmp_path, arrays, message):
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(InputError, match=message) as refusal:
        load(DATASET=str(tmp_path / "d.npz"))
    assert "d.npz" in str(refusal.value) or "class" in str(refusal.value) or "label" in str(refusal.value)


TEXTS = [
    ("", "empty"),
    ("1\n2\n", "label and at least one value"),
    ("1 2 3\n2 3\n", "line 2 has 2 columns"),
    ("1 2 3\n2 3 x\n", "line 2: value 2 is 'x'"),
    ("1 2 3\n1 nan nan\n2 3 4\n2 4 5\n" * 5, "sequence 1 .*has no value of feature 0"),
    (b"\x89PNG\xff\xfe\0\0", "not a text file"),
]


@pytest.mark.parametrize(("text", "message"), TEXTS)
def test_ucr_text_that_cannot_be_used(tmp_path, text, message):
    (tmp_path / "d.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=message):
        load(DATASET=str(tmp_path / "d.txt"))


TS_HEADER = "@problemName a\n@timeStamps false\n@univariate true\n@equalLength true\n@classLabel true a b\n"
FILES = [
    ("a.ts", "", "no @data"),
    ("a.ts", TS_HEADER, "no @data"),
    ("a.ts", TS_HEADER + "@data\n", "no sequences"),
    ("a.ts", TS_HEADER + "@data\n1,2:a\n1,x:b\n", "line 8: value 2 is 'x'"),
    ("a.ts", TS_HEADER + "@data\n1,2:a\n1,2:c\n", "line 8: label 'c'"),
    ("a.ts", TS_HEADER + "@data\n1,2:a\n1,2,3:b\n", "line 8 has 3 time steps"),
    ("a.ts", TS_HEADER + "@data\n1,2:3,4:a\n", "line 7 has 2 features"),
    ("a.ts", TS_HEADER + "@sampling 5\n@data\n1,2:a\n", "line 6: '@sampling'"),
    ("a.ts", TS_HEADER + "hello\n@data\n1,2:a\n", "line 6.*not a .ts header"),
    ("a.ts", TS_HEADER.replace("timeStamps false", "timeStamps true") + "@data\n0,1:a\n", "time stamp"),
    ("a.ts", TS_HEADER.replace("@univariate true", "@dimensions many") + "@data\n1,2:a\n", "@dimensions"),
    ("a.ts", TS_HEADER + "@seriesLength 99999999999999\n@data\n1,2:a\n", "the header says"),
    ("a.ts", TS_HEADER + "@data\n?,?:a\n" + "1,2:b\n1,2:a\n" * 5, "sequence 0 .*has no value of feature 0"),
    ("a.ts", TS_HEADER.replace("@classLabel true a b", "@classLabel false") + "@data\n1,2\n", "no labels"),
    ("a.ts", b"\xff\xfe\0\0binary", "not a text file"),
    ("a.ts", TS_HEADER + "@seriesLength " + "9" * 5000 + "\n@data\n1,2:a\n", "not a whole number"),
    ("a.ts", TS_HEADER + "@data\na\nb\n", "line 7 has no values"),
    ("a.ts", TS_HEADER + "@data\n1,1e39:a\n", "line 7: value 2 is beyond 32-bit"),
    ("a.ts", TS_HEADER + "@data\n" + "1e400,1:a\n1,2:b\n" * 5, "NaN, infinite"),
    ("a.csv", "a,b\n1,2\n\n\n1,x\n3,4\n", "line 5, column 'b': 'x'"),
    ("a.csv", "v\n" + "1e39\n" * 50, "beyond 32-bit"),
    ("a.csv", "v\n" + "1e25\n-1e25\n" * 50, "scale them down"),
    ("a.csv", ",".join(f"c{i}" for i in range(100_000)) + "\n" + "7," * 99_999 + "7\n", "WINDOW"),
    ("a.npz", b"\x89PNG\r\n", "no .npz archive"),
    ("a.csv", "", "empty"),
    ("a.csv", "1,2\n3,4\n", "no header"),
    ("a.csv", "a,b\n", "no rows"),
    ("a.csv", "a,a\n1,2\n", "twice"),
    ("a.csv", "a,b\n1,2\n1,2,3\n", "line 3 has 3 cells"),
    ("a.csv", "a,b\n1,2\n1,x\n3,4\n", "line 3, column 'b': 'x'"),
    ("a.csv", "a,b\n1,2\n1,inf\n3,4\n", "line 3, column 'b': 'inf'"),
    ("a.csv", "a,b\nx,y\n", "no numeric column"),
    ("a.csv", 'a,b\n"1,2\n', "cannot be read as .csv"),
    ("a.csv", "d,v\n2001-01-02,1\n2001-01-01,2\n2001-01-05,2\n", "line 3.*goes back"),
    ("a.csv", "d,v\n2001-01-02,1\n2001-01-02,2\n", "line 3.*repeats"),
    ("a.csv", "time,v\n" + "".join(f"{k if k - 9 else ''},2\n" for k in range(40)), "line 11: time column.*is empty"),
    ("a.csv", "d,v\n2001-01-01,1\n2001-01-02,2\n", "WINDOW"),
    ("a.csv", b"\x00\xff\x00", "not a text file"),
    ("a.csv", "x" * 10_000_000, "cannot be read as .csv|no rows"),
    ("a.ts", "@classLabel true 0 1\n@data\n1,2_0:0\n3,4:1\n", "line 3: value 2 is '2_0', not a number"),
    ("a.npz", b"", "cannot be read as .npz"),
    ("a.npz", b"PK\x03\x04garbage", "cannot be read as .npz"),
    ("a.npz", b"\x93NUMPY\x01\x00", "cannot be read as .npz"),
    ("a.npz", "hello", "cannot be read as .npz"),
    ("a.txt", "1 " * 5_000_000, "one class|two are needed"),
    ("a.txt", "1," + "9" * 10_000_000, "NaN, infinite|two are needed"),
    ("r/0_a.wav", b"", "not a .wav"),
    ("r/0_a.wav", b"ID3\x03mp3", "not a .wav"),
    ("r/0_a.wav", b"RIFF\x24\x00\x00\x00WAVEfmt ", "damaged"),
    ("r/0_a.wav", b"RIFF\xff\xff\xff\xffJUNKjunk", "damaged"),
    ("nothing/readme.md", "hello", "seen: 1 × .md, in it"),
    ("a.pkl", b"\x80\x04", "no known format"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "message"), FILES)
def test_a_malformed_file_is_named_with_the_place(shipped, tmp_path, name, content, message):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    dataset = str(path if path.parent == tmp_path else path.parent)
    with pytest.raises(InputError, match=message) as refusal:
        train_model.main({**shipped, "RUN_DIR": str(tmp_path / "run"), "DATASET": dataset})
    assert name.split("/")[0] in str(refusal.value) or re.search("class|training set", str(refusal.value))
    assert not (tmp_path / "run").exists()


def test_one_long_sequence_among_short_ones_may_not_fill_the_memory(tmp_path):
    long = ",".join("1" for _ in range(600_000))
    lines = ["1,2:a", "2,1:b"] * 2000 + [f"{long}:a", f"{long}:b"]
    header = TS_HEADER.replace("@equalLength true\n", "")
    (tmp_path / "a.ts").write_text(header + "@data\n" + "\n".join(lines))
    with pytest.raises(InputError, match="would take 9 GiB"):
        load(DATASET=str(tmp_path / "a.ts"), SEED=1)


@POSIX
@pytest.mark.parametrize("name", ["a_TRAIN.ts", "0_a.wav", "X.npy"])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_may_never_end_is_not_read(tmp_path, kind, name):
    if kind == "pipe":
        os.mkfifo(tmp_path / name)
    else:
        (tmp_path / name).symlink_to("/dev/zero")
    dataset = tmp_path / name if name == "X.npy" else tmp_path
    with pytest.raises(InputError, match="not a regular file"):
        load(DATASET=str(dataset))


def test_arrays_that_claim_to_be_others(tmp_path):
    np.save(tmp_path / "one.npy", 3.0)
    np.save(tmp_path / "empty.npy", np.zeros((10**6, 0)))
    np.save(tmp_path / "plain.npy", np.zeros((9, 9)))
    (tmp_path / "plain.npy").rename(tmp_path / "plain.npz")
    np.savez(tmp_path / "words.npz", X=np.zeros((9, 9)), y=np.array(["a", "b\udc80", "a"] * 3))
    np.savez(tmp_path / "large.npz", X=np.random.default_rng(0).normal(size=(9, 9)) * 1e30, y=np.arange(9) % 2)
    for name, message in (
        ("one.npy", "single value"),
        ("empty.npy", "no values"),
        ("plain.npz", "no .npz archive"),
        ("words.npz", "cannot be shown"),
        ("large.npz", "scale them down"),
    ):
        with pytest.raises(InputError, match=message):
            data = load(DATASET=str(tmp_path / name))
            mean_and_variance(data.train)


@pytest.mark.parametrize("names", [("accuracy", "macro avg"), ("$\\frac{$", "$x$")])
def test_any_word_can_be_a_class(shipped, tmp_path, names):
    x, y = np.random.default_rng(0).normal(size=(40, 6)), np.array(names * 20)
    np.savez(tmp_path / "a.npz", X=x, y=y)
    constants = {**shipped, "DATASET": str(tmp_path / "a.npz"), "RUN_DIR": str(tmp_path / "run"), "EPOCHS": 1}
    train_model.main(constants)
    assert set(evaluate_model.main(constants)["per_class"]) == set(names)


def wav(samples, rate=8000):
    file = io.BytesIO()
    wavfile.write(file, rate, samples)
    return file.getvalue()


def test_recordings_that_cannot_be_used(tmp_path):
    good = wav(np.zeros(800, np.int16))
    cases = [
        ({"0_a.wav": wav(np.zeros(0, np.int16))}, "0_a.wav holds no samples"),
        ({"0_a.wav": wav(np.zeros(800, np.int16), 4000)}, "4000 Hz; allowed"),
        ({"0_a.wav": wav(np.full(800, np.nan, np.float32))}, "NaN"),
        ({"0_a.wav": good, "noname.wav": good}, "no labels"),
        ({"0_a.wav": wav(np.full(800, 1e200))}, "1e.06 and more"),
        ({os.fsdecode(b"\xff_a.wav"): good}, "printable"),
        ({"0_a.wav": good[:40], "1_a.wav": good}, "0_a.wav"),
        ({"0_a.wav": good[:16] + b"\xff" * 20 + good[36:]}, "0_a.wav"),
    ]
    for number, (files, message) in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        with pytest.raises(InputError, match=message):
            load(DATASET=str(folder))


def test_a_header_that_claims_terabytes_is_refused_before_memory_is_taken(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6, 1)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("X.npy", header.getvalue() + b"\0" * 100)
    with pytest.raises(InputError, match="claims 8000000000000 bytes"):
        load(DATASET=str(tmp_path / "a.npz"))
