"""dcgan: the deep convolutional GAN, done whole.

    import dcgan

    dcgan.train("photos/", "runs/photos", dcgan.Recipe(size=64, minutes=30))
    model = dcgan.load("runs/photos")
    pixels = model.sample(seeds=range(64))  # (64, 64, 64, 3), uint8

Pictures in: `prepare`, `split`, `open_pictures`, `PackedSet`.
Sets gathered and made clean: `find_names`, `download`, `crop_faces`, `FaceOptions`, `deduplicate`.
Training: `Recipe`, `preset`, `train`, `resume`, `compare`, `Callback`.
A model: `load`, `push`, `Model`, `open_for`.
Its latent space: `interpolate`, `interpolate_grid`, `arithmetic`, `turn`, `find_concepts`.
Real pictures in it: `project`, `train_encoder`, `inpaint`, `named_mask`.
What its generator draws, and how to change it: `forget`, `insert`, `Boxes`.
What its discriminator knows: `inspect`, `extract_features`, `probe`, `fit_classifier`.
How good it is: `evaluate`, `nearest_pictures`.
What comes next in a video: `predict_frames`.
For other programs and from them: `export_model`, `export_onnx`, `export_page`, `export_program`, `export_state_dict`,
`import_checkpoint`, `import_release`.
All of it on a page: `Studio`.
What can go wrong: `DcganError` and its subclasses in `dcgan.errors`.

Each name is imported when it is first used, so that `import dcgan` itself is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcgan.checkpoint_import import import_checkpoint as import_checkpoint
    from dcgan.curation.deduplicate import deduplicate as deduplicate
    from dcgan.curation.download import DownloadReport as DownloadReport
    from dcgan.curation.download import download as download
    from dcgan.curation.duplicates import Deduplicated as Deduplicated
    from dcgan.curation.face_options import FaceOptions as FaceOptions
    from dcgan.curation.faces import FacesReport as FacesReport
    from dcgan.curation.faces import crop_faces as crop_faces
    from dcgan.curation.people import find_names as find_names
    from dcgan.data.cache import open_pictures as open_pictures
    from dcgan.data.packed import PackedSet as PackedSet
    from dcgan.data.prepare import prepare as prepare
    from dcgan.data.prepare import split as split
    from dcgan.data.prepare_options import PrepareOptions as PrepareOptions
    from dcgan.data.prepare_report import PrepareReport as PrepareReport
    from dcgan.data.prepare_report import SplitReport as SplitReport
    from dcgan.dissection.boxes import Box as Box
    from dcgan.dissection.boxes import Boxes as Boxes
    from dcgan.dissection.forget import ForgetResult as ForgetResult
    from dcgan.dissection.forget import forget as forget
    from dcgan.dissection.insert import InsertResult as InsertResult
    from dcgan.dissection.insert import insert as insert
    from dcgan.errors import DcganError as DcganError
    from dcgan.export.card import ExportedFiles as ExportedFiles
    from dcgan.export.folder import export_model as export_model
    from dcgan.export.hub import Pushed as Pushed
    from dcgan.export.hub import push as push
    from dcgan.export.onnx_files import export_onnx as export_onnx
    from dcgan.export.state_dict import export_state_dict as export_state_dict
    from dcgan.export.torch_program import export_program as export_program
    from dcgan.export.web import export_page as export_page
    from dcgan.features.extract import extract_features as extract_features
    from dcgan.inspection.inspect import Inspection as Inspection
    from dcgan.inspection.inspect import inspect as inspect
    from dcgan.latent.arithmetic import ArithmeticResult as ArithmeticResult
    from dcgan.latent.arithmetic import arithmetic as arithmetic
    from dcgan.latent.concept_search import Concepts as Concepts
    from dcgan.latent.concept_search import find_concepts as find_concepts
    from dcgan.latent.encoder import Encoder as Encoder
    from dcgan.latent.encoder import load_encoder as load_encoder
    from dcgan.latent.encoder import train_encoder as train_encoder
    from dcgan.latent.inpaint import InpaintOptions as InpaintOptions
    from dcgan.latent.inpaint import inpaint as inpaint
    from dcgan.latent.inpainting import Inpainted as Inpainted
    from dcgan.latent.inpainting import Inpainting as Inpainting
    from dcgan.latent.interpolation_grid import InterpolationGrid as InterpolationGrid
    from dcgan.latent.interpolation_grid import interpolate_grid as interpolate_grid
    from dcgan.latent.masks import named_mask as named_mask
    from dcgan.latent.project import ProjectOptions as ProjectOptions
    from dcgan.latent.project import project as project
    from dcgan.latent.projection import Projection as Projection
    from dcgan.latent.pyramid import Pyramid as Pyramid
    from dcgan.latent.pyramid import draw_pyramid as draw_pyramid
    from dcgan.latent.turn import Turn as Turn
    from dcgan.latent.turn import turn as turn
    from dcgan.latent.walk import Walk as Walk
    from dcgan.latent.walk import interpolate as interpolate
    from dcgan.loading import load as load
    from dcgan.metrics.evaluate import evaluate as evaluate
    from dcgan.metrics.nearest_pictures import NearestPictures as NearestPictures
    from dcgan.metrics.nearest_pictures import nearest_pictures as nearest_pictures
    from dcgan.metrics.results import Evaluation as Evaluation
    from dcgan.model import Model as Model
    from dcgan.model_pictures import open_for as open_for
    from dcgan.prediction.frames import PredictedFrames as PredictedFrames
    from dcgan.prediction.frames import predict_frames as predict_frames
    from dcgan.probing.classifier import PictureClassifier as PictureClassifier
    from dcgan.probing.classifier import fit_classifier as fit_classifier
    from dcgan.probing.comparison import probe as probe
    from dcgan.probing.results import ProbeResults as ProbeResults
    from dcgan.release_import import import_release as import_release
    from dcgan.studio.host import Studio as Studio
    from dcgan.training.callbacks import Callback as Callback
    from dcgan.training.comparison import Comparison as Comparison
    from dcgan.training.comparison import compare as compare
    from dcgan.training.presets import preset as preset
    from dcgan.training.recipe import Recipe as Recipe
    from dcgan.training.run import resume as resume
    from dcgan.training.run import train as train
    from dcgan.training.session import TrainingResult as TrainingResult

    __version__: str

_HOMES = {
    "dcgan.curation.deduplicate": ("deduplicate",),
    "dcgan.curation.download": ("DownloadReport", "download"),
    "dcgan.curation.duplicates": ("Deduplicated",),
    "dcgan.curation.face_options": ("FaceOptions",),
    "dcgan.curation.faces": ("FacesReport", "crop_faces"),
    "dcgan.curation.people": ("find_names",),
    "dcgan.data.cache": ("open_pictures",),
    "dcgan.data.packed": ("PackedSet",),
    "dcgan.data.prepare": ("prepare", "split"),
    "dcgan.data.prepare_options": ("PrepareOptions",),
    "dcgan.data.prepare_report": ("PrepareReport", "SplitReport"),
    "dcgan.dissection.boxes": ("Box", "Boxes"),
    "dcgan.dissection.forget": ("ForgetResult", "forget"),
    "dcgan.dissection.insert": ("InsertResult", "insert"),
    "dcgan.errors": ("DcganError",),
    "dcgan.export.card": ("ExportedFiles",),
    "dcgan.export.folder": ("export_model",),
    "dcgan.export.onnx_files": ("export_onnx",),
    "dcgan.export.state_dict": ("export_state_dict",),
    "dcgan.export.torch_program": ("export_program",),
    "dcgan.export.web": ("export_page",),
    "dcgan.export.hub": ("Pushed", "push"),
    "dcgan.features.extract": ("extract_features",),
    "dcgan.checkpoint_import": ("import_checkpoint",),
    "dcgan.release_import": ("import_release",),
    "dcgan.inspection.inspect": ("Inspection", "inspect"),
    "dcgan.latent.arithmetic": ("ArithmeticResult", "arithmetic"),
    "dcgan.latent.concept_search": ("Concepts", "find_concepts"),
    "dcgan.latent.encoder": ("Encoder", "load_encoder", "train_encoder"),
    "dcgan.latent.inpaint": ("InpaintOptions", "inpaint"),
    "dcgan.latent.inpainting": ("Inpainted", "Inpainting"),
    "dcgan.latent.interpolation_grid": ("InterpolationGrid", "interpolate_grid"),
    "dcgan.latent.masks": ("named_mask",),
    "dcgan.latent.project": ("ProjectOptions", "project"),
    "dcgan.latent.projection": ("Projection",),
    "dcgan.latent.turn": ("Turn", "turn"),
    "dcgan.latent.pyramid": ("Pyramid", "draw_pyramid"),
    "dcgan.latent.walk": ("Walk", "interpolate"),
    "dcgan.metrics.evaluate": ("evaluate",),
    "dcgan.metrics.nearest_pictures": ("NearestPictures", "nearest_pictures"),
    "dcgan.metrics.results": ("Evaluation",),
    "dcgan.loading": ("load",),
    "dcgan.model": ("Model",),
    "dcgan.model_pictures": ("open_for",),
    "dcgan.prediction.frames": ("PredictedFrames", "predict_frames"),
    "dcgan.probing.classifier": ("PictureClassifier", "fit_classifier"),
    "dcgan.probing.comparison": ("probe",),
    "dcgan.probing.results": ("ProbeResults",),
    "dcgan.studio.host": ("Studio",),
    "dcgan.training.callbacks": ("Callback",),
    "dcgan.training.comparison": ("Comparison", "compare"),
    "dcgan.training.presets": ("preset",),
    "dcgan.training.recipe": ("Recipe",),
    "dcgan.training.run": ("resume", "train"),
    "dcgan.training.session": ("TrainingResult",),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [*_MODULES]  # names, every one


if not TYPE_CHECKING:  # a checker would take every name for one that is there

    def __getattr__(name: str) -> object:
        if name == "__version__":
            return _version()
        if name not in _MODULES:
            raise AttributeError(f"module 'dcgan' has no attribute {name!r}")
        return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # takes a tenth of a second

    try:
        return version("dcgan")
    except PackageNotFoundError:  # used from a source tree that was not installed
        return "0+unknown"
