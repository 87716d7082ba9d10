"""Whatever bytes a file holds, a reader gives arrays or the project's own error, never another exception.

A longer search: python -m pytest tests/readers/test_fuzz.py --hypothesis-profile=long
"""

import gzip
import io
import json
import tempfile
from pathlib import Path

import h5py
import nibabel
import numpy as np
import pandas as pd
import pydicom
import pyedflib
import pytest
import xarray as xr
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from PIL import Image
from pyedflib.highlevel import make_signal_header
from scipy.io import savemat, wavfile

from core import run_folder
from core.constants import read_constants
from core.errors import InputError
from readers import read_data_set, read_new
from readers.tables import delimited
from sequences.preparation import Preparation
from training.saved_run import open_run


def saved(write, *values, **arrays):
    file = io.BytesIO()
    write(file, *values, **arrays)
    return file.getvalue()


def h5(**arrays):
    file = io.BytesIO()
    with h5py.File(file, "w") as content:
        for name, values in arrays.items():
            content[name] = values
    return file.getvalue()


def gif():
    frames = [Image.fromarray(np.full((6, 8, 3), 40 * k, np.uint8)) for k in range(3)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


def save_workbook(file):
    book = Workbook()
    for row in [["Month", "a", "b"], ["2001-01", 1, 2], ["2001-02", None, 6], ["2001-03", 4, 5]]:
        book.active.append(row)
    book.save(file)


def dicom():
    dataset = pydicom.Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = pydicom.uid.CTImageStorage, "1.2.3"
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 6, 8, 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.RescaleSlope, dataset.RescaleIntercept, dataset.WindowCenter, dataset.WindowWidth = 2, -10, 40, 80
    dataset.PixelData = np.arange(48, dtype="<u2").tobytes()
    file = io.BytesIO()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def nifti():
    image = nibabel.Nifti1Image(np.arange(5 * 6 * 3, dtype=np.int16).reshape(5, 6, 3), np.diag([1, 1, 4, 1]))
    return image.to_bytes()


def edf():
    with tempfile.NamedTemporaryFile(suffix=".edf") as file:
        writer = pyedflib.EdfWriter(file.name, 1)
        writer.setSignalHeader(0, make_signal_header("a", sample_frequency=10))
        writer.writeSamples([np.arange(30.0)])
        writer.writeAnnotation(1, 1, "b")
        writer.close()
        return Path(file.name).read_bytes()


def png(grey):
    file = io.BytesIO()
    Image.fromarray(np.full((6, 8, 3), grey, np.uint8)).save(file, "PNG")
    return file.getvalue()


def netcdf_3(file):
    times = np.array(["2001-01-01", "2001-01-02", "2001-01-03"], dtype="datetime64[ns]")
    data = xr.Dataset(
        {"v": (("time", "lat", "lon"), np.ones((3, 1, 2)))}, {"time": times, "lat": [1.0], "lon": [0.0, 1]}
    )
    file.write(bytes(data.to_netcdf(engine="scipy")))


X, Y = np.arange(24.0).reshape(4, 3, 2), np.array(["a", "b", "a", "b"])
TS = b"@problemName a\n@univariate false\n@dimensions 2\n@classLabel true a b\n@data\n1,2,?:3,4,5:a\n1e3,-2:3,4:b\n"
FRAME = pd.DataFrame({"a": [1, 2.5, None], "b": ["x", None, "y"]}, pd.date_range("2001-01-01", periods=3, name="t"))
CONSTANTS = read_constants()
OWN = {
    "series.csv": {"SEQUENCE": "shop", "TARGET": "v"},
    "wide.csv": {"SEQUENCE": "row", "TASK": "forecasting"},
    "stream.csv": {"SEQUENCE": "who", "LABEL": "what"},
    "texts.csv": {"TEXT": "text", "LABEL": "label"},
    "clip.gif": {"FRAMES": 2, "FRAME_SIZE": 4},
    "d.dat": {"TARGET": 0},
    "d.dcm": {"FRAMES": 2, "FRAME_SIZE": 4},
    "d.nii": {"FRAMES": 2, "FRAME_SIZE": 4},
    "d.nc": {"SEQUENCE": ["lat", "lon"]},
    "d.gpx": {"TARGET": ["lat", "lon"]},
    "d.plt": {"TARGET": ["lat", "lon"]},
}
VALID = {
    "d.npz": saved(np.savez, X=X, y=Y),
    "named.npz": saved(
        np.savez, X=X, y=np.eye(2)[[0, 1, 0, 1]], groups=Y, lengths=np.array([3, 2, 3, 1]), S=np.arange(4)
    ),
    "packed.npz": saved(np.savez_compressed, X_train=X, y_train=Y, X_test=X, y_test=Y),
    "d.npy": saved(np.save, X),
    "d.ts": TS,
    "d.txt": b"1 2.5 3e1\n-1 3 4\n1,5,6\n",
    "d.csv": b'Month,"a",b\n2001-01,1,2\n2001-02,,3.5\n2001-03,4,5\n',
    "d.csv.gz": gzip.compress(b"Month,a,b\n" + b"".join(b"2001-%02d,%d,2\n" % (k, k * k) for k in range(1, 13))),
    "d.tsv": b"1\t2.5\t3e1\n-1\t3\tNaN\n1\t5\t6\n",
    "number.ts": TS.replace(b"@classLabel true a b", b"@targetLabel true")
    .replace(b":a", b":1.5")
    .replace(b":b", b":?"),
    "d.h5": h5(X=X, y=np.arange(4) % 2),
    "d.mat": saved(savemat, {"X": X, "y": np.arange(4)}),
    "d.arff": b"@relation r\n@attribute a numeric\n@attribute b numeric\n@attribute c {x,y}\n@data\n1,2,x\n3,?,y\n",
    "d.wav": saved(wavfile.write, 8000, (np.sin(np.arange(900)) * 2**14).astype(np.int16)),
    "series.csv": b"date,shop,v\n2001-01-01,a,1\n2001-01-01,b,2\n2001-01-02,a,3.5\n2001-01-02,b,\n2001-01-03,a,5\n",
    "wide.csv": b'"id","V1","V2","V3"\n"a","1","2.5","3"\n"b","4","",""\n',
    "stream.csv": b"who;what;t;x\n1;walk;0;1,5\n1;walk;1;9,5\n1;sit;2;\n2;sit;0;4\n",
    "texts.csv": b'label,text\nx,"two\nlines, ""quoted"""\ny,plain words\nx,more\n',
    "fasttext.txt": b"__label__x __label__y two words\nplain words\n__label__x more\n",
    "clip.gif": gif(),
    "d.dcm": dicom(),
    "d.nii": nifti(),
    "d.parquet": saved(FRAME.to_parquet),
    "d.feather": saved(FRAME.to_feather),
    "d.xlsx": saved(save_workbook),
    "d.jsonl": b'{"t": "2001-01", "a": 1}\n{"t": "2001-02", "a": null}\n{"t": "2001-03", "a": 2.5, "b": true}\n',
    "d.json": b'[{"t": "2001-01", "a": 1}, {"t": "2001-02", "a": null}, {"t": "2001-03", "a": 2.5}]',
    "d.edf": edf(),
    "d.nc": saved(netcdf_3),
    "d.gpx": b'<gpx><trk><trkseg><trkpt lat="1" lon="-2.5"><time>2001-01-01T00:00:00Z</time></trkpt>'
    b'<trkpt lat="1" lon="-3">'
    b"<ele>5</ele><time>2001-01-01T00:00:02Z</time></trkpt></trkseg></trk></gpx>",
    "d.plt": b"G\nW\nA\nR\n0\n0\n39.9,116.3,0,492,39744.25,d,t\n39.8,116.3,0,-777,39744.2501,d,t\n",
    "d.dat": b"1 2.5 3e1\n-1 NaN 4\n1 5 6\n",
    "float.wav": saved(wavfile.write, 16000, np.zeros((700, 2), np.float32)),
}


@st.composite
def mutated(draw, valid):
    """Cut, overwrite, repeat or insert bytes of a valid file."""
    content = bytearray(valid)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 12))
        special = [b"\xff\xff\xff\xff", b"\n", b",", b":", b"0" * 9, b'"']
        new = draw(st.one_of(st.binary(max_size=12), st.sampled_from(special)))
        content[place : place + length] = new
    return bytes(content)


