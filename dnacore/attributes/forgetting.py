"""Learned weights: distances that forget one attribute and keep the others (CVPR 2023, section 4.3, eq. 5-7).

With d_b(n) the distance of neuron n between the images with attribute b and those without it, over N neurons:

    eq. 5   D_W(b)  = sum over n of w_n d_b(n)          the weighted distance; W = 1/N everywhere gives the mean D(b)
    eq. 6   delta_b = 1 - D_W(b) / D(b)                 the relative change; 1: forgotten, 0: kept as it was
    eq. 7   L(W)    = |1 - delta_a| + mean over b != a of |delta_b|

The weights start at 1/N and Adam lowers L. They may be negative: a neuron that sees the attribute is taken away from
the others that see it too.

Few images add something to every distance, about the noise floor z_b(n), and weights with so many neurons and so few
attributes would fit the accidents of the training images. Two things keep them to what holds for other images too.
The distances to fit are shrunk towards the floor, z + r_b (d_b - z), by how much of the excess is more than accident,
r_b = 1 - SHRINK mean(z^2) / mean((d_b - z)^2) (as in James and Stein, 1961). And L is averaged over random splits,
added to every distance as their deviations from the floor, so that weights under which chance changes much cost more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dnacore.attributes.survey import Attribute
from dnacore.distances.contrasts import columns, contrast, contrast_gaussians
from dnacore.distances.frechet import frechet_of_images
from dnacore.distances.permutation import random_splits
from dnacore.dna.layers import layer_slices
from dnacore.errors import BadInput, Cancelled, Mismatch
from dnacore.neurons.selection import Selection
from dnacore.sketches.sketches import Sketches

METRICS = ("emd", "nfd", "fd")
SPLITS = 64
# Chosen on drawn faces of seed 0, checked on those of seed 7 (benchmarks/forgetting.py; docs/performance.md).
SHRINK, LEAST_KEPT = 1.5, 0.2
STEPS, RATE, DECAY = 1500, 0.03, 1e-3  # with more steps only the third digit changes
LEAST = 4  # images a side in each half

Watch = Callable[[str, int, int], None]


def deltas(weights: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """Relative change of every attribute's distance (eq. 6): (k, A). weights: (k, N), distances: (A, N)."""
    return 1 - (weights @ distances.T) / distances.mean(1)


def loss(weights: np.ndarray, distances: np.ndarray, forget: int) -> float:
    """Eq. 7 for one vector of weights (N,), with distances (A, N) and the number of the attribute to forget."""
    changed = deltas(weights[None], distances)[0]
    others = np.delete(changed, forget)
    return float(abs(1 - changed[forget]) + (np.abs(others).mean() if len(others) else 0.0))


def expected(distances: np.ndarray, floor: np.ndarray) -> np.ndarray:
    """What the distances would be on other images: shrunk towards the noise floor. All (A, N)."""
    excess = distances - floor
    kept = 1 - SHRINK * (floor**2).mean(1) / np.maximum((excess**2).mean(1), 1e-300)
    return floor + np.clip(kept, LEAST_KEPT, 1)[:, None] * excess


