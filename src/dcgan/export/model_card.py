"""The README.md that the Hub shows of a model: what it makes, how to use it, what it learned from and how."""

import json
import re
from collections.abc import Iterator, Mapping

from dcgan.hub_cache import PREFIX, is_hub_name
from dcgan.model import Model

SHEET = "sheet.png"
_COLORS = {1: "gray", 3: "color", 4: "color, transparent"}
_OF_THE_MACHINE = ("device", "threads", "capture", "channels_last", "sync_batch_norm", "keep", "on_collapse")
_OWN_NETS = (
    "The nets are not dcgan's own: `dcgan.load` wants nets of the classes that were trained, `generator=` and "
    "`discriminator=`."
)
_LIMITS = """\
For art, teaching, research on generative models, and as features where labels are few. The pictures are like those that
it has learned from, with all that these have too much or too little of, and may be near copies of some of them where
they were few: `dcgan neighbors` shows the nearest ones. A generated face is nobody's, and may look like somebody's. Do
not pass the pictures off as photographs."""

_LIMITS_OF_FRAMES = """\
For art, teaching, and research on video. The predicted frames continue motions like those that it has learned from.
Each is predicted from those before it, so that they blur with time."""
_SCORES = "`dcgan predict-frames {name} VIDEOS` compares predicted frames with the true ones."
_USAGE_OF_FRAMES = """\
```sh
pip install 'dcgan[hub]'
dcgan predict-frames {name} VIDEOS --out film.gif
```

```python
import dcgan

model = dcgan.load("{name}")
predicted = dcgan.predict_frames(model, "videos/").predicted  # (N, steps, H, W, C), uint8
```

The weights are safetensors and JSON: loading them runs no code. dcgan also takes features of clips from the
discriminator, to recognize motions with few labels."""


def model_card(model: Model, repository: str, license: str | None) -> str:  # noqa: A002  # as the Hub calls it
    """Markdown with the Hub's metadata in front.

    Args:
        model: The model.
        repository: "OWNER/NAME".
        license: The Hub's identifier of a license, such as "mit" or "cc-by-4.0".
    """
    name = f"{PREFIX}{repository}"
    nets, colors = model.interface.nets, _COLORS[model.channels]
    kind = f"a GAN of the kind {nets}" if nets not in ("", "dcgan") else "a deep convolutional GAN"
    what = "Generates pictures" if model.draws else "Predicts the next frame of videos from those before it, frames"
    size = f"{model.size}x{model.size}"
    made = "imported into" if "origin" in model.details else "trained with"
    sections = {
        "Usage": _usage(model, name),
        "Training data": _training_data(model.details, "pictures" if model.draws and not model.sound else "clips"),
        "Evaluation": _measures(model.details, name) if model.draws else _SCORES.format(name=name),
        "Training": _recipe(model.details),
        "Intended use and limitations": (_LIMITS if model.draws else _LIMITS_OF_FRAMES) + _untrained(model.details),
        "License": f"{license}." if license else "None is stated: ask the author before you use it.",
    }
    return "\n".join(
        [
            *_metadata(model, license),
            f"# {repository.partition('/')[2]}",
            "",
            f"{what} of {size} pixels ({colors}): {kind}, {made} dcgan.",
            *(("", f"![The pictures of seeds 0 to 63]({SHEET})") if model.draws else ()),
            *(f"\n## {title}\n\n{text}" for title, text in sections.items()),
            "",
        ]
    )


def _metadata(model: Model, license: str | None) -> Iterator[str]:  # noqa: A002
    details = model.details
    yield "---"
    if license:
        yield f"license: {json.dumps(license)}"
    yield "library_name: dcgan"
    if model.draws:
        yield "pipeline_tag: unconditional-image-generation"
    yield from ("tags:", "- dcgan", "- gan")
    for field, value in (("base_model", _start(details)), ("datasets", _source(details))):
        if is_hub_name(value):
            repository = re.split("[@:]", value.removeprefix(PREFIX))[0]  # without its revision, or its split
            yield f"{field}: {json.dumps(repository)}"
    yield from ("---", "")


def _usage(model: Model, name: str) -> str:
    shape = (64, model.size, model.size, model.channels)
    if not model.interface.nets:
        return _OWN_NETS
    if not model.draws:
        return _USAGE_OF_FRAMES.format(name=name)
    return f"""\
```sh
pip install 'dcgan[hub]'
dcgan sample {name} --seeds 0-63 --out sheet.png
```

```python
import dcgan

model = dcgan.load("{name}")
pixels = model.sample(seeds=range(64))  # {shape}, uint8
```

A seed always gives the same picture. The weights are safetensors and JSON: loading them runs no code. dcgan also walks
through the latent space, adds and subtracts concepts, and takes features of your pictures from the discriminator."""


def _training_data(details: Mapping[str, object], items: str) -> str:
    data, origin = details.get("trained_on"), details.get("origin")
    if isinstance(data, dict):
        text = f"{_number(data.get('pictures'))} {items}: `{_source(details)}`."
    else:
        text = f"Not recorded. The weights were imported: {origin}." if origin else "Not recorded."
    if _start(details):
        text += f" The training began with the weights of `{_start(details)}`, not with random ones."
    return text


def _measures(details: Mapping[str, object], name: str) -> str:
    match details.get("kernel_distance"):
        case {"mean": float() as mean, "std": float() as std, "measured": str() as measured}:
            return (
                "| kernel distance x 1000 | measured |\n|---|---|\n"
                f"| {1000 * mean:.2f} ± {1000 * std:.2f} | {measured} |\n\n"
                "0 is best. Compare it only with one that was measured in the same way."
            )
    return f"Not measured yet: `dcgan evaluate {name} PICTURES` does."


def _recipe(details: Mapping[str, object]) -> str:
    recipe = details.get("recipe")
    seen = f"{_number(details['images'])} images seen.\n\n" if "images" in details else ""
    if not isinstance(recipe, Mapping):
        return f"{seen}The recipe is not recorded."
    rows = (f"| `{key}` | {value} |" for key, value in recipe.items() if key not in _OF_THE_MACHINE)
    return f"{seen}| value of the recipe | |\n|---|---|\n" + "\n".join(rows)


def _untrained(details: Mapping[str, object]) -> str:
    untrained = details.get("untrained")
    return f"\n\n**Untrained**: {untrained}." if untrained else ""


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "?"


def _source(details: Mapping[str, object]) -> str:
    """What the pictures were called that it learned from, or nothing."""
    data = details.get("trained_on")
    return str(data.get("source", "")) if isinstance(data, dict) else ""


def _start(details: Mapping[str, object]) -> str:
    """The model that the training began with, or nothing."""
    start = details.get("start")
    return str(start.get("model", "")) if isinstance(start, dict) else ""
