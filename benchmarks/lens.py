"""What the lens claims, measured on real images: `python -m benchmarks.lens DATA [PART...]`.

DATA is a folder of images with the sets `styles` (folders photo and art_painting) and `imagenet_sample`. Parts, all
of them unless some are named:

- maximise: of 100 random neurons of EfficientNet-Lite0, how many a dream raises above the 99.9th percentile of their
  activations on real images. Compared is what stands before a neuron's last activation function, on both sides: behind
  ReLU6 many neurons say 6, all they can, to more than one in a thousand places of real images.
- invert: the relative error of inverting EfficientNet-Lite0's `block_1_1`, and of layers further in.
- patches: how much of a neuron's peak is left when only the patch shown for it is seen, on grey; 200 random neurons.
- time: seconds of every analysis at its usual settings, through the command line, and CPU seconds beside it (other
  programs make the first larger, not the second). The dataset is extracted before, and not counted.
- style: 40 photographs restyled towards one painting: how far their DNA moves towards paintings and away from
  photographs, by EMD in bins, beside a colour jitter of the same pixel distance.

Everything is seeded. A strip of inversions of an image drawn here is written with `strip`: `... DATA strip FILE.png`.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import dnacore as dc
from dnacore.demo.datasets import image as drawn_image
from dnacore.dna.layers import locate
from dnacore.extractors import load_extractor
from dnacore.images.files import SUFFIXES
from dnacore.lens import ANALYSES
from dnacore.lens.analysis import NAMES, Pictures, Request, Watch
from dnacore.lens.dreams.invert import invert
from dnacore.lens.dreams.maximise import dream
from dnacore.lens.picture import as_written, batches, load
from dnacore.lens.sets.patches import area, kept
from dnacore.lens.sight import Sight, looking
from dnacore.lens.target import Target

NETWORK = "efficientnet_lite0"
NEURONS, REAL = 100, 160  # dreams, and images whose activations they are compared with
PATCH_NEURONS, PATCHES = 200, 2
INVERTED = ("block_1_1", "block_3_1", "block_5_1", "head")
PHOTOGRAPHS = 40


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower().lstrip(".") in SUFFIXES)


def spread(paths: list[Path], count: int) -> list[Path]:
    return [paths[i] for i in np.linspace(0, len(paths) - 1, min(count, len(paths))).astype(int)]


def real_images(data: Path) -> list[Path]:
    return spread(files(data / "styles"), REAL - 32) + spread(files(data / "imagenet_sample"), 32)


def chosen(count: int, seed: int, extractor: dc.Extractor) -> list[tuple[str, int]]:
    flat = np.random.default_rng(seed).choice(extractor.n_neurons, count, replace=False)
    return [locate(extractor.layers, int(i)) for i in np.sort(flat)]


def thresholds(sight: Sight, paths: list[Path], neurons: list[tuple[str, int]]) -> dict[str, np.ndarray]:
    """The 99.9th percentile of every neuron's values on real images, before and after its last activation function."""
    layers = list(dict.fromkeys(layer for layer, _ in neurons))
    found: dict[str, list[list[np.ndarray]]] = {"before": [[] for _ in neurons], "after": [[] for _ in neurons]}
    with torch.no_grad():
        for _, batch in batches(paths, sight.extractor):
            for kind, values in found.items():
                seen = sight.see(batch, layers, before=kind == "before")
                for place, (layer, index) in enumerate(neurons):
                    values[place].append(seen[layer][:, index].flatten().numpy())
    return {kind: np.array([np.quantile(np.concatenate(v), 0.999) for v in values]) for kind, values in found.items()}


