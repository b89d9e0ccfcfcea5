"""The reference pages of the site, written from the code: the API, the command line, the recipe and the choices by name."""

import ast
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

from cyclopts import App

from dcgan import choices
from dcgan.cli import app
from dcgan.registry import Registry
from dcgan.training.recipe import Recipe

HIDDEN_PACKAGES = ("cli", "studio")  # the command line has pages of its own


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


def api_pages(source: Path) -> list[Page]:
    """A page for the package itself and one for each of its rooms, with every public module.

    Args:
        source: The folder that holds the package `dcgan`.
    """
    package = source / "dcgan"
    rooms: dict[str, list[str]] = {"dcgan": []}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        if any(part.startswith("_") and part != "__init__" for part in parts) or parts[1] in HIDDEN_PACKAGES:
            continue
        module = ".".join(parts).removesuffix(".__init__")
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
    """Every value of a recipe: its type, its default, its meaning."""
    meanings = attribute_docstrings(Recipe)
    lines = [
        "# Recipe",
        "",
        "Every hyper-parameter of a training. Each value is a flag of `dcgan train` (`base_channels` is `--base-channels`), a line of a",
        "recipe file in TOML, and an attribute of `dcgan.Recipe`.",
        "",
        "| value | type | default | meaning |",
        "|---|---|---|---|",
    ]
    for field in fields(Recipe):
        default = "" if field.default in (MISSING, None) else f"`{field.default}`"
        type_ = field.type if isinstance(field.type, str) else inspect.formatannotation(field.type)
        cells = (f"`{field.name}`", f"`{type_}`", default, meanings.get(field.name, ""))
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return Page("reference/recipe.md", "Recipe", "\n".join(lines) + "\n")


def choices_page() -> Page:
    """Everything that is chosen by name, from the registries."""
    lines = [
        "# Choices by name",
        "",
        "Other packages can add to each of these by an entry point of its group: see [a package of your own](../extend.md).",
    ]
    for registry in registries().values():
        lines += ["", f"## {registry.kind}", "", f"Entry points: `{registry.group}`.", "", "| name | |", "|---|---|"]
        lines += [f"| `{name}` | {_cell(meaning)} |" for name, meaning in registry.meanings.items()]
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


def attribute_docstrings(class_: type) -> dict[str, str]:
    """The strings below the attributes of a class, by the attribute's name, each on one line."""
    body = ast.parse(inspect.getsource(class_)).body[0]
    assert isinstance(body, ast.ClassDef)
    found = {}
    for statement, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                found[statement.target.id] = " ".join(str(after.value.value).split())
    return found


def _open_api(package: Path) -> Page:
    names = _offered_names(package / "__init__.py")
    lines = ["# import dcgan", "", "What `import dcgan` offers. Each name is imported when it is first used.", ""]
    lines += ["| name | |", "|---|---|"]
    for name, home in names.items():
        lines.append(f"| [`dcgan.{name}`][{home}.{name}] | {_cell(_summary(package.parent, home, name))} |")
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


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
