"""Parquet files, folders of them, and data sets of Hugging Face: saved to disk, or streamed by its library."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Image, Value
from tests.data.pictures import JPEG, PNG

from dcgan.data.hugging_face import HubDataset, HubFile
from dcgan.data.items import Skipped
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sources import open_source
from dcgan.errors import SourceError, UsageError

FEATURES = Features({"picture": Image(), "kind": ClassLabel(names=["cat", "dog"]), "age": Value("int32")})


def data_set(count: int = 3) -> Dataset:
    rows = [{"picture": {"bytes": JPEG if n % 2 else PNG, "path": None}, "kind": n % 2, "age": n} for n in range(count)]
    return Dataset.from_list(rows, features=FEATURES)


def write(path: Path, **columns: Sequence[object] | pa.Array) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def seen(source: object, **options: str) -> list[tuple[str, object, str | None]]:
    opened = open_source(source, PrepareOptions(**options))  # type: ignore[arg-type]
    items = list(opened)
    assert opened.total == len(items)
    return [(item.name, item.content, item.label) for item in items]


def test_a_column_of_bytes_is_found_by_its_content(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", id=[b"1", b"2"], data=[JPEG, PNG], label=[3, None])
    assert seen(path) == [("000000", JPEG, "3"), ("000001", PNG, None)]


def test_a_struct_of_bytes_and_a_path_is_a_picture(tmp_path: Path) -> None:
    (tmp_path / "b.png").write_bytes(PNG)
    pictures = [{"bytes": JPEG, "path": "a.jpg"}, {"bytes": None, "path": "b.png"}, {"bytes": None, "path": None}, None]
    (_, first, _), (_, second, _), *none = seen(write(tmp_path / "a.parquet", image=pictures))
    assert first == JPEG
    assert second == tmp_path / "b.png"
    assert [content.detail for _, content, _ in none if isinstance(content, Skipped)] == ["no value", "no value"]


def test_categories_are_labels(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", image=[JPEG, PNG], label=pa.array(["cat", None]).dictionary_encode())
    assert [label for *_, label in seen(path)] == ["cat", None]


def test_a_negative_number_is_a_label_like_any_other(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", image=[JPEG, PNG, PNG], label=[-1, 1, None])
    assert [label for *_, label in seen(path)] == ["-1", "1", None]


def test_of_the_classes_of_hugging_face_minus_one_means_not_known(tmp_path: Path) -> None:
    rows = [{"picture": {"bytes": PNG, "path": None}, "kind": kind, "age": 1} for kind in (-1, 1)]
    Dataset.from_list(rows, features=FEATURES).to_parquet(tmp_path / "a.parquet")
    assert [label for *_, label in seen(tmp_path / "a.parquet")] == [None, "dog"]


def test_several_columns_of_pictures_need_a_choice(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", before=[JPEG], after=[PNG])
    several = "several columns of pictures: before, after"
    remedy = "choose one when you prepare it: dcgan prepare SOURCE OUT --column before"  # most verbs have no such flag
    with pytest.raises(SourceError, match=f"{several}; {remedy}$"):
        open_source(path)
    assert seen(path, column="after") == [("000000", PNG, None)]
    with pytest.raises(SourceError, match="no column 'x'; it has before, after"):
        open_source(path, PrepareOptions(column="x"))


def test_tables_without_pictures_are_refused_with_what_they_hold(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no column of encoded pictures; its columns are age, blob"):
        open_source(write(tmp_path / "a.parquet", age=[1], blob=[b"text"]))
    with pytest.raises(SourceError, match="it has no rows"):
        open_source(write(tmp_path / "b.parquet", image=pa.array([], pa.binary())), PrepareOptions(column="image"))
    whole = write(tmp_path / "c.parquet", image=[JPEG] * 9).read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[:-40])
    with pytest.raises(SourceError, match=r"cut.parquet cannot be read: "):
        open_source(tmp_path / "cut.parquet")


def test_what_is_no_picture_in_a_column_of_pictures_is_skipped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", image=[JPEG, b"text", b"", None, PNG])
    report = prepare(path, tmp_path / "packed", PrepareOptions(size=16))
    assert (report.used, report.skipped) == (2, {"not a picture": 1, "empty file": 2})


@pytest.mark.parametrize("kind", ["parquet", "saved", "streamed"])
def test_what_hugging_face_says_of_columns_is_believed(kind: str, tmp_path: Path) -> None:
    if kind == "parquet":
        data_set().to_parquet(tmp_path / "train-00000-of-00001.parquet")
        found = seen(tmp_path)
    elif kind == "saved":
        data_set().save_to_disk(tmp_path / "saved")
        found = seen(tmp_path / "saved")
    else:
        data_set().to_parquet(tmp_path / "train-00000-of-00001.parquet")
        found = [(item.name, item.content, item.label) for item in HubDataset(str(tmp_path))]
    assert [content for _, content, _ in found] == [PNG, JPEG, PNG]
    assert [label for *_, label in found] == ["cat", "dog", "cat"]
    assert [name.rpartition("/")[2] for name, *_ in found] == ["000000", "000001", "000002"]


def test_the_hub_is_named_by_hf(tmp_path: Path) -> None:
    data_set(5).to_parquet(tmp_path / "train-00000-of-00001.parquet")
    report = prepare(f"hf://{tmp_path}", tmp_path / "packed", PrepareOptions(size=16))
    assert report.used == 5
    assert PackedSet.open(tmp_path / "packed").label_names == ("cat", "dog")
    with pytest.raises(SourceError, match="has no split 'test'; it has train"):
        open_source(f"hf://{tmp_path}:test")
    with pytest.raises(UsageError, match="write hf://OWNER/NAME"):
        open_source("hf://")


def test_pictures_of_a_data_set_may_be_files_of_their_own(tmp_path: Path) -> None:
    for name in ("cat/a.png", "dog/b.png"):
        (tmp_path / "train" / name).parent.mkdir(parents=True)
        (tmp_path / "train" / name).write_bytes(PNG)
    found = [(item.content, item.label) for item in HubDataset(str(tmp_path))]
    assert found == [(tmp_path / "train" / "cat" / "a.png", "cat"), (tmp_path / "train" / "dog" / "b.png", "dog")]


def test_pictures_that_are_files_on_the_hub_are_fetched(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    assert HubFile(f"file://{tmp_path}/a.png").read() == PNG
    missing = HubFile(f"file://{tmp_path}/b.png").read()
    assert isinstance(missing, Skipped)
    assert missing.detail.startswith("FileNotFoundError: ")


def test_splits_are_not_mixed(tmp_path: Path) -> None:
    for split in ("train", "test"):
        data_set().to_parquet(tmp_path / "data" / f"{split}-00000-of-00001.parquet")
    with pytest.raises(SourceError, match=r"holds the splits test, train; name one, such as '.*train-\*.parquet'"):
        open_source(tmp_path)
    assert open_source(str(tmp_path / "data" / "train-*.parquet")).total == 3
    DatasetDict({"train": data_set(), "test": data_set()}).save_to_disk(tmp_path / "saved")
    with pytest.raises(SourceError, match=r"several splits; name one: .*saved/test, .*saved/train"):
        open_source(tmp_path / "saved")
    assert open_source(tmp_path / "saved" / "test").total == 3


@pytest.mark.parametrize("ending", ["", "-00000-of-00001", "-00000-of-00001-b42a775f407cee45"])
def test_splits_are_told_by_the_names_of_plain_tables_and_of_shards(ending: str, tmp_path: Path) -> None:
    for split in ("train", "test", "validation"):
        write(tmp_path / f"{split}{ending}.parquet", image=[JPEG])
    example = re.escape(str(tmp_path / f"validation{'-*' if ending else ''}.parquet"))
    with pytest.raises(SourceError, match=f"holds the splits test, train, validation; name one, such as '{example}'$"):
        open_source(tmp_path)
    assert open_source(str(tmp_path / "train*.parquet")).total == 1


def test_the_example_of_a_split_is_a_table_that_is_there(tmp_path: Path) -> None:
    write(tmp_path / "data" / "test.parquet", image=[JPEG])
    train = write(tmp_path / "train.parquet", image=[JPEG])
    with pytest.raises(SourceError, match=f"name one, such as '{re.escape(str(train))}'$"):
        open_source(tmp_path)


def test_tables_of_other_names_are_no_splits(tmp_path: Path) -> None:
    for name in ("train", "cats", "dogs"):
        write(tmp_path / f"{name}.parquet", image=[JPEG])
    assert [name for name, *_ in seen(tmp_path)] == ["cats/000000", "dogs/000000", "train/000000"]


def test_tables_are_called_by_their_sub_folder_only_where_two_have_one_name(tmp_path: Path) -> None:
    write(tmp_path / "data" / "a.parquet", image=[JPEG])
    write(tmp_path / "b.parquet", image=[JPEG])
    assert [name for name, *_ in seen(tmp_path)] == ["b/000000", "a/000000"]
    write(tmp_path / "a.parquet", image=[PNG])
    assert [(name, content) for name, content, _ in seen(tmp_path)] == [
        ("a/000000", PNG),
        ("b/000000", JPEG),
        ("data/a/000000", JPEG),
    ]


@pytest.mark.parametrize("hidden", ["._a.parquet", "data/._a.parquet", ".a.parquet"])
def test_hidden_files_are_no_tables(hidden: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / hidden).write_bytes(b"what a Mac leaves there")
    with pytest.raises(SourceError, match="none of them a picture: 1 hidden"):
        open_source(tmp_path)
    write(tmp_path / "a.parquet", image=[JPEG])
    assert [name for name, *_ in seen(tmp_path)] == ["a/000000"]


@pytest.mark.parametrize("picture", ["a.jpg", "cat/a.jpg"])
def test_a_table_beside_pictures_does_not_make_their_folder_one(picture: str, tmp_path: Path) -> None:
    write(tmp_path / "about.parquet", age=[1])
    (tmp_path / picture).parent.mkdir(exist_ok=True)
    (tmp_path / picture).write_bytes(JPEG)
    assert [item.name for item in open_source(tmp_path)] == [picture]


def test_a_damaged_saved_set_is_refused(tmp_path: Path) -> None:
    data_set().save_to_disk(tmp_path / "saved")
    (arrow,) = (tmp_path / "saved").glob("*.arrow")
    whole = arrow.read_bytes()
    arrow.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match="cannot be read"):
        list(open_source(tmp_path / "saved"))
    state = tmp_path / "saved" / "state.json"
    state.write_text(json.dumps({"_data_files": 5}))
    with pytest.raises(SourceError, match=r"state.json is damaged"):
        open_source(tmp_path / "saved")


def test_a_large_table_is_read_a_few_rows_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", image=[JPEG] * 5000)
    allocated = pa.default_memory_pool()
    before = allocated.bytes_allocated()
    source = open_source(path)
    for _ in source:
        assert allocated.bytes_allocated() - before < 40 << 20
