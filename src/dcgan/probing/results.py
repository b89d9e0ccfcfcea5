"""What was probed, kept in a JSON file as it comes: a probe takes hours, and goes on where it was stopped."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from filelock import FileLock
from torch import nn

from dcgan.data.packed import PackedSet
from dcgan.errors import DcganError
from dcgan.files import write_atomic
from dcgan.probing.baselines.registry import WAYS, Wanted
from dcgan.probing.baselines.supervised import Scores
from dcgan.probing.comparison import MEANINGS, NETS, Bar, Probing, compare
from dcgan.probing.protocol import Probed, name_count

FORMAT = "dcgan probe 3"
LOCKED = 60.0  # seconds that another process may take to write the file, at most


@dataclass(frozen=True)
class Results:
    """Results of several ways.

    Attributes:
        about: What they all hold for: the model, the pictures and the splits.
        settings: What else those of each way depend on.
        probed: Results of each way, one for each number of labels.
        begun: Trials of nets whose search was stopped, for each number of labels.
    """

    about: Mapping[str, object]
    settings: dict[str, Mapping[str, object]] = field(default_factory=dict)
    probed: dict[str, list[Probed]] = field(default_factory=dict)
    begun: dict[str, dict[int | None, Scores]] = field(default_factory=dict)

    def find(self, name: str, labels_per_class: int | None) -> Probed | None:
        """The result of one way with so many labels (None: all), if there is one."""
        found = (one for one in self.probed.get(name, []) if one.labels_per_class == labels_per_class)
        return next(found, None)

    def rows(self) -> list[dict[str, object]]:
        """Every result in plain values."""
        return [
            {
                "features": name,
                "labels_per_class": name_count(probed.labels_per_class),
                "accuracy": probed.mean,
                "spread": probed.spread if len(probed.accuracies) > 1 else None,
                "draws": len(probed.accuracies),
                "penalty": probed.penalty,
                "validation": {f"{choice:g}": accuracy for choice, accuracy in probed.validation.items()},
                "accuracies": probed.accuracies.tolist(),
                "confusion": probed.confusion.round(4).tolist(),
            }
            for name, found in self.probed.items()
            for probed in found
        ]

    def begun_rows(self) -> list[dict[str, object]]:
        """The trials of every search that was stopped, in plain values."""
        return [
            {"features": name, "labels_per_class": name_count(count), "validation": scores}
            for name, searches in self.begun.items()
            for count, scores in searches.items()
            if self.find(name, count) is None
        ]


def gather(
    names: Iterable[str], wanted: Wanted, test: PackedSet | None, probing: Probing, bar: Bar, file: Path | None = None
) -> Results:
    """Probe several ways; with a file, what it already has is not probed again.

    Args:
        names: Keys of `compare.MEANINGS`.
        wanted: As for `compare`, like `test`, `probing` and `bar`.
        test: Labeled pictures to score on.
        probing: How.
        bar: Shows how far it is.
        file: JSON to go on with, or to make; written after each number of labels, and after each trial of a net.

    Raises:
        DcganError: The file is of another probe, or cannot be read or written.
        ValueError: As `compare`.
    """
    names = list(names)
    results = Results(_about(wanted, test, probing), {name: _settings(name, wanted, probing) for name in names})
    if file is not None:
        _take_over(file, results)

    def keep(name: str, count: int | None, scores: Scores) -> None:
        results.begun.setdefault(name, {})[count] = dict(scores)
        if file is not None:
            _keep(file, results)

    for name in names:
        missing = tuple(count for count in probing.counts if results.find(name, count) is None)
        if not missing:
            continue
        known, ways = results.begun.get(name, {}), replace(probing, counts=missing)
        for probed in compare(name, wanted, test, ways, bar, known, partial(keep, name)):
            if results.find(name, probed.labels_per_class) is None:  # another process may have been quicker
                results.probed.setdefault(name, []).append(probed)
            if file is not None:
                _keep(file, results)
    return results


def read_results(path: Path) -> Results:
    """Read what `gather` wrote.

    Raises:
        DcganError: The file cannot be read, or is no such file.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(content["format"])
        settings: dict[str, Mapping[str, object]] = {
            str(name): dict(values) for name, values in content["settings"].items()
        }
        results = Results(dict(content["about"]), settings)
        names = content["about"]["labels"]
        _require(isinstance(names, list) and all(isinstance(name, str) for name in names))
        for row in content["results"]:
            probed = Probed(
                _count(row["labels_per_class"]),
                float(row["penalty"]),
                {float(choice): float(accuracy) for choice, accuracy in row["validation"].items()},
                np.array(row["accuracies"], np.float64),
                np.array(row["confusion"], np.float64),
            )
            shares = probed.accuracies
            _require(row["features"] in MEANINGS and row["features"] in settings)
            _require(shares.ndim == 1 and len(shares) > 0 and bool(((shares >= 0) & (shares <= 1)).all()))
            _require(probed.confusion.shape == (len(names), len(names)))
            _require(bool(((probed.confusion >= 0) & (probed.confusion <= 1)).all()))
            _require(np.isfinite(probed.penalty) and all(0 <= share <= 1 for share in probed.validation.values()))
            results.probed.setdefault(str(row["features"]), []).append(probed)
        for row in content["begun"]:
            scores = {int(place): float(accuracy) for place, accuracy in row["validation"].items()}
            _require(row["features"] in NETS and all(0 <= accuracy <= 1 for accuracy in scores.values()))
            _require(min(scores) >= 0)
            results.begun.setdefault(row["features"], {})[_count(row["labels_per_class"])] = scores
    except OSError as error:
        raise DcganError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise DcganError(f"{path} is not what `dcgan probe --out` writes") from error
    return results


