"""Faces are found, judged, turned level and cropped, and every one is listed.

astronaut.jpg shows Eileen Collins; it is a photograph by NASA (1999), and in the public domain.
"""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter
from tests.curation.scenes import scenes

import dcgan
from dcgan.curation import face_crops
from dcgan.curation import faces as room
from dcgan.curation.collection import Collection
from dcgan.curation.detectors import YUNET, Detection, build_detector, overlap
from dcgan.curation.face_crops import Faces, FindingFaces, crop, sharpness
from dcgan.curation.face_options import FaceOptions
from dcgan.curation.faces import crop_faces
from dcgan.data.packed import PackedSet
from dcgan.errors import DcganError, PackedSetError, SourceError, UsageError

with Image.open(Path(__file__).with_name("astronaut.jpg")) as photo:
    ASTRONAUT = photo.convert("RGB")
FACE = (79, 44, 137, 122)
"""Where it is in the picture."""


def among_scenes(*places: tuple[int, int, int], side: int = 700) -> Image.Image:
    """The portrait at some places (left, top, width) of a large picture."""
    large = Image.fromarray(scenes(1, side)[0]).filter(ImageFilter.GaussianBlur(20))
    for left, top, width in places:
        large.paste(ASTRONAUT.resize((width, width)), (left, top))
    return large


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    photos = tmp_path / "photos"
    for folder in ("one", "more"):
        (photos / folder).mkdir(parents=True)
    ASTRONAUT.save(photos / "one" / "a.png")
    ASTRONAUT.filter(ImageFilter.GaussianBlur(4)).save(photos / "one" / "blurred.png")
    ASTRONAUT.crop((95, 0, 240, 240)).save(photos / "one" / "cut.png")
    ASTRONAUT.resize((80, 80)).save(photos / "one" / "small.png")
    Image.fromarray(scenes(1, 100)[0]).save(photos / "one" / "nobody.png")
    among_scenes((0, 0, 220), (250, 250, 440)).save(photos / "more" / "two.png")
    (photos / "more" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    return photos


@pytest.mark.parametrize(("detector", "least"), [("yunet", 0.6), ("haar", 0.5)])
def test_detectors_find_a_face_of_any_size_and_none_where_there_is_none(detector: str, least: float) -> None:
    detect = build_detector(detector)
    (found,) = detect(np.asarray(ASTRONAUT))
    assert overlap(found, FACE) > least
    assert detect(scenes(1, 200)[0]) == []
    for width in (100, 700, 2400):
        scale = width / 240
        found = max(detect(np.asarray(ASTRONAUT.resize((width, width)))), key=lambda face: face.score)
        assert overlap(found, [edge * scale for edge in FACE]) > least, width


@pytest.mark.parametrize("shape", [(1, 500), (3, 3000), (3000, 3), (20, 900)])
def test_thin_pictures_are_no_trouble(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    FindingFaces(FaceOptions())(noise)
    for face in build_detector("yunet")(noise):
        assert np.isfinite(face[:5]).all()
        assert overlap(face, [0, 0, shape[1], shape[0]]) > 0


def test_yunet_finds_the_eyes_and_the_larger_face_comes_first() -> None:
    large, small = build_detector("yunet")(np.asarray(among_scenes((0, 0, 220), (250, 250, 440))))
    assert large.side > small.side > 40
    assert large.eyes is not None
    (left, top), (right, bottom) = large.eyes
    assert large.left < left < right < large.right
    assert abs(top - bottom) < 0.2 * large.side


def test_photographs_become_a_set_of_faces_and_every_one_is_listed(photos: Path, tmp_path: Path) -> None:
    report = crop_faces(photos, tmp_path / "faces", FaceOptions(size=48))
    packed = PackedSet.open(tmp_path / "faces")
    packed.verify()
    assert packed.pixels.shape == (3, 48, 48, 3)
    assert packed.label_names == ("more", "one")
    assert packed.names == ["more/two.png#0", "more/two.png#1", "one/a.png#0"]
    rows = {row["name"]: row for row in packed.index().to_pylist()}
    reasons = {name: row["reason"] for name, row in rows.items() if row["status"] == "skipped"}
    assert reasons == {
        "more/broken.jpg": "truncated",
        "one/blurred.png#0": "blurred",
        "one/cut.png#0": "cut off",
        "one/nobody.png": "no face",
        "one/small.png#0": "too small",
    }
    row = rows["one/a.png#0"]
    facts = dict(row["attributes"])
    assert overlap([float(edge) for edge in facts["face"].split()], FACE) > 0.6
    assert float(facts["score"]) > 0.8
    assert row["crop_box"][2] - row["crop_box"][0] == pytest.approx(1.6 * 78, rel=0.1)
    assert (row["width"], row["height"]) == (240, 240)
    assert (report.faces, report.pictures) == (3, 7)
    assert report.rejected == {"blurred": 1, "cut off": 1, "too small": 1}
    assert report.skipped == {"no face": 1, "truncated": 1}
    assert str(report).startswith("3 faces of 7 pictures")
    assert report.figure().width >= 640
    assert "<img" in report._repr_html_()


def test_faces_of_one_photograph_are_no_copies_and_a_face_that_is_cropped_again_is(tmp_path: Path) -> None:
    photograph = among_scenes((0, 0, 220), (250, 250, 440))
    one, again = (PackedSet.open(crop_faces([photograph], tmp_path / name).path) for name in ("one", "again"))
    alone = PackedSet.open(crop_faces([photograph], tmp_path / "alone", FaceOptions(max_faces=1)).path)
    assert (len(one), one.shared_with(again), one.shared_with(alone)) == (2, 2, 1)
    assert Collection(["faces"], [one]).original.tolist() == [0, 1]


def test_the_crop_shows_the_face(tmp_path: Path) -> None:
    crop_faces([ASTRONAUT], tmp_path / "faces", FaceOptions(size=64, align=False))
    left, top, right, bottom = PackedSet.open(tmp_path / "faces").index().to_pylist()[0]["crop_box"]
    expected = np.asarray(ASTRONAUT.crop((left, top, right, bottom)).resize((64, 64), Image.Resampling.BOX), float)
    difference = np.abs(np.asarray(PackedSet.open(tmp_path / "faces").pixels[0], float) - expected)
    assert difference.mean() < 5  # the box is rounded to whole pixels


@pytest.mark.parametrize("width", [160, 240, 700])
def test_a_tilted_face_is_turned_level(width: int, tmp_path: Path) -> None:
    leans = {}
    for angle in (-30, -15, 0, 15, 30):
        picture = ASTRONAUT.resize((width, width)).rotate(angle, Image.Resampling.BICUBIC, expand=True)
        crop_faces([picture], tmp_path / "faces", FaceOptions(max_faces=1, min_face=30), overwrite=True)
        (row, *_) = PackedSet.open(tmp_path / "faces").index().to_pylist()
        leans[angle] = float(dict(row["attributes"])["angle"])
    for angle, lean in leans.items():
        assert lean - leans[0] == pytest.approx(-angle, abs=8), (angle, leans)


def test_it_is_left_as_it_leans_where_that_is_asked(tmp_path: Path) -> None:
    crop_faces([ASTRONAUT.rotate(20, expand=True)], tmp_path / "faces", FaceOptions(align=False))
    assert dict(PackedSet.open(tmp_path / "faces").index().to_pylist()[0]["attributes"])["angle"] == "0.0"


def test_a_photograph_is_turned_upright_first(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "photos").mkdir()
    ASTRONAUT.rotate(90, expand=True).save(tmp_path / "photos" / "turned.jpg", exif=exif)
    assert crop_faces(tmp_path / "photos", tmp_path / "faces").faces == 1


def test_only_the_largest_are_taken_where_that_is_asked(tmp_path: Path) -> None:
    picture = among_scenes((0, 0, 220), (250, 250, 440))
    report = crop_faces([picture], tmp_path / "faces", FaceOptions(max_faces=1))
    assert (report.faces, report.rejected) == (1, {"more faces": 1})


def test_what_is_rejected_anyway_does_not_count_among_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Detection(20, 20, 140, 140, 0.35, None)]
    found += [Detection(left, 150, left + 80, 230, 0.95, None) for left in (50, 150)]
    monkeypatch.setattr(face_crops, "build_detector", lambda *_: lambda _: found)
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    result, _ = FindingFaces(FaceOptions(max_faces=1, margin=0, min_sharpness=0))(noise)
    assert isinstance(result, Faces)
    why = [str(face.rejected) for face in result.faces]
    assert why == ["doubtful (score 0.35)", "None", "more faces (the picture has 1 larger)"]


def test_the_paper_s_cascade_does_it_too(tmp_path: Path) -> None:
    report = crop_faces([ASTRONAUT, among_scenes((100, 100, 440))], tmp_path / "faces", FaceOptions(detector="haar"))
    assert report.faces == 2


def test_a_detector_may_be_another_file(tmp_path: Path) -> None:
    (tmp_path / "mine.onnx").write_bytes(YUNET.read_bytes())
    options = FaceOptions(detector_model=str(tmp_path / "mine.onnx"))
    assert crop_faces([ASTRONAUT], tmp_path / "faces", options).faces == 1


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"size": 4}, "`size` must be 8 to 1024"),
        ({"detector": "eyes"}, "`detector` must be one of yunet, haar"),
        ({"min_face": 2}, "`min_face` must be 8 pixels or more"),
        ({"min_score": 2}, "`min_score` must be 0 to 1"),
        ({"min_sharpness": -1}, "`min_sharpness` must be 0 or more"),
        ({"margin": 9}, "`margin` must be 0 to 2"),
        ({"max_faces": -1}, "`max_faces` must be 0"),
    ],
)
def test_options_out_of_their_range_are_refused(options: dict[str, object], expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        FaceOptions(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "detector"), [("net.onnx", "yunet"), ("cascade.xml", "haar"), ("none", "yunet")])
def test_a_file_that_is_no_detector_is_refused_before_any_work(name: str, detector: str, tmp_path: Path) -> None:
    if name != "none":
        (tmp_path / name).write_bytes(b"no detector")
    options = FaceOptions(detector=detector, detector_model=str(tmp_path / name))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="`detector_model`"):
        crop_faces([ASTRONAUT], tmp_path / "faces", options)
    assert not (tmp_path / "faces").exists()


