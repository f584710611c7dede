"""The pages, asked as their readers ask: in process, over a small county's published run."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime

import openpyxl
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from opencmc.apps.access.api import Actor
from opencmc.apps.accounts.api import create_account, create_demonstration_accounts
from opencmc.apps.audit.models import AuditLine
from opencmc.apps.monitoring import queries
from opencmc.apps.monitoring.api import publish_run
from opencmc.apps.monitoring.cockpit import judged_targets
from opencmc.apps.monitoring.models import Run, Series
from opencmc.apps.network.api import demonstration_units
from opencmc.base.errors import Refused
from opencmc.cli.serve import serve
from opencmc.methods.indicators.targets import check_targets
from opencmc.methods.runs import figures_of, open_run
from opencmc.policy.pack import default_root, load_pack

#: The moment at which the tests happen to look. No test reads the clock.
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
ACTOR = Actor.system(NOW)

# What is published stays for the module: its tests follow one another.
pytestmark = pytest.mark.xdist_group("web_pages")

OPEN_TO_ALL = {"sign_in", "sign_in_demonstration", "language"}


@pytest.fixture(scope="module")
def published(django_db_setup, django_db_blocker, county_home):
    """The county's latest run, published once with demonstration accounts, and gone after this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        run = open_run(county_home)
        publish_run(county_home, run.id, actor=ACTOR)
        create_demonstration_accounts(units=demonstration_units(), actor=ACTOR)
        yield run
        transaction.set_rollback(True)


@pytest.fixture
def visit(db, published, settings, county_home):
    """``visit("director", "/")``: the page's text as that account sees it."""
    settings.OPENCMC_HOME = county_home

    def go(username: str, address: str, status: int = 200):
        client = Client()
        client.force_login(User.objects.get(username=username))
        response = client.get(address)
        assert response.status_code == status, address
        return response

    return go


def text_of(response) -> str:
    return response.content.decode()


def addresses(patterns=None, prefix="/"):
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            filled = re.sub(r"<\w+:entry_id>", "budget.overrun_bearer", re.sub(r"<\w+:indicator>", "m24_07", route))
            yield pattern.name, re.sub(r"<int:\w+>", "1", filled)


def test_every_address_asks_for_sign_in(db, published):
    walked = list(addresses())
    assert len(walked) > 12
    for name, address in walked:
        if address.startswith(("/api/", "/problems/")):
            continue  # tests/integration/test_api_guards.py walks the operations; what describes them is open
        response = Client().get(address)
        if name in OPEN_TO_ALL:
            assert response.status_code in {200, 302, 404, 405}, address
        elif response.status_code != 405:  # 405: only a form may go there, and it asks as well
            assert response.status_code == 302, address
            assert response["Location"].startswith("/sign-in/"), address
    assert Client().post("/sign-out/")["Location"].startswith("/sign-in/")


def test_demonstration_accounts_are_shut_outside_a_demonstration(db, published, settings):
    settings.DEMO = False
    assert "director" not in text_of(Client().get("/sign-in/"))
    assert Client().post("/sign-in/demonstration/", {"username": "director"}).status_code == 404


def test_one_press_opens_a_demonstration_account_and_leaves_a_line(db, published, settings):
    settings.DEMO = True
    before = AuditLine.objects.filter(action="sign_in").count()
    client = Client()
    response = client.post("/sign-in/demonstration/", {"username": "fund"})
    assert response.status_code == 302
    assert "医保基金管理" in text_of(client.get("/"))
    assert AuditLine.objects.filter(action="sign_in").count() == before + 1


def test_a_wrong_password_says_so_and_leaves_a_line(db, published):
    response = Client().post("/sign-in/", {"username": "nobody", "password": "not-a-password"})
    assert response.status_code == 422
    assert "用户名或密码不对" in text_of(response)
    assert AuditLine.objects.filter(action="sign_in_refused", actor="nobody").exists()


def test_sign_in_never_sends_a_reader_to_another_site(db, published, settings):
    settings.DEMO = True
    response = Client().post("/sign-in/demonstration/", {"username": "fund", "next": "https://example.com/"})
    assert response["Location"] == "/"


