"""Tables, archives of other programs, recordings with transcripts, texts and clips that cannot be used: one line each.

Every case is read in this process: their memory and time together are bounded at the end.
"""

import gzip
import io
import re
import struct
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat, wavfile
from scipy.sparse import eye

from core.errors import InputError
from readers import text_files
from tests.conftest import load

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 6, 2)), np.arange(20) % 2
MOST_MEMORY = 2**28  # bytes that this process may grow by meanwhile
MOST_SECONDS = 60


def lines(*rows):
    return "\n".join(rows) + "\n"


def saved(write, *values):
    file = io.BytesIO()
    write(file, *values)
    return file.getvalue()


def h5(fill):
    """Write an HDF5 file with 20 labels, and what `fill` puts beside them."""
    file = io.BytesIO()
    with h5py.File(file, "w") as content:
        fill(content)
        content["y"] = Y
    return file.getvalue()


def mat73(fill):
    return (b"MATLAB 7.3 MAT-file".ljust(116) + b"\0" * 8 + b"\0\2IM").ljust(512, b"\0") + h5(fill)


def references(content):
    content["other"] = X
    content.create_dataset("X", (20,), dtype=h5py.ref_dtype)[0] = content["other"].ref
    content.flush()


def virtual(content):
    layout = h5py.VirtualLayout((20, 12), dtype="f8")
    layout[:] = h5py.VirtualSource("/etc/passwd", "X", (20, 12))
    content.create_virtual_dataset("X", layout)


def link(kind, *where):
    def fill(content):
        content["X"] = kind(*where)

    return fill


def claims(shape, chunks, **options):
    return lambda content: content.create_dataset("X", shape, dtype="f8", chunks=chunks, **options)


def gif(frames=3, size=None):
    pictures = [Image.fromarray(np.full((8, 6, 3), 40 * k, np.uint8)) for k in range(frames)]
    file = io.BytesIO()
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:])
    content = bytearray(file.getvalue())
    if size:
        content[6:10] = struct.pack("<HH", *size)
    return bytes(content)


def png(size=(8, 6)):
    content = bytearray(saved(lambda file: Image.fromarray(np.zeros((6, 8), np.uint8)).save(file, "PNG")))
    content[16:24] = struct.pack(">II", *size)  # its check sum is then wrong, too
    return bytes(content)


def clips(content, names="0 1 2 3 4", suffix=".gif"):
    return {f"d/{label}/{k}{suffix}": content for label in "xy" for k in names.split()}


WAV = saved(wavfile.write, 8000, (RNG.normal(size=4000) * 3000).astype(np.int16))
ROW = {"SEQUENCE": "row", "LABEL": "y"}
V = {"TARGET": "v", "WINDOW": 3}
WORDS = {"TEXT": "text", "LABEL": "label"}
ROWS = [f"{k % 2},{k},{k * k}" for k in range(30)]
SERIES = [f"{k},{k * k}" for k in range(30)]
DAYS = [f"2001-01-{k + 1:02},{k * k}" for k in range(28)]
TEXTS = [f"{k % 2},hello {k}" for k in range(30)]
ARFF = "@relation r\n@attribute a numeric\n@attribute b numeric\n@attribute c {x,y}\n@data\n"
META = "file_name,text\n"


def table(*rows, name="d.csv"):
    return {name: lines(*rows)}


def meta(rows, *recordings, header=META, name="metadata.csv"):
    return {f"d/{name}": header + rows} | {f"d/{recording}": WAV for recording in recordings}


