"""Spoken digits: what a DCGAN's features know of them by a few labels, and whether its samples are digits at all.

    python -m benchmarks.spoken_digits prepare recordings/ digits/
    dcgan train digits/train --out runs/digits
    python -m benchmarks.spoken_digits probe runs/digits digits/
    python -m benchmarks.spoken_digits judge runs/digits recordings/

`recordings/` is the folder of the Free Spoken Digit Dataset, DIGIT_SPEAKER_NUMBER.wav. `prepare` makes digits/train of
four speakers and digits/test of the two others, so a speaker is in one of them alone, and `probe` compares features on
them: the discriminator's, those of mel-frequency cepstral coefficients (MFCC), and nets.

`judge` asks a classifier that never saw the GAN: a net on MFCC, fitted to half of the recordings of all speakers. It
hears what the model sounds like, not its spectrograms, beside the other half of the recordings, as they are and as
they come back from their spectrograms.
"""

import argparse
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import dcgan
from dcgan.atomic_files import temporary_folder
from dcgan.choices import BASELINES
from dcgan.cli.console import progress_bar
from dcgan.data.packed import PackedSet
from dcgan.data.sounds import recording_of
from dcgan.probing.baselines.baseline import FeatureBaseline
from dcgan.probing.comparison import probe
from dcgan.sound.spectrogram import SoundFormat, sounds_of, to_spectrogram
from dcgan.types import Features, Pixels

TEST_SPEAKERS = ("theo", "yweweler")
COEFFICIENTS = 20  # MFCC of a column
SAMPLES = 1000
FEATURES = ("random", "mfcc-1", "mfcc-4", "pixels", "supervised")
CLIP = dcgan.PrepareOptions(size=64, rate=8000, seconds=0.608)


class Cepstra:
    """Means and standard deviations, over parts of a clip, of MFCC and their changes from column to column.

    Args:
        parts: How many parts of equal length a clip is cut into.
    """

    def __init__(self, parts: int) -> None:
        self.parts = parts
        self.size = parts * COEFFICIENTS * 4

    def extract(self, pixels: Pixels) -> Features:
        """Spectrograms (N, S, S, 1), uint8, to (N, parts * 80), float32."""
        coefficients = dct(pixels[:, ::-1, :, 0].astype(np.float32), axis=1, norm="ortho")[:, :COEFFICIENTS]
        changes = np.gradient(coefficients, axis=2)
        parts = np.array_split(np.concatenate([coefficients, changes], axis=1), self.parts, axis=2)
        return np.concatenate([moment for part in parts for moment in (part.mean(2), part.std(2))], axis=1)


def prepare(recordings: Path, out: Path) -> None:
    """Sort the recordings by speaker and digit, and pack them."""
    with temporary_folder("digits") as folder:
        for file in sorted(recordings.glob("*.wav")):
            digit, speaker, _ = file.stem.split("_")
            labeled = folder / ("test" if speaker in TEST_SPEAKERS else "train") / digit
            labeled.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, labeled)
        for part in ("train", "test"):
            print(dcgan.prepare(folder / part, out / part, CLIP, overwrite=True).headline)


def compare_features(run: Path, sets: Path, counts: tuple[int, ...], baselines: tuple[str, ...]) -> None:
    """Print the accuracy of each kind of features."""
    BASELINES.add("mfcc-1", FeatureBaseline(lambda _: Cepstra(1), standardize=True))
    BASELINES.add("mfcc-4", FeatureBaseline(lambda _: Cepstra(4), standardize=True))
    with progress_bar("probing") as bar:
        found = probe(
            dcgan.load(run),
            PackedSet.open(sets / "train"),
            test=PackedSet.open(sets / "test"),
            baselines=baselines,
            labels_per_class=counts,
            repeats=20,
            trials=16,
            file=sets / f"probe-{run.name}.json",
            on_progress=bar,
            on_phase=bar.phase,
        )
    print(found.text())


class Listener:
    """A classifier that never saw a GAN: a net on MFCC, fitted to every second recording.

    Attributes:
        real: The other recordings, as spectrograms (N, 64, 64, 1).
        truth: Their digits (N,).
    """

    def __init__(self, recordings: Path) -> None:
        with temporary_folder("judge") as folder:
            dcgan.prepare(recordings, folder / "all", CLIP)
            data = PackedSet.open(folder / "all")
            names = [recording_of(name) for name in data.names]
        digits = np.array([int(name.split("_")[0]) for name in names])
        first_half = np.array([int(Path(name).stem.split("_")[2]) % 2 == 0 for name in names])
        pixels = np.asarray(data.pixels)
        self._features = Cepstra(8)
        self._net = make_pipeline(StandardScaler(), MLPClassifier((256,), alpha=0.1, random_state=0))
        self._net.fit(self._features.extract(pixels[first_half]), digits[first_half])
        self.real, self.truth = pixels[~first_half], digits[~first_half]

    def row(self, title: str, spectrograms: Pixels, truth: NDArray[np.int64] | None = None) -> str:
        """A row of the table: what it hears in sounds, whose digits may be known."""
        chances = self._net.predict_proba(self._features.extract(spectrograms))
        right = "" if truth is None else f"{(chances.argmax(1) == truth).mean():.1%}"
        return f"| {title} | {right} | {chances.max(1).mean():.2f} | {_variety(chances):.2f} | {_score(chances):.2f} |"


def judge(run: Path, recordings: Path) -> None:
    """Print what the classifier hears."""
    model, listener = dcgan.load(run), Listener(recordings)
    assert model.sound
    again = _heard(listener.real, model.sound)
    made = _heard(model.sample(range(SAMPLES)), model.sound)
    print("| | right | recognizability | variety | score |\n|---|---|---|---|---|")
    print(listener.row("recordings", listener.real, listener.truth))
    print(listener.row("recordings, from their spectrograms", again, listener.truth))
    print(listener.row(f"samples of the model, {SAMPLES:,}", made))


def _heard(pixels: Pixels, sound: SoundFormat) -> Pixels:
    """The spectrograms of the sounds of spectrograms."""
    return np.stack([to_spectrogram(one, sound, CLIP.side) for one in sounds_of(pixels, sound)])


def _variety(chances: NDArray[np.float64]) -> float:
    """How many digits there are, as the exponential of the entropy of what was heard: 1 to 10."""
    share = chances.mean(axis=0)
    return float(np.exp(-(share * np.log(share)).sum()))


def _score(chances: NDArray[np.float64]) -> float:
    """The Inception score (Salimans et al. 2016) with this classifier in place of Inception: 1 to 10."""
    share = chances.mean(axis=0)
    return float(np.exp((chances * (np.log(chances) - np.log(share))).sum(axis=1).mean()))


def main() -> None:
    """Do one of the three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    preparing = verbs.add_parser("prepare")
    preparing.add_argument("recordings", type=Path)
    preparing.add_argument("out", type=Path)
    probing = verbs.add_parser("probe")
    probing.add_argument("run", type=Path)
    probing.add_argument("sets", type=Path)
    probing.add_argument("--labels", type=int, nargs="+", default=[10, 30])
    probing.add_argument("--baselines", nargs="+", choices=FEATURES, default=FEATURES)
    judging = verbs.add_parser("judge")
    judging.add_argument("run", type=Path)
    judging.add_argument("recordings", type=Path)
    args = parser.parse_args()
    match args.verb:
        case "prepare":
            prepare(args.recordings, args.out)
        case "probe":
            compare_features(args.run, args.sets, tuple(args.labels), tuple(args.baselines))
        case "judge":
            judge(args.run, args.recordings)


if __name__ == "__main__":
    main()
