"""The errors that a user can mend: each message says what was wrong, where, and what to do."""

import shlex


class DcganError(Exception):
    """Something the user can mend. The command line prints it as one message, without a traceback."""


class UsageError(DcganError):
    """A parameter has a value that it cannot have, or does not go with another; the message names it in backticks."""


class SourceError(DcganError):
    """A source of pictures cannot be read, or holds no usable picture."""


class KindError(SourceError):
    """A source has recordings where pictures are asked for, or pictures where recordings are."""


class NoUsablePictureError(SourceError):
    """A source can be read, and none of its pictures can be used."""


class PackedSetError(DcganError):
    """A packed set is missing, incomplete or does not fit what is asked of it."""


class RecipeError(UsageError):
    """A hyper-parameter is out of range, unknown, or contradicts another."""


class ModelError(DcganError):
    """A model or checkpoint folder is missing, broken or does not fit."""


class ModelNotFoundError(ModelError):
    """No model has that name, which may be that of something else, such as a data set."""


class LatentError(DcganError):
    """Latent vectors, a concept or a formula cannot be read, or do not fit the model."""


class DeviceError(UsageError):
    """A device has no such name, or is not there."""


class RunError(DcganError):
    """A run cannot be started, resumed or extended as asked."""


def command(*words: object) -> str:
    """A command line of ours that can be pasted into a shell, whatever the words hold."""
    return shlex.join(["dcgan", *map(str, words)])
