"""Models of the Hugging Face Hub, hf://OWNER/NAME: downloaded once into the Hub's own cache; what can go wrong there.

The Hub's client, huggingface_hub, is imported when it is needed.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dcgan.errors import ModelError, ModelNotFoundError

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

PREFIX = "hf://"
_SCHEME = re.compile(r"hf:(/+|$)")  # of a Path, too, in which one slash or none is left
_NAME = re.compile(r"([\w.-]+/[\w.-]+)(?:@(\S+))?", re.ASCII)


@dataclass(frozen=True)
class HubName:
    """A model repository of the Hub, hf://OWNER/NAME or hf://OWNER/NAME@REVISION.

    Attributes:
        repository: "OWNER/NAME".
        revision: A branch, a tag or a commit; None is the newest.
    """

    repository: str
    revision: str | None = None

    def __str__(self) -> str:
        return PREFIX + self.repository + (f"@{self.revision}" if self.revision else "")


def is_hub_name(path: str | Path) -> bool:
    """Whether a path or name begins with hf://."""
    return bool(_SCHEME.match(Path(path).as_posix()))


def parse_hub_name(path: str | Path) -> HubName:
    """What hf://OWNER/NAME[@REVISION] names; hf:// itself may be left out.

    Raises:
        ModelNotFoundError: It has another form.
    """
    text = _SCHEME.sub("", Path(path).as_posix(), count=1)
    parts = _NAME.fullmatch(text)
    if not parts:
        raise ModelNotFoundError(f"{PREFIX}{text} names no model: write {PREFIX}OWNER/NAME")
    return HubName(parts[1], parts[2])


def download(name: HubName, card: str, needed: Sequence[str], optional: Sequence[str]) -> Path:
    """Bring the files of a model into the Hub's cache; without a network those that are there are taken.

    All of them are of one commit: that of `card`, which tells whether a repository holds such a model at all.

    Returns:
        The folder in the cache.

    Raises:
        ModelNotFoundError: There is no such repository or revision, or it lacks `card`.
        ModelError: It is incomplete, access is denied, the Hub cannot be reached, or the client is not installed.
    """
    with hub_errors(name):
        from huggingface_hub import _CACHED_NO_EXIST, hf_hub_download, try_to_load_from_cache
        from huggingface_hub.errors import EntryNotFoundError

        folder = Path(hf_hub_download(name.repository, card, revision=name.revision, library_name="dcgan")).parent
        commit = folder.name
        for file in needed:
            hf_hub_download(name.repository, file, revision=commit, library_name="dcgan")
        for file in optional:
            if try_to_load_from_cache(name.repository, file, revision=commit) is not _CACHED_NO_EXIST:
                with suppress(EntryNotFoundError):
                    hf_hub_download(name.repository, file, revision=commit, library_name="dcgan")
    return folder


@contextmanager
def hub_errors(name: HubName) -> Iterator[None]:
    """Within the block, what the Hub and its client complain of is a `ModelError` that says what to do."""
    try:
        from huggingface_hub.constants import HF_HUB_CACHE
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError as error:
        raise ModelError(f"{name} needs the extra: pip install 'dcgan[hub]'") from error
    http_error: type[Exception] = HfHubHTTPError.__mro__[1]  # of the client's HTTP library
    try:
        yield
    except (http_error, OSError, ValueError, RuntimeError) as error:
        cause: BaseException = error
        while isinstance(cause, LocalEntryNotFoundError | RuntimeError) and cause.__cause__:
            cause = cause.__cause__  # what happened, of which the error is the consequence
        if isinstance(cause, HfHubHTTPError):
            raise _refused(name, cause) from error
        if isinstance(cause, http_error | ConnectionError | LocalEntryNotFoundError):
            raise _unreachable(name, in_cache=not isinstance(error, LocalEntryNotFoundError)) from error
        if isinstance(cause, OSError) and cause.errno is not None:
            raise ModelError(
                f"{name}: {cause.filename or HF_HUB_CACHE}: {cause.strerror}; free some space there"
            ) from error
        raise ModelError(f"{name}: {cause}") from error


def _refused(name: HubName, error: "HfHubHTTPError") -> ModelError:
    """What an answer of the Hub means, and what to do."""
    from huggingface_hub import constants, errors

    page, status = f"{constants.ENDPOINT}/{name.repository}", error.response.status_code
    match error:
        case errors.GatedRepoError():
            return ModelError(f"{name} is gated: ask for access at {page}, then log in with `hf auth login`")
        case errors.RepositoryNotFoundError():
            why = f"the Hub has no model {name}, or it is private: check the name, or log in with `hf auth login`"
            return ModelNotFoundError(why)
        case errors.RevisionNotFoundError():
            return ModelNotFoundError(
                f"{name} does not exist: the model has no such revision; {page}/commits/main lists them"
            )
        case errors.RemoteEntryNotFoundError():
            file = error.response.url.path.rpartition("/")[2]
            return ModelNotFoundError(f"{name} is not a model of dcgan: it has no {file}")
    match status:
        case 401:
            why = "the Hub does not accept your token: log in anew with `hf auth login`"
        case 403:
            why = "your token does not allow that: log in with one that may write there, `hf auth login`"
        case 429:
            why = "the Hub was asked too often: wait a few minutes"
        case _:
            why = f"the Hub answers {status}, {error.server_message or 'without a reason'}; try again later"
    return ModelError(f"{name}: {why}")


def _unreachable(name: HubName, *, in_cache: bool) -> ModelError:
    from huggingface_hub import constants

    needs = "needs the Hub" if in_cache else "is not in the Hub's cache yet"
    if constants.HF_HUB_OFFLINE:
        return ModelError(f"{name} {needs}, and HF_HUB_OFFLINE forbids downloads: unset it and run the command once")
    return ModelError(f"{name} {needs}, and {constants.ENDPOINT} cannot be reached: check your network")
