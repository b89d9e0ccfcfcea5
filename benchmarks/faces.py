"""How many annotated faces each detector finds, how well, and how fast; and `dcgan faces` as a whole.

    python -m benchmarks.faces photos/ --boxes photos/faces.csv

The CSV has a row a photograph: file, left, top, right, bottom. What is found beside the annotated face is another face
or none: it is counted, too.
"""

import argparse
import csv
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from dcgan.curation.detectors import build_detector, overlap
from dcgan.curation.face_options import MIN_SCORES, FaceOptions
from dcgan.curation.faces import crop_faces
from dcgan.data.decode import decode_whole
from dcgan.data.items import Skipped


def main() -> None:
    """Print a row for each detector."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--boxes", type=Path, required=True)
    args = parser.parse_args()
    with args.boxes.open(newline="") as file:
        rows = list(csv.DictReader(file))
    cv2.setNumThreads(1)
    print("| detector | found (IoU ≥ 0.3) | found (IoU ≥ 0.5) | mean IoU | others | pictures/s, one core | all cores |")
    print("|---|---|---|---|---|---|---|")
    for name, least in MIN_SCORES.items():
        detect, overlaps, others, seconds = build_detector(name), [], 0, 0.0
        for row in rows:
            picture, _ = decode_whole(args.photos / row["file"])
            if isinstance(picture, Skipped):
                raise SystemExit(f"{row['file']}: {picture.detail}")
            began = time.perf_counter()
            found = [face for face in detect(picture) if face.score >= least]
            seconds += time.perf_counter() - began
            box = [float(row[edge]) for edge in ("left", "top", "right", "bottom")]
            near = [overlap(face, box) for face in found]
            overlaps.append(max(near, default=0.0))
            others += sum(value < 0.3 for value in near)
        with tempfile.TemporaryDirectory() as folder:
            report = crop_faces(args.photos, Path(folder) / "out", FaceOptions(detector=name))
        best = np.array(overlaps)
        shares = f"{(best >= 0.3).mean():.3f} | {(best >= 0.5).mean():.3f} | {best[best >= 0.3].mean():.2f} | {others}"
        speeds = f"{len(rows) / seconds:.0f} | {report.pictures / report.seconds:.0f}"
        print(f"| {name} | {shares} | {speeds} |")


if __name__ == "__main__":
    main()
