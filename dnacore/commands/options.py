"""The options that every command has, those of the larger commands, and how an option's text is read."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, TypeVar

from dnacore.errors import BadInput

Command = Callable[[str, str], argparse.ArgumentParser]  #: makes the parser of one command, given its name and help
Value = TypeVar("Value")


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are BadInput."""

    def error(self, message: str) -> NoReturn:
        """Raise BadInput with argparse's sentence and where help is."""
        raise BadInput(f"{message}. See: {self.prog} --help")


def _text(read: Callable[[str], Value], fits: Callable[[Value], object], what: str) -> Callable[[str], Value]:
    """What argparse reads an option's text with: `read`, whose answer must fit. what: what it is to be, for the complaint."""

    def checked(text: str) -> Value:
        with suppress(ValueError):
            if fits(found := read(text)):
                return found
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")

    return checked


whole = _text(int, lambda number: number >= 0, "a whole number")
positive = _text(int, lambda number: number > 0, "a whole number above 0")
share = _text(float, lambda number: 0 < number < 1, "a number between 0 and 1")
gpus = _text(float, lambda n: 0 <= n < 1_000 and (n < 1 or n == int(n)), "a number of GPUs such as 1 or 0.5")
json_object = _text(json.loads, lambda found: isinstance(found, dict), 'a JSON object such as {"num_classes": 1000}')
setting = _text(lambda text: text.partition("="), lambda parts: all(parts[:2]), "a setting such as tv=0.1")


def everywhere() -> Parser:
    """The options of every command. Without defaults, so that they may stand before a command as well as behind it."""
    everywhere = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    everywhere.add_argument("--json", action="store_true", help="print the result as JSON")
    everywhere.add_argument("--workspace", type=Path, metavar="DIR", help="where everything is kept")
    everywhere.add_argument("--extractor", metavar="E", help="network: a name, timm:NAME, or a weights file")
    everywhere.add_argument("--architecture", metavar="NAME", help="timm network that the weights file is for")
    everywhere.add_argument(
        "--arguments", type=json_object, metavar="JSON", help='its arguments, as {"pad_type": "same"}'
    )
    everywhere.add_argument("--prepare", choices=("reparameterize",), help="a step before its weights are loaded")
    everywhere.add_argument("--device", choices=("auto", "cpu", "cuda"))
    everywhere.add_argument(
        "--precision", choices=("fp32", "fp16", "bf16"), help="fp16 keeps distances nearer to fp32's than bf16 does"
    )
    everywhere.add_argument("--batch-size", type=positive, metavar="N", help="images at a time")
    everywhere.add_argument(
        "--download", action="store_true", help="fetch the network's weights if they are not here yet"
    )
    everywhere.add_argument("--quiet", action="store_true", help="no progress on stderr")
    everywhere.add_argument("--job", help=argparse.SUPPRESS)
    return everywhere


def of_lens(command: Command) -> None:
    """The options of `lens`."""
    from dnacore.lens import NAMES

    lens = command("lens", "look at what a neuron sees, and write it as a picture")
    lens.add_argument("analysis", metavar="ANALYSIS", choices=NAMES, help=f"one of {', '.join(NAMES)}")
    lens.add_argument("--neuron", metavar="LAYER:INDEX", help="the neuron to look at")
    lens.add_argument("--selection", metavar="S", help="the neurons to look at: a saved selection or a JSON file")
    lens.add_argument("--class", dest="class_", metavar="C", help="a class of the network's head, by number or name")
    lens.add_argument("--layer", metavar="LAYER", help="the layer, where an analysis asks about one")
    lens.add_argument("--image", metavar="FILE", help="the image: a file, or the name of one in the dataset")
    lens.add_argument("--dataset", metavar="NAME", help="the dataset to look in, and to take percentiles from")
    lens.add_argument("--style", metavar="FILE", help="style: the image whose style is wanted")
    lens.add_argument("--into", metavar="NAME", help="style: restyle the whole dataset, as a new dataset of this name")
    lens.add_argument("--folder", type=Path, metavar="DIR", help="style: where the restyled images go")
    lens.add_argument("--with-extractor", metavar="E", help="cka: the second network")
    lens.add_argument("--beside", metavar="E", help="the same question to a second network, side by side")
    lens.add_argument("--seed", type=whole, default=0, metavar="N", help="the same seed gives the same picture")
    lens.add_argument("--steps", type=positive, metavar="N", help="steps of those analyses that climb or walk")
    lens.add_argument(
        "--set", action="append", type=setting, metavar="NAME=VALUE",
        help="another setting of the analysis, such as tv=0.1",
    )  # fmt: skip
    lens.add_argument("--out", type=Path, required=True, metavar="FILE", help="the picture to write")
    lens.add_argument("--result", type=Path, metavar="F", help="write what --json prints into a file")
    lens.add_argument("--preview", type=Path, metavar="FILE", help="a picture of how far it is, while it runs")


