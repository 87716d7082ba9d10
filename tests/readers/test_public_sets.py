"""Public sets of speech, video and text in the folders that they are downloaded in, and folders that cannot be read."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from core import clip_cache
from core.errors import InputError
from readers import read_data_set
from readers.media import video
from tests.conftest import POSIX, load

RATE = 8000


def write_sound(file, seconds=0.3, rate=RATE):
    file.parent.mkdir(parents=True, exist_ok=True)
    wavfile.write(file, rate, (np.random.default_rng(0).normal(size=int(seconds * rate)) * 3000).astype(np.int16))


def write_text(file, content):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")


def write_clip(file):
    file.parent.mkdir(parents=True, exist_ok=True)
    frames = [Image.fromarray(np.full((6, 6), shade, np.uint8)) for shade in (0, 100, 200)]
    frames[0].save(file, save_all=True, append_images=frames[1:])


def write_libri(folder, speaker, words=("A B", "B A", "A", "B")):
    names = [f"{speaker}-7-{k:04d}" for k in range(len(words))]
    for name in names:
        write_sound(folder / speaker / "7" / f"{name}.wav")
    lines = [f"{name} {said}\n" for name, said in zip(names, words)]
    write_text(folder / speaker / "7" / f"{speaker}-7.trans.txt", "".join(lines))
    return folder


def write_table(file, header, rows, separator="\t"):
    write_text(file, "\n".join(separator.join(cells) for cells in [header, *rows]) + "\n")


def test_librispeech_is_read_from_its_root_its_sets_and_one_chapter(tmp_path, shipped):
    for part, speaker in (
        ("train-clean-100", "84"),
        ("train-other-500", "19"),
        ("dev-clean", "174"),
        ("test-clean", "26"),
    ):
        write_libri(tmp_path / part, speaker)
    train, test = read_data_set(tmp_path, shipped)
    assert train.names[0] == "train-clean-100/84/7/84-7-0000.wav" and train.y.tolist() == ["A B", "B A", "A", "B"] * 3
    assert train.groups.tolist() == ["84"] * 4 + ["19"] * 4 + ["174"] * 4 and set(test.groups) == {"26"}
    assert train.transcripts
    data = load(DATASET=str(tmp_path))
    assert any("validation set: the official one, 4 sequences" in note for note in data.sequences.notes)
    assert {data.validation.names[row].split("/")[0] for row in data.validation.rows} == {"dev-clean"}
    assert len(data.train) == 8 and len(data.test) == 4
    alone, no_test = read_data_set(tmp_path / "dev-clean" / "174" / "7", shipped)
    assert no_test is None and alone.groups is None and len(alone.x) == 4
    shutil.rmtree(tmp_path / "test-clean")
    mixed, no_test = read_data_set(tmp_path, shipped)  # speakers are never in two sets of a drawn split
    assert no_test is None and len(set(mixed.groups)) == 3 and any("3 speakers are groups" in n for n in mixed.notes)


@POSIX
def test_lists_of_speech_that_lie_are_one_line(tmp_path, shipped):
    folder = write_libri(tmp_path / "d", "1", ["A B"] * 12)
    table = folder / "1" / "7" / "1-7.trans.txt"
    os.symlink(folder, folder / "1" / "loop")
    secret = tmp_path / "s.wav"
    write_sound(secret)
    whole = table.read_text()
    table.write_text(whole + "../../../s.wav B\n")
    read, _ = read_data_set(folder, shipped)
    assert len(read.x) == 12 and any("1 listed recording not there, left out" in note for note in read.notes)
    table.write_text(whole + f"{secret} B\n1-7-0099 A\n")
    with pytest.raises(InputError, match="2 of 14 listed recordings do not lie below"):
        read_data_set(folder, shipped)
    table.write_text("1-7-0000 " + "A B " * 20 + "\n" + whole.partition("\n")[2])
    with pytest.raises(InputError, match=r"0000.wav: its transcript needs 79 steps.*too long even without pooling"):
        load(DATASET=str(folder), TEST_FILES="0011")
    table.write_text("1-7-0000 " + "A B " * 5 + "\n" + whole.partition("\n")[2])
    with pytest.raises(InputError, match="needs 19 steps, and pooling leaves 14: set POOL_SIZE = 1"):
        load(DATASET=str(folder), TEST_FILES="0011")  # 0.3 s are 28 frames


def test_damaged_recordings_are_left_out_where_they_are_few(tmp_path, shipped):
    folder = write_libri(tmp_path / "d", "1", [f"A {'B' * (1 + k % 3)}" for k in range(12)])
    (folder / "1" / "7" / "1-7-0003.wav").write_bytes(b"")
    read, _ = read_data_set(folder, shipped)
    assert len(read.x) == len(read.y) == len(read.names) == 11 and read.y[3] == "A BB"
    assert "1 damaged or empty recording left out: 7/1-7-0003.wav" in read.notes
    (folder / "1" / "7" / "1-7-0005.wav").write_bytes(b"RIFF")
    with pytest.raises(InputError, match="2 of 12 recordings are damaged or empty.*1-7-0003.wav, 7/1-7-0005.wav"):
        read_data_set(folder, shipped)


def test_common_voice_has_its_official_sets(tmp_path, shipped):
    for k in range(12):
        write_sound(tmp_path / "clips" / f"c{k}.wav", rate=16000 if k < 2 else RATE)
    header = ["client_id", "path", "sentence", "age"]
    for name, places in (("train", range(6)), ("dev", range(6, 8)), ("test", range(8, 12)), ("validated", range(12))):
        write_table(tmp_path / f"{name}.tsv", header, [[f"s{k % 5}", f"c{k}.wav", f"Yes {k}.", ""] for k in places])
    train, test = read_data_set(tmp_path, shipped)
    assert train.y.tolist() == [f"Yes {k}." for k in range(8)] and test.groups.tolist() == ["s3", "s4", "s0", "s1"]
    notes = " ".join(train.notes)
    assert "2 recordings of 16000 Hz were resampled to 8000 Hz" in notes and "not read: validated.tsv" in notes
    data = load(DATASET=str(tmp_path))
    assert [data.validation.names[row] for row in data.validation.rows] == ["clips/c6.wav", "clips/c7.wav"]
    assert load(DATASET=str(tmp_path), TEST_FILES=r"c1\d?\.wav").test.rows.tolist() == [1, 10, 11]


def write_kaldi(folder, part, ids):
    for name in ids:
        write_sound(folder / "wavs" / f"{name}.wav")
    for file, cells in (("wav.scp", "/other/machine/{}.wav"), ("text", "yes no"), ("utt2spk", "{0[0]}")):
        write_text(folder / part / file, "".join(f"{name} {cells.format(name)}\n" for name in ids))


def test_kaldis_folders_are_read_and_no_command_is_executed(tmp_path, shipped):
    write_kaldi(tmp_path, "train", ["a1", "a2", "b1"])
    write_kaldi(tmp_path, "test", ["c1"])
    train, test = read_data_set(tmp_path, shipped)
    assert train.groups.tolist() == ["a", "a", "b"] and train.y.tolist() == ["yes no"] * 3
    assert test.names == ["wavs/c1.wav"] and "4 recordings found by file name alone" in " ".join(train.notes)
    mark = tmp_path / "mark"
    write_text(tmp_path / "train" / "wav.scp", f"a1 touch {mark} |\n")
    with pytest.raises(InputError, match="is the command 'touch .*, which is not executed: run the commands yourself"):
        read_data_set(tmp_path, shipped)
    assert not mark.exists()
    write_text(tmp_path / "train" / "wav.scp", "a1 raw.ark:24\n")
    with pytest.raises(InputError, match="lies in an archive, 'raw.ark:24'"):
        read_data_set(tmp_path, shipped)


@pytest.mark.parametrize(
    ("header", "path"),
    [("audio_path,sentence", "/data01/speech/u{}.wav"), ("wav,Text", "C:\\x\\u{}.wav"), ("filename,text", "u{}.wav")],
)
def test_paths_of_another_machine_are_found_by_the_file_name(tmp_path, shipped, header, path):
    for k in range(3):
        write_sound(tmp_path / "a" / "b" / f"u{k}.wav")
    write_table(tmp_path / "list.csv", [header], [[f"{path.format(k)},said {k}"] for k in range(3)])
    read, _ = read_data_set(tmp_path, shipped)
    assert read.names == [f"a/b/u{k}.wav" for k in range(3)] and read.y.tolist() == [f"said {k}" for k in range(3)]
    assert f"3 recordings found by file name alone, below {tmp_path}" in read.notes


def write_ucf(folder):
    names = [f"{c}/v_{c}_g{g:02d}_c{k:02d}.gif" for c in ("Archery", "Bowling") for g in (1, 2, 3) for k in (1, 2)]
    for name in names:
        write_clip(folder / "UCF-101" / name)
    for number in (1, 2):
        held = [name for name in names if f"_g{number:02d}_" in name]
        write_text(folder / "lists" / f"testlist0{number}.txt", "".join(f"{name}\n" for name in held))
        rest = [name for name in names if name not in held]
        write_text(folder / "lists" / f"trainlist0{number}.txt", "".join(f"{name} 1\n" for name in rest))
    return names


SMALL = {"FRAMES": 2, "FRAME_SIZE": 4}


def test_the_lists_of_ucf101_are_its_official_sets(tmp_path, shipped):
    write_ucf(tmp_path)
    c = shipped.changed(**SMALL)
    train, test = read_data_set(tmp_path, c)
    assert {name[-11:-8] for name in test.names} == {"g01"} and train.y.tolist() == ["Archery"] * 4 + ["Bowling"] * 4
    assert train.groups[0] == "v_Archery_g02" and "TEST_FILES = 'testlist02' takes others" in " ".join(train.notes)
    _, other = read_data_set(tmp_path, c.changed(TEST_FILES="testlist02"))
    assert {name[-11:-8] for name in other.names} == {"g02"}
    own, none = read_data_set(tmp_path, c.changed(TEST_FILES="_g03_"))
    assert none is None and len(own.x) == 12 and own.groups is None
    inside, _ = read_data_set(tmp_path / "UCF-101", c)  # without the lists: clips of a video stay together
    assert len(set(inside.groups)) == 6
    write_text(tmp_path / "lists" / "testlist01.txt", "../../x.gif\n/etc/passwd\n")
    with pytest.raises(InputError, match="name 2 clips that are not below .*, and 8 that are"):
        read_data_set(tmp_path, c)


@pytest.mark.parametrize(("inside", "suffix"), [("", ".gif"), ("", ""), ("clips", ".gif")])
@pytest.mark.parametrize("on_disk", [False, True])
def test_clips_beside_a_table_of_their_classes_without_damaged_ones(
    tmp_path, shipped, monkeypatch, inside, suffix, on_disk
):
    monkeypatch.setattr(clip_cache, "FRAME_CACHE", tmp_path / "cache")
    monkeypatch.setattr(video, "MEMORY", 1 if on_disk else 2**30)
    for k in range(12):
        write_clip(tmp_path / "d" / inside / f"v{k}.gif")
    write_table(
        tmp_path / "d" / "info.csv", ["Video ID", "Kind"], [[f"v{k}{suffix}", "xy"[k % 2]] for k in range(12)], ","
    )
    (tmp_path / "d" / inside / "v3.gif").write_bytes(b"")
    for _ in range(2):  # the second time from the cache
        read, _ = read_data_set(tmp_path / "d", shipped.changed(**SMALL))
        order = np.argsort(read.names)
        assert len(read.x) == 11 and sorted(read.y) == ["x"] * 6 + ["y"] * 5 and read.y[order[0]] == "x"
        assert any(note.startswith("1 damaged or empty clip left out: ") for note in read.notes)
    (tmp_path / "d" / inside / "v5.gif").write_bytes(b"GIF89a")
    with pytest.raises(InputError, match=r"2 of 12 clips are damaged or empty.*v3.gif, \S*v5.gif"):
        read_data_set(tmp_path / "d", shipped.changed(**SMALL))


def test_reviews_without_labels_are_no_class(tmp_path, shipped):
    for name in ("train/pos", "train/neg", "train/unsup", "test/pos", "test/neg"):
        for k in range(3):
            write_text(tmp_path / name / f"{k}.txt", f"a good film {k}")
    train, test = read_data_set(tmp_path, shipped)
    assert sorted(set(train.y)) == ["neg", "pos"] and len(test.x) == 6
    assert "left out, since by its name it has no labels: train/unsup (3 files)" in train.notes
    assert len(read_data_set(tmp_path / "train", shipped)[0].x) == 6


@pytest.mark.parametrize(("suffix", "separator"), [(".csv", ","), (".tsv", "\t"), (".csv", ";")])
@pytest.mark.parametrize("all_quoted", [True, False])
def test_quoted_texts_of_several_lines(tmp_path, shipped, suffix, separator, all_quoted):
    mark = '"' if all_quoted else ""
    rows = [[f"{mark}{k}{mark}", f'"Dear you,\nnumber {k}\n""bye"""', f"{mark}{'ab'[k % 2]}{mark}"] for k in range(9)]
    header = [f"{mark}{name}{mark}" for name in ("file", "text", "kind")]
    write_table(tmp_path / f"m{suffix}", header, rows, separator)
    read, _ = read_data_set(tmp_path / f"m{suffix}", shipped.changed(TEXT="text", LABEL="kind"))
    assert read.x[2] == 'Dear you,\nnumber 2\n"bye"' and read.y.tolist() == [*"ababababa"]


