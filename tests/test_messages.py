"""What a person reads when something cannot be done: every error raised with a text is a sentence."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from dnacore import errors

CHECKOUT = Path(__file__).resolve().parents[1]
ERRORS = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, errors.DnaError)}
# Reasons that stand behind an image's name, in a table or after a colon, and are no sentences of their own.
REASONS = {"dnacore/images/decode.py", "dnacore/images/tars.py", "dnacore/extraction/batches.py"}
NAMES = ("timm ",)  # written small wherever they stand
COMMAND = re.compile(r"(python -m dnacore [\w ]+|--[a-z]+)$")  # at the end, a full stop would be copied with it


def text(node: ast.expr) -> str | None:
    """The text of an expression, with \\0 where a value is filled in; None where it cannot be read off the code."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
    return None


def test_errors_speak_in_sentences() -> None:
    wrong, seen = [], 0
    for path in sorted([*CHECKOUT.glob("dnacore/**/*.py"), *CHECKOUT.glob("ui/**/*.py")]):
        name = path.relative_to(CHECKOUT).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if name in REASONS or not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            said = text(node.args[0]) if called in ERRORS else None
            if said is None:
                continue
            seen += 1
            begins = said.startswith(NAMES) or not said[:1].islower()
            if not (begins and (said.endswith((".", "\0")) or COMMAND.search(said))):
                wrong.append(f"{name}:{node.lineno} {said}")
    assert wrong == []
    assert seen > 300, "the errors are no longer found"
