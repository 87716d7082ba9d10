"""Video clips: frames picked evenly from files of several formats, learned, and refused where they are bombs."""

import itertools
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import evaluate_model
import predict_model
import train_model
from core import clip_cache, progress
from core.errors import InputError
from readers.media import video
from sequences.rows_on_disk import RowsOnDisk
from sequences.toy_datasets import moving_digits
from tests.conftest import POSIX, load


def write_gif(path, clip):
    """Write a clip (frames, height, width, 3) uint8 as .gif without loss of what counts: few colours."""
    images = [Image.fromarray(frame) for frame in clip]
    images[0].save(path, save_all=True, append_images=images[1:], duration=40)


def write_mp4(path, clip):
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.bit_rate = clip.shape[2], clip.shape[1], 4_000_000
        for frame in clip:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


def write_frames(path, clip):
    path.with_suffix("").mkdir()
    for k, frame in enumerate(clip):
        Image.fromarray(frame).save(path.with_suffix("") / f"{k:04}.png")


def counting(frames=40, height=48, width=96):
    """Frame k is grey 6 k in the centre, red at the left edge and blue at the right, which cropping takes away."""
    clip = np.zeros((frames, height, width, 3), np.uint8)
    clip[:] = (6 * np.arange(frames))[:, None, None, None]
    clip[:, :, :20] = [255, 0, 0]
    clip[:, :, -20:] = [0, 0, 255]
    return clip


WRITERS = {".gif": write_gif, ".mp4": write_mp4, ".frames": write_frames}


@pytest.mark.parametrize("suffix", WRITERS)
def test_frames_are_picked_evenly_scaled_and_cropped(tmp_path, suffix):
    folder = tmp_path / "d" / "a"
    folder.mkdir(parents=True)
    WRITERS[suffix](folder / f"x{suffix}", counting())
    (path,) = folder.iterdir()
    clip = video.read_clip(path, 5, 24)
    assert clip.shape == (5, 24, 24, 3) and clip.dtype == np.uint8
    tolerance = 2 if suffix == ".frames" else 8
    np.testing.assert_allclose(
        clip[:, 4:-4, 4:-4].mean(axis=(1, 2, 3)), 6 * np.array([0, 10, 20, 29, 39]), atol=tolerance
    )
    assert (np.ptp(clip[:, 4:-4, 4:-4].reshape(5, -1, 3), axis=2) <= 12).all()  # neither red nor blue
    assert (video.read_clip(path, 80, 24)[[0, -1], 12, 12, 0] <= [8, 242]).all()  # a short clip repeats frames


def test_long_clips_are_thinned_out_as_they_are_read(tmp_path, monkeypatch):
    write_frames(tmp_path / "x.frames", counting(41))
    monkeypatch.setattr(video, "KEPT", 8)
    clip = video.read_clip(tmp_path / "x", 2, 8)
    assert clip[0, 4, 4, 0] == 0 and clip[1, 4, 4, 0] >= 6 * 32


def test_moving_digits_from_files(shipped, tmp_path):
    (x, y), suffix = moving_digits(200, seed=3), ".gif"
    for k, (clip, label) in enumerate(zip(x, y)):
        folder = tmp_path / "clips" / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.clip(255 * clip[..., 0] / x.max(), 0, 255).astype(np.uint8)
        large = pixels.repeat(2, axis=1).repeat(2, axis=2)[..., None].repeat(3, axis=3)
        WRITERS[suffix](folder / f"{k:03}_g{k % 8}{suffix}", large)
    size = x.shape[2]
    c = shipped.changed(DATASET=str(tmp_path / "clips"), FRAMES=10, FRAME_SIZE=size, GROUP=r"_(g\d)")
    c = c.changed(RUN_DIR=str(tmp_path / "run"), EPOCHS=12, LEARNING_RATE=0.005)
    data = load(**c)
    groups = [
        {data.sequences.names[row][-5 - len(suffix) + 3 :] for row in part.rows} for part in (data.train, data.test)
    ]
    assert data.train.shape == (10, size, size, 3) and not groups[0] & groups[1]
    train_model.main(c)
    result = evaluate_model.main(c)
    assert result["accuracy"] > 0.5  # of four directions
    assert (tmp_path / "run" / "frames.png").read_bytes().startswith(b"\x89PNG")
    (clip,) = list((tmp_path / "clips" / "left").iterdir())[:1]
    predict_model.predict(tmp_path / "run", clip)
    assert clip.name in (tmp_path / "run" / "new_predictions.csv").read_text()


def test_without_pyav_the_command_is_named(tmp_path, monkeypatch):
    for label in "ab":
        (tmp_path / "d" / label).mkdir(parents=True)
        for k in range(4):
            write_gif(tmp_path / "d" / label / f"{k}.gif", counting(3))
    write_mp4(tmp_path / "d" / "a" / "x.mp4", counting(3))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    notes = load(DATASET=str(tmp_path / "d"), FRAMES=2, FRAME_SIZE=8).sequences.notes
    assert any("x.mp4 (pip install av)" in note for note in notes)
    with pytest.raises(InputError, match="needs the package av .*pip install av"):
        load(DATASET=str(tmp_path / "d" / "a" / "x.mp4"))


def damaged_gif(path):
    write_gif(path, counting(30))
    path.write_bytes(path.read_bytes()[:400])