def test_an_audit_line_cannot_be_changed_or_removed(db, published):
    line = AuditLine.objects.first()
    line.reason = "changed"
    with pytest.raises(Refused):
        line.save()
    with pytest.raises(Refused):
        line.delete()


def test_the_cockpit_counts_targets_as_the_methods_do(db, published):
    run = queries.find_run()
    pack = load_pack(default_root(), "ninghai")
    period = queries.default_period(run)
    words = {"yes": "met", "no": "missed", "unknown": "unknown"}
    expected = {t.target: words[t.met] for t in check_targets(published, pack, period)}
    judged = judged_targets(run, "county", run.region, period)
    assert {j.target.id: j.state for j in judged} == expected
    assert expected


def test_the_cockpit_answers_in_one_sentence(visit):
    page = text_of(visit("director", "/cockpit/"))
    answer = re.search(r'<h1 class="answer">(.*?)</h1>', page)[1]
    assert re.match(r"\d+ 项目标中 \d+ 项达到，\d+ 项未达到，\d+ 项无法判断", answer)


def test_published_points_are_those_of_the_run(db, published):
    figures = figures_of(published, indicator="m24_07", unit_kind="county").to_pylist()
    run = queries.find_run()
    points = queries.points_of(run, "county", run.region, {"m24_07"})["m24_07"]
    assert len(points) == len(figures) > 20
    for row in figures:
        point = points[row["period"]]
        assert (point.numerator, point.denominator, point.scaled) == (
            row["numerator"],
            row["denominator"],
            row["value_scaled"],
        )
        assert (point.status, point.because, point.unplaced) == (row["status"], row["because"], row["unplaced"])


def test_every_series_of_the_run_is_published(db, published):
    table = pq.read_table(published.folder / "figures.parquet", columns=["indicator", "unit_kind", "unit_id"])
    assert Series.objects.count() == len(set(zip(*(c.to_pylist() for c in table.columns), strict=True)))


def test_publishing_twice_is_harmless(db, published, county_home):
    counted = (Run.objects.count(), Series.objects.count(), AuditLine.objects.count())
    assert publish_run(county_home, published.id, actor=ACTOR) is False
    assert (Run.objects.count(), Series.objects.count(), AuditLine.objects.count()) == counted


def test_unknown_is_shown_as_unknown_with_its_reason_and_never_as_zero(visit, published):
    row = next(
        r for r in figures_of(published, unit_kind="county", period="2025").to_pylist() if r["status"] == "unknown"
    )
    page = text_of(visit("director", f"/indicators/{row['indicator']}/?period=2025"))
    headline = re.search(r'<div class="headline-value">(.*?)</div>', page, re.DOTALL)[1]
    assert "未知" in headline
    assert row["because"] in headline
    assert "0.00" not in headline


def test_a_figure_leads_to_its_definition_clause_and_rows(visit):
    page = text_of(visit("director", "/indicators/nh_primary_share/?period=2025"))
    assert "这个数怎么来的" in page
    assert "宁政发〔2017〕66号" in page
    rows = text_of(visit("director", "/indicators/nh_primary_share/rows/?period=2025"))
    count = int(re.search(r"分子共 ([\d\u202f]+) 条记录", rows)[1].replace("\u202f", ""))
    assert count > 0
    assert rows.count("<li><code>") == min(20, count)


def test_rows_are_refused_to_roles_that_may_not_list_them(visit):
    page = text_of(visit("village", "/indicators/nh_primary_share/rows/?period=2025", status=403))
    assert "不能查看数字背后的记录编号" in page
    assert "可以这样做的角色：牵头医院管理者" in page


def test_an_institution_sees_its_own_figures_and_not_its_neighbours(visit):
    own = demonstration_units()["township_manager"][1]
    assert visit("township", f"/indicators/m24_12/?unit=institution:{own}")
    visit("township", "/indicators/m24_12/?unit=institution:NH-H2", status=403)
    assert "NH-H2" not in text_of(visit("township", "/indicators/m24_12/"))
    assert "NH-H2" in text_of(visit("director", "/indicators/m24_12/"))


@pytest.mark.parametrize(
    "address", ["/cockpit/?period=nonsense", "/indicators/m24_07/?period=1999", "/indicators/?period=2025-13"]
)
def test_an_unknown_period_is_answered_in_words(visit, address):
    assert "这一期的结果，现在显示" in text_of(visit("director", address))


