"""Waveforms against spectrograms: a DCGAN of one dimension, as in WaveGAN, judged by the listener of spoken_digits.

    python -m benchmarks.wavegan train recordings/ runs/waves --minutes 12
    python -m benchmarks.wavegan judge runs/waves recordings/

The nets are those of WaveGAN (Donahue et al. 2019) for 4,096 samples: kernels of 25 with a stride of 4, phase shuffle
in the discriminator; with DCGAN's loss and batch norm, not WGAN-GP. They are nets of one's own for `dcgan.train`: a
clip of half a second at 8 kHz is stored as a picture of 64x64, a byte a sample by the mu-law of telephones, which
both nets undo. So data, updates, optimizer, averaged weights and judge are those of the spectrograms.
"""

import argparse
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from benchmarks.generations import ENDLESS, ProcessorTime
from benchmarks.spoken_digits import CLIP, SAMPLES, TEST_SPEAKERS, Listener
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

import dcgan
from dcgan.data.sound_files import read_clip
from dcgan.sound.spectrogram import SoundFormat, to_spectrogram
from dcgan.sound.wav import write_wav
from dcgan.types import Pixels

RATE, LENGTH, SIDE = 8000, 4096, 64  # Hz, samples, and the picture that holds as many
LOUDEST = 0.9  # of each clip
MU = 255.0
KERNEL, STRIDE, SHUFFLE = 25, 4, 2
FIRST = LENGTH // STRIDE**4  # samples of the generator's first map
WIDTH = 32


def compand(samples: Tensor) -> Tensor:
    """Samples in [-1, 1] to values in [-1, 1] that 256 levels suit (mu-law)."""
    return samples.sign() * torch.log1p(MU * samples.abs()) / math.log1p(MU)


def expand(values: Tensor) -> Tensor:
    """The opposite."""
    return values.sign() * torch.expm1(values.abs() * math.log1p(MU)) / MU


class WaveGenerator(nn.Module):
    """z (N, 100) -> companded waveforms (N, 1, 64, 64), row by row."""

    def __init__(self) -> None:
        super().__init__()
        widths = [8 * WIDTH, 4 * WIDTH, 2 * WIDTH, WIDTH, 1]
        layers: list[nn.Module] = [nn.Linear(100, widths[0] * FIRST), nn.Unflatten(1, (widths[0], FIRST))]
        for inputs, outputs in pairwise(widths):
            layers += [nn.BatchNorm1d(inputs), nn.ReLU()]
            layers.append(nn.ConvTranspose1d(inputs, outputs, KERNEL, STRIDE, padding=11, output_padding=1))
        self.layers = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        """Draw waveforms."""
        return compand(torch.tanh(self.layers(z).float())).reshape(-1, 1, SIDE, SIDE)


class PhaseShuffle(nn.Module):
    """Moves each map by up to two samples, at random, so that no phase gives a generated sound away."""

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, L) to the same shape; what comes in is reflected."""
        if not self.training:
            return maps
        length = maps.shape[2]
        padded = F.pad(maps, (SHUFFLE, SHUFFLE), mode="reflect")
        start = torch.randint(0, 2 * SHUFFLE + 1, (len(maps), 1), device=maps.device)
        index = (start + torch.arange(length, device=maps.device))[:, None].expand(-1, maps.shape[1], -1)
        return padded.gather(2, index)


class WaveDiscriminator(nn.Module):
    """Companded waveforms (N, 1, 64, 64) -> logits (N,)."""

    def __init__(self) -> None:
        super().__init__()
        widths = [1, WIDTH, 2 * WIDTH, 4 * WIDTH, 8 * WIDTH]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            layers.append(nn.Conv1d(inputs, outputs, KERNEL, STRIDE, padding=11))
            if inputs > 1:
                layers.append(nn.BatchNorm1d(outputs))
            layers += [nn.LeakyReLU(0.2), PhaseShuffle()]
        layers.pop()  # after the last map it would change nothing
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(8 * WIDTH * FIRST, 1))

    def forward(self, images: Tensor) -> Tensor:
        """Judge."""
        logits: Tensor = self.layers(expand(images.float()).reshape(-1, 1, LENGTH)).squeeze(1)
        return logits


def nets() -> tuple[WaveGenerator, WaveDiscriminator]:
    """Both, with weights from N(0, 0.02) as the DCGAN's."""
    pair = WaveGenerator(), WaveDiscriminator()
    random = torch.Generator().manual_seed(0)
    for net in pair:
        for module in net.modules():
            if isinstance(module, nn.Linear | nn.Conv1d | nn.ConvTranspose1d):
                nn.init.normal_(module.weight, 0.0, 0.02, generator=random)
    return pair


def read_waves(recordings: Path) -> Pixels:
    """The clips of the four speakers to learn from, companded: (N, 64, 64, 1)."""
    found = []
    for file in sorted(recordings.glob("*.wav")):
        if file.stem.split("_")[1] in TEST_SPEAKERS:
            continue
        clip = read_clip(file, 0.0, LENGTH / RATE, RATE)
        if isinstance(clip, np.ndarray):
            found.append(np.pad(clip, (0, LENGTH - len(clip))) * (LOUDEST / np.abs(clip).max()))
    clips = np.stack(found)
    values = compand(torch.from_numpy(clips)).numpy()
    return ((values + 1) * 127.5).round().astype(np.uint8).reshape(-1, SIDE, SIDE, 1)


def heard(pixels: Pixels) -> tuple[NDArray[np.float32], Pixels]:
    """The waveforms of samples, and their spectrograms as the listener has them."""
    waves = expand(torch.from_numpy(pixels).float() / 127.5 - 1).reshape(-1, LENGTH).numpy()
    sound = SoundFormat(CLIP.rate, CLIP.seconds)
    return waves, np.stack([to_spectrogram(wave, sound, CLIP.side) for wave in waves])


def main() -> None:
    """Train, or judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    training = verbs.add_parser("train")
    training.add_argument("recordings", type=Path)
    training.add_argument("out", type=Path)
    training.add_argument("--minutes", type=float, default=12, help="of one processor")
    judging = verbs.add_parser("judge")
    judging.add_argument("run", type=Path)
    judging.add_argument("recordings", type=Path)
    judging.add_argument("--wav", type=Path, help="file for sixteen samples")
    args = parser.parse_args()
    generator, discriminator = nets()
    if args.verb == "train":
        recipe = dcgan.Recipe(size=SIDE, channels=1, images=ENDLESS, threads=1, device="cpu", augment="none")
        clock = ProcessorTime(60 * args.minutes)
        dcgan.train(
            read_waves(args.recordings),
            args.out,
            recipe,
            generator=generator,
            discriminator=discriminator,
            callbacks=[clock],
        )
        return
    model = dcgan.load(args.run, generator=generator, discriminator=discriminator)
    waves, spectrograms = heard(model.sample(range(SAMPLES)))
    if args.wav:
        write_wav(waves[:16], SoundFormat(RATE, LENGTH / RATE), args.wav, 0.2)
    listener = Listener(args.recordings)
    print(listener.row(f"samples of waveforms, {SAMPLES:,}, after {model.details['images']:,} images", spectrograms))


if __name__ == "__main__":
    main()
