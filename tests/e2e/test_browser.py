"""The fixtures themselves: locale, clock, accessibility checker, errors inside the page."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, Route

CLEAN = "<html lang=zh-CN><title>外呼</title><main><h1>外呼</h1></main>"


def test_the_browser_is_a_callers(page: Page) -> None:
    assert page.evaluate("new Date(0).getHours()") == 8
    assert page.evaluate("navigator.language") == "zh-CN"


def test_axe_finds_what_is_wrong_and_nothing_else(
    page: Page, axe: Callable[[Page], list[str]]
) -> None:
    page.set_content(CLEAN)
    assert axe(page) == []
    page.set_content(CLEAN + "<img src='data:,'>")
    assert [finding.split(":")[0] for finding in axe(page)] == ["image-alt"]


def test_axe_runs_under_a_strict_policy_and_breaches_are_noted(
    page: Page, axe: Callable[[Page], list[str]], page_errors: list[str]
) -> None:
    def answer(route: Route) -> None:
        route.fulfill(
            body=CLEAN + "<script>document.title = 'changed'</script>",
            content_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": "default-src 'self'"},
        )

    page.route("http://shop.invalid/", answer)
    page.goto("http://shop.invalid/")
    assert axe(page) == []
    assert page.title() == "外呼"
    assert any("Content Security Policy" in error for error in page_errors)
    page_errors.clear()