def test_without_opencv_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_detector.cache_clear()
    monkeypatch.setattr("dcgan.curation.detectors.find_spec", lambda _: None)
    with pytest.raises(DcganError, match=r"pip install 'dcgan\[faces\]'"):
        crop_faces([ASTRONAUT], tmp_path / "faces")


def test_pictures_without_faces_are_an_error_that_counts(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no face that can be kept in 4 pictures: 4 no face"):
        crop_faces(scenes(4, 64), tmp_path / "faces")
    assert not (tmp_path / "faces").exists()


def test_what_is_there_is_not_replaced_and_workers_have_a_range(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    with pytest.raises(PackedSetError, match="is not a packed set"):
        crop_faces(photos, tmp_path / "full", overwrite=True)
    with pytest.raises(UsageError, match="`workers` must be 0"):
        crop_faces(photos, tmp_path / "faces", workers=1000)


def test_it_is_the_same_for_any_number_of_workers(tmp_path: Path) -> None:
    pictures = [ASTRONAUT.rotate(number % 30 - 15, expand=True).resize((160, 160)) for number in range(70)]
    for workers in (1, 2):
        crop_faces(pictures, tmp_path / str(workers), workers=workers)
    one, two = (PackedSet.open(tmp_path / name) for name in ("1", "2"))
    assert one.fingerprint == two.fingerprint
    assert one.index().equals(two.index())
    assert len(one) > 50


def test_the_sheet_shows_the_least_sure_first_and_some_of_each_reason(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_SHOWN", 2)
    report = crop_faces(photos, tmp_path / "faces")
    scores = [float(face.caption) for face in report.kept_sheet]
    assert len(scores) == 2
    assert scores == sorted(scores)
    assert [face.caption for face in report.rejected_sheet] == ["blurred", "cut off"]


def test_a_crop_beyond_the_edge_goes_on_as_the_picture_ends() -> None:
    picture = np.full((20, 20, 3), 90, np.uint8)
    assert np.unique(crop(picture, 0, 0, 30, 10, 16)).tolist() == [90]


@pytest.mark.parametrize("size", [100, 50])
def test_a_crop_of_a_whole_picture_is_that_picture(size: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    expected = picture.reshape(size, 100 // size, size, 100 // size, 3).mean(axis=(1, 3))
    assert np.abs(crop(picture, 50, 50, 100, 0, size) - expected).mean() < 1


def test_sharpness_falls_with_blur_and_flat_pictures_have_none() -> None:
    values = [sharpness(np.asarray(ASTRONAUT.filter(ImageFilter.GaussianBlur(sigma)))) for sigma in (0, 1, 2, 4)]
    assert values == sorted(values, reverse=True)
    assert sharpness(np.full((64, 64, 3), 7, np.uint8)) == 0


def test_the_list_of_what_was_rejected_is_for_people_too(photos: Path, tmp_path: Path) -> None:
    crop_faces(photos, tmp_path / "faces")
    with PackedSet.open(tmp_path / "faces").skipped_file.open() as file:
        rows = {row["name"]: row["reason"] for row in csv.DictReader(file)}
    assert rows["one/nobody.png"] == "no face"
    assert rows["one/cut.png#0"] == "cut off"


def test_it_is_a_function_of_the_package() -> None:
    assert dcgan.crop_faces is crop_faces
