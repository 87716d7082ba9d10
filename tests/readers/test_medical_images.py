"""Pictures, slices and volumes as medical sets have them: MedMNIST's arrays, folders of cases, DICOM and NIfTI."""

import nibabel
import numpy as np
import pydicom
import pydicom.data
import pytest
from PIL import Image

from core.errors import InputError
from readers.media import dicom, nifti, video
from tests.conftest import load

SMALL = {"FRAMES": 4, "FRAME_SIZE": 8}
PICTURES = np.random.default_rng(0).integers(0, 256, (40, 10, 12, 3), dtype=np.uint8)
CLASSES = (np.arange(40) % 2)[:, None].astype(np.uint8)


def save_archive(path, x, y=CLASSES):
    parts = {"train": slice(0, 24), "val": slice(24, 30), "test": slice(30, 40)}
    named = {f"{name}_images": x[own] for name, own in parts.items()}
    np.savez(path, **named, **{f"{name}_labels": y[own] for name, own in parts.items()})
    return str(path)


def save_slices(folder, greys, size=8):
    """Write PNG slices slice_<place>.png of one grey each."""
    folder.mkdir(parents=True)
    for place, grey in greys.items():
        Image.fromarray(np.full((size, size), grey, np.uint8)).save(folder / f"slice_{place}.png")


def save_dicom(file, values, number, position=None, **more):
    """Write a slice of int16 values (height, width)."""
    file.parent.mkdir(parents=True, exist_ok=True)
    dataset = pydicom.Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = pydicom.uid.CTImageStorage, f"1.2.{number + 1}"
    dataset.Rows, dataset.Columns = values.shape[-2:]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 1
    dataset.InstanceNumber, dataset.PixelData = number, values.astype("<i2").tobytes()
    if position is not None:
        dataset.ImagePositionPatient, dataset.ImageOrientationPatient = [0, 0, position], [1, 0, 0, 0, 1, 0]
    for name, value in more.items():
        setattr(dataset, name, value)
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.save_as(file, enforce_file_format=True)


def greys_of(path, count):
    """Return the grey in the middle of each frame of a clip."""
    return video.read_clip(path, count, 8)[:, 4, 4, 0].tolist()


def test_medmnist_archives_are_sequences_of_rows_with_their_own_validation_set(tmp_path):
    path = save_archive(tmp_path / "d.npz", PICTURES)
    data = load(DATASET=path)
    assert data.train.shape == (10, 36)  # 12 pixels of red, green and blue
    np.testing.assert_array_equal(data.train.take(slice(None)), PICTURES[data.train.rows].reshape(24, 10, 36))
    np.testing.assert_array_equal(data.validation.take(slice(None)), PICTURES[24:30].reshape(6, 10, 36))
    np.testing.assert_array_equal(data.validation.y, CLASSES[24:30, 0])
    assert len(data.test) == 10 and len(data.train) == 24
    assert sum("read row by row: 10 time steps of 36 numbers" in note for note in data.sequences.notes) == 1
    assert any("the official one, 6 sequences" in note for note in data.sequences.notes)
    same = load(DATASET=path, VALIDATION_SIZE=0.5)
    assert len(same.validation) == 6 and "without effect on these data: VALIDATION_SIZE = 0.5" in same.sequences.notes
    grey = load(DATASET=save_archive(tmp_path / "grey.npz", PICTURES[..., 0]))
    assert grey.train.shape == (10, 12)
    volumes = np.repeat(PICTURES[:, None, :, :, 0], 9, axis=1)
    assert load(DATASET=save_archive(tmp_path / "3d.npz", volumes)).train.shape == (9, 10, 12, 1)
    assert load(DATASET=save_archive(tmp_path / "colours.npz", PICTURES[:, None].repeat(2, 1))).train.shape[-1] == 3


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (PICTURES / 255, r"X.reshape\(\*X.shape\[:2\], -1\) makes sequences of 10 time steps of 36 numbers"),
        (PICTURES.transpose(0, 3, 1, 2), r"numpy.moveaxis\(X, 1, -1\) puts them last"),
    ],
)
def test_axes_that_may_be_colours_or_not_are_asked_about(tmp_path, x, message):
    np.savez(tmp_path / "d.npz", X=x, y=CLASSES)
    with pytest.raises(InputError, match=message):
        load(DATASET=str(tmp_path / "d.npz"))


def test_frames_are_in_the_order_of_their_numbers(tmp_path):
    save_slices(tmp_path / "x", {8: 80, 9: 90, 10: 100, 11: 110})
    assert greys_of(tmp_path / "x", 4) == [80, 90, 100, 110]


