"""The page About in a real browser."""

from playwright.sync_api import expect

from inference.catalogue.catalogue import load_catalogue
from tests.browser.conftest import (
    OpenPage,
    check_look,
    settled,
)
from tests.space_fixtures import TUNED, RunningSpace


def test_the_program_for_the_model_on_show_can_be_copied(
    open_page: OpenPage, space: RunningSpace, tiny_catalogue
):
    page = open_page(f"{space.url}/about", permissions=["clipboard-read", "clipboard-write"])
    settled(page)
    block = page.locator("[data-testid=stCode]").first
    block.hover()
    block.get_by_role("button").click()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert f'"{TUNED}"' in copied and "pipeline(" in copied, copied
    assert load_catalogue(tiny_catalogue).models[0].revision in copied


def test_each_way_to_use_it_has_its_tab(open_page: OpenPage, space: RunningSpace):
    page = settled(open_page(f"{space.url}/about"))
    page.get_by_role("tab", name="curl").click()
    expect(page.get_by_text("/api/classify").first).to_be_visible()
    page.get_by_role("tab", name="ONNX").click()
    expect(page.get_by_text("onnxruntime.InferenceSession").first).to_be_visible()


def test_it_reads_well_at_every_width_and_in_both_modes(open_page: OpenPage, space: RunningSpace):
    page = settled(open_page(f"{space.url}/about", color_scheme="dark"))
    check_look(page, "about")