def maximise(data: Path) -> dict:
    extractor = load_extractor(NETWORK, "cpu")
    neurons = chosen(NEURONS, 0, extractor)
    steps = ANALYSES["maximise"].defaults["steps"]
    with looking(extractor) as sight:
        limits = thresholds(sight, real_images(data), neurons)
        rows = []
        for place, (layer, index) in enumerate(neurons):
            target = Target.neuron(extractor, layer, index)
            started = time.perf_counter()
            seen = as_written(sight, dream(sight, target, steps, 0, Watch()))
            with torch.no_grad():
                before, after = (float(target.scores(sight, seen, before=early)) for early in (True, False))
            rows.append(
                (
                    layer,
                    before > limits["before"][place],
                    after > limits["after"][place],
                    after >= limits["after"][place],
                )
            )
            print(
                f"{layer}:{index} {before:.2f} of {limits['before'][place]:.2f}, {time.perf_counter() - started:.1f} s",
                flush=True,
            )
        again = dream(sight, target, steps, 0, Watch())
        same = torch.equal(as_written(sight, again), seen)
    head = [row for row in rows if row[0] == "head"]
    return {
        "neurons": len(rows), "steps": steps, "above": sum(bool(row[1]) for row in rows),
        "head_above": [sum(bool(row[1]) for row in head), len(head)],
        "activation_above": sum(bool(row[2]) for row in rows),
        "activation_at_or_above": sum(bool(row[3]) for row in rows), "repeats": same,
    }  # fmt: skip


def inversion(data: Path) -> dict:
    extractor = load_extractor(NETWORK, "cpu")
    steps = ANALYSES["invert"].defaults["steps"]
    errors: dict[str, list[float]] = {layer: [] for layer in INVERTED}
    with looking(extractor) as sight:
        for path in spread(files(data / "imagenet_sample"), 3):
            for layer in INVERTED:
                errors[layer].append(round(invert(sight, load(path, extractor).batch, layer, steps, 0, Watch())[1], 4))
                print(path.stem, layer, errors[layer][-1], flush=True)
    return {
        "steps": steps,
        "relative_error": {layer: {"mean": float(np.mean(v)), "worst": max(v)} for layer, v in errors.items()},
    }


def patches(data: Path) -> dict:
    extractor = load_extractor(NETWORK, "cpu")
    neurons = chosen(PATCH_NEURONS, 1, extractor)
    paths = real_images(data)
    peaks, places, positions = [], [], []
    for at, batch in batches(paths, extractor):
        seen = extractor.activations(batch)
        best = [seen[layer][:, index].max(1) for layer, index in neurons]
        peaks.append(np.stack([one.values.numpy() for one in best]))
        places.append(np.stack([one.indices.numpy() for one in best]))
        positions += at
    peak, place = np.concatenate(peaks, 1), np.concatenate(places, 1)
    shares, sizes = [], []
    with looking(extractor) as sight:
        for row, (layer, index) in enumerate(neurons):
            for column in np.argsort(-peak[row])[:PATCHES]:
                batch = load(paths[positions[column]], extractor).batch
                found = area(sight, batch, layer, index, int(place[row, column]))
                shares.append(kept(sight, batch, layer, index, int(place[row, column]), found))
                sizes.append((found.bottom - found.top) / sight.side)
            if row % 20 == 0:
                print(f"{row} neurons, kept {np.mean(shares):.3f}", flush=True)
    per_neuron = np.reshape(shares, (len(neurons), -1)).mean(1)
    return {
        "neurons": len(neurons), "kept": float(per_neuron.mean()), "median": float(np.median(per_neuron)),
        "below_half": int((per_neuron < 0.5).sum()), "side_of_patch": float(np.mean(sizes)),
        "whole_image": float(np.mean(np.array(sizes) > 0.99)),
    }  # fmt: skip


