"""Collect every Chinese text that a page may show, and keep the English catalogue in step.

    python tools/words.py           adds new texts, drops those that are gone, lists what is missing
    python tools/words.py --check   changes nothing; exit code 1 when the catalogue is not complete

Three sources: `_("…")` in web/ (Babel's extractors), words that a page looks up when it shows
them (labels, menus), and the sentences of rules and flows (reasons, messages),
whose f-strings become `{0}`, `{1}`. Dialogues stay Chinese, with their titles and manners. Texts of
the command line, of `verify` and of the training shop's invented goods are never on a page.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from campaigns.messages import OPT_OUT_HINT

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "web/translations/en/LC_MESSAGES/messages.po"

HEADER = b"""# English texts of the panel. The keys are the Chinese texts; `make words` keeps the list.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: en\\n"

"""

MARKED: tuple[tuple[str, list[tuple[str, str]], dict[str, Any]], ...] = (
    ("static", [("**.js", "javascript")], {"say": None}),
    ("templates", [("**.html", "jinja2")], {"_": None, "pgettext": ((1, "c"), 2)}),
    (".", [("**.py", "python")], {"_": None, "pgettext": ((1, "c"), 2)}),
)
"""Where texts are marked by a call, and how it is named there."""

SPEAKING = frozenset(
    (
        *("WaihuError", "UsageError", "NotFoundError", "RefusedError", "ConflictError"),
        *("NotReadyError", "ScriptError", "Allow", "Wait", "Stop", "Reason", "QueueReason"),
        *(
            "LeftOut",
            "Outcome",
            "KindRules",
            "LedgerForm",
            "Finding",
            "Checked",
            "_checked",
            "_full",
        ),
        *("_require", "BadCell", "refusal", "fault", "Problem", "_rejected", "Refusal"),
        *("LineReport", "Refused", "Unknown", "mark_failed", "LineMoment"),
    )
)
"""Whoever is called with a sentence that ends on a page, or in a reason or a message on one."""

SILENT = (
    "scheduler/verify/",
    "adapters/training_shop/",
    "web/cli",
    "scheduler/flows/words",
    "adapters/channels/twilio_markup",
)
INVENTED = ("scheduler/flows/training",)
"""Names of the training shop's people are no words; its refusals are."""

SENT = frozenset({OPT_OUT_HINT})
"""Words of a text to a customer: a page quotes them as they are sent."""

LABELS = (
    *("campaigns/", "scheduler/", "web/"),
    *("adapters/importers/refusals.py", "adapters/channels/"),
)
"""Where a module's dictionary holds labels as its values, or a class names them."""

RETURNS = (
    "campaigns/population.py",
    "scheduler/flows/",
    "scheduler/rules/",
    "adapters/passwords.py",
    "adapters/channels/",
)
"""Where a function gives back a sentence, or keeps a part of one."""

CJK = re.compile(r"[\u3400-\u9fff]")
QUOTED = re.compile("“[^”]*”")
"""A word of a file or of another program is quoted as it stands there."""

PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")


@dataclass(frozen=True, slots=True)
class Word:
    """One text and the file that says it."""

    text: str
    path: str
    context: str | None = None


def collect() -> list[Word]:
    """List all texts, in a fixed order, each once with every file it is in."""
    found = {*_marked(), *_sentences()}
    said = (word for word in found if word.text not in SENT)
    return sorted(said, key=lambda word: (word.path, word.text))


def merged(catalog: Catalog) -> Catalog:
    """Give the catalogue as it should be: the texts there are, with the English so far."""
    known = {(m.context, m.id): m.string for m in catalog if m.id}
    fresh = Catalog(locale="en", fuzzy=False)
    for word in collect():
        key = (word.context, word.text)
        fresh.add(word.text, known.get(key, ""), [(word.path, 0)], context=word.context)
    return fresh


def read_catalogue() -> Catalog:
    """Read the file as it is."""
    with CATALOGUE.open("rb") as source:
        return read_po(source, locale="en")


def write_catalogue(catalog: Catalog) -> None:
    """Write it without dates and line numbers: only a changed text changes the file."""
    with CATALOGUE.open("wb") as target:
        target.write(HEADER)
        write_po(target, catalog, width=100, omit_header=True, include_lineno=False)