def test_lone_quotation_marks_between_tabs_are_letters(tmp_path, shipped):
    rows = [[f'"{k} said he' if k in (2, 5) else f"{k} and so on", "ab"[k % 2]] for k in range(9)]
    write_table(tmp_path / "m.tsv", ["text", "kind"], rows)
    read, _ = read_data_set(tmp_path / "m.tsv", shipped.changed(TEXT="text", LABEL="kind"))
    assert len(read.x) == 9 and read.x[2] == '"2 said he'


def test_a_table_of_texts_without_a_header_is_told_by_place(tmp_path, shipped):
    lines = [f'"{4 * (k % 2)}","{k}","a rather long text of number {k}"\n' for k in range(20)]
    write_text(tmp_path / "t.csv", "".join(lines))
    with pytest.raises(
        InputError, match="no header: column 2 holds texts: to learn them, set TEXT = 2 and LABEL, the column"
    ):
        read_data_set(tmp_path / "t.csv", shipped)
    assert len(read_data_set(tmp_path / "t.csv", shipped.changed(TEXT=2, LABEL=0))[0].x) == 20


def test_folders_that_cannot_be_read_say_what_was_seen(tmp_path, shipped):
    def refusal(folder, **constants):
        with pytest.raises(InputError) as raised:
            read_data_set(tmp_path / folder, shipped.changed(**SMALL, **constants))
        assert "\n" not in str(raised.value) and len(str(raised.value).replace(str(tmp_path), "")) < 300
        return str(raised.value)

    for k in range(3):
        write_clip(tmp_path / "flat" / f"{k}.gif")
        write_sound(tmp_path / "deep" / "x" / "y" / f"{k}.wav")
        write_clip(tmp_path / "up" / "clips" / f"{k}.gif")
        for kind in "ab":
            write_clip(tmp_path / "over" / "set" / kind / f"{k}.gif")
    for clutter in ("over/.DS_Store", "over/__MACOSX/a/._0.gif", "flat/Thumbs.db", "over/set/a/Thumbs.db"):
        write_text(tmp_path / clutter, "x")
    assert "seen: 3 × .gif, in it. Clips need a folder for each class" in refusal("flat")
    assert "seen: 3 × .wav, up to 2 folders deep (folders: x). Closest is a folder for each class" in refusal("deep")
    assert "metadata.csv" in refusal("deep", TASK="transcription") and "seen: 3 × .wav" in refusal(
        "deep", TASK="transcription"
    )
    assert f"set DATASET = '{tmp_path / 'over' / 'set'}'" in refusal("over")
    assert "clips is the only one with files to read" in refusal("up")
    assert sorted(set(read_data_set(tmp_path / "over" / "set", shipped.changed(**SMALL))[0].y)) == ["a", "b"]
    write_sound(tmp_path / "names" / "common_1.wav")
    write_sound(tmp_path / "names" / "common_2.wav")
    assert "common is the only one" in refusal("names")
