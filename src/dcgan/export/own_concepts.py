"""The concepts of a model, as they travel with it: in one file, that rests on no other."""

from pathlib import Path

from dcgan.latent.concepts import own_concepts, self_contained, whose
from dcgan.model import Model
from dcgan.model_folder import OWN_CONCEPTS


def copy_concepts(model: Model, folder: Path) -> bool | None:
    """Write the concepts in a model's folder into the folder of a copy of it.

    Latent vectors that stand in files beside it (.npz) come along in the file itself, as `z`.

    Returns:
        Whether they came along: False if they are another model's, None if the model has none.

    Raises:
        LatentError: The file is damaged, or rests on a file that cannot be read.
    """
    path = own_concepts(model)
    if path is None:
        return None
    if whose(path) not in (None, model.identity):
        return False
    (folder / OWN_CONCEPTS).write_text(self_contained(path, model), "utf-8")
    return True
