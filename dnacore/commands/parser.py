"""`python -m dnacore`: every capability as a command, for scripts, servers and the dashboard's background jobs.

Exit code 0: fine; 1: done, with something to look at (images rejected); 2: failed, with one line on stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dnacore import __version__
from dnacore.commands.options import (
    Command,
    Parser,
    everywhere,
    of_engine,
    of_exchange,
    of_gallery,
    of_lens,
    of_study,
    positive,
    share,
)
from dnacore.errors import Cancelled, DnaError
from dnacore.parallel import wait_without_spinning
from dnacore.paths import shown

FINE, LOOK, FAILED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    wait_without_spinning()
    try:
        options = _parser().parse_args(arguments)
        # Heavy modules are imported here, so that --help answers at once.
        from dnacore.commands import dispatch, progress

        return _run(dispatch, progress, options)
    except DnaError as problem:
        return _fail(str(problem))
    except KeyboardInterrupt:
        return _fail("Stopped. What was finished is kept; run it again to go on.")
    except BrokenPipeError:  # the program that read our output has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except OSError as problem:
        return _fail(f"{problem.filename or 'A file'} cannot be used ({problem.strerror or problem}).")


def _run(dispatch: Any, progress: Any, options: argparse.Namespace) -> int:
    with _stopping() as stopped, progress.reporter(options) as say:
        try:
            code, data, text = dispatch.run(options, say, stopped.is_set)
        except Cancelled as problem:
            say.end("cancelled", str(problem))
            raise
        except DnaError as problem:
            say.end("failed", str(problem))
            raise
        except Exception as problem:  # a bug: the log gets the traceback, the terminal one sentence
            sentence = progress.keep_details(options, problem)
            say.end("failed", sentence)
            return _fail(sentence)
        lines = text.strip().splitlines()  # an extraction has a line about every dataset
        say.end("finished", "\n".join(lines if options.command == "extract" else lines[-1:]))
    if options.json:
        text = json.dumps(data, indent=1, allow_nan=False)
    if text:
        text = text if options.json else shown(text)
        # a terminal that cannot show a letter of a file's name gets a question mark
        encoding = sys.stdout.encoding or "utf-8"
        print(text.encode(encoding, "replace").decode(encoding), flush=True)
    return code


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that is set by the first SIGTERM or Ctrl-C. The second one ends the command at once."""
    stopped = threading.Event()

    def stop(*_: object) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()

    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _fail(message: str) -> int:
    print(shown(" ".join(message.split())), file=sys.stderr)
    return FAILED


