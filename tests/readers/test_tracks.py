"""Tracks: GPX and GeoLife's .plt at even steps, longitudes across the 180th meridian, what hostile XML may do."""

import numpy as np
import pytest

from core.errors import InputError
from readers import read_new
from readers.domains import gpx as gpx_files
from sequences.geography import great_circle, unrolled, wrapped
from tests.conftest import load

HEAD = '<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">'
TARGETS = {"TARGET": ["lat", "lon"], "WINDOW": 3}
PLT = "Geolife trajectory\nWGS 84\nAltitude is in Feet\nReserved 3\n0,2,255,My Track,0,0,2,8421376\n0\n"


def gpx(*segments):
    """Write a track of segments, lists of (lat, lon, seconds after 8 o'clock)."""
    points = [
        "".join(
            f'<trkpt lat="{lat}" lon="{lon}"><ele>5</ele>'
            f"<time>2023-05-01T08:{int(s) // 60:02}:{int(s) % 60:02}Z</time></trkpt>"
            for lat, lon, s in segment
        )
        for segment in segments
    ]
    return f"{HEAD}<trk>{''.join(f'<trkseg>{own}</trkseg>' for own in points)}</trk></gpx>"


def loaded(path, **constants):
    return load(DATASET=str(path), **{**TARGETS, **constants}).sequences


def test_points_are_interpolated_to_the_median_step(tmp_path):
    seconds = np.array([0, 1, 2, 3, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17])
    path = tmp_path / "run.gpx"
    path.write_text(gpx([(51 + s**2 / 1e4, s / 1e3, s) for s in seconds]))
    found = loaded(path)
    np.testing.assert_allclose(found.x[0][:, 0], np.interp(range(18), seconds, 51 + seconds**2 / 1e4))
    assert found.times[0][-1] == np.datetime64("2023-05-01T08:00:17")
    note = "points are 1 to 3 s apart (1 in the median): interpolated linearly to every 1 s, 15 points became 18 rows"
    assert note in found.notes


def test_a_long_pause_ends_a_track(tmp_path):
    first = [(51 + k / 1e3, 0.1, k) for k in range(20)]
    path = tmp_path / "run.gpx"
    path.write_text(gpx([*first, *((51 - k / 1e3, 0.1, 90 + k) for k in range(20))], first))
    found = loaded(path)
    assert found.names == ["run.gpx (1) (1)", "run.gpx (1) (2)", "run.gpx (2)"]
    assert [*map(len, found.x)] == [20, 20, 20]
    assert "pauses of more than 30 s end a track: 2 tracks became 3" in found.notes


@pytest.mark.parametrize(
    ("time", "read"), [("08:00:01.5Z", "08:00:01.500"), ("10:00:01.1234567+02:00", "08:00:01.123")]
)
def test_seconds_have_fractions_of_any_length(tmp_path, time, read):
    (tmp_path / "a.gpx").write_text(gpx([(51, 0, 0), (51, 0, 1)]).replace("08:00:01Z", time))
    _, times = gpx_files.read_gpx(tmp_path / "a.gpx")[0]
    assert times[1] == np.datetime64(f"2023-05-01T{read}")


def test_new_tracks_get_the_step_of_the_run(tmp_path):
    path = tmp_path / "run.gpx"
    path.write_text(gpx([(51, k / 1e3, 2 * k) for k in range(20)]))
    data = load(DATASET=str(path), **TARGETS)
    path.write_text(gpx([(51, k / 1e3, 3 * k) for k in range(15)]))
    from core.constants import read_constants

    c = read_constants().changed(**TARGETS)
    new = read_new(path, c, data.preparation)
    np.testing.assert_allclose(new.x[0][:, 1], np.arange(0, 43, 2) / 3e3)
    path.write_text(gpx([(51, k / 1e3, 30 * k) for k in range(15)]))
    with pytest.raises(InputError, match="a point every 30 seconds, the training set every 2"):
        read_new(path, c, data.preparation)