def learn(
    distances: np.ndarray, forget: Sequence[int], scatter: np.ndarray | None = None, scale: np.ndarray | None = None,
    steps: int = STEPS, progress: Watch | None = None, stop: Callable[[], bool] | None = None,
) -> np.ndarray:  # fmt: skip
    """Weights that minimise eq. 7: (k, N) float64, one row per attribute to forget. Deterministic.

    distances: (A, N) of A attributes. scatter: (R, N) deviations that chance adds, times scale (A,), over which the
    loss is averaged. Raises BadInput for an attribute without any difference, Cancelled.
    """
    import torch

    count, neurons = distances.shape
    means = distances.mean(1)
    if (means <= 0).any():
        raise BadInput("An attribute makes no difference to any neuron, so no weights can be learned with it.")
    if scatter is None or scale is None:
        scatter, scale = np.zeros((1, neurons)), np.zeros(count)
    # Every gradient is a sum of these few rows, so the weights never leave their span: Adam works on its coordinates,
    # which are tens instead of thousands, and equally fast in all directions.
    rows, chance = distances / means[:, None] / neurons, scatter / neurons
    spread = np.abs(scale / means).max()
    basis = _basis(np.concatenate([rows, chance * spread]))
    near, far = (torch.from_numpy(np.ascontiguousarray(x @ basis)) for x in (rows, chance))
    still, moving = torch.from_numpy(rows.sum(1)), torch.from_numpy(chance.sum(1))
    size = torch.from_numpy(scale / means)
    target = torch.zeros(len(forget), count, dtype=torch.float64)
    target[torch.arange(len(forget)), torch.tensor(list(forget))] = 1.0
    share = torch.where(target > 0, 1.0, 1.0 / max(count - 1, 1)).double()
    unit = neurons**0.5  # so that a step of 1 changes every weight by 1/N on average
    along = torch.zeros(len(forget), basis.shape[1], dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([along], lr=RATE * unit / 10)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    for step in range(steps):
        if stop is not None and stop():
            raise Cancelled("Stopped on request. No weights were learned; run it again to start over.")
        adam.zero_grad()
        missed = 1 - (still + along @ near.T) - target
        chances = (moving + along @ far.T)[:, None] * size[:, None]
        cost = ((missed[:, :, None] - chances).abs().mean(2) * share).sum() + DECAY * ((along / unit) ** 2).sum()
        cost.backward()
        adam.step()
        falling.step()
        if progress is not None and (step % 50 == 49 or step + 1 == steps):
            progress("learning weights", step + 1, steps)
    return (1 + along.detach().numpy() @ basis.T) / neurons


def _basis(rows: np.ndarray) -> np.ndarray:
    """(N, r) orthonormal columns that span the rows (m, N)."""
    values, vectors = np.linalg.eigh(rows @ rows.T)
    kept = values > values[-1] * 1e-10
    return rows.T @ (vectors[:, kept] / np.sqrt(values[kept]))


@dataclass(frozen=True, eq=False)
class Forgetting:
    """Weights that forget one attribute, and what they do to all of them on images that they were not learned from.

    weights: (N,) float64, of neurons, or of layers under FD. delta: what is left out of the attribute (1: all of it).
    side_effects: {other attribute: relative change of its distance, 0: none}. trained: delta on the training half.
    """

    attribute: str
    metric: str
    weights: np.ndarray
    delta: float
    side_effects: Mapping[str, float]
    trained: float
    images: tuple[int, int]
    extractor: str

    @property
    def harm(self) -> float:
        """Mean size of the side effects."""
        return float(np.mean(np.abs(list(self.side_effects.values())))) if self.side_effects else 0.0

    def selection(self, name: str = "") -> Selection:
        """The weights as a selection of all neurons. Raises Mismatch for FD, whose weights are of layers."""
        if self.metric == "fd":
            raise Mismatch(
                "Weights learned with FD are of whole layers, so they make no selection of neurons. Use emd or nfd."
            )
        origin = {
            "kind": "learned", "forget": self.attribute, "metric": self.metric, "delta": self.delta,
            "side_effects": dict(self.side_effects), "trained_on": self.images[0], "tested_on": self.images[1],
        }  # fmt: skip
        return Selection(np.arange(len(self.weights)), self.weights, name, self.extractor, origin)


def forget(
    sketches: Sketches, attributes: Sequence[Attribute], names: Sequence[str] | None = None, metric: str = "emd",
    layers: Mapping[str, int] | None = None, extractor: str = "", steps: int = STEPS, splits: int = SPLITS,
    seed: int = 0, progress: Watch | None = None, stop: Callable[[], bool] | None = None,
) -> list[Forgetting]:  # fmt: skip
    """Learn to forget each of the named attributes (default: every one) on one half of the images; report the other.

    Attributes with fewer than 4 images a side in either half are left out. layers: {layer: neurons}, for FD.
    Raises BadInput, Cancelled.
    """
    if metric not in METRICS:
        raise BadInput(f"There is no metric {metric!r} to learn weights for; choose one of {', '.join(METRICS)}.")
    random = np.random.default_rng(seed)
    order = random.permutation(len(sketches))
    halves = np.sort(order[::2]), np.sort(order[1::2])
    usable = [a for a in attributes if all(min(a.among(h).images) >= LEAST for h in halves)]
    known = [a.name for a in usable]
    wanted = list(known if names is None else names)
    if missing := [name for name in wanted if name not in known]:
        raise BadInput(
            f"{', '.join(missing)} cannot be forgotten: give attributes with at least {2 * LEAST} images with and without "
            f"them. There are: {', '.join(known) or 'none'}."
        )
    if len(usable) < 2:
        raise BadInput(
            "Forgetting one attribute and keeping the rest needs at least two attributes with images on each side."
        )

    def tell(done: int) -> None:
        if stop is not None and stop():
            raise Cancelled("Stopped on request. No weights were learned; run it again to start over.")
        if progress is not None:
            progress("comparing images with and without", done, 3)

    tell(0)
    train, test = (sketches.select(half) for half in halves)
    asked = [a.among(halves[0]) for a in usable], [a.among(halves[1]) for a in usable]
    trained = _distances(train, asked[0], metric, layers)
    tell(1)
    goal, scatter, scale = trained, None, None
    if splits and metric != "fd":
        scatter, floor, scale = _chance(train, asked[0], metric, splits, random)
        goal = expected(trained, floor)
    tell(2)
    tested = _distances(test, asked[1], metric, layers)
    tell(3)
    weights = learn(goal, [known.index(name) for name in wanted], scatter, scale, steps, progress, stop)
    before, after = deltas(weights, trained), deltas(weights, tested)
    return [
        Forgetting(
            name, metric, weights[i], float(after[i, known.index(name)]),
            {other: float(after[i, b]) for b, other in enumerate(known) if other != name},
            float(before[i, known.index(name)]), (len(train), len(test)), extractor,
        )
        for i, name in enumerate(wanted)
    ]  # fmt: skip


def _distances(
    sketches: Sketches, attributes: Sequence[Attribute], metric: str, layers: Mapping[str, int] | None
) -> np.ndarray:
    """(A, N) distances of every attribute; N counts neurons, or layers under FD."""
    with_, without = np.stack([a.with_ for a in attributes]), np.stack([a.without for a in attributes])
    if metric == "emd":
        return contrast(sketches, columns(with_, without)).emd.T
    if metric == "nfd":
        return contrast_gaussians(sketches, with_, without).T
    if layers is None:
        raise BadInput("FD compares whole layers: say which neurons each layer has.")
    out = np.empty((len(attributes), len(layers)))
    for j, where in enumerate(layer_slices(layers).values()):
        values = sketches.means(where).astype(np.float64)
        for i in range(len(attributes)):
            out[i, j] = frechet_of_images(values[:, with_[i]], values[:, without[i]])
    return out


def _chance(
    sketches: Sketches, attributes: Sequence[Attribute], metric: str, splits: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What chance adds: (R, N) deviations of random halves from their mean, the floor (A, N), and the scale (A,).

    Measured on halves of all images and carried over to each attribute's sizes n and m: EMD goes with sqrt(1/n +
    1/m), NFD with its square.
    """
    half = len(sketches) // 2
    sides = random_splits(half, len(sketches) - half, splits, random)
    halves = [Attribute(str(r), side, ~side) for r, side in enumerate(sides)]
    found = _distances(sketches, halves, metric, None)
    sizes = np.array([1 / a.images[0] + 1 / a.images[1] for a in attributes])
    scale = (sizes / (1 / half + 1 / (len(sketches) - half))) ** (0.5 if metric == "emd" else 1.0)
    return found - found.mean(0), scale[:, None] * found.mean(0), scale
