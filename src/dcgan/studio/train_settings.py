"""The settings of a training that the page offers, by the labels of their fields."""

from collections.abc import Mapping
from dataclasses import Field, fields
from typing import Any

from dcgan.choices import PRESETS
from dcgan.errors import RecipeError, UsageError
from dcgan.training.recipe import Recipe
from dcgan.training.settings import Setting

MINUTES, PRESET = "minutes", "preset"
KINDS = ("default", "drawings")
"""The presets that the page offers, for photographs and for drawings."""
MORE = {
    "base_channels": "Base channels",
    "batch_size": "Batch size",
    "lr": "Learning rate",
    "augment": "Augmentation",
    "loss": "Loss",
    "seed": "Seed",
}
"""What can be chosen under "more", by its name in the recipe."""
_LABELS = {MINUTES: "Minutes", PRESET: "Kind of pictures", **MORE}
_FIELDS: dict[str, Field[Any]] = {one.name: one for one in fields(Recipe) if one.name in _LABELS}


def offered() -> list[dict[str, object]]:
    """What can be chosen under "more": {name, label, help, allowed, default, choices} each.

    A default of None stands for what the training chooses itself: from the pictures, their kind and the machine.
    """
    return [_described(_FIELDS[name], label) for name, label in MORE.items()]


def checked(given: Mapping[str, object]) -> dict[str, object]:
    """Settings as they were given, if the recipe takes each of them.

    Raises:
        UsageError: It takes one of them not, which is named by its label; or the page does not offer one.
    """
    if unknown := given.keys() - _LABELS.keys():
        raise UsageError(f"the studio does not set {', '.join(sorted(unknown))}")
    for name, value in given.items():
        if name == PRESET and value not in KINDS:
            raise UsageError(f"{_LABELS[name]} must be one of {', '.join(KINDS)}, not {value}")
        if value is None:
            raise UsageError(f"{_LABELS[name]} must be {_allowed(name)}")
        try:
            Recipe().changed({name: value})
        except RecipeError as error:
            raise UsageError(f"{_LABELS[name]} must be {_allowed(name)}, not {value}") from error
    return dict(given)


def _allowed(name: str) -> str:
    rule: Setting = _FIELDS[name].metadata["setting"]
    if rule.choices is not None:
        return rule.allowed
    return f"{'a whole number' if _FIELDS[name].type in (int, int | None) else 'a number'}, {rule.allowed}"


def _described(one: Field[Any], label: str) -> dict[str, object]:
    rule: Setting = one.metadata["setting"]
    choices = None if rule.choices is None else [str(choice) for choice in rule.choices]
    of_kinds = {getattr(PRESETS[kind], one.name) for kind in KINDS}
    return {
        "name": one.name,
        "label": label,
        "help": rule.text,
        "allowed": rule.allowed,
        "default": one.default if len(of_kinds) == 1 else None,
        "choices": choices,
    }
