"""The main stories of the front door in a browser: a reorganisation with its preview, a duplicate merged and separated,
an auditor who verifies the chain."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_director_sees_what_a_reorganisation_moves_before_registering_it_and_takes_it_back(signed_in):
    page = signed_in("director")
    page.goto("/network/decisions/")
    body = page.locator("form:has(input[value=body])")
    body.locator("xpath=ancestor::details").evaluate("panel => panel.open = true")
    body.get_by_label("名称").fill("县医共体管理委员会")
    body.get_by_label("成立日期").fill("2018-01-01")
    body.get_by_role("button", name="登记").click()
    decision = page.locator("form:has(input[value=decision])")
    decision.locator("xpath=ancestor::details").evaluate("panel => panel.open = true")
    decision.locator("[name=body]").select_option(label="县医共体管理委员会")
    decision.locator("[name=decided_on]").fill("2025-12-20")
    decision.locator("[name=title]").fill("关于调整医共体成员的决定")
    decision.locator("[name=text]").fill("黄坛卫生院转入第一综合医共体。")
    decision.get_by_role("button").click()
    expect(page.locator("main")).to_contain_text("关于调整医共体成员的决定")

    page.goto("/network/reorganisations/")
    page.get_by_label("题目").fill("黄坛转入第一综合医共体")
    page.get_by_label("生效日").fill("2026-12-31")
    page.locator("[name=decision]").select_option(index=1)
    page.get_by_role("button", name="起草").click()
    expect(page.get_by_role("button", name="登记这项调整")).to_have_count(0)
    page.get_by_role("link", name="转入另一个医共体").click()
    page.locator("[name=institution]").fill("黄坛卫生院")
    page.locator("[name=community]").select_option("NH-G2")
    page.locator("[name=to_community]").select_option("NH-G1")
    page.locator("#add button").click()
    after = page.locator("section[aria-labelledby=after-h]")
    expect(after.locator("ins, li, .node").filter(has_text="黄坛卫生院").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("随之的居民")

    page.get_by_role("button", name="登记这项调整").first.click()
    expect(page.locator("main")).to_contain_text("已登记；2026-12-31 起按新的网络")
    page.locator("summary", has_text="撤销这项调整").click()
    page.get_by_role("button", name="确认撤销").click()
    expect(page.locator("main")).to_contain_text("已撤销")
    assert page.complaints == []


def register_again(page) -> str:
    """A second entry of the first resident of the list, without an ID: name, sex, birth date and village are the same.
    Returns the first one's number."""
    page.goto("/residents/mine/")
    known = page.locator("main table a").first.get_attribute("href")
    page.goto(f"{known}edit/")
    said = {name: page.locator(f"[name={name}]").input_value() for name in ("name", "sex", "birth_date", "place")}
    page.goto("/residents/new/")
    page.locator("[name=id_type]").select_option("none")
    page.locator("[name=no_id_reason]").fill("未带证件")
    for name in ("name", "birth_date"):
        page.locator(f"[name={name}]").fill(said[name])
    for name in ("sex", "place"):
        page.locator(f"[name={name}]").select_option(said[name])
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("main")).to_contain_text("系统里可能已有这个人")
    expect(page.locator("main")).to_contain_text("姓名：相同")
    page.get_by_label("上面的人都不是，仍要登记").check()
    page.get_by_label("为什么不是同一人").fill("先登记，稍后核对")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("main")).to_contain_text("已登记")
    return known.rstrip("/").rsplit("/", 1)[1]


def test_a_duplicate_is_merged_and_separated_again_and_both_entries_are_there(signed_in):
    known = register_again(signed_in("doctor"))
    page = signed_in("township")
    page.goto("/residents/review/")
    page.locator(f"main a[href*=compare][href*={known}]").first.click()
    page.locator(f"input[name=keep][value={known}]").check()
    page.locator("input[name=reason]").fill("同一人，村医当面核对")
    page.get_by_role("button", name="合并这两份登记").click()
    page.goto(f"/residents/{known}/merges/")
    expect(page.locator("main")).to_contain_text("合并中")
    page.locator("summary", has_text="拆分这次合并").click()
    separating = page.locator("form[action*=separate]")
    separating.locator("input:not([type=hidden]), textarea").last.fill("核对后是两个人")
    separating.get_by_role("button").click()
    expect(page.locator("main")).to_contain_text("已拆分，两份登记恢复原样")
    assert page.complaints == []


def test_an_auditor_verifies_the_chain_and_reads_in_words_who_did_what(signed_in):
    signed_in("village").goto("/residents/mine/")
    page = signed_in("supervisor")
    page.goto("/audit/verify/")
    page.get_by_role("button", name="现在核验").click()
    page.wait_for_load_state()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        re.compile(r"最近一次核验：.*行完整，没有被改动"), timeout=20_000
    )
    page.goto("/audit/")
    table = page.locator("table.audit-lines")
    expect(table).to_contain_text("居民列表")
    assert not re.search(r"\b(list|record|form|account|task:)\b", table.inner_text())
    assert page.complaints == []
