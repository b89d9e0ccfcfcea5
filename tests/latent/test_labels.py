"""Samples with labels: of conditional nets the last numbers of z, which every verb of the latent space keeps whole."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.toy_model import toy_model

from dcgan.cli import app
from dcgan.errors import UsageError
from dcgan.latent.arithmetic import arithmetic
from dcgan.latent.concepts import concept_of_axis, concept_of_seeds
from dcgan.latent.interpolation_grid import interpolate_grid
from dcgan.latent.pyramid import draw_pyramid
from dcgan.latent.samples import generate_samples, labeled_latents, sample_to_folder
from dcgan.latent.turn import turn
from dcgan.model import Model
from dcgan.networks.families import untrained_nets
from dcgan.training.recipe import Recipe

NAMES = ("cat", "a/b", "A_B", "..")
RECIPE = Recipe(nets="conditional-dcgan", size=16, channels=1, base_channels=4, latent_dim=5, classes=len(NAMES))


def untrained(recipe: Recipe) -> Model:
    """A conditional model whose labels have these names."""
    generator, discriminator = untrained_nets(recipe.lay_out(), 0)
    return Model(recipe.lay_out(), generator.eval(), discriminator.eval(), {"labels": NAMES})


MODEL = untrained(RECIPE)


def labels_of(z: np.ndarray) -> list[str]:
    """The names of labels that are whole."""
    numbers = z.reshape(-1, MODEL.latent_dim)[:, -len(NAMES) :]
    assert (np.sort(numbers, axis=1) == [0, 0, 0, 1]).all()
    return [NAMES[index] for index in numbers.argmax(axis=1)]


def test_all_samples_are_drawn_with_each_label() -> None:
    samples = generate_samples(MODEL, [3, 5, 9], labels=["cat", ".."], truncation=0.5)
    assert (samples.labels, samples.seeds) == (("cat", ".."), (3, 5, 9) * 2)
    assert labels_of(samples.z) == ["cat"] * 3 + [".."] * 3
    assert np.array_equal(samples.z[:3, :5], MODEL.latents([3, 5, 9], 0.5)[:, :5])
    assert np.array_equal(samples.pixels[3:], MODEL.sample([3, 5, 9], truncation=0.5, label=".."))


def test_with_batch_statistics_a_mini_batch_has_one_label_in_arrays_as_in_folders(tmp_path: Path) -> None:
    files = sample_to_folder(MODEL, range(5), tmp_path, labels=["cat", "a/b"], batch_statistics=True, batch_size=4)
    samples = generate_samples(MODEL, range(5), labels=["cat", "a/b"], batch_statistics=True, batch_size=4)
    assert np.array_equal(np.stack([np.asarray(Image.open(file)) for file in files]), samples.pixels[..., 0])


@pytest.mark.parametrize(("count", "columns", "rows"), [(3, None, 1), (3, 2, 2), (40, None, 2), (37, None, 2)])
def test_a_sheet_has_rows_for_each_label_with_its_name(count: int, columns: int | None, rows: int) -> None:
    figure = generate_samples(MODEL, range(count), labels=["cat", "a/b"]).figure(columns, scale=2)
    assert figure.height == 2 * rows * (2 * 16 + 4) - 4 + 2 * 16
    plain = generate_samples(MODEL, range(count), labels=["cat"]).figure(columns, scale=2)
    assert plain.height != figure.height


def test_labels_whose_folders_would_be_one_have_folders_of_their_own(tmp_path: Path) -> None:
    files = sample_to_folder(MODEL, [1, 2], tmp_path, labels=NAMES)
    assert [file.parent.name for file in files[::2]] == ["cat", "a_b", "A_B-2", "unnamed"]
    assert all(file.exists() for file in files)
    assert len(set(files)) == 8
    assert sample_to_folder(MODEL, [1], tmp_path / "one", labels=["a/b"]) == [tmp_path / "one" / "seed-000001.png"]


def test_nothing_is_written_where_one_of_the_folders_holds_other_things(tmp_path: Path) -> None:
    (tmp_path / "a_b").mkdir()
    (tmp_path / "a_b" / "mine.txt").write_text("kept")
    with pytest.raises(UsageError, match="a_b holds files that are not samples"):
        sample_to_folder(MODEL, [1], tmp_path, labels=["cat", "a/b"])
    with pytest.raises(UsageError, match="`label` 'dog'"):
        sample_to_folder(MODEL, [1], tmp_path / "new", labels=["cat", "dog"])
    assert not list(tmp_path.rglob("*.png"))


def test_a_sum_has_the_label_of_which_there_is_most() -> None:
    cats = concept_of_seeds("cats", [seed for seed in range(40) if labels_of(MODEL.latents([seed])) == ["cat"]], MODEL)
    others = [seed for seed in range(40) if labels_of(MODEL.latents([seed])) == [".."]]
    mixed = concept_of_seeds("mixed", [*others, 0], MODEL)
    known = {"cats": cats, "mixed": mixed}
    assert set(labels_of(arithmetic(MODEL, "cats - mixed + 2 * mixed", concepts=known).z)) <= {"cat", ".."}
    assert set(labels_of(arithmetic(MODEL, "cats - cats + mixed", concepts=known).z)) == {".."}


def test_a_turn_leaves_the_label_of_each_sample_alone() -> None:
    axis = np.linspace(-1, 1, MODEL.latent_dim, dtype=np.float32)
    turned = turn(MODEL, [3, 4, 5], "up", steps=3, concepts={"up": concept_of_axis("up", axis)})
    own = labels_of(MODEL.latents([3, 4, 5]))
    assert labels_of(turned.z) == [label for label in own for _ in range(3)]
    assert not np.array_equal(turned.z[:, 0], turned.z[:, 2])


def test_nets_without_labels_are_as_they_were(tmp_path: Path) -> None:
    model = toy_model()
    assert generate_samples(model, [1]).labels == ()
    assert sample_to_folder(model, [1], tmp_path)[0].parent == tmp_path


def test_a_pyramid_is_of_the_first_samples_of_the_sheet(tmp_path: Path) -> None:
    model = untrained(RECIPE.changed({"nets": "conditional-lapgan", "size": 32}))
    model.save(tmp_path / "lapgan")
    words = ["sample", str(tmp_path / "lapgan"), "--seeds", "4-20", "--truncation", "0.5", "--label", "cat"]
    app([*words, "--out", str(tmp_path / "cats.png"), "--pyramid", str(tmp_path / "levels.png")])
    first = labeled_latents(model, range(4, 12), ["cat"], truncation=0.5)
    assert np.array_equal(
        np.asarray(Image.open(tmp_path / "levels.png")), np.asarray(draw_pyramid(model, first).figure())
    )
    with pytest.raises(UsageError, match="--out and --pyramid name one file"):
        app([*words, "--out", str(tmp_path / "new.png"), "--pyramid", str(tmp_path / "new.png")])


def test_a_grid_goes_from_label_to_label() -> None:
    grid = interpolate_grid(MODEL, np.concatenate([MODEL.labeled(MODEL.latents([1, 2]), name) for name in NAMES[:2]]))
    assert labels_of(grid.z[[0, 0, -1, -1], [0, -1, 0, -1]]) == ["cat", "cat", "a/b", "a/b"]
    assert labels_of(grid.z[0]) == ["cat"] * 7
    assert grid.z[3, 3, -len(NAMES) :].tolist() == [0.5, 0.5, 0, 0]
