"""Names of files and folders, and what is in them."""

from pathlib import Path

from dcgan.files import distinct_files, folder_name, sha256


def test_sha256_is_the_standard_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_names_become_names_of_folders() -> None:
    names = {"AC/DC": "AC_DC", "..": "unnamed", "": "unnamed", "a\x00b": "a_b", "Zoë": "Zoë", "鳥" * 99: "鳥" * 66}
    assert {name: folder_name(name) for name in names} == names


def test_files_of_one_folder_have_names_of_their_own_even_where_case_means_nothing() -> None:
    assert distinct_files(["a", "A", "b", "a", "a-2", "sheet"], taken=["Sheet"]) == (
        ["a", "A-2", "b", "a-3", "a-2-2", "sheet-2"]
    )
