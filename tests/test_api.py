"""What `import dcgan` offers: every name can be imported, is documented and is typed."""

import ast
import inspect
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

import dcgan

CALLED = [name for name in dcgan.__all__ if inspect.isfunction(getattr(dcgan, name))]
CLASSES = [name for name in dcgan.__all__ if inspect.isclass(getattr(dcgan, name))]


def test_every_name_is_a_function_or_a_class_and_stands_in_the_packages_own_words() -> None:
    assert sorted(CALLED + CLASSES) == sorted(dcgan.__all__)
    assert set(dcgan.__all__) <= set(dir(dcgan))


def test_what_type_checkers_see_is_what_there_is() -> None:
    tree = ast.parse(Path(dcgan.__file__).read_text("utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.asname: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert seen == dcgan._MODULES


@pytest.mark.parametrize("name", CALLED)
def test_a_function_is_documented_and_typed(name: str) -> None:
    function = getattr(dcgan, name)
    text, signature = inspect.getdoc(function) or "", inspect.signature(function)
    arguments = text.partition("Args:\n")[2].partition("\n\n")[0]
    assert [parameter for parameter in signature.parameters if f"    {parameter}: " not in arguments] == []
    assert "Raises:\n" in text
    hints = [parameter.annotation for parameter in signature.parameters.values()]
    assert inspect.Signature.empty not in [*hints, signature.return_annotation]
    assert Any not in hints


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_documented_with_its_methods_and_properties(name: str) -> None:
    kind = getattr(dcgan, name)
    assert inspect.getdoc(kind)
    for method, function in inspect.getmembers(kind, inspect.isfunction):
        if not method.startswith("_") and function.__module__.startswith("dcgan"):
            assert inspect.getdoc(function), method
            assert inspect.signature(function).return_annotation is not inspect.Signature.empty, method
    for name_, made in inspect.getmembers(kind, lambda member: isinstance(member, property | cached_property)):
        assert name_.startswith("_") or inspect.getdoc(made), name_


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, dcgan; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"torch", "numpy", "PIL", "cyclopts"} & set(result.stdout.split()) == set()


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        dcgan.nothing  # type: ignore[attr-defined]  # noqa: B018
