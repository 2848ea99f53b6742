"""The widget in a browser: sliders, curve, read-out, gaps, table, small and dark pages."""

import math
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.reports.atlas.pages import decomposed, write_page
from tests.reports.atlas.values import batch, expected

GRID = [math.pi * n / 160 for n in range(1, 160)]


@pytest.fixture
def opened(open_page, tmp_path):
    """opened(loss, **context): the page of a loss's plot, drawn."""

    def open_(name, **context):
        page = open_page(write_page(tmp_path, name), **context)
        page.wait_for_selector("svg .curve", state="attached")  # a flat one has no height
        return page

    return open_


def settle(page) -> None:
    """Until the next frame is drawn."""
    page.evaluate("new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(f)))")


def slide(page, name: str, position: int) -> None:
    page.locator(f"[data-name={name}]").fill(str(position))
    settle(page)


def curve(page) -> dict[int, float]:
    """The drawn curve, number in the grid → value, by the ticks of the vertical axis."""
    drawn, lines, texts = page.evaluate(
        """() => [document.querySelector(".curve").getAttribute("d"),
            [...document.querySelectorAll(".grid")].map((x) => +x.getAttribute("y1")),
            [...document.querySelectorAll("text[text-anchor=end]")].map((x) => x.textContent)]"""
    )
    ends = page.evaluate(
        "() => ['x1', 'x2'].map((a) => +document.querySelector('.grid').getAttribute(a))"
    )
    ticks = [float(x.replace("−", "-")) for x in texts]
    slope, offset = np.polyfit(lines, ticks, 1)
    found = {}
    for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", drawn):
        theta = (float(x) - ends[0]) / (ends[1] - ends[0]) * math.pi
        found[round(theta / math.pi * 160) - 1] = slope * float(y) + offset
    return found


def of_tensors(name, key, settings) -> list[float]:
    return [expected(decomposed(name), **(settings | {"theta": t}))[key] for t in GRID[9::20]]


def settings(page) -> dict[str, object]:
    """What the sliders are set to, as the widget keeps it."""
    return page.evaluate("contragrad.plots[0].settings")


@pytest.mark.parametrize(
    ("name", "key", "slider"),
    [("infonce", "gd", "tau"), ("arccon", "ratio", "u"), ("vicreg", "loss", "mean")],
)
def test_sliders_move_the_curve_to_where_tensors_have_it(opened, name, key, slider):
    page = opened(name)
    page.select_option("select", key)
    settle(page)
    before = curve(page)
    slide(page, slider, 150)
    after = curve(page)
    want = of_tensors(name, key, settings(page))
    assert [after[n] for n in range(9, 159, 20)] == pytest.approx(
        want, abs=2e-3 * max(map(abs, want))
    )
    assert max(abs(before[n] - after[n]) for n in before.keys() & after.keys()) > 0.01 * max(want)


def test_the_marker_reads_the_value_with_keys_and_with_the_pointer(opened):
    page = opened("infonce")
    theta = page.locator("[data-name=theta]")
    theta.focus()
    theta.fill("64")
    theta.press("ArrowRight")
    settle(page)
    value = expected(decomposed("infonce"), **(settings(page) | {"theta": GRID[64]}))["gd"]
    assert page.inner_text("[data-part=reading]") == f"θ = 0.406π: GD₀ = {value:.3g}"
    assert page.locator("[data-part=told]").text_content() == ""  # not at every step
    page.wait_for_function(
        "document.querySelector('[data-part=told]').textContent.includes('0.406')"
    )
    box = page.locator("svg").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    settle(page)
    assert 0.4 < theta.evaluate("x => x.value / 160") < 0.6
    assert theta.get_attribute("aria-valuetext").endswith("π")


def test_where_no_negative_is_active_there_is_no_ratio_and_the_page_says_so(opened):
    page = opened("alpha_triplet")
    page.select_option("select", "ratio")
    slide(page, "eps", 0)
    open_ = [n for n, t in enumerate(GRID) if expected_pushes(page, t)]
    assert list(curve(page)) == open_
    said = f"Undefined at {159 - len(open_)} of 159 angles: no negative is active."
    assert page.inner_text("[data-part=gaps]") == said
    assert page.inner_text("[data-part=reading]").endswith("R₀ = undefined (no negative is active)")


def expected_pushes(page, theta) -> bool:
    """Whether a push of the triplet loss is not 0: an angle of a negative is below θ_00'."""
    spread, mean = (page.evaluate(f"contragrad.plots[0].settings.{x}") for x in ("spread", "mean"))
    h, _ = batch(theta, mean, spread)
    return bool((h[0] @ h[1:].T).max() > math.cos(theta))


def test_where_the_ratio_is_a_quotient_by_zero_nothing_is_drawn(opened):
    page = opened("tao_vicreg")
    page.select_option("select", "ratio")
    slide(page, "nu", 0)
    assert page.locator(".curve").get_attribute("d") == ""
    assert page.inner_text("[data-part=gaps]") == "Undefined at 159 of 159 angles: it is infinite."


def test_the_defaults_come_back(opened):
    page = opened("siglip")
    before = settings(page)
    for name in ("mean", "spread", "t", "b"):
        slide(page, name, 20)
    assert settings(page) != before
    page.get_by_role("button", name="Back to the defaults").click()
    settle(page)
    assert settings(page) == before


def test_what_a_loss_has_none_of_cannot_be_chosen(opened):
    page = opened("align")
    disabled = page.locator("option:disabled").evaluate_all("x => x.map((o) => o.value)")
    assert set(disabled) == {"gd", "ratio", "push", "pushes", "share"}
    assert page.locator("select").input_value() == "pull"
    assert "There are no negatives" in page.inner_text(".plot")


def test_each_negative_has_a_line(opened):
    page = opened("ntxent")
    page.select_option("select", "pushes")
    settle(page)
    assert page.locator(".curve").count() == 30  # of both views
    assert page.locator(".curve:not(.weak)").count() == 1


def test_the_table_has_the_values(opened):
    page = opened("infonce")
    page.locator("summary").click()
    page.wait_for_selector("tbody tr")
    rows = page.locator("tbody tr").all_inner_texts()
    assert len(rows) == 15
    value = expected(decomposed("infonce"), **(settings(page) | {"theta": math.pi / 2}))["gd"]
    angle, text = rows[7].split("\t")
    assert angle == "0.5π"
    assert float(text) == pytest.approx(value, rel=1e-2)


def test_a_narrow_page_fits_and_is_accessible(opened):
    page = opened("vicreg", viewport={"width": 320, "height": 640}, reduced_motion="reduce")
    page.locator("summary").click()
    page.wait_for_selector("tbody tr")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_without_scripts_the_page_says_what_is_missing(opened, open_page, tmp_path):
    page = open_page(write_page(tmp_path, "infonce"), java_script_enabled=False)
    assert "needs JavaScript" in page.inner_text("body")
    assert not page.locator("select").is_visible()


def test_a_fault_of_a_page_fails_its_test(browser, tmp_path):
    from tests.reports.atlas.conftest import watch

    path = tmp_path / "bad.html"
    path.write_text(
        "<title>bad</title><script>console.error('said');"
        "fetch('https://example.org').catch(() => 0);"
        "throw Error('thrown')</script>"
    )
    faults = []
    page = browser.new_page()
    watch(page, faults)
    page.goto(path.as_uri())
    page.close()
    assert {x.partition(":")[0] for x in faults} >= {"console error", "uncaught"}
    assert "asked the network for https://example.org/" in faults