CASES = [
    (table("y,a,b", *ROWS, "1,2"), ROW, "line 32 has 2 cells, the header has 3"),
    (table("v,w", *SERIES, "3"), V, "line 32 has 1 cells"),
    (table("v", "1", "9" * 10_000_000, "2", "3"), V, "line 3, column 'v': '9{40}' is not a finite number"),
    (table("a,v", '"' + "x" * 10_000_000 + '",1'), V, "need at least"),
    (table("a,v", '"' + "x" * 11_000_000 + '",1'), V, "line 2 has a cell of 11,000,002 letters"),
    (table(",".join(f"c{k}" for k in range(100_000)), *[",".join("1" * 100_000)] * 2), ROW, "100000 columns"),
    (table("a,v", '"' * 3_000_001), V, "d.csv has no numeric column"),
    (table("a,v", '"""' * 1_000_000), V, "d.csv has no numeric column"),
    (table("a,v", "1,2\0", "3,4"), V, "not a text file: it holds zero bytes"),
    ({"d.csv": "a,v\n1,2\n".encode("utf-16")[:-1]}, V, "not a text file"),
    (table("t,v", "day,", *SERIES), V, "line 2 has no number, 'day' say: delete it if it belongs to the header"),
    (table("t,v", *SERIES, "t,v", *SERIES), V, "line 32 is the header again: delete it"),
    (table("v", *"1" * 30, "1e400"), V, "line 32, column 'v': '1e400' is not a finite"),
    (table("date,v", *DAYS, "2001-02-30,5"), V, "line 30: '2001-02-30' in column 'date' is not a date"),
    (table("v", *"1" * 30, "=1+1"), V, "line 32, column 'v': '=1.1' is not a finite"),
    (table("v,w", *["1,2"] * 30, "#VALUE!,3"), V, "line 32, column 'v': '#VALUE!'"),
    (table("v,w", *['"1,000",2'] * 30, '"0,100",2'), V, "line 32, column 'v': '0,100'"),
    (table("v", *(f"{k % 7}e300" for k in range(60))), V, "beyond 32-bit"),
    (table("v,w", *["1,2"] * 30, "=cmd|' /C calc'!A0,1"), V, "line 32, column 'v': .=cmd"),
    ({"d.csv": b"\xef\xbb\xbf"}, V, "d.csv is empty"),
    (table("y,a,b"), ROW, "has a header and no rows"),
    (table("y,a,b", "1,2,3"), ROW, "has one sequence"),
    ({"d.csv.gz": gzip.compress(lines("v", *"1" * 30).encode())[:-9]}, V, "a damaged .gz file"),
    ({"d.csv.gz": gzip.compress(b"\0" * 4_000_000)}, V, "not a text file: it holds zero bytes"),
    ({"d.csv.gz": gzip.compress(b"v\n" + b"1\n" * 3_000_000)}, V, "holds more than"),
    (table("y,a,b", *ROWS), ROW | {"LABEL": "z"}, "LABEL = 'z' is impossible: the 3 columns of .*d.csv are y, a, b"),
    (table("y,a,b", *ROWS), ROW | {"LABEL": 9}, "LABEL = 9 is impossible"),
    (table("y,a,b", *ROWS), ROW | {"SEQUENCE": "who"}, "SEQUENCE = 'who' is impossible"),
    (table("y,a", *(f",{k}" for k in range(30))), ROW, "column 'y' of LABEL is empty in all rows"),
    (table("t,v", *SERIES), V | {"TARGET": "w"}, "TARGET = 'w' is impossible: the numeric columns are t, v"),
    (table("t,v", *SERIES), V | {"TARGET": ["v", "v"]}, "names a column twice"),
    (table("t,v", *SERIES), V | {"KNOWN": ["zz"]}, "KNOWN = 'zz' is impossible"),
    (table("t,v", *SERIES), V | {"KNOWN": ["v"]}, "its future is not known"),
    (table("v,w", *(f",{k}" for k in range(30))), V, "TARGET = 'v' is impossible"),
    ({f"d/{k}/{i}.csv": f"a,{'bc'[i % 2]}\n1,2\n3,4\n" for k in "xy" for i in range(6)}, {}, "has different columns"),
    ({"d.h5": h5(link(h5py.ExternalLink, "/etc/passwd", "X"))}, {}, "needs arrays X, y"),
    ({"d.h5": h5(link(h5py.SoftLink, "/nowhere"))}, {}, "needs arrays X, y"),
    ({"d.h5": h5(references)}, {}, "X holds objects"),
    ({"d.h5": h5(claims((10**6, 10**6), (100, 100)))}, {}, "X has 7450.6 GiB"),
    ({"d.h5": h5(claims((10**9, 50, 2), (1000, 50, 2)))}, {}, "X has 745.1 GiB"),
    ({"d.h5": h5(claims((20, 50_000_000), (1, 50_000_000), compression="gzip"))}, {}, "X has 7.5 GiB"),
    ({"d.h5": h5(claims((20, 12), None, external=[("/etc/passwd", 0, 1920)]))}, {}, "lies in another file"),
    ({"d.h5": h5(virtual)}, {}, "lies in another file"),
    ({"d.h5": h5(lambda c: c.update(X=np.array([b"abc"] * 20)))}, {}, "X must hold numbers"),
    ({"d.h5": h5(lambda c: c.update(X=np.zeros(20, [("a", "f4"), ("b", "f4")])))}, {}, "X must hold numbers"),
    ({"d.h5": h5(lambda c: c.create_dataset("X", (20,), dtype=h5py.vlen_dtype("f4")))}, {}, "X holds objects"),
    ({"d.h5": h5(lambda c: c.create_group("X").update(self=c["/"]))}, {}, "needs arrays X, y"),
    ({"d.h5": h5(lambda c: c.update(X=X))[:1500]}, {}, "cannot be read as .h5"),
    ({"d.h5": b"hello"}, {}, "cannot be read as .h5"),
    ({"d.mat": mat73(references)}, {}, "X holds objects"),
    ({"d.mat": mat73(link(h5py.ExternalLink, "/etc/passwd", "X"))}, {}, "needs arrays X, y"),
    ({"d.mat": saved(savemat, {"X": X, "y": Y})[:-50]}, {}, "cannot be read as .mat"),
    ({"d.mat": saved(savemat, {"data": {"X": X, "y": Y}})}, {}, "holds no plain arrays"),
    ({"d.mat": saved(savemat, {"X": np.array([{"a": 1}, 2], dtype=object), "y": Y})}, {}, "X is no plain array"),
    ({"d.mat": saved(savemat, {"X": eye(20).tocsc(), "y": Y})}, {}, "X is no plain array"),
    ({"d.mat": saved(savemat, {"X": X + 1j, "y": Y})}, {}, "X is no plain array"),
    ({"d.mat": b""}, {}, "cannot be read as .mat"),
    ({"d.arff": ARFF.replace("@data\n", "")}, {}, "it ends too early"),
    ({"d.arff": ARFF + "1,2,z\n"}, {}, "z value not in"),
    ({"d.arff": ARFF + "1,2,x\n1,x\n"}, {}, "cannot be read as .arff"),
    ({"d.arff": ARFF.replace("a numeric", "a string") + "q,1,x\n"}, {}, "String attributes"),
    ({"d.arff": ARFF.replace("a numeric", "a date 'zz'") + "1,1,x\n"}, {}, "cannot be read as .arff"),
    ({"d.arff": ARFF.replace("b numeric", "b {p,q}") + "1,p,x\n" * 4}, {}, "2 nominal attributes"),
    (
        meta("../secret.wav,hello\n", "a.wav") | {"secret.wav": WAV},
        {},
        "row 1 names '../secret.wav', which is not a rec",
    ),
    (meta("/etc/passwd,hello\n", "a.wav"), {}, "row 1 names '/etc/passwd', which is not a recording"),
    (meta("a.wav,hello\nb.wav,you\n", "a.wav"), {}, "row 2 names 'b.wav', which is not a recording"),
    (meta("a.wav,hello\na.wav,you\n", "a.wav"), {}, "row 2 names 'a.wav' for the second time"),
    (meta("a.wav,abc, then cab\n", "a.wav"), {}, "row 1 has 3 cells, 2 are allowed: quote the transcript"),
    (meta("a.wav,\nb.wav,\n", "a.wav", "b.wav"), {}, "row 1 .a.wav. holds no transcript"),
    (meta("a.wav,he\x07llo\nb.wav,x\n", "a.wav", "b.wav"), {}, "letters that cannot be shown"),
    (meta("a.wav,x\n", "a.wav", header="name,words\n"), {}, "metadata.csv cannot be used: a header must name"),
    (meta("", "a.wav", header=""), {}, "metadata.csv cannot be used"),
    (meta("a.wav,x\n", "a.wav") | {"d/metadata.tsv": META}, {}, "metadata.csv and metadata.tsv: only one of them"),
    (meta("".join(f"{k}.wav,{'ab' * 4000}\n" for k in range(8)), *(f"{k}.wav" for k in range(8))), {}, "8000 steps"),
    (table("label,text", *(f"{k % 2}," for k in range(30))), WORDS, "text 1 is empty"),
    (table("label,text", *(f"0,hello {k}" for k in range(30))), WORDS, "one class only"),
    (table("label,text", *TEXTS), {"TEXT": "text"}, "no labels"),
    (table("label,text", *TEXTS), WORDS | {"TEXT": "words"}, "TEXT = 'words' is impossible"),
    (table("label,text", *TEXTS), WORDS | {"TEXT": "label"}, "TEXT and LABEL name the same column"),
    (table("label,text", *(f",hello {k}" for k in range(30))), WORDS, "column 'label' of LABEL is empty in all rows"),
    (table("label,text", *(f"{k % 2},..." for k in range(30))), WORDS, "hold no words"),
    (clips(b"\x00\xff\xfe\x00", suffix=".txt"), {}, "not a text file"),
    (clips(gif(size=(65_000, 65_000))), {}, "4225000000 pixels"),
    (clips(b"GIF89a\1\0\1\0\0\0\0;"), {}, "is damaged, or no image"),
    (clips(png(size=(60_000, 60_000)), "a/0 a/1 b/0 b/1", ".png"), {}, "pixels|is damaged, or no image"),
    (clips(b"hello", "a/0 a/1 b/0 b/1", ".png"), {}, "is damaged, or no image"),
    (clips(gif()), {"FRAMES": 100, "FRAME_SIZE": 4096}, "FRAME_SIZE = 4096 make 4,800 MiB of each clip"),
    ({"d.npy": b"\x93NUMPY\x01\x00\x0e\x00           $\n\x00"}, {}, "cannot be read as .npy"),
    ({f"d/{k}/{n}.npy": saved(np.save, np.zeros((4 + n, 4, 4))) for k in "xy" for n in range(3)}, {}, "of one shape"),
]


def peak():
    """Return the most bytes of memory that this process has had, 0 where there is no /proc to say it."""
    if sys.platform != "linux":
        return 0
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(r"VmHWM:\s+(\d+)", status)[1])


@pytest.fixture(scope="module", autouse=True)
def bounded():
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew (man 5 proc): other tests have their own
    began, before = time.monotonic(), peak()
    yield
    assert peak() - before < MOST_MEMORY and time.monotonic() - began < MOST_SECONDS


@pytest.mark.filterwarnings("error::RuntimeWarning")  # the user sees one line
@pytest.mark.parametrize(("files", "constants", "message"), CASES, ids=[message[:40] for _, _, message in CASES])
def test_what_cannot_be_used_is_named_with_its_place(tmp_path, monkeypatch, files, constants, message):
    monkeypatch.setattr(text_files, "UNPACKED", 5_000_000)  # as it is, two GiB
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    dataset = tmp_path / next(iter(files)).split("/")[0]
    with pytest.raises(InputError, match=message) as refusal:
        load(DATASET=str(dataset), **constants)
    said = str(refusal.value).replace(str(tmp_path), "")
    assert "\n" not in said and len(said) < 600
    assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == sorted(tmp_path / name for name in files)
