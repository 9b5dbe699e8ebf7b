"""The library: every script there is, checked, compiled once, filled in on request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from threading import Lock

from jinja2 import Template

from campaigns.values import Kind, Topic
from scripts_zh.context import Occasion, Words
from scripts_zh.errors import ScriptError
from scripts_zh.front_matter import Branch, Medium, Script, parse_script
from scripts_zh.sandbox import compile_source, fill

ROOT_MOMENT = "dial"
"""The moment before dialling, where every tree begins."""

FALLBACK_VERSION = 0
"""The version of a node whose script could not be shown; no script file has it."""

_FALLBACK_LINES = (
    "这一步的话术暂时显示不出来，不影响通话。",
    "请按标题用自己的话说：简短、客气、不施压。",
)
_FALLBACK_TITLE = "话术暂缺"
_VARIABLE = re.compile(r"\{\{\s*(?P<fact>[a-z_]+\.[a-z_]+)[^}]*\}\}")


@dataclass(frozen=True, slots=True)
class ScriptTree:
    """A kind's dialogue. `nodes` is keyed by moment; what is sent in writing is not part of it."""

    kind: Kind
    root: str
    nodes: Mapping[str, Script]

    def walk(self, occasion: Occasion | None = None, topic: Topic = Topic.NONE) -> Iterator[Script]:
        """Yield the nodes that can be met, depth first, each once.

        None: on any occasion; `Topic.NONE`: whatever the topic.
        """
        waiting = [self.root]
        met: set[str] = set()
        while waiting:
            moment = waiting.pop()
            if moment in met:
                continue
            met.add(moment)
            node = self.nodes[moment]
            yield node
            ways = (b.to for b in node.branches if b.is_offered(occasion, topic))
            waiting.extend(reversed(list(ways)))


@dataclass(frozen=True, slots=True)
class Rendered:
    """One script filled in, as the page and the command line show it.

    `text` holds one sentence a line, plain text. `branches` are the ones of this call's occasion and
    topic.
    `score` is what a customer who came here gave (R-SMP-4), also where the text cannot be shown.
    An attempt stores `id` and `version`.
    """

    id: str
    version: int
    moment: str
    medium: Medium
    title: str
    text: tuple[str, ...]
    buttons: tuple[str, ...] = ()
    branches: tuple[Branch, ...] = ()
    manners: tuple[str, ...] = ()
    score: int | None = None

    @property
    def message(self) -> str:
        """The lines as one text to be copied; an SMS is one line."""
        return ("" if self.medium is Medium.SMS else "\n").join(self.text)

    @property
    def is_fallback(self) -> bool:
        """The script itself could not be shown."""
        return self.version == FALLBACK_VERSION


