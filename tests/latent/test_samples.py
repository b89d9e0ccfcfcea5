"""Samples by seeds and by z, in memory and as files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.toy_model import toy_model

from dcgan.errors import DcganError, UsageError
from dcgan.latent.samples import generate_samples, latents_of, names_of, sample_to_folder

MODEL = toy_model(channels=1)


def test_seeds_and_their_z_are_the_same_samples() -> None:
    by_seed = generate_samples(MODEL, [3, 5], truncation=0.5)
    by_z = generate_samples(MODEL, MODEL.latents([3, 5]), truncation=0.5)
    assert np.array_equal(by_seed.z, MODEL.latents([3, 5], 0.5))
    assert np.array_equal(by_seed.pixels, MODEL.sample([3, 5], truncation=0.5))
    assert np.array_equal(by_seed.pixels, by_z.pixels)
    assert (by_seed.seeds, by_z.seeds) == ((3, 5), None)


def test_figures_call_a_sample_by_its_seed_or_the_index_of_its_z() -> None:
    assert names_of(np.array([7, 9])) == names_of(range(7, 10, 2)) == ["7", "9"]
    assert names_of(MODEL.latents([7, 9])) == ["#0", "#1"]


def test_a_sheet_has_the_columns_asked_for_and_shows_itself_in_a_notebook() -> None:
    samples = generate_samples(MODEL, range(6))
    assert samples.figure(columns=3).width > samples.figure(columns=2).width
    assert 'src="data:image/png;base64,' in samples._repr_html_()


def test_a_folder_is_filled_in_the_order_of_the_samples(tmp_path: Path) -> None:
    calls: list[tuple[int, int | None]] = []
    seeds = range(10, 80)
    files = sample_to_folder(
        MODEL, seeds, tmp_path / "new", batch_size=600, on_progress=lambda *progress: calls.append(progress)
    )
    assert [file.name for file in files] == [f"seed-{seed:06d}.png" for seed in seeds]
    with Image.open(files[-1]) as picture:
        assert np.array_equal(np.asarray(picture), MODEL.sample([79])[0, :, :, 0])
    assert calls == [(70, 70)]
    assert sample_to_folder(MODEL, MODEL.latents([1]), tmp_path / "new")[0].name == "latent-000000.png"


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_text("mine")
    with pytest.raises(UsageError, match=r"`out` .* holds files that are not samples"):
        sample_to_folder(MODEL, [1], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([], "no samples are named"),
        ([-1], "seeds must be whole numbers from 0 to 2\\^63 - 1"),
        ([2**63], "seeds must be whole numbers from 0 to 2\\^63 - 1"),
        (np.ones(6), "floats of \\(N, 6\\)"),
        (np.ones((2, 5)), "floats of \\(N, 6\\)"),
        (np.full((1, 6), np.nan), "not numbers"),
        (np.full((1, 6), 1e9), "beyond 1e\\+06"),
    ],
)
def test_what_is_neither_seeds_nor_z_is_refused(samples: list[int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        latents_of(MODEL, samples)


@pytest.mark.parametrize(
    ("truncation", "batch_statistics", "batch_size", "message"),
    [
        (0, False, 64, "`truncation` must be above 0 and at most 1, not 0"),
        (float("nan"), False, 64, "`truncation`"),
        (1, False, 0, "`batch_size` must be at least 1, not 0"),
        (1, True, 1, "`batch_statistics` needs a batch"),
    ],
)
def test_values_out_of_range_are_refused(
    truncation: float, batch_statistics: bool, batch_size: int, message: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=message):
        generate_samples(MODEL, [1, 2], truncation=truncation, batch_statistics=batch_statistics, batch_size=batch_size)


def pixels_of(files: list[Path]) -> np.ndarray:
    return np.stack([np.asarray(Image.open(file)) for file in files])[..., None]


def test_a_folder_has_the_mini_batches_of_arrays_and_none_of_one_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dcgan.latent.samples.CHUNK", 8)
    files = sample_to_folder(MODEL, range(9), tmp_path / "new", batch_statistics=True, batch_size=4)
    alike = generate_samples(MODEL, range(9), batch_statistics=True, batch_size=4)
    assert np.array_equal(pixels_of(files), alike.pixels)


def test_a_folder_of_a_single_sample_is_written(tmp_path: Path) -> None:
    assert len(sample_to_folder(MODEL, [3], tmp_path, batch_size=1)) == 1


def test_a_file_that_cannot_be_replaced_stays_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = sample_to_folder(MODEL, [1], tmp_path)
    before = file.read_bytes()

    def full(path: Path, content: bytes) -> int:
        with path.open("wb") as half:
            half.write(content[:10])
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        patch.setattr("dcgan.latent.samples.check_writable", lambda path: None)
        with pytest.raises(DcganError, match="no space left"):
            sample_to_folder(MODEL, [1], tmp_path, overwrite=True)
    assert file.read_bytes() == before