def examples(name):
    """Return how many examples to try: fewer where each takes long; SciPy reads .mat in a process of its own."""
    fewer = {"mat": 6, "nc": 40, **dict.fromkeys(("wav", "gif", "dcm", "nii", "edf"), 60)}
    return fewer.get(name.rpartition(".")[2], 200) * settings.default.max_examples // 200


def refused_or(read):
    """Call a function; the project's own error is fine too."""
    try:
        return read()
    except InputError as error:
        assert "\n\n" not in str(error)


@pytest.mark.parametrize("name", VALID)
def test_readers_survive_any_bytes(tmp_path, name):
    """As data to train on, and as new data for a run that was trained on the valid file."""
    path, c = tmp_path / name, CONSTANTS.changed(**OWN.get(name, {}))
    path.write_bytes(VALID[name])
    valid, _ = read_data_set(path, c)
    rows = sum(map(len, valid.x)) if valid.kind == "series" else len(valid.x)
    preparation = Preparation.fit(valid, np.arange(rows), 9)

    def new():
        preparation.apply(read_new(path, c, preparation), path)

    if name != "packed.npz":  # new data are one part
        new()

    @settings(max_examples=examples(name))
    @given(st.one_of(st.binary(max_size=400), mutated(VALID[name])))
    @example(b"\x0b")  # a line of a blank that is no space
    @example(b",")
    def check(content):
        path.write_bytes(content)
        refused_or(lambda: read_data_set(path, c))
        refused_or(new)

    check()


