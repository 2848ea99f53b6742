"""A headless Chromium, and pages that may not fail, complain, or ask the network for anything."""

import os
import shutil
from pathlib import Path

import pytest

LOCAL = ("file:", "data:", "blob:", "about:")


def chromium_path() -> str | None:
    """The browser named by CHROMIUM, or the first that is installed."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


@pytest.fixture(scope="session")
def browser():
    """A session's browser (playwright's `Browser`). Skips where there is none, but not in CI."""
    path = chromium_path()
    if path is None:
        missing = "no chromium: install one with `make browser`, or name it in CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path)
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser):
    """open_page(path or address, **context): a page, opened. At the end of the test every
    console error, uncaught exception and request beyond this machine is a failure.

    context: what playwright's `new_context` takes (viewport, color_scheme, …).
    """
    contexts, faults = [], []

    def open_(path: Path, **context):
        made = browser.new_context(offline=True, **context)
        contexts.append(made)
        page = made.new_page()
        page.set_default_timeout(10_000)
        watch(page, faults)
        page.goto(path.as_uri() if isinstance(path, Path) else path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


def watch(page, faults: list[str]) -> None:
    """Collects what a page does wrong, a sentence each."""

    def on_console(message) -> None:
        if message.type in ("error", "warning"):
            faults.append(f"console {message.type}: {message.text}")

    def on_request(request) -> None:
        if not request.url.startswith(LOCAL):
            faults.append(f"asked the network for {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: faults.append(f"uncaught: {error}"))
    page.on("request", on_request)