@pytest.mark.parametrize(
    "address",
    ["/indicators/no_such/", "/rules/no.such.entry/", "/cockpit/?unit=planet:X", "/rules/?pack=atlantis", "/nothing/"],
)
def test_what_does_not_exist_has_a_friendly_page(visit, address):
    assert "没有找到这个页面" in text_of(visit("director", address, status=404))


def test_the_rule_book_finds_a_card_and_shows_its_clause(visit):
    found = text_of(visit("planner", "/rules/?q=超支"))
    assert "/rules/budget.overrun_bearer/" in found
    card = text_of(visit("planner", "/rules/budget.overrun_bearer/"))
    assert "超支分担部分原则上由县域医共体牵头医院承担" in card
    assert "三（一）" in card
    assert "有出处" in card


def test_the_rule_book_filters_by_kind_and_standing(visit):
    page = text_of(visit("planner", "/rules/?kind=target&pack=ninghai"))
    assert "target.primary_share" in page
    assert "budget.overrun_bearer" not in page
    nothing = text_of(visit("planner", "/rules/?q=这个词不会有"))
    assert "没有符合条件的条目" in nothing


def test_differences_from_the_parent_are_printed(visit):
    page = text_of(visit("planner", "/rules/differences/?pack=ninghai"))
    assert "宁海县与浙江省的不同" in page
    assert "超支" in page


def test_the_network_on_a_date_has_its_communities_and_those_in_none(visit):
    page = text_of(visit("director", "/network/?on=2025-06-01"))
    for words in ("第一综合医共体", "第二综合医共体", "县第一医院", "不在任何综合医共体中", "西店"):
        assert words in page
    before = text_of(visit("director", "/network/?on=1990-01-01"))
    assert "第一综合医共体" not in before
    assert "不是日期" in text_of(visit("director", "/network/?on=yesterday"))


def test_a_specialty_community_is_laid_over_the_general_ones(visit):
    page = text_of(visit("director", "/network/?on=2025-06-01&overlay=NH-S1"))
    assert page.count('class="dot" role="img"') > 3


def test_the_english_page_has_no_chinese_of_its_own_in_the_shell(visit):
    client = Client()
    client.force_login(User.objects.get(username="director"))
    client.post("/language/", {"language": "en", "next": "/cockpit/"})
    page = text_of(client.get("/cockpit/"))
    assert '<html lang="en">' in page
    assert re.search(r"Of \d+ targets", page)
    shell = page[: page.index("<main")]
    assert re.sub(r"[宁海县演示账号中文]", "", "".join(re.findall(r"[\u4e00-\u9fff]", shell))) == ""


def test_the_workbook_holds_the_page_s_numbers_as_numbers(visit, published):
    content = visit("director", "/cockpit/export.xlsx?period=2025").content
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["数字", "口径", "怎么读"]
    rows = {row[0].value: row for row in book["数字"].iter_rows(min_row=5)}
    expected = figures_of(published, indicator="nh_primary_share", unit_kind="county", period="2025").to_pylist()[0]
    cells = rows["nh_primary_share"]
    assert cells[4].value == pytest.approx(expected["value_scaled"] / 10 ** (expected["places"] + 2))
    assert cells[4].number_format == "0.00%"
    assert (cells[5].value, cells[6].value) == (expected["numerator"], expected["denominator"])
    money = figures_of(published, indicator="m24_08", unit_kind="county", period="2025").to_pylist()[0]
    assert rows["m24_08"][5].value == pytest.approx(money["numerator"] / 100)
    page = text_of(visit("director", "/indicators/nh_primary_share/?period=2025"))
    assert f"{cells[4].value * 100:.2f}" in page
    assert any("未知不是 0" in str(row[1].value) for row in book["怎么读"].iter_rows())


def test_the_workbook_of_an_indicator_has_every_unit_that_the_reader_may_see(visit):
    def units(username):
        content = visit(username, "/indicators/m24_12/export.xlsx?period=2025").content
        sheet = openpyxl.load_workbook(io.BytesIO(content))["数字"]
        return [row[2].value for row in sheet.iter_rows(min_row=5)]

    assert "县第二医院" in units("director")
    assert "县第二医院" not in units("village")
    assert "宁海县" in units("village")