CELLS = (
    "1",
    "2.5",
    "-3,25",
    "0,5",
    "1.234",
    "2,647",
    "1,234,567",
    "1e3",
    "",
    "NA",
    "b c",
    "01.02.2020",
    '"5"',
    '"x',
    'y"',
)
ROWS = st.lists(st.lists(st.sampled_from(CELLS), min_size=3, max_size=3), min_size=1, max_size=6)


@given(ROWS, st.sampled_from(CELLS), st.sampled_from(",;\t"), st.booleans())
def test_the_fast_way_reads_what_the_way_cell_by_cell_reads(tmp_path_factory, rows, often, separator, quoted):
    quote, path = '"' * quoted, tmp_path_factory.getbasetemp() / "fast.csv"
    cells = [["t", "x", "y"], *([first, often, last] for first, _, last in rows), *([often] * 3 for _ in range(4))]
    path.write_text("\n".join(separator.join(f"{quote}{cell}{quote}" for cell in row) for row in cells))

    def read():
        try:
            table = delimited.read_table(path)
        except InputError as error:
            return str(error)
        return repr((table.names, [[*column] for column in table.columns], [*table.lines], table.notes))

    fast = read()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "read_columns_fast", lambda *_: None)
        patch.setattr(delimited, "marks_follow_commas", lambda *_: True)
        assert read() == fast