def _keep(file: Path, results: Results) -> None:
    """Write results beside those that another process has added meanwhile."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_name(f".{file.name}.lock"), timeout=LOCKED):
            _take_over(file, results)
            kept = {
                "format": FORMAT,
                "about": results.about,
                "settings": {name: results.settings[name] for name in results.probed},
                "results": results.rows(),
                "begun": results.begun_rows(),
            }
            write_atomic(file, json.dumps(kept, indent=1))
    except OSError as error:
        raise DcganError(f"cannot write {file}: {error.strerror or error}") from error


def _take_over(file: Path, results: Results) -> None:
    """Add what a file has of the same model, pictures and splits; it may not be there."""
    if not file.exists():
        return
    before = read_results(file)
    if other := [name for name, value in results.about.items() if before.about.get(name) != value]:
        raise DcganError(f"{file} has results of another probe (another {', another '.join(other)}); name another file")
    for name, values in before.settings.items():
        for setting, value in values.items():
            if (wanted := results.settings.get(name, values).get(setting)) != value:
                raise DcganError(f"{file} has {name} with {setting} {value}, not {wanted}; name another file")
    results.settings.update(before.settings)
    for name, found in before.probed.items():
        missing = [probed for probed in found if results.find(name, probed.labels_per_class) is None]
        results.probed.setdefault(name, []).extend(missing)
    for name, searches in before.begun.items():
        own = results.begun.setdefault(name, {})
        own |= {count: {**scores, **own.get(count, {})} for count, scores in searches.items()}


def _weights(net: nn.Module) -> str:
    """Names a net: a hash over its parameters."""
    digest = hashlib.sha256()
    for parameter in net.parameters():
        digest.update(parameter.detach().float().contiguous().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def _count(text: str) -> int | None:
    """What `name_count` was given."""
    count = None if text == "all" else int(str(text))
    _require(count is None or count > 0)
    return count


def _require(condition: bool) -> None:
    if not condition:
        raise ValueError


def _about(wanted: Wanted, test: PackedSet | None, probing: Probing) -> dict[str, object]:
    return {
        "model": _weights(wanted.model.discriminator),
        "source": wanted.learned.fingerprint,
        "test": test.fingerprint if test else None,
        "labels": list(wanted.learned.label_names),
        "seed": wanted.seed,
        "validation": probing.validation,
    }


def _settings(name: str, wanted: Wanted, probing: Probing) -> dict[str, object]:
    """What the results of a way depend on, beside what all depend on."""
    if name in NETS:
        return {"trials": probing.trials, "trainings": probing.trainings}
    own = {field: getattr(wanted, field) for field in WAYS[name].depends_on}
    return {
        "penalties": list(probing.penalties),
        "draws": probing.draws,
        "standardize": probing.standardize,
        **{field: list(value) if isinstance(value, tuple) else value for field, value in own.items()},  # as JSON has it
    }
