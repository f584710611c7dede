"""Each role does its main step in a browser: with a mouse, with the keyboard alone, on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def open_hypertension(page) -> None:
    page.goto("/tasks/?label=高血压随访")
    page.locator(".work-title").first.click()
    expect(page.locator("#case h2")).to_have_text("高血压随访")


def test_a_village_doctor_finishes_a_follow_up_in_three_actions_and_the_next_one_is_open(signed_in):
    page = signed_in("village")
    page.goto("/tasks/?label=高血压随访")
    page.locator(".work-title").first.click()
    page.get_by_label("收缩压").fill("128")
    page.get_by_label("舒张压").fill("78")
    page.get_by_role("button", name="控制满意", exact=True).click()
    expect(page.locator(".done-message")).to_contain_text("已办：高血压随访，控制满意；下次")
    expect(page.locator("#case form.finish")).to_be_visible()
    assert page.complaints == []


def test_the_same_with_the_keyboard_alone(signed_in):
    page = signed_in("village")
    page.goto("/tasks/?label=高血压随访")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_label("收缩压")).to_be_focused()
    page.keyboard.type("150")
    page.keyboard.press("Enter")
    expect(page.get_by_label("舒张压")).to_be_focused()
    page.keyboard.type("95")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="控制不满意")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".done-message")).to_contain_text("控制不满意")


def test_a_number_key_chooses_the_outcome_of_a_service(signed_in):
    page = signed_in("village")
    page.goto("/tasks/?label=血压随访")
    overdue = page.locator(".chip", has_text="逾期").locator(".chip-count")
    count = int(overdue.inner_text())
    page.locator(".work.overdue .work-title").first.click()
    expect(page.get_by_role("button", name="已完成")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator(".done-message")).to_contain_text("已办：血压随访，已完成")
    expect(overdue).to_have_text(str(count - 1))


def test_a_blood_pressure_that_cannot_be_is_stopped_at_its_field_and_nothing_is_lost(signed_in):
    page = signed_in("village")
    open_hypertension(page)
    page.get_by_label("收缩压").fill("1200")
    page.get_by_label("舒张压").fill("80")
    page.get_by_role("button", name="控制满意", exact=True).click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.locator(".field-error")).to_contain_text("读到“1200”")
    expect(page.get_by_label("舒张压")).to_have_value("80")
    page.locator("[data-error-summary] a").click()
    expect(page.get_by_label("收缩压")).to_be_focused()


def test_leaving_a_form_that_is_not_sent_asks_and_a_clean_one_does_not(signed_in):
    page = signed_in("village")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    open_hypertension(page)
    page.goto("/")
    assert asked == []
    open_hypertension(page)
    page.get_by_label("收缩压").fill("128")
    page.locator(".brand").click()
    page.wait_for_url(re.compile(r"/$"))
    assert asked == ["beforeunload"]


def test_a_village_doctor_goes_from_home_to_the_first_case(signed_in):
    page = signed_in("village")
    page.goto("/")
    page.locator(".worklist .work-do").first.click()
    expect(page.locator("#case")).to_be_visible()
    expect(page.locator(".person-name")).to_be_visible()


def test_a_township_manager_sees_the_work_of_the_township_and_hands_one_case_over(signed_in):
    page = signed_in("township")
    page.goto("/")
    page.get_by_role("link", name="待办").first.click()
    page.locator(".work-title").first.click()
    expect(page.locator("#case form.finish")).to_have_count(0)  # managers do not treat
    page.locator("summary", has_text="转交").click()
    page.get_by_label("转给哪家机构").select_option(index=0)
    page.locator("#case details[open]").get_by_label("理由").fill("村医休假")
    page.get_by_role("button", name="转交").click()
    expect(page.locator(".done-message")).to_contain_text("已转交")


def test_a_director_sees_what_is_missed_and_opens_it(signed_in):
    page = signed_in("director")
    page.goto("/")
    missed = page.locator(".missed a").first
    name = missed.inner_text()
    missed.click()
    expect(page.locator("h1")).to_contain_text(name)


def test_an_administrator_finds_the_background_jobs(signed_in):
    page = signed_in("admin")
    page.goto("/")
    page.get_by_role("link", name="后台任务").first.click()
    expect(page.locator("h1")).to_have_text("后台任务")


def test_slash_searches_while_typing_and_enter_opens_the_chosen_one(signed_in):
    page = signed_in("director")
    page.goto("/")
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("基层就诊率")
    expect(page.locator("#suggestions [role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#suggestions [aria-selected=true]")).to_contain_text("基层就诊率")
    page.keyboard.press("Enter")
    page.wait_for_url("**/indicators/**")


def test_a_village_doctor_finds_a_resident_of_the_village_in_one_box(signed_in):
    page = signed_in("village")
    page.goto("/tasks/")
    name = page.locator(".work-title").first.inner_text().split()[0]
    page.locator("#find").fill(name)
    page.locator("#suggestions [role=option]", has_text=name).first.click()
    page.wait_for_url("**/residents/**")
    expect(page.locator("h1")).to_contain_text(name)


def test_the_question_mark_opens_the_help_of_the_page_and_escape_closes_it(signed_in):
    page = signed_in("director")
    page.goto("/cockpit/")
    page.keyboard.press("?")
    expect(page.locator(".help-body")).to_contain_text("目标完成情况")
    page.keyboard.press("Escape")
    expect(page.locator(".help-body")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(re.compile(r"/$"))


@pytest.mark.parametrize("username", ["village", "township", "director", "admin"])
def test_a_phone_has_at_most_five_tabs_each_large_enough_for_a_thumb(signed_in, username):
    page = signed_in(username, "phone")
    page.goto("/")
    tabs = page.locator(".tab-bar > a, .tab-bar > details > summary")
    assert 2 <= tabs.count() <= 5
    for box in (tabs.nth(n).bounding_box() for n in range(tabs.count())):
        assert box["height"] >= 44
        assert box["width"] >= 44
    expect(page.locator(".main-nav")).to_be_hidden()


def test_on_a_phone_a_case_takes_the_whole_page_and_leads_back_to_the_list(signed_in):
    page = signed_in("village", "phone")
    page.goto("/tasks/")
    page.locator(".work-title").first.click()
    expect(page.locator(".beside-list")).to_be_hidden()
    page.get_by_role("link", name="回到清单").click()
    expect(page.locator(".beside-list")).to_be_visible()
    expect(page.locator("#case")).to_have_count(0)


def test_every_page_works_without_a_script(browser, server):
    context = browser.new_context(base_url=server, java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto("/sign-in/")
    page.locator("button[name=username][value=doctor]").click()
    page.goto("/tasks/?label=高血压随访")
    page.locator(".work-title").first.click()
    page.get_by_label("收缩压").fill("126")
    page.get_by_label("舒张压").fill("76")
    page.get_by_role("button", name="控制满意").click()
    expect(page.locator(".done-message")).to_contain_text("已办")
    page.locator("#find").fill("卫生院")
    page.locator("#find").press("Enter")
    expect(page.locator("h1")).to_contain_text("卫生院")
    context.close()