def style(data: Path) -> dict:
    """The restyling, by the command line's own analysis, and what two networks' DNAs say of it."""
    extractor = load_extractor(NETWORK, "cpu")
    photographs, paintings = files(data / "styles" / "photo"), files(data / "styles" / "art_painting")
    taken, painting = spread(photographs, PHOTOGRAPHS), paintings[len(paintings) // 2]
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        sets = {"photographs": [p for p in photographs if p not in taken], "paintings": paintings, "taken": taken}
        for name, paths in sets.items():  # under numbers: two classes have images of the same name
            (root / name).mkdir()
            for number, path in enumerate(paths):
                (root / name / f"{number:04d}{path.suffix}").write_bytes(path.read_bytes())
        request = Request(
            extractor, style=painting, pictures=Pictures("photographs", files(root / "taken")),
            settings={"folder": str(root / "restyled")}, watch=Watch(_print_progress()),
        )  # fmt: skip
        figures = ANALYSES["style"].run(request).figures
        distances = jitter(files(root / "taken"), files(root / "restyled"), root / "jittered")
        moved = {}
        for network in (NETWORK, "mini"):
            judge = load_extractor(network, "cpu")
            names = ("photographs", "paintings", "taken", "restyled", "jittered")
            dnas = {name: dc.extract(root / name, judge, sketches=False, workspace=root / "home") for name in names}
            moved[network] = {
                name: {to: round(dc.emd_avg(dnas[name], dnas[to]), 3) for to in ("photographs", "paintings")}
                for name in ("taken", "restyled", "jittered")
            }
    return {"painting": painting.name, "nearer_in_style": figures["nearer"], "pixel_distance": distances, "emd": moved}


def jitter(taken: list[Path], restyled: list[Path], folder: Path) -> dict[str, float]:
    """Write the images with random brightness, contrast and colour, each as far from itself as its restyled one is."""
    folder.mkdir()
    random = np.random.default_rng(0)
    wanted, reached = [], []
    by_name = {path.stem: path for path in restyled}
    for path in taken:
        painted = np.asarray(Image.open(by_name[path.stem]).convert("RGB"), np.float64)
        with Image.open(path) as opened:
            image = np.asarray(opened.convert("RGB").resize(painted.shape[1::-1], Image.Resampling.BICUBIC), np.float64)
        aim = float(np.sqrt(((painted - image) ** 2).mean()))
        shift, gain = random.normal(0, 1, 3) * 0.6 + random.normal(0, 1), 1 + random.normal(0, 0.3, 3)
        moved = (image - image.mean()) * gain + image.mean() + 40 * shift
        low, high = 0.0, 20.0
        for _ in range(40):  # as far along this direction as the restyled image is away
            share = (low + high) / 2
            made = np.clip(image + share * (moved - image), 0, 255)
            low, high = (share, high) if np.sqrt(((made - image) ** 2).mean()) < aim else (low, share)
        Image.fromarray(np.rint(made).astype(np.uint8)).save(folder / f"{path.stem}.png")
        wanted.append(aim)
        reached.append(float(np.sqrt(((made - image) ** 2).mean())))
    return {"restyled": float(np.mean(wanted)), "jittered": float(np.mean(reached))}


def seconds(data: Path) -> dict:
    """What the command line says of every analysis, each in a process of its own as a job is."""
    with tempfile.TemporaryDirectory() as temporary:
        places = ["--workspace", temporary, "--out", str(Path(temporary, "sheet.png"))]
        photographs, image = data / "styles" / "photo", files(data / "imagenet_sample")[5]
        asked = ["--dataset", str(photographs), "--image", str(image), "--neuron", "block_4_1:7"]
        run = [sys.executable, "-m", "dnacore", "lens"]
        extract = [sys.executable, "-m", "dnacore", "extract", str(photographs), "--workspace", temporary, "--json"]
        subprocess.run(extract, check=True, stdout=subprocess.DEVNULL)
        found = {}
        for name in NAMES:
            given = asked[:4] if name in ("gradcam", "invert") else asked
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            said = subprocess.run([*run, name, *given, *places, "--json"], check=True, capture_output=True, text=True)
            cpu = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
            found[name] = {"seconds": json.loads(said.stdout)["seconds"], "cpu_with_start": round(cpu, 1)}
            print(name, found[name], flush=True)
    return found


def strip(target: Path) -> dict:
    """A strip of inversions over the layers, of an image that the demo draws."""
    extractor = load_extractor(NETWORK, "cpu")
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary, "drawn.png")
        drawn_image("faces", 4)[0].save(path)
        found = ANALYSES["invert"].run(Request(extractor, image=path, settings={"steps": 600}))
    sheet = found.sheet
    sheet.quantize(192).save(target, optimize=True)
    return dict(found.figures)


def _print_progress():
    last = [-1]

    def progress(stage: str, done: int, total: int, preview: object) -> None:
        if (tenth := 20 * done // max(1, total)) != last[0]:
            last[0] = tenth
            print(f"{stage}: {done} of {total}", flush=True)

    return progress


PARTS = {"maximise": maximise, "invert": inversion, "patches": patches, "style": style, "time": seconds}


def main(arguments: list[str]) -> None:
    if not arguments:
        sys.exit(__doc__)
    data = Path(arguments[0])
    if arguments[1:2] == ["strip"]:
        print(json.dumps(strip(Path(arguments[2])), indent=1))
        return
    for name in arguments[1:] or PARTS:
        started = time.perf_counter()
        found = PARTS[name](data)
        print(json.dumps({name: found, "seconds": round(time.perf_counter() - started)}, indent=1), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