def of_engine(extract: argparse.ArgumentParser) -> None:
    """The options of `extract` that say what runs it."""
    extract.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="what runs it: this machine, or a Ray cluster"
    )
    extract.add_argument(
        "--ray-address",
        default="auto",
        metavar="A",
        help="ray: a running cluster (auto: find one, else start one here)",
    )
    extract.add_argument(
        "--gpus-per-worker", type=gpus, default=0.0, metavar="G",
        help="ray: 1, or 0.5 for two workers on each (default 0)",
    )  # fmt: skip
    extract.add_argument(
        "--cpus-per-worker", type=positive, metavar="N",
        help="ray: cores and threads of each (default: a machine's, or its share beside each GPU)",
    )  # fmt: skip


def of_exchange(command: Command) -> None:
    """Add the commands that write files for others and take theirs in."""
    export = command("export", "write a dataset's DNA (.dna.npz) or a selection (.json) to a file")
    export.add_argument("name")
    export.add_argument("--to", type=Path, required=True, metavar="FILE")
    export.add_argument("--format", default="ours", choices=("ours", "peer"), help="peer: the .json and .npz of vdna")
    export.add_argument(
        "--kind",
        default="histogram",
        choices=("histogram", "gaussian", "layer-gaussian"),
        help="what to write of every neuron or layer",
    )

    import_ = command("import", "take a DNA file, a pair of vdna, or a selection file into the workspace")
    import_.add_argument("file", type=Path)
    import_.add_argument(
        "--calibration",
        type=Path,
        metavar="FILE",
        help="the activation ranges that a pair of vdna was counted over (with --extractor: the network it is of)",
    )


def of_gallery(command: Command) -> None:
    """Add the command `gallery` and what can be done with one."""
    gallery = command("gallery", "DNAs that a team shares in a folder or under an address, compared without any image")
    deeds = gallery.add_subparsers(dest="deed", metavar="DEED", required=True, parser_class=Parser)

    def deed(name: str, text: str) -> argparse.ArgumentParser:
        return deeds.add_parser(name, help=text, description=text, parents=[everywhere()])

    publish = deed(
        "publish", "write a dataset's DNA and its card into a shared folder, and nothing else unless said so"
    )
    publish.add_argument("name", metavar="DATASET")
    publish.add_argument("folder", type=Path)
    publish.add_argument("--about", default="", metavar="TEXT", help="a sentence about it, for its card")
    publish.add_argument("--words", action="store_true", help="and what the network sees in most of its images")
    publish.add_argument("--thumbnails", action="store_true", help="and six of its images, 160 pixels wide")
    publish.add_argument("--as", dest="called", default="", metavar="NAME", help="another name for it there")
    publish.add_argument("--replace", action="store_true", help="put it in the place of one of that name")
    add = deed("add", "take the DNAs of a shared folder or address in, and later those that are new or changed")
    add.add_argument("source", metavar="FOLDER_OR_ADDRESS")
    deed("list", "list what was taken in, and say of folders what changed since")
    nearest = deed("nearest", "order the DNAs that were taken in by their distance to a dataset")
    nearest.add_argument("name", metavar="DATASET")
    remove = deed("remove", "forget the DNAs that came from a gallery, which itself is not touched")
    remove.add_argument("source", metavar="FOLDER_OR_ADDRESS")


def of_study(command: Command) -> None:
    """Add the command `study`; which studies there are, their room says."""
    from dnacore.studies import NAMES

    study = command("study", "answer a question about datasets by one of the paper's experiments (no name: list them)")
    study.add_argument("study", nargs="?", choices=NAMES, metavar="NAME", help=", ".join(NAMES))
    study.add_argument("names", nargs="*", metavar="DATASET")
    study.add_argument(
        "--attribute", metavar="COLUMN", help="a column of the dataset's table, where the study takes one"
    )
    study.add_argument("--selection", metavar="S", help="only these neurons, where the study takes some")
    study.add_argument(
        "--extractors", nargs="+", metavar="E", help="several networks, where the study takes more than one"
    )
    study.add_argument(
        "--scores", type=Path, metavar="CSV", help="transfer: target, source and score of trained models"
    )
    study.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of the study (--describe lists them)",
    )
    study.add_argument("--seed", type=int, default=0, metavar="N", help="of everything random (default 0)")
    study.add_argument("--describe", action="store_true", help="say which datasets and options the study takes")
    study.add_argument("--fresh", action="store_true", help="compute it again even if the result is kept")
    study.add_argument("--csv", type=Path, metavar="F", help="write the table into a CSV file")
    study.add_argument("--result", type=Path, metavar="F", help="write all of it into a JSON file")
    study.add_argument("--html", type=Path, metavar="F", help="write all of it into an HTML file that needs no network")