def test_a_folder_of_geolife(tmp_path):
    for user in ("000", "001"):
        folder = tmp_path / "Data" / user / "Trajectory"
        folder.mkdir(parents=True)
        days = 39744 + np.arange(20) * 5 / 86_400  # 2008-10-23 and on
        rows = [f"39.9{k:02},116.3{k:02},0,{-777 if k == 2 else 492 + k},{day:.10f},x,y" for k, day in enumerate(days)]
        (folder / "20081023025304.plt").write_text(PLT + "\r\n".join(rows) + "\r\n")
    found = loaded(tmp_path / "Data")
    assert found.names == [f"{user}/Trajectory/20081023025304.plt" for user in ("000", "001")]
    assert found.times[0][1] == np.datetime64("2008-10-23T00:00:05")
    np.testing.assert_allclose(found.x[1][:4, 2], [492, 493, 494, 495])  # -777: none, interpolated
    (folder / "b.plt").write_text(PLT + "39.9,16.3,0,1,noon\n")
    with pytest.raises(InputError, match=r"b.plt line 7: 'noon' is no number of days"):
        loaded(tmp_path / "Data")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'<!DOCTYPE x [<!ENTITY a "{"ha" * 9}"><!ENTITY b "&a;&a;">]>{HEAD}&b;</gpx>', "document type"),
        (f'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>{HEAD}&a;</gpx>', "document type"),
        (f'{HEAD}<trk><trkseg><trkpt lat="91" lon="0"/></trkseg></trk></gpx>', "line 1: .* is no place"),
        (f'{HEAD}<trk><trkseg><trkpt lat="1"/></trkseg></trk></gpx>', "is no place and time"),
        (f"{HEAD}<wpt lat='1' lon='2'/></gpx>", "holds no track"),
        (f"{HEAD}<trk>", "cannot be read as GPX: no element found"),
    ],
)
def test_hostile_and_damaged_tracks_are_refused(tmp_path, text, message):
    path = tmp_path / "a.gpx"
    path.write_text(text.replace('<?xml version="1.0"?>', "") if "DOCTYPE" in text else text)
    with pytest.raises(InputError, match=message):
        loaded(path)


def test_longitudes_cross_a_meridian(tmp_path):
    """Two ships, on either side of the 180th meridian and across it: one stretch of water."""
    path, hours = tmp_path / "ships.csv", range(24)
    rows = [
        f"{ship},2024-01-01 {hour:02}:00,-16,{(first + 0.1 * hour + 180) % 360 - 180:.4f}"
        for ship, first in (("a", 179.0), ("b", -179.9))
        for hour in hours
    ]
    path.write_text("\n".join(["ship,time,lat,lon", *rows]))
    found = loaded(path, SEQUENCE="ship")
    np.testing.assert_allclose(found.x[0][:, 1], 179 + 0.1 * np.arange(24))
    np.testing.assert_allclose(found.x[1][:, 1], 180.1 + 0.1 * np.arange(24))
    assert "lon jumps by 360 degrees in 1 of 2 series: it is unrolled, and forecasts are put back to -180 to 180" in (
        found.notes
    )


def test_distances_and_longitudes_by_hand():
    assert great_circle(0, 179.5, 0, -179.5) == pytest.approx(111.195, abs=1e-3)  # a degree of the equator
    assert great_circle(48.8566, 2.3522, 51.5074, -0.1278) == pytest.approx(343.6, abs=0.1)  # Paris to London
    np.testing.assert_allclose(unrolled(np.array([359.0, np.nan, 1, 358])), [359, np.nan, 361, 358])
    np.testing.assert_array_equal(wrapped(np.array([180.0, 181, -180.5, -180]), -180.0), [180, -179, 179.5, -180])


def test_users_are_held_out_whole(tmp_path):
    for user in "abcde":
        (tmp_path / user).mkdir()
        (tmp_path / user / "run.gpx").write_text(gpx([(51 + k / 1e3, 0.1, k) for k in range(20)]))
    data = load(DATASET=str(tmp_path), GROUP=r"^(\w)/", **TARGETS)
    starts = np.arange(5) * 20
    training, test = ({*(np.searchsorted(starts, own.rows, "right") - 1).tolist()} for own in (data.train, data.test))
    assert len(training) == 4 and len(test) == 1 and not training & test
    assert len(data.test) == 17
