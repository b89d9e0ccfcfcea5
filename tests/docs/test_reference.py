"""The reference pages have what the code has."""

from dataclasses import fields
from pathlib import Path

from docs.hooks.reference import Page, api_pages, choices_page, command_pages, navigation, pages, recipe_page

from dcgan.choices import LOSSES
from dcgan.cli import app
from dcgan.training.recipe import Recipe

SOURCE = Path(__file__).parents[2] / "src"


def text_of(pages: list[Page], path: str) -> str:
    return next(page.text for page in pages if page.path == path)


def test_each_verb_has_a_page_with_its_flags_and_examples() -> None:
    found = command_pages()
    assert {page.title for page in found} == {name for name in app if not name.startswith("-")}
    train = text_of(found, "reference/commands/train.md")
    assert "--base-channels" in train
    assert "`dcgan train" in train


def test_the_recipe_page_has_each_value_with_its_range() -> None:
    text = recipe_page().text
    for field in fields(Recipe):
        assert f"| `{field.name}` |" in text
    assert "| `latent_dim` | `100` | 1 to 4096 |" in text


def test_each_registry_is_listed_with_its_entry_points_and_names() -> None:
    text = choices_page().text
    assert f"`{LOSSES.group}`" in text
    for name in LOSSES:
        assert f"| `{name}` |" in text


def test_each_public_module_is_documented_once() -> None:
    text = "\n".join(page.text for page in api_pages(SOURCE)).splitlines()
    modules = {
        ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for path in (SOURCE / "dcgan").rglob("*.py")
        if not path.name.startswith("_") and path.relative_to(SOURCE).parts[1] not in ("cli", "studio")
    }
    for module in modules:
        assert text.count(f"::: {module}") == 1, module


def test_what_import_dcgan_offers_of_a_hidden_room_is_documented_too() -> None:
    assert "::: dcgan.studio.host" in text_of(api_pages(SOURCE), "reference/api/dcgan.studio.md").splitlines()


def test_the_open_api_links_what_import_dcgan_offers() -> None:
    text = text_of(api_pages(SOURCE), "reference/api/index.md")
    assert "[`dcgan.Model`][dcgan.model.Model]" in text
    assert "[`dcgan.train`][dcgan.training.run.train]" in text


def test_every_page_is_in_the_navigation() -> None:
    found = pages(SOURCE)
    assert {page.path for page in found} <= set(str(navigation(found)).split("'"))
