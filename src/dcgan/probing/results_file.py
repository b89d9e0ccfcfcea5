"""Results of a probe, kept in a JSON file as they come: a probe takes hours, and goes on where it was stopped."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from filelock import FileLock
from torch import nn

from dcgan.atomic_files import write_atomic
from dcgan.choices import BASELINES
from dcgan.data.packed import PackedSet
from dcgan.errors import DcganError
from dcgan.files import parse_json, read_file
from dcgan.probing.baselines.baseline import BuildContext
from dcgan.probing.protocol import ProbeOptions, ProbeResult, name_count
from dcgan.probing.results import ProbeResults
from dcgan.probing.splits import Splits

FORMAT = "dcgan probe 4"
FOLLOWS = {"test_pictures", "shared_pictures"}  # from the sets: files from before there were these go on
NEW_SETTINGS = {"horizontal_flip": False}  # of features: files from before there were these go on
LOCKED = 60.0  # seconds that another process may take to write the file, at most


def read_results(path: str | Path) -> ProbeResults:
    """Read the file of a probe.

    Raises:
        DcganError: The file cannot be read, is of another dcgan, or is no such file.
    """
    try:
        content = parse_json(read_file(Path(path)))
        kind = content["format"]
        if kind != FORMAT and str(kind).startswith("dcgan probe "):
            raise DcganError(f"{path} was written by another version of dcgan; probe again into another file")
        _require(kind == FORMAT)
        settings: dict[str, Mapping[str, object]] = {
            str(name): {**NEW_SETTINGS, **values} if "standardize" in values else dict(values)
            for name, values in content["settings"].items()
        }
        names = content["about"]["labels"]
        _require(isinstance(names, list) and all(isinstance(name, str) for name in names))
        results = ProbeResults(dict(content["about"]), settings)
        counts = [results.about[name] for name in FOLLOWS if FOLLOWS & results.about.keys()]
        _require(all(type(count) is int for count in counts))
        for row in content["results"]:
            _require(row["baseline"] in settings)
            results.probed.setdefault(str(row["baseline"]), []).append(_read_result(row, len(names)))
        for row in content["unfinished"]:
            scores = {int(number): float(accuracy) for number, accuracy in row["validation"].items()}
            _require(row["baseline"] in BASELINES and all(0 <= accuracy <= 1 for accuracy in scores.values()))
            _require(min(scores) >= 0)
            results.unfinished.setdefault(str(row["baseline"]), {})[_read_count(row["labels_per_class"])] = scores
    except OSError as error:
        raise DcganError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise DcganError(f"{path} is not a file of results of a probe, or is damaged; name another") from error
    return results


def save_results(file: Path, results: ProbeResults) -> None:
    """Write results beside those that another process has added meanwhile.

    Raises:
        DcganError: The file is of another probe, or cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_name(f".{file.name}.lock"), timeout=LOCKED):
            merge_results(file, results)
            kept = {
                "format": FORMAT,
                "about": results.about,
                "settings": {name: results.settings[name] for name in results.probed},
                "results": results.rows(),
                "unfinished": [
                    {"baseline": name, "labels_per_class": name_count(count), "validation": scores}
                    for name, searches in results.unfinished.items()
                    for count, scores in searches.items()
                    if results.find(name, count) is None
                ],
            }
            write_atomic(file, json.dumps(kept, indent=1))
    except OSError as error:
        raise DcganError(f"cannot write {file}: {error.strerror or error}") from error


def merge_results(file: Path, results: ProbeResults) -> None:
    """Add what a file has of the same model, pictures and splits; it may not be there.

    Raises:
        DcganError: The file is of another probe, or cannot be read.
    """
    if not file.exists():
        return
    before = read_results(file)
    names = [name for name in results.about if name not in FOLLOWS]
    if other := [name for name in names if before.about.get(name) != results.about[name]]:
        raise DcganError(f"{file} has results of another probe (another {', another '.join(other)}); name another file")
    for name, values in before.settings.items():
        for setting, value in values.items():
            if (asked := results.settings.get(name, values).get(setting)) != value:
                raise DcganError(f"{file} has {name} with `{setting}` {value}, not {asked}; name another file")
    results.settings.update(before.settings)
    for name, found in before.probed.items():
        missing = [result for result in found if results.find(name, result.labels_per_class) is None]
        results.probed.setdefault(name, []).extend(missing)
    for name, searches in before.unfinished.items():
        own = results.unfinished.setdefault(name, {})
        own |= {count: {**scores, **own.get(count, {})} for count, scores in searches.items()}


def about_of(context: BuildContext, splits: Splits, options: ProbeOptions) -> dict[str, object]:
    """What all results of a probe hold for, in values that JSON has."""
    test = splits.test if isinstance(splits.test, PackedSet) else None
    return {
        "model": _hash_weights(context.model.discriminator),
        "source": context.train.fingerprint,
        "test": test.fingerprint if test else None,
        "test_pictures": len(splits.test),
        "shared_pictures": test.shared_with(context.train) if test else 0,
        "labels": list(context.train.label_names),
        "seed": context.seed,
        "validation": options.validation,
        "train_pictures": len(splits.train),
    }


def _hash_weights(net: nn.Module) -> str:
    """Names a net: a hash over its parameters."""
    digest = hashlib.sha256()
    for parameter in net.parameters():
        digest.update(parameter.detach().float().contiguous().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def _read_result(row: Mapping[str, object], classes: int) -> ProbeResult:
    """One row of a file.

    Raises:
        ValueError: It has impossible values; or another error of reading them.
    """
    tuned: Literal["C", "trial"] = "C" if "C" in row else "trial"
    validation = row["validation"]
    if not isinstance(validation, dict):
        raise TypeError(validation)
    result = ProbeResult(
        _read_count(row["labels_per_class"]),
        float(str(row[tuned])),
        {float(choice): float(accuracy) for choice, accuracy in validation.items()},
        np.array(row["accuracies"], np.float64),
        np.array(row["confusion"], np.float64),
        tuned,
    )
    accuracies, confusion = result.accuracies, result.confusion
    _require(accuracies.ndim == 1 and len(accuracies) > 0 and bool(((accuracies >= 0) & (accuracies <= 1)).all()))
    _require(confusion.shape == (classes, classes) and bool(((confusion >= 0) & (confusion <= 1)).all()))
    _require(bool(np.isfinite([result.best, *result.validation]).all()))
    _require(all(0 <= accuracy <= 1 for accuracy in result.validation.values()))
    return result


def _read_count(text: object) -> int | None:
    """What `name_count` was given."""
    count = None if text == "all" else int(str(text))
    _require(count is None or count > 0)
    return count


def _require(condition: bool) -> None:
    if not condition:
        raise ValueError