METADATA = 'file_name,speaker,transcription\n0.wav,x,"a, b"\n1.wav,y,ßc\n'.encode()
SOUNDS = {f"{k}.wav": VALID["d.wav"] for k in range(2)}
SOUNDS_OF_FOUR = {f"{k}.wav": VALID["d.wav"] for k in range(4)}
VOICE = b"client_id\tpath\tsentence\nx\t%s.wav\tYes.\ny\t%s.wav\tNo.\n"
GIFS = {f"{clip}.gif": VALID["clip.gif"] for clip in ("a/0", "a/1", "b/0")}
FRAMES = {f"{clip}/{k}.png": png(90 * k) for clip in ("a/0", "a/1", "b/0") for k in range(2)}
CASES = {f"{case}/{k}.png": png(90 * k) for case in range(3) for k in range(2)}
TABLE = b"t,x,what\n0,1.5,a\n1,0.5,a\n2,,b\n"
SIGNALS = {
    f"{part}/{name}_{part}.txt": content
    for part in ("train", "test")
    for name, content in (("Inertial Signals/x", b"1 2 3\n4 5 6\n"), ("y", b"1\n2\n"), ("subject", b"1\n1\n"))
}
RECORD = {
    "0.hea": b"0 1 100 6\n0.dat 16 200(0)/mV 16 0 0 0 0 a\n",
    "0.atr": b"\x01\x70\x02\xfc(N\x01\x04\x00\xec\x00\x00\x02\x00\x01\x14\x00\x00",  # a rhythm, N, a long step, V
    "0.dat": bytes(range(12)),
}
RECORDS = RECORD | {"1.hea": RECORD["0.hea"].replace(b"0.dat", b"1.dat"), "1.dat": RECORD["0.dat"]}
FOLDERS = {  # the file that is damaged first
    "metadata.csv": ({"metadata.csv": METADATA, **SOUNDS}, {}),
    "metadata.tsv": ({"metadata.tsv": METADATA.replace(b",", b"\t"), **SOUNDS}, {}),
    "LJSpeech": ({"metadata.csv": b"0|a b|a b\n1|c|c\n", **SOUNDS}, {}),
    "LibriSpeech": ({"1/7/1-7.trans.txt": b"0 A B\n1 B A\n", **{f"1/7/{k}": v for k, v in SOUNDS.items()}}, {}),
    "Common Voice": ({"train.tsv": VOICE % (b"0", b"1"), "test.tsv": VOICE % (b"2", b"3"), **SOUNDS_OF_FOUR}, {}),
    "Kaldi": ({"wav.scp": b"a 0.wav\nb 1.wav\n", "text": b"a yes\nb no\n", "utt2spk": b"a x\nb y\n", **SOUNDS}, {}),
    "UCF101": (
        {"trainlist01.txt": b"a/0.gif 1\nb/0.gif 2\n", "testlist01.txt": b"a/1.gif\n", **GIFS},
        {"FRAMES": 2, "FRAME_SIZE": 4},
    ),
    "frames": (FRAMES, {"FRAMES": 2, "FRAME_SIZE": 4}),
    "labels beside": ({"labels.csv": b"case,what\n0,x\n1,y\n2,x\n", **CASES}, {"FRAMES": 2, "FRAME_SIZE": 4}),
    "texts": ({"a/0.txt": b"plain words\n", "a/1.txt": b"more", "b/0.txt": "größer".encode()}, {}),
    "tables": ({"a/0.csv": b"x,y\n1,2\n3,4\n", "a/1.csv": b"x,y\n1,2\n", "b/0.csv": b"x,y\n5,6\n"}, {}),
    "arrays": ({"a/0.npy": VALID["d.npy"], "b/0.npy": VALID["d.npy"]}, {}),
    "recordings": ({"0.csv": TABLE, "1.csv": TABLE}, {"SEQUENCE": "file", "LABEL": "what"}),
    "signals": (SIGNALS, {}),
    "headers of records": (RECORDS, {"LABEL": "annotation"}),
    "annotations of records": ({"0.atr": RECORD["0.atr"], **RECORDS}, {"LABEL": "rhythm"}),
    "labels of signals": ({"train/y_train.txt": SIGNALS["train/y_train.txt"], **SIGNALS}, {}),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_folders_survive_any_bytes_in_one_of_their_files(tmp_path, name):
    files, constants = FOLDERS[name]
    c = CONSTANTS.changed(**constants)
    for file, content in files.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(content)
    assert len(read_data_set(tmp_path, c)[0].x) >= 2
    damaged, valid = next(iter(files.items()))

    @settings(max_examples=settings.default.max_examples // 4)
    @given(st.one_of(st.binary(max_size=200), mutated(valid)))
    def check(content):
        (tmp_path / damaged).write_bytes(content)
        refused_or(lambda: read_data_set(tmp_path, c))

    check()


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
)


def test_ranges_of_anomalies_of_any_content_are_read_or_refused(tmp_path):
    rows = "".join(f"2001-01-{day:02},{day % 3}\n" for day in range(1, 29))
    (tmp_path / "d.csv").write_text(f"t,v\n{rows}")
    file, valid = tmp_path / "ranges.json", b'{"d.csv": [["2001-01-03", "2001-01-05"]]}'
    c = CONSTANTS.changed(TASK="anomaly", LABEL_FILE=str(file))
    file.write_bytes(valid)
    assert (read_data_set(tmp_path / "d.csv", c)[0].y[0] == "anomaly").sum() == 3

    @settings(max_examples=settings.default.max_examples // 4)
    @given(st.one_of(mutated(valid), JSON.map(lambda own: json.dumps({"d.csv": own}).encode())))
    def check(content):
        file.write_bytes(content)
        refused_or(lambda: read_data_set(tmp_path / "d.csv", c))

    check()


@pytest.mark.parametrize("checksum", ["as it was", "made to fit"])
def test_run_json_of_any_content_is_read_or_refused(tmp_path, reference, checksum):
    valid = (reference[0].run_dir / "run.json").read_bytes()
    record = json.loads(valid)
    whole = run_folder.load_record(reference[0].run_dir)
    places = [(name,) for name in sorted(record)]
    places += [(part, name) for part in ("learned", "preparation") for name in sorted(record[part])]

    @given(st.one_of(st.binary(max_size=200), mutated(valid), st.tuples(st.sampled_from(places), JSON)))
    def check(content):
        if isinstance(content, tuple):
            (part, *inner), value = content
            changed = record | {part: record[part] | {inner[0]: value} if inner else value}
            if checksum == "made to fit":
                changed.pop("checksum")
                changed["checksum"] = run_folder._checksum(changed)
            content = json.dumps(changed).encode()
        (tmp_path / "run.json").write_bytes(content)
        try:
            read = open_run(tmp_path).record
        except InputError as error:
            assert "run.json" in str(error) or "impossible" in str(error)
            return
        assert checksum == "made to fit" or read == whole

    check()