def test_cases_are_named_by_a_table_beside_them(tmp_path):
    for case in range(10):
        save_slices(tmp_path / f"case{case:02}", {1: 20 * case})
    rows = "\n".join(f"scans/case{case:02}.zip,{'sick' if case % 2 else 'well'}" for case in (*range(9), 77))
    (tmp_path / "labels.csv").write_text(f"id,diagnosis\n{rows}\n")
    data = load(DATASET=str(tmp_path), **SMALL)
    assert data.task.classes == ["sick", "well"] and len(data.train) + len(data.test) == 9
    assert data.sequences.y.tolist() == ["sick" if case % 2 else "well" for case in range(9)]
    assert "1 without a class in labels.csv, left out: case09" in data.sequences.notes
    assert "1 row of labels.csv without a file or folder: scans/case77.zip" in data.sequences.notes
    (tmp_path / "labels.csv").write_text(
        "id,who,age\n" + "\n".join(f"case{case:02},p{case // 2},{case + 0.5}" for case in range(10))
    )
    with pytest.raises(InputError, match="beside it who, age: LABEL says the class"):
        load(DATASET=str(tmp_path), **SMALL)
    data = load(DATASET=str(tmp_path), LABEL="age", GROUP="who", **SMALL)
    assert data.sequences.y.tolist() == [case + 0.5 for case in range(10)]
    assert not {row // 2 for row in data.train.rows} & {row // 2 for row in data.test.rows}
    assert not any("without effect" in note for note in data.sequences.notes)


def test_single_pictures_are_sequences_of_rows_where_that_is_meant(tmp_path):
    for place, (part, label) in enumerate((p, k) for p in ("train", "validation", "test") for k in ("well", "sick")):
        save_slices(tmp_path / part / label, {k: 30 * place + k for k in range(4)})
    data = load(DATASET=str(tmp_path), **SMALL)
    assert data.train.shape == (8, 8) and [len(own) for own in (data.train, data.validation, data.test)] == [8, 8, 8]
    assert sorted({*data.validation.take(slice(None)).ravel()}) == [60, 61, 62, 63, 90, 91, 92, 93]
    with pytest.raises(InputError, match='where each picture is a sequence.*SEQUENCE = "file"'):
        load(DATASET=str(tmp_path / "train"), **SMALL)
    assert load(DATASET=str(tmp_path / "train"), SEQUENCE="file", **SMALL).train.shape == (8, 8)


def test_dicom_slices_are_ordered_rescaled_and_windowed(tmp_path):
    for number, position, stored in ((1, 30, 300), (2, 10, 100), (3, 20, 200)):
        window = {"RescaleSlope": 2, "RescaleIntercept": -100, "WindowCenter": 300, "WindowWidth": 401}
        save_dicom(tmp_path / "a" / f"IM{number}", np.full((8, 8), stored), number, position, **window)
    # 2 v - 100 is 100, 300, 500; the window goes from 99.5 to 499.5
    assert greys_of(tmp_path / "a", 3) == [round(255 * 0.5 / 400), round(255 * 200.5 / 400), 255]
    for number, stored in ((2, 10), (10, 30), (1, 0)):
        save_dicom(tmp_path / "b" / f"{number}.dcm", np.full((8, 8), stored), number)
    assert greys_of(tmp_path / "b", 3) == [0, 85, 255]  # no window: from the least to the greatest
    for number, stored in ((2, 10), (10, 30), (1, 0)):
        file = tmp_path / "c" / f"{number}.dcm"
        save_dicom(file, np.full((8, 8), stored), number, PhotometricInterpretation="MONOCHROME1")
    assert greys_of(tmp_path / "c", 3) == [255, 170, 0]
    save_dicom(tmp_path / "d.dcm", np.stack([np.full((8, 8), k) for k in range(5)]), 1, NumberOfFrames=5)
    assert greys_of(tmp_path / "d.dcm", 5) == sorted(greys_of(tmp_path / "d.dcm", 5)) != [0] * 5


def test_what_is_wrong_with_dicom_is_said(tmp_path, monkeypatch):
    for number, side in ((1, 8), (2, 9)):
        save_dicom(tmp_path / "sizes" / f"{number}.dcm", np.zeros((side, 8)), number)
        turned = {"ImageOrientationPatient": [1, 0, 0, 0, 0, -1] if number == 2 else [1, 0, 0, 0, 1, 0]}
        save_dicom(tmp_path / "turned" / f"{number}.dcm", np.zeros((8, 8)), number, number, **turned)
    files = {name: pydicom.data.get_testdata_file(name) for name in ("image_dfl.dcm", "MR_small_jpeg_ls_lossless.dcm")}
    for path, message in (
        (tmp_path / "sizes", "1.dcm 8 × 8 and 2.dcm 9 × 8"),
        (tmp_path / "turned", "several directions .1.dcm and 2.dcm."),
        (type(tmp_path)(files["image_dfl.dcm"]), "packed as a whole"),
        (type(tmp_path)(files["MR_small_jpeg_ls_lossless.dcm"]), "JPEG-LS.*pip install pylibjpeg"),
    ):
        with pytest.raises(InputError, match=message):
            video.read_clip(path, 4, 8)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for name in "ab":
        save_dicom(tmp_path / "d" / name / "p" / "1.dcm", np.zeros((8, 8)), 1)
    with pytest.raises(InputError, match="holds no dicom that can be read here: pip install pydicom"):
        load(DATASET=str(tmp_path / "d"), **SMALL)


def test_one_patient_in_two_classes_is_cautioned_about_and_groups_keep_patients_whole(tmp_path):
    for patient in range(8):
        for label in ("before", "after"):
            for number in range(2):
                file = tmp_path / label / f"patient{patient}" / "series" / f"{number}.dcm"
                save_dicom(file, np.full((8, 8), patient), number, number)
    plain = load(DATASET=str(tmp_path), **SMALL, GROUP=r"/(patient\d+)/")
    names = plain.sequences.names
    assert not {names[k].split("/")[1] for k in plain.train.rows} & {names[k].split("/")[1] for k in plain.test.rows}
    assert not plain.sequences.cautions
    (caution,) = load(DATASET=str(tmp_path), **SMALL).sequences.cautions
    assert "in two classes" in caution and "GROUP" in caution


def test_volumes_are_cut_across_their_longest_spacing(tmp_path):
    values = np.zeros((4, 6, 5), np.int16) + 10 * np.arange(4, dtype=np.int16)[:, None, None]
    nibabel.save(nibabel.Nifti1Image(values, np.diag([3, 1, 1, 1])), tmp_path / "a.nii.gz")
    turned = np.diag([-3.0, 1, 1, 1])  # the same patient, lying the other way round in the file
    nibabel.save(nibabel.Nifti1Image(values[::-1].copy(), turned), tmp_path / "b.nii")
    for name in ("a.nii.gz", "b.nii"):
        assert greys_of(tmp_path / name, 4) == [0, 85, 170, 255]
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / "c.nii")
    (note,) = nifti.slicing_notes([tmp_path / "a.nii.gz", tmp_path / "b.nii", tmp_path / "c.nii"])
    assert note.startswith("2 volumes into sagittal slices, 1 volume into axial slices")
    nibabel.save(nibabel.Nifti1Image(values[..., None].repeat(2, 3), np.eye(4)), tmp_path / "d.nii")
    with pytest.raises(InputError, match=r"shape \(4, 6, 5, 2\): a clip is one volume.*nibabel.save"):
        video.read_clip(tmp_path / "d.nii", 4, 8)
    content = bytearray((tmp_path / "c.nii").read_bytes())
    content[42:48] = np.array([32000, 32000, 32000], "<i2").tobytes()  # 60 TiB
    (tmp_path / "c.nii").write_bytes(content)
    with pytest.raises(InputError, match="claims the shape"):
        video.read_clip(tmp_path / "c.nii", 4, 8)


