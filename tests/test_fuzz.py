"""Whatever bytes a file holds, a reader gives arrays or the project's own error, never another exception.

A longer search: python -m pytest tests/test_fuzz.py --hypothesis-profile=long
"""

import io
import json

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.io import savemat, wavfile

from project import run_folder
from project.constants import read_constants
from project.errors import InputError
from readers import read_data_set
from tasks import trained_task


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


X, Y = np.arange(24.0).reshape(4, 3, 2), np.array(["a", "b", "a", "b"])
TS = b"@problemName a\n@univariate false\n@dimensions 2\n@classLabel true a b\n@data\n1,2,?:3,4,5:a\n1e3,-2:3,4:b\n"
CONSTANTS = read_constants()
OWN = {
    "series.csv": {"SEQUENCE": "shop", "TARGET": "v"},
    "wide.csv": {"SEQUENCE": "row", "TASK": "forecasting"},
    "stream.csv": {"SEQUENCE": "who", "LABEL": "what"},
    "texts.csv": {"TEXT": "text", "LABEL": "label"},
    "clip.gif": {"FRAMES": 2, "FRAME_SIZE": 4},
}
VALID = {
    "d.npz": saved(np.savez, X=X, y=Y),
    "packed.npz": saved(np.savez_compressed, X_train=X, y_train=Y, X_test=X, y_test=Y),
    "d.npy": saved(np.save, X),
    "d.ts": TS,
    "d.txt": b"1 2.5 3e1\n-1 3 4\n1,5,6\n",
    "d.csv": b'Month,"a",b\n2001-01,1,2\n2001-02,,3.5\n2001-03,4,5\n',
    "d.h5": h5(X=X, y=np.arange(4) % 2),
    "d.mat": saved(savemat, {"X": X, "y": np.arange(4)}),
    "d.arff": b"@relation r\n@attribute a numeric\n@attribute b numeric\n@attribute c {x,y}\n@data\n1,2,x\n3,?,y\n",
    "d.wav": saved(wavfile.write, 8000, (np.sin(np.arange(900)) * 2**14).astype(np.int16)),
    "series.csv": b"date,shop,v\n2001-01-01,a,1\n2001-01-01,b,2\n2001-01-02,a,3.5\n2001-01-02,b,\n2001-01-03,a,5\n",
    "wide.csv": b'"id","V1","V2","V3"\n"a","1","2.5","3"\n"b","4","",""\n',
    "stream.csv": b"who;what;t;x\n1;walk;0;1,5\n1;walk;1;9,5\n1;sit;2;\n2;sit;0;4\n",
    "texts.csv": b'label,text\nx,"two\nlines, ""quoted"""\ny,plain words\nx,more\n',
    "clip.gif": gif(),
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


def read(folder, name, content, whole=None):
    path = folder / name
    path.write_bytes(content)
    try:
        read_data_set(whole or path, CONSTANTS.changed(**OWN.get(name, {})))
    except InputError as error:
        assert "\n\n" not in str(error)


@pytest.mark.parametrize("name", VALID)
def test_readers_survive_any_bytes(tmp_path, name):
    @settings(max_examples=10 if name == "d.mat" else settings.default.max_examples)  # each starts a process
    @given(st.one_of(st.binary(max_size=400), mutated(VALID[name])))
    def check(content):
        read(tmp_path, name, content)

    check()


@pytest.mark.parametrize("name", VALID)
def test_the_valid_files_are_read(tmp_path, name):
    (tmp_path / name).write_bytes(VALID[name])
    assert read_data_set(tmp_path / name, CONSTANTS.changed(**OWN.get(name, {})))


METADATA = 'file_name,speaker,transcription\n0.wav,x,"a, b"\n1.wav,y,ßc\n'.encode()


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.tsv"])
def test_metadata_of_recordings_survives_any_bytes(tmp_path, name):
    for k in range(2):
        (tmp_path / f"{k}.wav").write_bytes(VALID["d.wav"])
    (tmp_path / name).write_bytes(METADATA)
    assert read_data_set(tmp_path, CONSTANTS)[0].y.tolist() == ["a, b", "ßc"]

    @given(st.one_of(st.binary(max_size=200), mutated(METADATA)))
    def check(content):
        read(tmp_path, name, content, whole=tmp_path)

    check()


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
)


OTHER = {  # what run.json of other tasks has in place of the reference's
    "classes": {},
    "texts": {"input_shape": [7], "preparation": {"vocabulary": ["a", "b"], "unequal_lengths": True, "features": []}},
    "transcripts": {
        "task": "transcription",
        "state": {"alphabet": ["a", "ß"]},
        "input_shape": [9, 40],
        "preparation": {"any_length": True, "features": [40], "steps": 8, "filler": [0.0] * 40, "sample_rate": 8000},
    },
}


@pytest.mark.parametrize("what", OTHER)
def test_run_json_of_any_content_is_read_or_refused(tmp_path, reference, what):
    record, other = json.loads((reference[0].run_dir / "run.json").read_text()), OTHER[what]
    preparation = record["preparation"] | other.get("preparation", {})
    if what == "texts":
        preparation["steps"] = 7
    record |= other | {"preparation": preparation}
    valid = json.dumps(record).encode()
    (tmp_path / "run.json").write_bytes(valid)
    assert trained_task(run_folder.load_record(tmp_path), tmp_path)

    @given(st.one_of(st.binary(max_size=200), mutated(valid), st.tuples(st.sampled_from(sorted(record)), JSON)))
    def check(content):
        if isinstance(content, tuple):
            content = json.dumps(record | {content[0]: content[1]}).encode()
        (tmp_path / "run.json").write_bytes(content)
        try:
            trained_task(run_folder.load_record(tmp_path), tmp_path)
        except InputError as error:
            assert "run.json" in str(error) or "impossible" in str(error)

    check()
