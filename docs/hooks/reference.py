"""The reference pages of the site, written from the code: the command line, the recipe, the choices by name, the API.

MkDocs calls `on_config` and `on_files` by their names.
"""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, get_args, get_origin

from cyclopts import App
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from dcgan import choices
from dcgan.cli import app
from dcgan.registry import Registry
from dcgan.training.recipe import Recipe
from dcgan.training.settings import Setting

HIDDEN_PACKAGES = ("cli", "studio")  # but for what `import dcgan` offers of them; the command line has its own pages


@dataclass(frozen=True)
class Page:
    """One page of the site.

    Attributes:
        path: Where it stands below docs/.
        title: Its name in the navigation.
        text: Its Markdown.
    """

    path: str
    title: str
    text: str


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the pages to the navigation, below Reference."""
    for section in config.nav or []:
        if "Reference" in section:
            section["Reference"] = [*section["Reference"], *navigation(pages(_source(config)))]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages to those that stand in docs/."""
    for page in pages(_source(config)):
        files.append(File.generated(config, page.path, content=page.text))
    return files


def _source(config: MkDocsConfig) -> Path:
    return Path(config.config_file_path).parent / "src"


def api_pages(source: Path) -> list[Page]:
    """A page for the package itself and one for each of its rooms, with every public module.

    Args:
        source: The folder that holds the package `dcgan`.
    """
    package = source / "dcgan"
    offered = set(_offered_names(package / "__init__.py").values())
    rooms: dict[str, list[str]] = {"dcgan": []}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        module = ".".join(parts).removesuffix(".__init__")
        hidden = parts[1] in HIDDEN_PACKAGES and module not in offered
        if hidden or any(part.startswith("_") and part != "__init__" for part in parts):
            continue
        if module != "dcgan":
            room = module if path.name == "__init__.py" else module.rpartition(".")[0]
            rooms.setdefault(room, [])
            if path.name != "__init__.py":
                rooms[room].append(module)
    return [_open_api(package), *(_room(room, modules) for room, modules in sorted(rooms.items()))]


def command_pages(application: App = app) -> list[Page]:
    """A page for each verb, as `dcgan VERB --help` has it."""
    verbs = sorted(name for name in application if not name.startswith("-"))
    return [Page(f"reference/commands/{verb}.md", verb, _command(application, verb)) for verb in verbs]


def recipe_page() -> Page:
    """Every value of a recipe: its default, what it may be, its meaning."""
    lines = [
        "# Recipe",
        "",
        "A recipe holds every hyper-parameter of a training. Each value is a flag of `dcgan train`",
        "(`base_channels` is `--base-channels`), a line of a recipe file in TOML, and an attribute of `dcgan.Recipe`.",
        "",
        "| value | default | allowed | meaning |",
        "|---|---|---|---|",
    ]
    for field in fields(Recipe):
        setting: Setting = field.metadata["setting"]
        default = "" if field.default is None else f"`{field.default}`"
        lines.append(_row(f"`{field.name}`", default, setting.allowed or _literals(field.type), setting.text))
    return Page("reference/recipe.md", "Recipe", "\n".join(lines) + "\n")


def choices_page() -> Page:
    """Everything that is chosen by name, from the registries."""
    lines = [
        "# Choices by name",
        "",
        "Other packages add to each of these by an entry point: see [a package of your own](../extend.md).",
    ]
    for registry in registries().values():
        lines += ["", f"## {registry.kind}", "", f"Entry points: `{registry.group}`.", "", "| name | |", "|---|---|"]
        lines += [_row(f"`{name}`", meaning) for name, meaning in registry.meanings.items()]
    return Page("reference/choices.md", "Choices by name", "\n".join(lines) + "\n")


def registries() -> dict[str, Registry[object]]:
    """The registries of `dcgan.choices`, by the names of its constants."""
    return {name: value for name, value in vars(choices).items() if isinstance(value, Registry)}


def pages(source: Path) -> list[Page]:
    """All reference pages that are written from the code."""
    return [*command_pages(), recipe_page(), choices_page(), *api_pages(source)]


def navigation(reference: Iterable[Page]) -> list[Mapping[str, object]]:
    """The entries below Reference in mkdocs.yml."""
    groups: dict[str, list[Mapping[str, str]]] = {"Command line": [], "": [], "Python": []}
    for page in reference:
        kind = page.path.split("/")[1]
        group = {"commands": "Command line", "api": "Python"}.get(kind, "")
        groups[group].append({page.title: page.path})
    return [{"Command line": groups["Command line"]}, *groups[""], {"Python": groups["Python"]}]


def _open_api(package: Path) -> Page:
    names = _offered_names(package / "__init__.py")
    lines = ["# import dcgan", "", "What `import dcgan` offers. Each name is imported when it is first used.", ""]
    lines += ["| name | |", "|---|---|"]
    for name, home in names.items():
        lines.append(_row(f"[`dcgan.{name}`][{home}.{name}]", _summary(package.parent, home, name)))
    return Page("reference/api/index.md", "import dcgan", "\n".join(lines) + "\n")


def _summary(source: Path, module: str, name: str) -> str:
    """The first line of a class's or function's docstring; empty for other values."""
    path = source.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return (ast.get_docstring(node) or "").partition("\n\n")[0].replace("\n", " ")
    return ""


def _offered_names(init: Path) -> dict[str, str]:
    """The names that a package imports for type checkers, and the modules that they come from."""
    blocks = [node for node in ast.parse(init.read_text("utf-8")).body if isinstance(node, ast.If)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    names = {alias.asname or alias.name: str(node.module) for node in imports for alias in node.names}
    return dict(sorted(names.items()))


def _room(room: str, modules: list[str]) -> Page:
    name = "dcgan, single modules" if room == "dcgan" else room
    lines = [f"# {name}", ""]
    if room != "dcgan":
        lines += [f"::: {room}", "    options:", "      show_root_heading: false", "      members: false", ""]
    for module in modules:
        lines += [f"::: {module}", ""]
    return Page(f"reference/api/{room}.md", name, "\n".join(lines))


def _command(application: App, verb: str) -> str:
    text: str = application[verb].generate_docs(usage_name=f"dcgan {verb}", recursive=False)
    return text


def _literals(type_: object) -> str:
    return ", ".join(map(str, get_args(type_))) if get_origin(type_) is Literal else ""


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