def test_new_cases_are_read_as_those_of_the_training_set(tmp_path, shipped):
    from readers import read_new
    from sequences.preparation import Preparation

    for label in "ab":
        for case in range(3):
            for number in range(3):
                save_dicom(tmp_path / label / f"p{case}" / f"{number}.dcm", np.full((8, 8), number), number)
    c = shipped.changed(DATASET=str(tmp_path), **SMALL)
    data = load(**c)
    one, several, every = (
        read_new(path, c, data.preparation) for path in (tmp_path / "a" / "p0", tmp_path / "a", tmp_path)
    )
    assert [len(new.x) for new in (one, several, every)] == [1, 3, 6] and not several.notes
    np.testing.assert_array_equal(one.x[0], every.x[0])
    assert read_new(tmp_path / "a" / "p0" / "1.dcm", c, data.preparation).x.shape == (1, 4, 8, 8, 3)
    archive = save_archive(tmp_path / "d.npz", PICTURES)
    data = load(DATASET=archive)
    np.save(tmp_path / "one.npy", PICTURES[0])
    Image.fromarray(PICTURES[0, :10, :10]).save(tmp_path / "one.png")
    assert read_new(tmp_path / "one.npy", c, data.preparation).x.shape == (1, 10, 36)
    square = Preparation.fit(
        load(DATASET=save_archive(tmp_path / "e.npz", PICTURES[:, :, :10])).sequences, np.arange(9)
    )
    np.testing.assert_array_equal(read_new(tmp_path / "one.png", c, square).x[0], PICTURES[0, :, :10].reshape(10, 30))


def test_dicom_is_known_by_its_beginning(tmp_path):
    save_dicom(tmp_path / "1.2.840.7", np.zeros((8, 8)), 1)
    (tmp_path / "README").write_text("nothing")
    (tmp_path / "7").write_bytes(b"DICM")
    assert [dicom.is_file(tmp_path / name) for name in ("1.2.840.7", "README", "7")] == [True, False, False]
