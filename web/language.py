"""In which language a person reads the panel: Chinese, or English by their own choice.

The texts in the code are Chinese; they are the keys of the English catalogue
(`translations/en/LC_MESSAGES/messages.po`), which is read once, when it is first needed. Templates
say `_("中文")` for their own words and `text|say` for words that come from below `web/`: labels,
reasons, messages. What is spoken to customers, what people typed and the files of the procedure
stay Chinese; pages mark them with `lang="zh-CN"`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from babel.support import NullTranslations
from flask import Flask, request
from flask_babel import Babel, Domain, get_locale

from web.phrasebook import Phrasebook
from web.rule_words import rule_words

LANGUAGES = {"zh": "中文", "en": "English"}
"""What may be chosen, each in its own words. The first is what everybody begins with."""

COOKIE = "waihu-language"
HTML_NAMES = {"zh": "zh-CN", "en": "en"}
CATALOGUE = "translations/en/LC_MESSAGES/messages.po"


class _Words(NullTranslations):
    """The translations of one catalogue; a text that has none stays as it is."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__()
        self._found = {(m.context, m.id): m.string for m in _said(catalog)}

    def ugettext(self, message: str) -> str:
        return str(self._found.get((None, message), message))

    def upgettext(self, context: str, message: str) -> str:
        return str(self._found.get((context, message), message))


class _Domain(Domain):
    """Where Flask-Babel finds the words: Chinese needs none, English has one catalogue."""

    def get_translations(self) -> NullTranslations:
        return english_words() if is_english() else _CHINESE


_CHINESE = NullTranslations()


@cache
def english_catalogue() -> Catalog:
    """Read the English catalogue from the file that people edit; nothing is compiled."""
    with files("web").joinpath(CATALOGUE).open("rb") as source:
        return read_po(source, locale="en")


@cache
def english_words() -> NullTranslations:
    """Give the catalogue as Flask-Babel asks for it."""
    return _Words(english_catalogue())


@cache
def english_phrases() -> Phrasebook:
    """Give the catalogue as a way to read finished sentences of other packages."""
    entries = _said(english_catalogue())
    return Phrasebook({str(m.id): str(m.string) for m in entries if not m.context})


@cache
def english_script_words() -> dict[str, str]:
    """Give the words that the browser's scripts say."""
    return {
        str(m.id): str(m.string)
        for m in _said(english_catalogue())
        if any(path.endswith(".js") for path, _line in m.locations)
    }


def _said(catalog: Catalog) -> Iterator[Message]:
    """Give the entries that have a translation; the file's head is none of them."""
    return (message for message in catalog if message.id and message.string)


def is_english() -> bool:
    """Whether this request is answered in English; outside a request everything is Chinese."""
    locale = get_locale()
    return locale is not None and locale.language == "en"


def chosen_language() -> str:
    """Tell what the browser was set to. Its Accept-Language is not asked: callers read Chinese."""
    wanted = request.cookies.get(COOKIE, "") if request else ""
    return wanted if wanted in LANGUAGES else "zh"


def say(text: str, rule: str | None = None) -> str:
    """Give a text from below the pages in the reader's language.

    `text` is a whole label, reason or message, as the rule or the flow wrote it. In English a
    reason that the catalogue does not know is replaced by what its `rule` says in general.
    """
    if not text or not is_english():
        return text
    found = english_phrases().find(text)
    if found is None and rule is not None:
        return rule_words(rule)
    return text if found is None else found


def init_language(app: Flask) -> None:
    """Make `_`, `say` and the language of the page known to the templates."""
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    babel = Babel()  # type: ignore[no-untyped-call]
    babel.init_app(app, default_timezone="Asia/Shanghai", locale_selector=chosen_language)  # type: ignore[no-untyped-call]
    babel.domain_instance = _Domain()  # type: ignore[no-untyped-call]
    app.add_template_filter(say)
    app.context_processor(
        lambda: {
            "language": chosen_language(),
            "languages": LANGUAGES,
            "html_language": HTML_NAMES[chosen_language()],
            "script_words": english_script_words() if is_english() else None,
        }
    )
