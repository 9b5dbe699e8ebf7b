"""The sandbox: which templates are accepted at all, and the environment that fills them in.

A script may be edited by users some day, and a template language is a programming language. So the
syntax tree is held against a short list of what a sentence needs; whatever is not on it is refused
before anything is compiled. The sandboxed environment behind it is the second fence.
"""

from __future__ import annotations

from typing import Final

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from scripts_zh.context import FACTS, ROOTS, Words
from scripts_zh.errors import ScriptError
from scripts_zh.filters import FILTERS, one_line

SOURCE_MAX_CHARS: Final = 4_000
TREE_MAX_NODES: Final = 400
_CONST_MAX_CHARS: Final = 40
_CONST_MAX_NUMBER: Final = 10**9


class _Sandbox(ImmutableSandboxedEnvironment):
    """Reads the listed facts of the nine roots; calls nothing."""

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        return attr in FACTS.get(type(obj), frozenset())

    def is_safe_callable(self, obj: object) -> bool:
        return False


def compile_source(source: str, needs: frozenset[str]) -> Template:
    """Check and compile. Raises ScriptError as `facts_used` does, and if it reads other facts."""
    odd = facts_used(source) ^ needs
    if odd:
        raise ScriptError(f"needs 与正文用到的变量不一致：{'、'.join(sorted(odd))}")
    return _ENVIRONMENT.from_string(source)


def fill(template: Template, words: Words) -> tuple[str, ...]:
    """Give the lines that the template says with these facts: plain text; pages escape it.

    Raises ScriptError when a fact is missing or of the wrong type. A root that is None is left out,
    so that nothing of it can be read, not even that it is none.
    """
    roots = {name: getattr(words, name) for name in ROOTS}
    try:
        text = template.render(
            {name: root for name, root in roots.items() if root is not None}, now=words.now
        )
    except (TemplateError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise ScriptError(f"话术无法填写：{error}") from error
    lines = tuple(line.strip() for line in text.split("\n") if line.strip())
    if not lines:
        raise ScriptError("话术填写后没有内容")
    return lines


def facts_used(source: str) -> frozenset[str]:
    """List the facts (`order.amount_fen`) that a template reads; hold it against what is allowed.

    Raises ScriptError for anything but text, `{{ root.fact | filter }}` and `{% if %}` with
    and/or/not/comparisons, for more than 4,000 characters and for more than 400 nodes.
    """
    if len(source) > SOURCE_MAX_CHARS:
        raise ScriptError(f"话术超过 {SOURCE_MAX_CHARS} 个字符")
    try:
        tree = _ENVIRONMENT.parse(source)
        return _check_tree(tree)
    except TemplateError as error:
        raise ScriptError(f"话术写法有误：{error}") from error
    except RecursionError as error:
        raise ScriptError("话术嵌套太深") from error


def _check_tree(tree: nodes.Template) -> frozenset[str]:
    if sum(1 for _ in tree.find_all(nodes.Node)) > TREE_MAX_NODES:
        raise ScriptError(f"话术的结构超过 {TREE_MAX_NODES} 个节点")
    used: set[str] = set()
    _check_body(tree.body, used)
    return frozenset(used)


def _check_body(body: list[nodes.Node], used: set[str]) -> None:
    for node in body:
        if type(node) is nodes.Output:
            for part in node.nodes:
                if type(part) is not nodes.TemplateData:
                    _check_value(part, used)
        elif type(node) is nodes.If:
            _check_condition(node.test, used)
            _check_body(node.body, used)
            _check_body(list(node.elif_), used)
            _check_body(node.else_, used)
        else:
            raise _refusal(node)


def _check_condition(node: nodes.Node, used: set[str]) -> None:
    if type(node) in (nodes.And, nodes.Or):
        assert isinstance(node, nodes.BinExpr)
        _check_condition(node.left, used)
        _check_condition(node.right, used)
    elif type(node) is nodes.Not:
        _check_condition(node.node, used)
    elif type(node) is nodes.Compare:
        _check_operand(node.expr, used)
        for operand in node.ops:
            if operand.op in ("in", "notin"):
                raise _refusal(operand)
            _check_operand(operand.expr, used)
    elif type(node) is nodes.Test:
        if node.name != "none":
            raise _refusal(node)
        _check_fact(node.node, used)
    else:
        _check_fact(node, used)


def _check_operand(node: nodes.Node, used: set[str]) -> None:
    if type(node) is not nodes.Const:
        _check_fact(node, used)
        return
    value = node.value
    is_small_number = isinstance(value, int) and abs(value) <= _CONST_MAX_NUMBER
    is_short_text = isinstance(value, str) and len(value) <= _CONST_MAX_CHARS
    if not is_small_number and not is_short_text:
        raise _refusal(node)


def _check_value(node: nodes.Node, used: set[str]) -> None:
    if type(node) is not nodes.Filter:
        _check_fact(node, used)
        return
    if node.node is None or node.name not in FILTERS:
        raise _refusal(node)
    if node.args or node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
        raise _refusal(node)
    _check_fact(node.node, used)


def _check_fact(node: nodes.Node, used: set[str]) -> None:
    if type(node) is not nodes.Getattr or type(node.node) is not nodes.Name:
        raise _refusal(node)
    root = node.node.name
    if root not in ROOTS or node.attr not in FACTS[ROOTS[root]]:
        raise ScriptError(f"第 {node.lineno} 行：没有 {root}.{node.attr} 这个变量")
    used.add(f"{root}.{node.attr}")


def _refusal(node: nodes.Node) -> ScriptError:
    return ScriptError(f"第 {node.lineno} 行：话术里不允许这样写（{type(node).__name__}）")


def _as_text(value: object) -> str:
    """Put out text and whole numbers as they are; the rest needs a filter."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be spoken as it is")


def _make_environment() -> _Sandbox:
    # No autoescape: the text is for a voice, a chat or a terminal; pages escape it themselves.
    environment = _Sandbox(
        undefined=StrictUndefined,
        autoescape=False,
        finalize=_as_text,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=0,
    )
    environment.globals.clear()
    environment.filters.clear()
    environment.filters.update(FILTERS)
    environment.tests = {"none": environment.tests["none"]}
    return environment


_ENVIRONMENT: Final = _make_environment()