def _parser() -> Parser:
    parser = Parser(
        prog="python -m dnacore", description="Compare sets of images by the neurons of a frozen network.",
        parents=[everywhere()],
    )  # fmt: skip
    parser.set_defaults(
        json=False, workspace=None, extractor=None, architecture=None, arguments=None, prepare=None, device="auto",
        precision="fp32", batch_size=None, quiet=False, download=False, job=None,
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"visual dna {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=[everywhere()])

    # In the order of --help.
    _datasets(command)
    _extraction(command)
    _distances(command)
    _analyses(command)
    _ranking(command)
    of_lens(command)
    of_study(command)
    _keeping(command)
    of_exchange(command)
    of_gallery(command)
    _machine(command)
    return parser


def _datasets(command: Command) -> None:
    demo = command("demo", "draw the demo datasets into the workspace")
    demo.add_argument("names", nargs="*", metavar="NAME", help="only these (default: all)")
    demo.add_argument("--extract", action="store_true", help="and extract each as soon as it is drawn")

    add = command("add", "register a folder, a text file of paths, or a zip as a dataset")
    add.add_argument("name")
    add.add_argument("folder", type=Path)
    add.add_argument("--attributes", type=Path, metavar="CSV", help="a column “file” and one column per attribute")

    command("datasets", "list the datasets")
    duplicates = command("duplicates", "images that are in a dataset twice, or in another one too, by their bytes")
    duplicates.add_argument("names", nargs="+", metavar="NAME")
    extractors = command(
        "extractors", "list the networks with their layers, neurons and licence; try or keep a weights file"
    )
    extractors.add_argument(
        "--check", action="store_true", help="only try whether the weights file of --extractor fits"
    )
    extractors.add_argument("--keep", metavar="NAME", help="and make it an extractor of this workspace, under a name")
    extractors.add_argument("--forget", metavar="NAME", help="make a kept weights file an extractor no longer")


def _extraction(command: Command) -> None:
    extract = command("extract", "make the DNAs of datasets or folders (again: only what is new)")
    extract.add_argument("names", nargs="+", metavar="NAME")
    extract.add_argument(
        "--calibration", type=Path, metavar="FILE", help="activation ranges to use: a calibration, or vdna's JSON"
    )
    extract.add_argument(
        "--bins", type=positive, metavar="N", help="bins of every histogram (default: as before, or 1000)"
    )
    extract.add_argument(
        "--covariance",
        nargs="+",
        action="extend",
        default=[],
        metavar="LAYER",
        help="keep the full covariance of these layers (or all), for compare --metric fd",
    )
    extract.add_argument("--no-sketches", action="store_true", help="keep no per-image summaries (no ranking later)")

    extract.add_argument(
        "--words", action="store_true", help="extract again what was extracted before the network's words were kept"
    )
    of_engine(extract)


def _distances(command: Command) -> None:
    compare = command("compare", "distances between datasets")
    compare.add_argument("names", nargs="+", metavar="NAME")
    compare.add_argument("--metric", default="emd", choices=("emd", "nfd", "fd", "kid"))
    compare.add_argument("--selection", metavar="S", help="only these neurons: a saved selection or a JSON file")
    compare.add_argument("--by", default="all", choices=("neuron", "layer", "all"))
    compare.add_argument("--csv", type=Path, metavar="F", help="write the numbers into a CSV file")

    sensitivity = command("sensitivity", "which neurons tell images with something from images without it")
    sensitivity.add_argument("names", nargs="+", metavar="WITH WITHOUT | DATASET")
    sensitivity.add_argument(
        "--attribute",
        metavar="COLUMN",
        help="split one dataset by this column (1 and 0), or by COLUMN=WORD, such as sees=dog",
    )
    sensitivity.add_argument("--top", type=positive, default=20, metavar="K")
    sensitivity.add_argument(
        "--floor",
        type=share,
        metavar="RATE",
        help="count, and with --save keep, all neurons above the noise floor that chance passes at this rate, such as 0.05",
    )
    sensitivity.add_argument("--save", metavar="S", help="keep the top neurons as a selection of this name")
    sensitivity.add_argument(
        "--sharpen", action="store_true", help="learn weights of the neurons; with --save, keep these"
    )


def _analyses(command: Command) -> None:
    attributes = command("attributes", "sensitivity to every attribute of a dataset at once")
    attributes.add_argument("dataset", metavar="DATASET")

    explain = command("explain", "what the distance between two datasets, or an image and a dataset, is made of")
    explain.add_argument("name", metavar="DATASET")
    explain.add_argument("reference", metavar="NAME_OR_IMAGE")
    explain.add_argument(
        "--image", metavar="PATH", help="of this image of the dataset instead of all of them, and where in it"
    )
    explain.add_argument("--selection", metavar="S", help="only these neurons: a saved selection or a JSON file")
    explain.add_argument("--top", type=positive, default=10, metavar="K")

    leave_out = command(
        "leave-out", "what a dataset would be without each of its folders, or of its attributes' values"
    )
    leave_out.add_argument("dataset", metavar="DATASET")
    leave_out.add_argument(
        "--attributes", action="store_true", help="by attribute, from sketches, instead of by folder"
    )
    leave_out.add_argument("--target", metavar="NAME", help="and whether the rest comes nearer to this")
    leave_out.add_argument("--selection", metavar="S", help="only these neurons: a saved selection or a JSON file")

    mixture = command("mixture", "in which shares to mix datasets so that they come nearest to a target")
    mixture.add_argument("target", metavar="TARGET")
    mixture.add_argument("names", nargs="+", metavar="NAME")
    mixture.add_argument("--selection", metavar="S", help="only these neurons: a saved selection or a JSON file")

    forget = command("forget", "learn weights under which distances ignore one attribute and keep the others")
    forget.add_argument("dataset", metavar="DATASET")
    forget.add_argument("attribute", metavar="COLUMN")
    forget.add_argument("--metric", default="emd", choices=("emd", "nfd", "fd"))
    forget.add_argument("--keep", nargs="+", metavar="COLUMN", help="the attributes to keep (default: all others)")
    forget.add_argument("--save", metavar="S", help="keep the weights as a selection of this name")


def _ranking(command: Command) -> None:
    rank = command("rank", "order a dataset's images by their distance to a reference, nearest first")
    rank.add_argument("dataset", metavar="DATASET")
    rank.add_argument(
        "--reference",
        required=True,
        action="append",
        metavar="NAME_OR_IMAGE",
        help="given several times: their average",
    )
    rank.add_argument("--unlike", metavar="NAME_OR_IMAGE", help="like the reference and unlike this")
    rank.add_argument("--selection", metavar="S", help="only these neurons: a saved selection or a JSON file")
    rank.add_argument("--csv", type=Path, metavar="F", help="write rank,path,distance into a CSV file")


def _keeping(command: Command) -> None:
    calibrate = command("calibrate", "measure the activation ranges of a network on datasets, and use them from now on")
    calibrate.add_argument("name", help="what to call this calibration")
    calibrate.add_argument("names", nargs="+", metavar="DATASET")
    calibrate.add_argument(
        "--extract", action="store_true", help="and extract again whatever has to be, to stay comparable"
    )

    command("selections", "list the saved selections")
    command("jobs", "list the background jobs")

    remove = command("remove", "forget a dataset and its DNAs (never the images), or a selection")
    remove.add_argument("name")


def _machine(command: Command) -> None:
    verify = command("verify", "check every file and row of the workspace, and say what is wrong")
    verify.add_argument("--repair", action="store_true", help="put right what can be, and extract again what has to be")

    bench = command("bench", "measure this machine: extraction, binning, distances, ranking, start-up")
    suites = ("all", "extract", "accumulate", "distances", "rank", "start")
    bench.add_argument("suite", nargs="?", default="all", choices=suites)
