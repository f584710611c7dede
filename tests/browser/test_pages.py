"""Can a director, a township manager, a village doctor do it in a browser, with a keyboard, on a phone, in English?"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

ROLES = {
    "director": "县卫健局负责人", "fund": "医保基金管理", "lead": "牵头医院管理者", "township": "乡镇卫生院院长",
    "doctor": "乡镇医生", "nurse": "健康服务站护士", "village": "乡村医生", "specialist": "县级专科医生",
    "reader": "共享中心诊断医生", "commissioner": "公共卫生专员", "liaison": "公共卫生联络员",
    "supervisor": "监督员", "planner": "规划人员", "admin": "系统管理员",
}  # fmt: skip
#: What a director opens that has a question in its address. Pages without one are found by themselves.
ASKED = {
    "community": "/cockpit/?unit=community:NH-G1",
    "month": "/cockpit/?period=2025-06",
    "indicator": "/indicators/m24_07/?period=2025",
    "rows": "/indicators/nh_primary_share/rows/?period=2025",
    "rule-card": "/rules/budget.overrun_bearer/",
    "rule-differences": "/rules/differences/?pack=ninghai",
    "network-overlay": "/network/?on=2025-06-01&overlay=NH-S1",
    "missing": "/nothing-here/",
}
#: Who looks at the pages of a slice; the first part of the address says which.
READERS = {
    "residents": "doctor", "tasks": "village", "": "village", "jobs": "admin", "accounts": "admin", "audit": "supervisor",
    "break-glass": "supervisor",
}  # fmt: skip
#: No page: answers for scripts and machines, files, the way out.
NO_PAGE = re.compile(r"suggest|export|template|refused\.|api/|sign-|\.xlsx|\.pdf|\.csv|/language/|/read/|demonstration")


def plain_addresses() -> list[str]:
    """Every address without a question in it."""
    from django.urls import URLPattern, get_resolver

    def walk(patterns, before):
        for pattern in patterns:
            here = before + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield here
            else:
                yield from walk(pattern.url_patterns, here)

    return sorted(a for a in walk(get_resolver().url_patterns, "/") if "<" not in a and not NO_PAGE.search(a))


def pages() -> dict[str, tuple[str, str]]:
    """name → (reader, address)."""
    found = {name: ("director", address) for name, address in ASKED.items()}
    for address in plain_addresses():
        found[address] = (READERS.get(address.split("/")[1], "director"), address)
    found["case"] = ("village", "/tasks/?label=高血压随访#first")
    found["search-hits"] = ("village", "/search/?q=医")
    return found


PAGES = pages()
AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@pytest.mark.parametrize("username", ROLES)
def test_each_role_signs_in_with_one_press_and_lands_on_its_own_home(signed_in, username):
    page = signed_in(username)
    page.goto("/")
    expect(page.locator(".who-role")).to_have_text(ROLES[username])
    expect(page.locator("h1.answer")).to_be_visible()
    expect(page.locator(".main-nav a[aria-current=page]")).to_have_text("今天")
    assert page.complaints == []
    page.close()


def test_the_overview_answers_and_a_figure_leads_to_its_explanation_and_rows(signed_in):
    page = signed_in("director")
    page.goto("/cockpit/?period=2025")
    expect(page.locator("h1.answer")).to_have_text(re.compile(r"\d+ 项目标中 \d+ 项达到"))
    row = page.locator("li.target", has_text="基层就诊率")
    value = row.locator(".big .num").inner_text()
    row.get_by_role("link", name="这个数怎么来的").click()
    expect(page.locator(".huge")).to_contain_text(value)
    expect(page.locator("#how")).to_contain_text("÷")
    expect(page.locator(".card")).to_contain_text("宁政发〔2017〕66号")
    page.get_by_role("link", name="查看背后的记录").click()
    expect(page.locator(".ids li").first).to_be_visible()
    page.go_back()
    expect(page.locator(".huge")).to_contain_text(value)


def test_a_rule_is_found_by_a_word_and_shows_its_clause(signed_in):
    page = signed_in("planner")
    page.goto("/rules/")
    page.get_by_label("找什么").fill("超支")
    page.get_by_label("找什么").press("Enter")
    page.locator("a[href*='budget.overrun_bearer']").click()
    expect(page.locator("blockquote").first).to_have_text("超支分担部分原则上由县域医共体牵头医院承担")


def test_the_network_is_shown_for_a_chosen_day(signed_in):
    page = signed_in("director")
    page.goto("/network/")
    page.get_by_label("哪一天的网络").fill("2025-06-01")
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_role("heading", name="第一综合医共体")).to_be_visible()
    page.get_by_role("link", name=re.compile("第一专科医共体")).click()
    expect(page.locator(".tree .dot").first).to_be_visible()
    expect(page.locator(".eyebrow")).to_contain_text("2025-06-01")


def test_the_switch_to_english_keeps_the_page_and_can_be_taken_back(signed_in):
    page = signed_in("fund")
    page.goto("/indicators/m24_07/?period=2025")
    page.locator(".me").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", name="Where this figure comes from")).to_be_visible()
    assert "/indicators/m24_07/?period=2025" in page.url
    page.locator(".me").click()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="这个数怎么来的")).to_be_visible()


def test_a_table_is_sorted_by_a_press_and_what_has_no_value_stays_last(signed_in):
    page = signed_in("director")
    page.goto("/cockpit/?period=2025")
    table = page.locator("table[data-sortable]")
    heads = table.locator("thead th.right")
    heads.first.get_by_role("button").click()
    expect(heads.first).to_have_attribute("aria-sort", "descending")
    index = table.locator("thead th").count() - heads.count()
    cells = table.locator(f"tbody tr td:nth-child({index + 1})")
    values = cells.evaluate_all("cells => cells.map(c => c.dataset.value ?? null)")
    known = [int(v) for v in values if v is not None]
    assert known == sorted(known, reverse=True)
    assert values[: len(known)] == [str(v) for v in known]


def test_the_keyboard_reaches_the_content_and_focus_is_visible(signed_in):
    page = signed_in("director")
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_fits_and_is_quiet(signed_in, name):
    """One look at each page: at both sizes nothing for axe and nothing sideways, at 320 px and at twice the text too, and
    no complaint of the console."""
    reader, address = PAGES[name]
    page = signed_in(reader)
    if page.request.get(address).status == 405:
        pytest.skip("only receives forms")
    answer = page.goto(address.removesuffix("#first"))
    if address.endswith("#first"):
        page.locator(".work-title").first.click()
        expect(page.locator("#case")).to_be_visible()
    for width, text, look in ((1440, "100%", True), (1440, "200%", False), (390, "100%", True), (320, "100%", False)):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("size => document.documentElement.style.setProperty('font-size', size)", text)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width, (width, text)
        if look:
            found = Axe().run(page, options=AXE)
            assert found.violations_count == 0, f"{width} px\n{found.generate_report()}"
            assert len(found.response["passes"]) > 10  # it did look
    expected = answer.status in (403, 404)
    assert [text for text in page.complaints if not (expected and "Failed to load" in text)] == []
    page.close()


def test_the_sign_in_page_is_clean_too(browser, server):
    page = browser.new_page(base_url=server, locale="zh-CN")
    page.goto("/sign-in/")
    assert Axe().run(page, options=AXE).violations_count == 0
    page.close()


#: Pictures of the documentation: reader and address.
PICTURES = {
    "home-village": ("village", "/"), "home-director": ("director", "/"), "worklist": ("village", "/tasks/?label=高血压随访#first"),
    "cockpit": ("director", "/cockpit/"), "indicator": PAGES["indicator"], "rule-card": PAGES["rule-card"],
    "network": ("director", "/network/?on=2025-06-01&overlay=NH-S1"),
}  # fmt: skip


@pytest.mark.skipif(not os.environ.get("OPENCMC_SCREENSHOTS"), reason="OPENCMC_SCREENSHOTS=HOME rewrites docs/images")
@pytest.mark.parametrize("name", PICTURES)
def test_pictures_for_the_documentation(signed_in, repository: Path, name):
    for size, suffix in (("wide", ""), ("phone", "-phone")):
        reader, address = PICTURES[name]
        page = signed_in(reader, size)
        page.goto(address.removesuffix("#first"))
        if address.endswith("#first"):
            page.locator(".work-title").first.click()
        expect(page.locator("h1")).to_be_visible()
        page.screenshot(path=repository / "docs" / "images" / f"{name}{suffix}.png")