def faults(catalog: Catalog) -> Iterator[str]:
    """Say, one a line, what is missing, left over, doubtful or has other places to fill in."""
    wanted = {(word.context, word.text) for word in collect()}
    known = {(m.context, str(m.id)): m for m in catalog if m.id}
    for key in sorted(wanted - known.keys(), key=str):
        yield f"not in the catalogue: {key[1]}"
    for key in sorted(known.keys() - wanted, key=str):
        yield f"in the catalogue, but nobody says it: {key[1]}"
    for (_context, chinese), message in sorted(known.items(), key=str):
        english = str(message.string or "")
        if not english:
            yield f"no English: {chinese}"
        elif sorted(PLACES.findall(chinese)) != sorted(PLACES.findall(english)):
            yield f"other places to fill in: {chinese} / {english}"
        elif CJK.search(QUOTED.sub("", english)):
            yield f"Chinese in the English: {english}"
        if message.fuzzy:
            yield f"fuzzy: {chinese}"


def _marked() -> Iterator[Word]:
    """Texts inside `_()` under web/, and inside `say()` in the browser's scripts."""
    for folder, methods, keywords in MARKED:
        root = ROOT / "web" / folder
        for path, _line, text, _comments, context in extract_from_dir(
            root, methods, keywords=keywords
        ):
            name = (root / path).relative_to(ROOT).as_posix()
            if isinstance(text, str) and text and not name.startswith(SILENT):
                yield Word(text, name, context)


def _sentences() -> Iterator[Word]:
    """Texts that packages below say, and labels in dictionaries, web's own too."""
    for package in ("campaigns", "scheduler", "adapters", "web"):
        for file in sorted((ROOT / package).rglob("*.py")):
            path = file.relative_to(ROOT).as_posix()
            if not path.startswith(SILENT):
                tree = ast.parse(file.read_text(encoding="utf-8"))
                for node in _speech(tree, path):
                    yield from (Word(text, path) for text in _texts(node))


def _speech(tree: ast.Module, path: str) -> Iterator[ast.expr]:
    if path.startswith(LABELS) and not path.startswith(INVENTED):
        classes = (node for node in tree.body if isinstance(node, ast.ClassDef))
        for statement in (*tree.body, *(one for found in classes for one in found.body)):
            if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
                yield from _labels(statement.value)
    gives_back = path.startswith(RETURNS) and not path.startswith(INVENTED)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in SPEAKING:
            yield from node.args
            yield from (keyword.value for keyword in node.keywords)
        elif isinstance(node, (ast.Return, ast.Assign)) and gives_back:
            yield node.value or ast.Constant("")


def _labels(value: ast.expr) -> Iterator[ast.expr]:
    """Values of dictionaries; of tuples, as menus are, everything."""
    if isinstance(value, ast.Dict):
        for item in value.values:
            yield from _labels(item)
    elif isinstance(value, (ast.Tuple, ast.List)):
        for item in value.elts:
            yield from _labels(item)
    elif isinstance(value, (ast.Constant, ast.JoinedStr)):
        yield value


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _texts(node: ast.AST) -> Iterator[str]:
    """Chinese texts in an expression; a call inside is somebody else's to list."""
    if isinstance(node, ast.JoinedStr):
        text, place = "", 0
        for part in node.values:
            if isinstance(part, ast.Constant):
                text += str(part.value)
            else:
                text, place = f"{text}{{{place}}}", place + 1
        if CJK.search(text):
            yield text
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from _texts(part.value)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str) and CJK.search(node.value):
            yield node.value
    elif isinstance(node, (ast.IfExp, ast.BoolOp, ast.BinOp, ast.Tuple, ast.List, ast.Lambda)):
        for child in ast.iter_child_nodes(node):
            yield from _texts(child)


def main(arguments: list[str]) -> int:
    """Bring the catalogue up to date, or with `--check` only say what is wrong."""
    catalog = read_catalogue()
    if "--check" not in arguments:
        catalog = merged(catalog)
        write_catalogue(catalog)
    wrong = list(faults(catalog))
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
