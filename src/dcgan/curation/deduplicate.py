"""Near duplicates of a source found and left out, as in section 4.1 of the paper: by codes of an auto-encoder.

Exact copies are found first, by the hash of their files. Then codes that are equal, or differ in a few bits, make pairs
of candidates, and the pictures themselves have the last word: those of a pair are near duplicates if their details at
32x32 correlate enough. Time grows with the number of pictures, and hardly with its square.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from dcgan.cluster import Engine, check_engine, map_on_cluster
from dcgan.curation.autoencoder import BITS, Autoencoder, Encoder, load_autoencoder, save_autoencoder, train_autoencoder
from dcgan.curation.code_index import Codes, Indices
from dcgan.curation.collection import Collection, shrunk
from dcgan.curation.duplicates import Deduplicated, Duplicates, tiles_of, write_groups
from dcgan.curation.groups import group
from dcgan.curation.variations import VARIATIONS
from dcgan.data.cache import open_pictures, source_name
from dcgan.data.index_writer import Origin
from dcgan.data.items import Item, Reason, Skipped
from dcgan.data.packed import PackedSet
from dcgan.data.packed_files import open_pixels
from dcgan.data.packed_pictures import skipped_again
from dcgan.data.packed_writer import PackedSetWriter, check_free, write_packed_set
from dcgan.data.sources import PictureSource
from dcgan.errors import PackedSetError, SourceError, UsageError
from dcgan.files import CODES_FILE, GROUPS_FILE, NET_FILE
from dcgan.progress import notebook_bar
from dcgan.randomness import Stream, check_seed, rng
from dcgan.types import OnPhase, OnProgress

WITHIN, MOST_WITHIN = 6, 16
SIMILARITY = 0.9
LEARNED = 50_000
"""Pictures that the net is trained on at most, chosen at random."""
_ENCODED_AT_ONCE = 4096


@notebook_bar("preparing")
def deduplicate(
    source: PictureSource,
    out: str | Path,
    *,
    size: int | None = None,
    channels: int | None = None,
    within: int = WITHIN,
    similarity: float = SIMILARITY,
    against: Sequence[PictureSource] = (),
    seed: int = 0,
    engine: Engine = "local",
    overwrite: bool = False,
    on_progress: OnProgress | None = None,
    on_phase: OnPhase | None = None,
) -> Deduplicated:
    """Make a packed set of a source without its near duplicates: of each group the best picture is kept.

    That is the one of most pixels before it was resized, and of those the one whose file is largest. The others are
    listed as skipped, with the name of the one that is kept; nothing of the source is deleted. Copies that are turned
    are not found.

    `out` keeps the net and the codes of its pictures too. So it can be named in `against` when more pictures come, and
    they are compared with it without encoding it anew.

    Args:
        source: Pictures from anywhere, or a packed set; as for `open_pictures`, which prepares and keeps them.
        out: Folder of the packed set to make.
        size: Side of the pictures in pixels. Default: 64, or that of the packed set.
        channels: 1, 3, 4 or None: those of the pictures.
        within: In how many of the 128 bits codes of near duplicates may differ: 0 (as in the paper) to 16. Beyond 8
            a million pictures take many minutes.
        similarity: Least correlation of the details of near duplicates at 32x32: -1 (any, as in the paper) to 1.
        against: Other sources: what one of them has already is left out too. They themselves are not searched.
        seed: Of the training of the net.
        engine: "ray" prepares and encodes on all machines of a Ray cluster, as for `prepare`; this one compares.
        overwrite: Replace the packed set at `out`.
        on_progress: Called with (done, total) in each phase.
        on_phase: Called with the name of each phase as it begins.

    Raises:
        UsageError: `within`, `similarity` or `seed` is out of its range.
        SourceError: A source cannot be read, or none of its pictures can be used.
        PackedSetError: `out` exists or cannot be written, or a packed set is broken.
        DcganError: The cluster fails, as for `prepare`.

    Example:
        >>> dcgan.deduplicate("photos/", "unique", against=["test-photos/"])
    """
    began, out, begin = time.monotonic(), Path(out), on_phase or (lambda _: None)
    _check(within, similarity)
    check_seed(seed)
    check_engine(engine)
    check_free(out, overwrite)
    data = open_pictures(source, size=size, channels=channels, engine=engine, on_progress=on_progress)
    others = [open_pictures(other, engine=engine, on_progress=on_progress) for other in against]
    pictures = Collection([source_name(one) for one in (source, *against)], [data, *others])
    net = next((load_autoencoder(one.path / NET_FILE) for one in others if (one.path / NET_FILE).exists()), None)
    if net is None:
        begin("training the net")
        net = _trained(pictures, len(data), seed, on_progress)
    begin("encoding")
    codes = _codes(Encoder(net), pictures, engine, on_progress)
    begin("comparing")
    found = find_duplicates(pictures, codes, within, similarity, on_progress)
    groups = found.groups()
    if not found.kept[: len(data)].any():
        raise SourceError(f"{pictures.sources[0]}: every picture of it is in the other sources already")
    begin("writing")
    with write_packed_set(
        out, size=data.size, channels=data.channels, sound=data.sound, fps=data.fps, overwrite=overwrite
    ) as writer:
        _write_pictures(writer, data, pictures, found, on_progress)
        write_groups(groups, found, pictures, writer.folder / GROUPS_FILE)
        save_autoencoder(net, writer.folder / NET_FILE)
        np.save(writer.folder / CODES_FILE, codes[np.flatnonzero(found.kept[: len(data)])])
        options = {"within": within, "similarity": similarity, "seed": seed, "against": pictures.sources[1:]}
        writer.finish(pictures.sources[0], options | ({"chosen": data.chosen} if data.chosen else {}), {})
    left_out = np.flatnonzero(~found.kept)
    home = pictures.set_of(found.center[left_out])
    return Deduplicated(
        path=out,
        pictures=len(data),
        kept=len(data) - len(left_out),
        exact=int(found.exact[left_out].sum()),
        in_others={name: int((home == k).sum()) for k, name in enumerate(pictures.sources) if k},
        groups=len(groups),
        tiles=tiles_of(groups, found, pictures),
        seconds=time.monotonic() - began,
        noun=data.noun,
    )


def find_duplicates(
    pictures: Collection, codes: Codes, within: int, similarity: float, on_progress: OnProgress | None = None
) -> Duplicates:
    """Group the near duplicates of a collection; pictures of other sets than the first are not put into groups.

    Args:
        pictures: N in all.
        codes: (N, V, 16).
        within: Bits in which codes may differ.
        similarity: Least correlation of the details.
        on_progress: Called with (codes compared, codes in all).
    """
    every = np.arange(len(pictures))
    original = np.where(pictures.set_of(every) == 0, pictures.original, every)
    rows = np.flatnonzero(original == every)

    def alike(some: Indices, others: Indices, variation: int) -> NDArray[np.bool_]:
        return pictures.similarity(rows[some], rows[others], [VARIATIONS[variation]]) >= similarity

    fixed = pictures.set_of(rows) > 0
    groups = group(codes[rows], pictures.quality[rows], within, alike=alike, fixed=fixed, on_progress=on_progress)
    center, distance = every.copy(), np.zeros(len(every), np.uint8)
    center[rows], distance[rows] = rows[groups.center], groups.distance
    center, distance = center[original], distance[original]
    near = np.flatnonzero(center != every)
    similarities = np.ones(len(every), np.float32)
    pairs = ((center[near], near), (near, center[near]))
    either_way = [pictures.similarity(one, other, VARIATIONS) for one, other in pairs]
    similarities[near] = np.maximum(*either_way)
    exact = (center == original) & (center != every)
    return Duplicates(center, distance, similarities, exact)


def _check(within: int, similarity: float) -> None:
    if not 0 <= within <= MOST_WITHIN:
        raise UsageError(f"`within` must be 0 to {MOST_WITHIN} bits, not {within}")
    if not -1 <= similarity <= 1:
        raise UsageError(f"`similarity` must be -1 to 1, not {similarity:g}")


def _trained(pictures: Collection, count: int, seed: int, on_progress: OnProgress | None) -> Autoencoder:
    """The net, trained on some of the first `count` pictures."""
    chosen = np.sort(rng(Stream.AUTOENCODER_PICTURES, seed).permutation(count)[:LEARNED])
    return train_autoencoder(pictures.thumbnails(chosen), seed=seed, on_progress=on_progress)


def _codes(encoder: Encoder, pictures: Collection, engine: Engine, on_progress: OnProgress | None) -> Codes:
    """The codes (N, V, 16) of all pictures; those that a set keeps from the same net are read."""
    codes = np.empty((len(pictures), len(VARIATIONS), BITS // 8), np.uint8)
    done = 0
    for one in pictures.sets:
        saved = _saved_codes(one, encoder.identity)
        for some in _encoded(one, encoder, engine) if saved is None else [saved]:
            codes[done : done + len(some)] = some
            done += len(some)
            if on_progress:
                on_progress(done, len(pictures))
    return codes


def _encoded(packed: PackedSet, encoder: Encoder, engine: Engine) -> Iterator[Codes]:
    """The codes of some pictures of a packed set after the other."""
    calls = ((start, min(start + _ENCODED_AT_ONCE, len(packed))) for start in range(0, len(packed), _ENCODED_AT_ONCE))
    if engine == "ray":
        return map_on_cluster(_codes_of, calls, (encoder, packed.path.absolute()))
    return (encoder(shrunk(packed.pixels[start:stop])) for start, stop in calls)


def _codes_of(start: int, stop: int, encoder: Encoder, path: Path) -> Codes:
    """The codes of some pictures of a packed set. This runs on another machine."""
    return encoder(shrunk(open_pixels(path)[start:stop]))


def _saved_codes(packed: PackedSet, identity: str) -> Codes | None:
    """The codes that a de-duplicated set keeps, if they are of this net."""
    try:
        with (packed.path / CODES_FILE).open("rb") as file:
            codes = np.load(file, allow_pickle=False)
        same = load_autoencoder(packed.path / NET_FILE).identity == identity
    except (OSError, ValueError, EOFError, BadZipFile, PackedSetError):
        return None
    shape = (len(packed), len(VARIATIONS), BITS // 8)
    return codes if same and codes.dtype == np.uint8 and codes.shape == shape else None


def _where(pictures: Collection, row: int) -> str:
    """Of which picture another is a duplicate."""
    source = "" if row < len(pictures.sets[0]) else f" in {pictures.source(row)}"
    return f"of {pictures.name(row)}{source}"


def _write_pictures(
    writer: PackedSetWriter, data: PackedSet, pictures: Collection, found: Duplicates, on_progress: OnProgress | None
) -> None:
    """Write the pictures that are kept, and list the others, those that were skipped before among them."""
    done = 0
    for batch in data.index_batches():
        for entry in batch.to_pylist():
            row, item = entry["row"], Item(entry["name"], b"", entry["label"], dict(entry["attributes"] or ()))
            box = entry["crop_box"] and tuple(entry["crop_box"])
            origin = Origin(entry["width"], entry["height"], box, entry["sha256"], entry.get("bytes"))
            if row < 0:
                writer.skip(item, skipped_again(entry), origin)
            elif (center := int(found.center[row])) == row:
                writer.add(np.asarray(data.pixels[row]), item, origin)
            else:
                writer.skip(item, Skipped(Reason.DUPLICATE, _where(pictures, center)), origin)
        done += len(batch)
        if on_progress:
            on_progress(done, len(data) + data.skipped)