def bomb(path):
    """A picture of 60,000 × 60,000 pixels in a few bytes."""
    write_gif(path, counting(2))
    content = bytearray(path.read_bytes())
    content[6:10] = (60_000).to_bytes(2, "little") * 2
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        ("x.gif", lambda path: path.write_bytes(b"GIF89a"), "x.gif is damaged, or no image"),
        ("x.gif", bomb, "60000 × 60000 pixels|damaged"),
        ("x.mp4", lambda path: path.write_bytes(b"no video" * 99), "x.mp4 is damaged, or no video"),
        ("x.mp4", lambda path: path.write_bytes(b""), "x.mp4 is damaged, or no video"),
    ],
)
def test_clips_that_cannot_be_read(tmp_path, name, write, message):
    write(tmp_path / name)
    with pytest.raises(InputError, match=message):
        video.read_clip(tmp_path / name, 4, 8)


def test_folders_of_frames_need_classes_and_memory_is_bounded(tmp_path, monkeypatch):
    for k in range(3):
        write_frames(tmp_path / f"clip{k}.frames", counting(2))
    with pytest.raises(InputError, match="folders of frames .clip0.: clips need a folder for each class"):
        load(DATASET=str(tmp_path))
    for label in "ab":
        (tmp_path / "d" / label).mkdir(parents=True)
        write_frames(tmp_path / "d" / label / "x.frames", counting(2))
    monkeypatch.setattr(video, "LARGEST", 2**60)
    with pytest.raises(InputError, match="has room for .* GiB, the clips take 894: set FRAMES or FRAME_SIZE lower"):
        load(DATASET=str(tmp_path / "d"), FRAMES=10_000, FRAME_SIZE=4000)


def test_clips_beyond_memory_are_read_once_to_a_file(tmp_path, monkeypatch, capsys):
    for label, part, k in itertools.product("ab", ("train", "test"), range(5)):
        (tmp_path / "d" / part / label).mkdir(parents=True, exist_ok=True)
        write_gif(tmp_path / "d" / part / label / f"{k}.gif", counting(3 + k))
    constants = {"DATASET": str(tmp_path / "d"), "FRAMES": 4, "FRAME_SIZE": 8}
    memory = load(**constants)
    monkeypatch.setattr(video, "MEMORY", 1000)
    monkeypatch.setattr(progress, "ELSEWHERE", 0.0)
    monkeypatch.setattr(clip_cache, "FRAME_CACHE", tmp_path / "runs" / "cache")
    for once in (True, False):
        disk = load(**constants)
        assert isinstance(disk.train.all_x, RowsOnDisk) and isinstance(disk.test.all_x, RowsOnDisk)
        for own, other in ((memory.train, disk.train), (memory.test, disk.test)):
            where = np.argsort(own.rows), np.argsort(other.rows)
            np.testing.assert_array_equal(own.take(where[0]), other.take(where[1]))
            np.testing.assert_array_equal(own.y[where[0]], other.y[where[1]])
        printed = capsys.readouterr().out
        assert ("Reading clips: 7 of 20" in printed) == once
    write_gif(tmp_path / "d" / "test" / "a" / "0.gif", counting(9))  # another clip: read again
    load(**constants)
    assert "Reading clips: 20 of 20" in capsys.readouterr().out
    assert len(list((tmp_path / "runs" / "cache").iterdir())) == 1


def test_a_killed_reading_leaves_no_half_file_that_is_taken_for_a_whole_one(project, request):
    for label, k in itertools.product("ab", range(40)):
        (project.folder / "d" / label).mkdir(parents=True, exist_ok=True)
        write_gif(project.folder / "d" / label / f"{k}.gif", counting(40))
    code = "from core import progress; from readers.media import video; video.MEMORY, progress.ELSEWHERE = 0, 0; "
    code += "import data_preprocessing; "
    code += "from core.constants import read_constants; from sequences.statistics import fingerprint; "
    code += "print(fingerprint(data_preprocessing.load_data(**read_constants()).train))"
    project.edit(DATASET="d")
    cache, undisturbed = project.folder / "runs" / "cache", None
    moments = np.random.default_rng(0).integers(1, 81, (request.config.getoption("--kills") or 1) - 1)
    for last in ("Reading clips: 20 of", *(f"Reading clips: {moment} of" for moment in moments)):
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", code], cwd=project.folder, stdout=subprocess.PIPE, text=True
        )
        for line in process.stdout:
            if line.startswith(last):
                break
        process.kill()
        process.communicate()
        left = [path.suffix for path in cache.iterdir()]
        assert left == [".partial"] or last == "Reading clips: 80 of" and left == [".npy"]
        again = project.succeed("-c", code).splitlines()[-1]
        if undisturbed is None:
            shutil.rmtree(cache)
            undisturbed = project.succeed("-c", code).splitlines()[-1]
        assert again == undisturbed
        shutil.rmtree(cache)


@POSIX
def test_frames_of_16_bits_keep_their_greys_and_a_pipe_is_refused(tmp_path):
    (tmp_path / "x").mkdir()
    for k in range(3):
        Image.fromarray(np.full((8, 8), 20_000 * k, np.uint16)).save(tmp_path / "x" / f"{k}.png")
    assert video.read_clip(tmp_path / "x", 3, 8)[:, 4, 4, 0].tolist() == [0, 20_000 >> 8, 40_000 >> 8]
    os.mkfifo(tmp_path / "x" / "3.png")
    with pytest.raises(InputError, match="3.png"):
        video.read_clip(tmp_path / "x", 3, 8)
