"""Concepts and their file."""

from pathlib import Path

import numpy as np
import pytest
from tests.toy_model import toy_model

from dcgan.errors import LatentError
from dcgan.latent.concepts import add_concepts, concept_of_axis, concept_of_seeds, read_concepts
from dcgan.latent.files import write_latents

MODEL = toy_model()


def written(folder: Path, text: str) -> Path:
    (folder / "concepts.toml").write_text(text, "utf-8")
    return folder / "concepts.toml"


def test_a_concept_is_the_mean_of_its_seeds(tmp_path: Path) -> None:
    concept = read_concepts(written(tmp_path, "[smiling]\nseeds = [3, 17, 40]"), MODEL)["smiling"]
    assert concept.mean == pytest.approx(MODEL.latents([3, 17, 40]).mean(axis=0))
    assert not concept.is_axis


def test_latent_files_lie_beside_the_concepts(tmp_path: Path) -> None:
    z = MODEL.latents([1, 2, 3])
    write_latents(tmp_path / "z.npz", MODEL, z, MODEL.generate(z))
    text = '[all]\nlatents = "z.npz"\n[some]\nlatents = "z.npz"\nrows = [0, 2]'
    known = read_concepts(written(tmp_path, text), MODEL)
    assert np.array_equal(known["all"].z, z)
    assert np.array_equal(known["some"].z, z[[0, 2]])


def test_what_is_added_can_be_read_and_what_stood_there_stays(tmp_path: Path) -> None:
    path = written(tmp_path, "# my own\n[by-hand]  # three of them\nseeds = [1, 2, 3]\n")
    axis = np.linspace(-1, 1, 6, dtype=np.float32)
    add_concepts(path, [concept_of_seeds("grün", [4, 5, 6], MODEL), concept_of_axis("up", axis)], MODEL)
    add_concepts(path, [concept_of_seeds("more", [7], MODEL)], MODEL)
    known = read_concepts(path, MODEL)
    assert [*known] == ["by-hand", "grün", "up", "more"]
    assert known["up"].mean == pytest.approx(axis, abs=1e-6)
    assert known["up"].is_axis
    assert "# my own\n[by-hand]  # three of them" in path.read_text("utf-8")


def test_a_new_file_names_its_model_and_no_other_reads_it(tmp_path: Path) -> None:
    add_concepts(tmp_path / "new" / "c.toml", [concept_of_seeds("a", [1, 2, 3], MODEL)], MODEL)
    assert [*read_concepts(tmp_path / "new" / "c.toml", MODEL)] == ["a"]
    with pytest.raises(LatentError, match="another model"):
        read_concepts(tmp_path / "new" / "c.toml", toy_model("uniform"))


def test_a_name_is_not_given_twice(tmp_path: Path) -> None:
    path = written(tmp_path, "[a]\nseeds = [1]\n")
    with pytest.raises(LatentError, match="has a already"):
        add_concepts(path, [concept_of_seeds("a", [2], MODEL)], MODEL)
    assert path.read_text("utf-8") == "[a]\nseeds = [1]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[a\nseeds = [1]", "not valid TOML"),
        ("[a]\nseeds = 3", "list of whole numbers"),
        ("[a]\nseeds = []", "list of whole numbers"),
        ("[a]\nseeds = [1.5]", "list of whole numbers"),
        ("[a]\nseeds = [-1]", "list of whole numbers"),
        ("[a]\nseeds = [true]", "list of whole numbers"),
        (f"[a]\nseeds = [{2**63}]", "list of whole numbers"),
        ("[a]\n", "needs just one of"),
        ("[a]\nseeds = [1]\naxis = [1, 2, 3, 4, 5, 6]", "needs just one of"),
        ("[a]\nseed = [1]", "needs just one of"),
        ("x = " + "[" * 20_000 + "]" * 20_000, "not valid TOML"),
        ("[a]\nseeds = [" + "9" * 5000 + "]", "not valid TOML"),
        ("[a]\naxis = [" + ", ".join(["9" * 400] * 6) + "]", "list of 6 numbers"),
        ("[a]\naxis = [1e308, 0, 0, 0, 0, 0]", "list of 6 numbers"),
        ('[a]\nseeds = [1]\nnote = "x"', "cannot have note beside seeds"),
        ("[a]\nlatents = 3", "name of a file"),
        ("[a]\nseeds = [1]\nrows = [0]", "cannot have rows"),
        ("a = 3", "needs just one of"),
        ("[a]\naxis = [1, 2]", "list of 6 numbers"),
        ("[a]\nz = [1, 2, 3, 4, 5, 6]", "lists of 6 numbers"),
        ("[a]\nz = []", "lists of 6 numbers"),
        ("[a]\nz = [[1, 2, 3, 4, 5, nan]]", "lists of 6 numbers"),
        ("[a]\nz = [[1, 2, 3, 4, 5, 6]]\nrows = [0]", "cannot have rows"),
        ("[a]\naxis = [1, 2, 3, 4, 5, nan]", "list of 6 numbers"),
        ("[a]\nlatents = 'none.npz'", "No such file"),
        ("['a b']\nseeds = [1]", "cannot be called"),
        ("model = 'someone else'", "another model"),
    ],
)
def test_what_is_no_concept_is_named(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(LatentError, match=message):
        read_concepts(written(tmp_path, text), MODEL)


def test_a_file_that_windows_wrote_is_read(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_bytes(b"\xef\xbb\xbf[a]\r\nseeds = [1, 2, 3]\r\n")
    assert [*read_concepts(tmp_path / "c.toml", MODEL)] == ["a"]


def test_rows_that_a_latent_file_lacks_are_named(tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", np.ones((2, 6)))
    with pytest.raises(LatentError, match="0 to 1"):
        read_concepts(written(tmp_path, "[a]\nlatents = 'z.npy'\nrows = [2]"), MODEL)
