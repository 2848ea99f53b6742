"""The atlas in headless Chromium: no page complains, search and filters work, axe finds nothing."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.reports.atlas.small_site import LOSSES, site

__all__ = ["site"]  # a fixture

PAGES = ("index.html", "claims.html", "results.html", "about.html", "losses/mpt.html")
PHONE = {"width": 320, "height": 640}
# Waits for what the theme and the list animate, so that colours are final.
STILL = {"reduced_motion": "reduce"}


def shown(page):
    return page.eval_on_selector_all(
        "[data-text]",
        "items => items.filter(x => !x.hidden).map(x => x.querySelector('a').innerText)",
    )


def losses_shown(page):
    return page.eval_on_selector_all(
        "[data-text]",
        "all => all.filter(x => !x.hidden).map(x => x.querySelector('code').innerText)",
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_and_its_formulas_have_a_size(site, open_page, name):
    page = open_page(site / name)
    assert page.locator("h1").is_visible()
    page.eval_on_selector_all("details", "all => all.forEach(x => x.open = true)")
    sizes = page.eval_on_selector_all(
        "math", "all => all.map(x => x.getBoundingClientRect()).map(x => [x.width, x.height])"
    )
    assert all(width > 0 and height > 0 for width, height in sizes)
    assert sizes or name in ("results.html", "about.html")


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(site, open_page, name):
    page = open_page(site / name, **STILL)
    page.eval_on_selector_all("details", "all => all.forEach(x => x.open = true)")
    assert violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_the_dark_colours_clear(site, open_page, name):
    page = open_page(site / name, color_scheme="dark", **STILL)
    page.eval_on_selector_all("details", "all => all.forEach(x => x.open = true)")
    assert violations(page, "color-contrast") == []


def test_axe_finds_a_planted_fault(site, open_page):
    page = open_page(site / "index.html", **STILL)
    page.evaluate("document.querySelector('label[for=search]').remove()")
    page.evaluate("document.querySelector('#search').removeAttribute('placeholder')")
    assert any(x.startswith("label") for x in violations(page))


def test_axe_finds_planted_text_of_low_contrast(site, open_page):
    page = open_page(site / "index.html", **STILL)
    page.evaluate("document.querySelector('h1').style.color = '#ddd'")
    page.evaluate("document.querySelector('h1').style.background = '#fff'")
    assert any(x.startswith("color-contrast") for x in violations(page, "color-contrast"))


def violations(page, *rules):
    """What axe finds, of these rules or of all. Preloading asks for the style sheet once more,
    which a page from the disk may not."""
    options = {"resultTypes": ["violations"], "preload": False}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    response = Axe().run(page, options=options).response
    found = response["violations"]
    judged = {x["id"] for x in (*response["passes"], *found)}
    assert "color-contrast" in judged  # else no text had a colour that it could tell
    return [f"{x['id']}: {[n['html'][:120] for n in x['nodes'][:3]]}" for x in found]


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_a_phone(site, open_page, name):
    page = open_page(site / name, viewport=PHONE)
    page.eval_on_selector_all("details", "all => all.forEach(x => x.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_search_finds_and_says_how_many(site, open_page):
    page = open_page(site / "index.html")
    assert losses_shown(page) == list(LOSSES)
    page.keyboard.press("/")
    page.keyboard.type("L_DCL+")
    assert losses_shown(page) == ["dcl_plus"]
    assert page.locator("[role=status]").first.inner_text() == "1 of 2"
    page.wait_for_function("location.hash === '#q=L_DCL%2B'")
    page.keyboard.press("Escape")
    assert losses_shown(page) == list(LOSSES)
    page.keyboard.type("no such loss")
    assert losses_shown(page) == []
    assert page.locator(".nothing").is_visible()
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function("!document.querySelector('[data-text]').hidden")
    assert losses_shown(page) == list(LOSSES)


def test_filters_filter_and_the_address_keeps_them(site, open_page):
    page = open_page(site / "claims.html")
    page.get_by_label("Verdict").select_option("false")
    assert shown(page) == ["Eq. 13 <&>"]
    assert page.url.endswith("#verdict=false")
    page.reload()
    assert shown(page) == ["Eq. 13 <&>"]
    page.get_by_label("Paper").select_option("001")
    assert shown(page) == []


def test_an_address_with_a_family_shows_it(site, open_page):
    page = open_page(f"{(site / 'index.html').as_uri()}#family=Contrastive&q=dcl")
    assert losses_shown(page) == ["dcl_plus"]
    page.evaluate("location.hash = 'family=none-of-these'")
    page.wait_for_function("!document.querySelector('[data-text]').hidden")
    assert losses_shown(page) == list(LOSSES)


def test_everything_is_listed_without_scripts(site, open_page):
    page = open_page(site / "index.html", java_script_enabled=False)
    assert page.locator("[data-text]").count() == len(LOSSES)
    assert not page.locator(".finder").is_visible()


def test_the_theme_is_kept_from_page_to_page(site, open_page):
    page = open_page(site / "index.html", color_scheme="light")
    light = background(page)
    button = page.get_by_role("button", name="Theme")
    button.click()
    button.click()
    assert button.inner_text() == "Theme: dark"
    dark = background(page)
    assert dark != light
    page.get_by_role("link", name="Claims").click()
    page.wait_for_url("**/claims.html")
    assert background(page) == dark
    page.get_by_role("button", name="Theme").click()
    assert background(page) == light


def test_the_theme_is_kept_where_storage_is_refused(site, open_page):
    page = open_page(site / "about.html", color_scheme="light")
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('refused'); }})"
    )
    page.reload()
    light = background(page)
    for _ in range(2):
        page.get_by_role("button", name="Theme").click()
    page.reload()
    assert background(page) != light


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_code_is_copied(site, open_page):
    page = open_page(site / "losses" / "mpt.html")
    page.locator(".copy").first.click()
    page.wait_for_function("/Copied|Selected/.test(document.querySelector('.copy').innerText)")


def test_code_is_selected_where_the_clipboard_is_refused(site, open_page):
    page = open_page(site / "losses" / "mpt.html")
    page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));"
        " document.execCommand = () => false; }"
    )
    page.locator(".copy").first.click()
    page.wait_for_function("document.querySelector('.copy').innerText === 'Selected'")
    assert page.evaluate("getSelection().toString()").startswith("import torch")


def test_what_scrolls_is_reached_with_the_keyboard(site, open_page):
    page = open_page(site / "losses" / "dcl_plus.html", viewport=PHONE)
    page.eval_on_selector_all("details", "all => all.forEach(x => x.open = true)")
    page.wait_for_function("document.querySelector('#standalone').tabIndex === 0")
    assert page.evaluate(
        "[...document.querySelectorAll('.wide, .formula, .code pre')]"
        ".every(x => x.scrollWidth <= x.clientWidth + 1 || x.tabIndex === 0)"
    )