class ScriptLibrary:
    """All scripts below one folder, `<kind>/<moment>.<medium>.j2`. Safe to share among threads."""

    def __init__(self, root: Traversable) -> None:
        """Read the files. Raises ScriptError for a bad file and for a branch that leads nowhere."""
        self._scripts: dict[str, Script] = {}
        self._trees: dict[str, ScriptTree] = {}
        self._compiled: dict[tuple[str, int], Template] = {}
        self._compiling = Lock()
        for kind in Kind:
            folder = root / kind.value
            if folder.is_dir():
                self._load_kind(kind, folder)

    @property
    def scripts(self) -> tuple[Script, ...]:
        """Every script, by id."""
        return tuple(self._scripts[script_id] for script_id in sorted(self._scripts))

    def script(self, script_id: str) -> Script:
        """Give one script by its id. Raises ScriptError when there is none."""
        try:
            return self._scripts[script_id]
        except KeyError:
            raise ScriptError("没有这个话术", script_id=script_id) from None

    def tree(self, kind: Kind) -> ScriptTree:
        """Give a kind's dialogue. Raises ScriptError when it has none."""
        try:
            return self._trees[kind]
        except KeyError:
            raise ScriptError(f"{kind.value} 还没有话术") from None

    def compiled(self, script_id: str) -> Template:
        """Give the template, compiled at its first use. Raises ScriptError if it is refused."""
        script = self.script(script_id)
        key = (script.id, script.version)
        with self._compiling:
            if key not in self._compiled:
                self._compiled[key] = _compile(script)
            return self._compiled[key]

    def render(self, script_id: str, words: Words) -> Rendered:
        """Fill in one script. Raises ScriptError; what is sent to a customer has no fallback."""
        script = self.script(script_id)
        try:
            text = fill(self.compiled(script_id), words)
        except ScriptError as error:
            if error.script_id:
                raise
            raise ScriptError(error.message, script_id=script_id) from error
        return _shown(script, words, text)

    def parameters(self, script_id: str, words: Words) -> dict[str, str]:
        """Each variable of a script as it stands in the text: `order.items_text` by `order_items_text`.

        For providers that fill in a text registered with them. What has no value is left out. Raises
        ScriptError.
        """
        script = self.script(script_id)
        values: dict[str, str] = {}
        for found in _VARIABLE.finditer(script.source):
            fact, name = found["fact"], found["fact"].replace(".", "_")
            root, _, attr = fact.partition(".")
            if getattr(getattr(words, root), attr, None) is not None:
                values[name] = "".join(fill(_variable(found[0], fact), words))
        return values

    def render_tree(self, kind: Kind, words: Words, *, fallback: bool = False) -> list[Rendered]:
        """Fill in every moment that this call can come to, the one before dialling first.

        With `fallback` no failure leaves the caller without a page: a script that cannot be filled
        in becomes a note with the same title, outcomes and branches. Else raises ScriptError.
        """
        try:
            tree = self.tree(kind)
        except ScriptError:
            if not fallback:
                raise
            missing_id = f"{kind.value}.{ROOT_MOMENT}.{Medium.NOTE.value}"
            return [
                Rendered(
                    id=missing_id,
                    version=FALLBACK_VERSION,
                    moment=ROOT_MOMENT,
                    medium=Medium.NOTE,
                    title=_FALLBACK_TITLE,
                    text=_FALLBACK_LINES,
                )
            ]
        return [
            self._render_node(node, words, fallback=fallback)
            for node in tree.walk(words.occasion, topic=words.topic)
        ]

    def _render_node(self, node: Script, words: Words, *, fallback: bool) -> Rendered:
        try:
            return self.render(node.id, words)
        except ScriptError:
            if not fallback:
                raise
            return _shown(node, words, None)

    def _load_kind(self, kind: Kind, folder: Traversable) -> None:
        dialogue: dict[str, Script] = {}
        for file in sorted(folder.iterdir(), key=lambda it: it.name):
            if not file.name.endswith(".j2"):
                continue
            script = parse_script(kind.value, file.name, file.read_text(encoding="utf-8"))
            self._scripts[script.id] = script
            if script.is_written:
                continue
            if script.moment in dialogue:
                raise ScriptError("同一环节有两个话术", script_id=script.id)
            dialogue[script.moment] = script
        if not dialogue:
            return
        _check_targets(kind, dialogue)
        self._trees[kind] = ScriptTree(kind=kind, root=ROOT_MOMENT, nodes=dialogue)


@cache
def standard_library() -> ScriptLibrary:
    """Read the scripts that come with the software, once in each process."""
    return ScriptLibrary(files("scripts_zh"))


@lru_cache(maxsize=256)
def _variable(shown: str, fact: str) -> Template:
    """One variable as its script shows it. Compiling took four fifths of choosing recipients."""
    return compile_source(shown, frozenset({fact}))


def _compile(script: Script) -> Template:
    """Compile what the sandbox accepts; the error names the script."""
    try:
        return compile_source(script.source, script.needs)
    except ScriptError as error:
        raise ScriptError(error.message, script_id=script.id) from error


def _check_targets(kind: Kind, dialogue: Mapping[str, Script]) -> None:
    if ROOT_MOMENT not in dialogue:
        raise ScriptError(f"{kind.value} 缺少起始环节 {ROOT_MOMENT}")
    for script in dialogue.values():
        for branch in script.branches:
            if branch.to not in dialogue:
                raise ScriptError(f"没有要去的环节 {branch.to}", script_id=script.id)


def _shown(script: Script, words: Words, text: tuple[str, ...] | None) -> Rendered:
    """Show the script with its text; None: with the fallback's words, a note to the caller."""
    return Rendered(
        id=script.id,
        version=FALLBACK_VERSION if text is None else script.version,
        moment=script.moment,
        medium=Medium.NOTE if text is None else script.medium,
        title=script.title,
        text=_FALLBACK_LINES if text is None else text,
        buttons=script.buttons,
        branches=tuple(b for b in script.branches if b.is_offered(words.occasion, words.topic)),
        manners=script.manners,
        score=script.score,
    )
