"""Near duplicates are left out, the best copy stays, all of it is listed, and a set can be grown."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps
from tests.curation.scenes import scenes

import dcgan
from dcgan.curation import deduplicate as room
from dcgan.curation.autoencoder import Autoencoder, load_autoencoder, save_autoencoder
from dcgan.curation.collection import Collection, shrunk
from dcgan.curation.deduplicate import deduplicate
from dcgan.curation.duplicates import Deduplicated
from dcgan.curation.variations import VARIATIONS
from dcgan.data.cache import open_pictures
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import PackedSetError, SourceError, UsageError

SCENES = [Image.fromarray(pixels) for pixels in scenes(120, side=80)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder "photos" with copies among 60 pictures, the same de-duplicated, and 20 others with 5 known ones."""
    home = tmp_path_factory.mktemp("dedup")
    photos, more = home / "photos", home / "more"
    for folder in ("dog", "cat"):
        (photos / folder).mkdir(parents=True)
    more.mkdir()
    for number, picture in enumerate(SCENES[:60]):
        picture.save(photos / ("dog" if number % 2 else "cat") / f"{number:02}.png")
    shutil.copy(photos / "cat" / "00.png", photos / "dog" / "exact.png")
    SCENES[1].resize((48, 48)).save(photos / "cat" / "a smaller.png")
    SCENES[2].resize((160, 160)).save(photos / "cat" / "larger.png")
    SCENES[3].save(photos / "cat" / "compressed.jpg", quality=70)
    SCENES[4].crop((3, 1, 79, 77)).save(photos / "dog" / "cropped.png")
    ImageEnhance.Brightness(SCENES[5]).enhance(1.2).save(photos / "cat" / "bright.png", compress_level=0)
    ImageOps.mirror(SCENES[6]).save(photos / "dog" / "mirrored.png", compress_level=0)
    (photos / "dog" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    for number in (*range(10, 15), *range(60, 75)):
        SCENES[number].save(more / f"{number:02}.jpg", quality=95)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(home / "cache"))
        torch.set_num_threads(1)
        deduplicate(photos, home / "unique")
        yield home


@pytest.fixture(autouse=True)
def cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(home / "cache"))