@pytest.mark.parametrize("address", ["/cockpit/export.pdf?period=2025", "/indicators/m24_07/export.pdf?period=2025"])
def test_the_report_is_a_pdf_with_embedded_text(visit, address):
    response = visit("director", address)
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    assert b"/ToUnicode" in response.content or b"/ObjStm" in response.content
    assert len(response.content) > 20_000


def test_without_a_chinese_font_the_report_says_which_package_to_install(visit, monkeypatch):
    monkeypatch.setattr("opencmc.apps.monitoring.pdf._families", lambda: frozenset({"Libertinus Serif"}))
    assert "fonts-noto-cjk" in text_of(visit("director", "/cockpit/export.pdf", status=403))


@pytest.mark.parametrize("address", ["/cockpit/", "/indicators/", "/indicators/m24_07/", "/data/"])
def test_without_a_run_a_page_says_which_command_fills_it(db, published, address):
    Run.objects.all().delete()
    client = Client()
    client.force_login(User.objects.get(username="director"))
    page = text_of(client.get(address))
    assert "opencmc indicators" in page
    assert "opencmc demo" in page


def test_a_page_costs_few_queries(visit, django_assert_max_num_queries):
    visit("director", "/cockpit/")
    client = Client()
    client.force_login(User.objects.get(username="director"))
    with django_assert_max_num_queries(12):
        client.get("/cockpit/")


def test_no_page_carries_an_inline_script_or_style(visit):
    director = ("/", "/notices/", "/jobs/", "/search/?q=%E5%8C%BB", "/cockpit/", "/indicators/", "/indicators/m24_07/",
                "/network/", "/rules/", "/data/")  # fmt: skip
    for username, address in (("village", "/tasks/"), *(("director", one) for one in director)):
        response = visit(username, address)
        page = text_of(response)
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page), address
        assert "default-src 'self'" in response["Content-Security-Policy"]
        assert "unsafe" not in response["Content-Security-Policy"]


def test_the_english_catalogue_is_complete_and_compiled(repository):
    folder = repository / "src" / "opencmc" / "web" / "locale" / "en" / "LC_MESSAGES"
    source = (folder / "django.po").read_text(encoding="utf-8")
    assert "fuzzy" not in source
    assert not re.search(r'msgid "[^"]+"\nmsgstr ""\n\n', source)
    compiled = (folder / "django.mo").read_bytes().decode("utf-8", errors="replace")
    for message in re.findall(r'^msgid "([^"\\]+)"$', source, re.MULTILINE):
        assert message in compiled


def test_points_are_plain_json(db, published):
    points = json.loads(Series.objects.filter(indicator="m24_07", unit_kind="county").get().points)
    assert all(len(point) == 6 for point in points.values())


def test_demonstration_accounts_are_never_opened_to_other_machines(county_home):
    result = CliRunner().invoke(serve, ["--home", str(county_home), "--host", "0.0.0.0", "--demonstration-accounts"])
    assert isinstance(result.exception, Refused)
    assert "只能在本机打开" in result.exception.sentence


def test_serving_a_home_that_is_not_there_is_refused(tmp_path):
    result = CliRunner().invoke(serve, ["--home", str(tmp_path / "nowhere")])
    assert isinstance(result.exception, Refused)
    assert "opencmc demo" in result.exception.possible_when
    assert not (tmp_path / "nowhere").exists()


def test_an_account_needs_a_role_a_free_name_and_a_strong_password(db):
    wanted = {"username": "zhou", "name": "周", "role": "fund_manager", "unit_kind": "county", "unit_id": "",
              "password": "long-enough-and-odd-71", "start": NOW.date(), "actor": ACTOR}  # fmt: skip
    create_account(**wanted)
    assert AuditLine.objects.filter(action="create_account", object="zhou").exists()
    for wrong in ({}, {"username": "li", "role": "emperor"}, {"username": "li", "password": "123"}):
        with pytest.raises(Refused):
            create_account(**{**wanted, **wrong})
    assert not User.objects.filter(username="li").exists()