@pytest.fixture(scope="module")
def again(home: Path) -> Deduplicated:
    """What is found in "photos" the second time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(home / "cache"))
        return deduplicate(home / "photos", home / "again")


def centers(found: Path) -> dict[str, str]:
    """Of each picture that is left out the one that stands for it."""
    rows = pq.read_table(found / "groups.parquet").to_pylist()
    kept = {row["group"]: row["name"] for row in rows if row["kept"]}
    return {row["name"]: kept[row["group"]] for row in rows if not row["kept"]}


def test_of_each_group_the_one_of_most_pixels_and_then_of_most_bytes_is_kept(home: Path) -> None:
    assert centers(home / "unique") == {
        "dog/exact.png": "cat/00.png",
        "cat/a smaller.png": "dog/01.png",
        "cat/02.png": "cat/larger.png",
        "cat/compressed.jpg": "dog/03.png",
        "dog/cropped.png": "cat/04.png",
        "dog/05.png": "cat/bright.png",
        "cat/06.png": "dog/mirrored.png",
    }


def test_the_result_is_a_packed_set_of_the_others_and_lists_what_was_left_out(home: Path) -> None:
    unique, whole = PackedSet.open(home / "unique"), open_pictures(home / "photos")
    unique.verify()
    assert len(unique) == 60
    assert unique.label_names == ("cat", "dog")
    rows = {row["name"]: row for row in unique.index().to_pylist()}
    before = {row["name"]: row for row in whole.index().to_pylist()}
    assert list(rows) == list(before)
    assert (rows["cat/02.png"]["reason"], rows["cat/02.png"]["detail"]) == ("duplicate", "of cat/larger.png")
    assert rows["dog/broken.png"] == before["dog/broken.png"]
    assert "cat/02.png,duplicate,of cat/larger.png" in unique.skipped_file.read_text()
    for name in ("cat/larger.png", "dog/59.png"):
        assert {**rows[name], "row": 0} == {**before[name], "row": 0}
        assert np.array_equal(unique.pixels[rows[name]["row"]], whole.pixels[before[name]["row"]])


def test_the_groups_are_listed_with_the_most_doubtful_first(home: Path) -> None:
    rows = pq.read_table(home / "unique" / "groups.parquet").to_pylist()
    groups = [[row for row in rows if row["group"] == number] for number in range(7)]
    assert sum(map(len, groups)) == len(rows) == 14
    doubts = [min(row["similarity"] for row in group) for group in groups]
    assert doubts == sorted(doubts)
    assert all(group[0]["kept"] and not group[1]["kept"] for group in groups)
    assert all(0.9 <= row["similarity"] <= 1.0001 and row["distance"] <= 6 for row in rows)
    assert [row["name"] for row in rows if row["exact"]] == ["dog/exact.png"]
    assert {row["source"] for row in rows} == {str(home / "photos")}


def test_the_report_counts_and_shows(again: Deduplicated, home: Path) -> None:
    assert (again.pictures, again.kept, again.exact, again.groups) == (67, 60, 1, 7)
    assert f"60 of 67 pictures kept, 7 near duplicates left out: {home / 'again'}" in str(again)
    assert "1 of them is an exact copy" in str(again)
    assert again.figure().width > 500
    assert "<img" in again._repr_html_()
    assert again.facts()["kept"] == 60
    assert "tiles" in repr(again)


def test_the_same_seed_gives_the_same_set(again: Deduplicated, home: Path) -> None:
    for file in ("pixels.npy", "skipped.csv", "groups.parquet", "codes.npy", "autoencoder.safetensors"):
        assert (again.path / file).read_bytes() == (home / "unique" / file).read_bytes(), file


def test_what_another_source_has_is_left_out_too(home: Path, tmp_path: Path) -> None:
    phases: list[str] = []
    found = deduplicate(home / "more", tmp_path / "out", against=[home / "photos"], on_phase=phases.append)
    assert (found.pictures, found.kept, found.in_others) == (20, 15, {str(home / "photos"): 5})
    assert phases == ["training the net", "encoding", "comparing", "writing"]
    assert centers(tmp_path / "out") == {f"{number}.jpg": kept(number) for number in range(10, 15)}
    (row, *_) = (row for row in PackedSet.open(tmp_path / "out").index().to_pylist() if row["name"] == "11.jpg")
    assert row["detail"] == f"of dog/11.png in {home / 'photos'}"


def kept(number: int) -> str:
    return f"{'dog' if number % 2 else 'cat'}/{number}.png"


def test_a_set_is_an_index_to_which_pictures_are_compared_without_a_new_net(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    thumbnails = Collection.thumbnails

    def counted(self: Collection, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> dcgan.types.Pixels:
        seen.extend(row for row in rows.tolist() if row >= 20)
        return thumbnails(self, rows)

    monkeypatch.setattr(Collection, "thumbnails", counted)
    phases: list[str] = []
    found = deduplicate(home / "more", tmp_path / "out", against=[home / "unique"], on_phase=phases.append)
    assert phases == ["encoding", "comparing", "writing"]
    assert (found.kept, found.in_others) == (15, {str(home / "unique"): 5})
    assert len(set(seen)) == 5  # of the index only those that were candidates are read


def test_a_source_that_another_has_whole_is_an_error_that_says_so(home: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="every picture of it"):
        deduplicate(home / "unique", tmp_path / "out", against=[home / "photos"])
    assert not (tmp_path / "out").exists()


def test_the_codes_alone_decide_as_in_the_paper_when_any_similarity_will_do(home: Path, tmp_path: Path) -> None:
    strict, loose = (
        deduplicate(home / "more", tmp_path / f"{least}", against=[home / "unique"], within=6, similarity=least).kept
        for least in (1, -1)
    )
    assert strict == 20
    assert loose == 15


def test_sources_of_any_kind_and_several_at_once_will_do(home: Path, tmp_path: Path) -> None:
    joined = deduplicate([home / "photos", home / "more"], tmp_path / "joined", size=32)
    assert (joined.pictures, joined.kept) == (87, 75)
    assert PackedSet.open(tmp_path / "joined").size == 32
    array = np.stack([np.asarray(SCENES[number].resize((32, 32)).convert("L")) for number in (0, 1, 2, 1, 0)])
    gray = deduplicate(array, tmp_path / "gray", size=32)
    assert (gray.kept, gray.exact) == (3, 2)
    assert PackedSet.open(tmp_path / "gray").channels == 1


def test_an_index_of_an_older_dcgan_has_no_bytes_and_will_do(home: Path, tmp_path: Path) -> None:
    prepare(home / "photos", tmp_path / "old")
    index = tmp_path / "old" / "index.parquet"
    pq.write_table(pq.read_table(index).drop_columns(["bytes"]), index)
    assert deduplicate(tmp_path / "old", tmp_path / "out").kept == 60


def test_an_index_without_its_columns_is_refused_and_a_strange_reason_is_not(home: Path, tmp_path: Path) -> None:
    prepare(home / "photos", tmp_path / "set")
    index = tmp_path / "set" / "index.parquet"
    table = pq.read_table(index)
    reasons = [reason and "of another version" for reason in table["reason"].to_pylist()]
    column = table.column_names.index("reason")
    pq.write_table(table.set_column(column, "reason", [reasons]), index)
    deduplicate(tmp_path / "set", tmp_path / "out")
    rows = PackedSet.open(tmp_path / "out").index().to_pylist()
    assert {row["reason"] for row in rows} == {None, "duplicate", "unreadable"}
    pq.write_table(table.drop_columns(["sha256"]), index)
    with pytest.raises(PackedSetError, match="lacks sha256"):
        deduplicate(tmp_path / "set", tmp_path / "again")


def test_transparent_pictures_lie_on_white() -> None:
    half = np.full((1, 4, 4, 4), [0, 0, 0, 128], np.uint8)
    assert np.unique(shrunk(half)).tolist() == [127]
    assert shrunk(half).shape == (1, 32, 32, 3)


def test_flat_pictures_are_alike_and_are_not_like_others(tmp_path: Path) -> None:
    flat = np.repeat(np.array([10, 200, 90], np.uint8), 32 * 32).reshape(3, 32, 32)
    scene = np.asarray(SCENES[0].resize((32, 32)).convert("L"))[None]
    packed = open_pictures(np.concatenate([flat, scene]), size=32)
    pictures = Collection(["flat"], [packed])
    some, others = np.array([0, 0, 0]), np.array([1, 2, 3])
    similar = pictures.similarity(some, others, VARIATIONS[:1])
    assert similar[:2] == pytest.approx(1, abs=1e-3)
    assert similar[2] < 0.5


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"within": 17}, "`within` must be 0 to 16 bits, not 17"),
        ({"similarity": 1.5}, "`similarity` must be -1 to 1, not 1.5"),
        ({"size": 0}, "size"),
        ({"seed": -1}, "`seed` must be a whole number from 0 to 2\\^63 - 1, not -1"),
        ({"seed": 2**64}, "`seed` must be a whole number"),
    ],
)
def test_wrong_use_is_refused(home: Path, tmp_path: Path, options: dict[str, float], expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        deduplicate(home / "photos", tmp_path / "out", **options)  # type: ignore[arg-type]


def test_what_is_there_is_not_replaced_without_being_asked(home: Path, tmp_path: Path) -> None:
    with pytest.raises(PackedSetError, match="holds a packed set already"):
        deduplicate(home / "photos", home / "unique")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(PackedSetError, match="is not a packed set"):
        deduplicate(home / "photos", tmp_path / "mine", overwrite=True)


def test_a_damaged_index_is_refused_or_made_anew(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "unique", tmp_path / "known")
    (tmp_path / "known" / "codes.npy").write_bytes(b"gone")
    assert deduplicate(home / "more", tmp_path / "out", against=[tmp_path / "known"]).kept == 15
    (tmp_path / "known" / "autoencoder.safetensors").write_bytes(b"gone")
    with pytest.raises(PackedSetError, match="is damaged"):
        deduplicate(home / "more", tmp_path / "other", against=[tmp_path / "known"])


def test_a_source_whose_net_or_codes_are_damaged_is_encoded_anew(home: Path, tmp_path: Path) -> None:
    for name, content in (("codes.npy", b"PK\x03\x04gone"), ("autoencoder.safetensors", b"gone")):
        shutil.copytree(home / "unique", tmp_path / name)
        (tmp_path / name / name).write_bytes(content)
        assert deduplicate(tmp_path / name, tmp_path / "out", overwrite=True).kept == 60
    (tmp_path / "autoencoder.safetensors" / "autoencoder.safetensors").unlink()  # its codes are of no known net
    known = [tmp_path / "autoencoder.safetensors"]
    assert deduplicate(home / "more", tmp_path / "out", against=known, overwrite=True).kept == 15


def test_a_net_of_nan_is_refused(tmp_path: Path) -> None:
    net = Autoencoder(torch.Generator())
    net.mean[0] = torch.nan
    save_autoencoder(net, tmp_path / "net.safetensors")
    with pytest.raises(PackedSetError, match="not finite"):
        load_autoencoder(tmp_path / "net.safetensors")


def test_a_run_that_is_stopped_leaves_nothing(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "write_groups", stopped)
    with pytest.raises(KeyboardInterrupt):
        deduplicate(home / "photos", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_it_is_a_function_of_the_package() -> None:
    assert dcgan.deduplicate is deduplicate
    assert dcgan.Deduplicated is Deduplicated


def test_the_set_can_be_trained_on_and_made_smaller(home: Path, tmp_path: Path) -> None:
    prepare(home / "unique", tmp_path / "small", PrepareOptions(size=16))
    assert len(PackedSet.open(tmp_path / "small")) == 60
