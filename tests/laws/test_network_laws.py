"""Laws of the network: whatever is asked, no day ever has two roles, and undoing gives the former network."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from network_rows import small_network

from opencmc.apps.network.rearranging import rearrange, undone

IDS = st.sampled_from(["H1", "H2", "H3", "T1", "T2", "T3", "T4", "V1", "V2", "V3", "N1", "XX"])
COMMUNITIES = st.sampled_from(["G1", "G2", "S1", "C1", "C2", "GX"])
DAYS = st.integers(0, 900).map(lambda n: date(2025, 1, 1) + timedelta(days=n))
ROLE = st.sampled_from(["member", "linked", "lead"])
CHANGE = st.one_of(
    st.tuples(st.just("move"), st.fixed_dictionaries(
        {"institution": IDS, "community": COMMUNITIES, "to_community": COMMUNITIES,
         "attached": st.sampled_from(["follow", "stay"])}, optional={"role": ROLE})),
    st.tuples(st.just("join"), st.fixed_dictionaries({"institution": IDS, "community": COMMUNITIES, "role": ROLE})),
    st.tuples(st.just("leave"), st.fixed_dictionaries({"institution": IDS, "community": COMMUNITIES})),
    st.tuples(st.just("lead"), st.fixed_dictionaries(
        {"community": COMMUNITIES, "institution": IDS, "former_lead": st.sampled_from(["member", "leave"])})),
    st.tuples(st.just("found"), st.fixed_dictionaries(
        {"new_community": st.sampled_from(["C1", "C2"]), "name": st.just("新医共体"),
         "community_kind": st.sampled_from(["general", "specialty"]), "institution": IDS})),
    st.tuples(st.just("rename"), st.fixed_dictionaries({"community": COMMUNITIES, "name": st.just("新名")})),
    st.tuples(st.just("merge"), st.fixed_dictionaries({"community": COMMUNITIES, "to_community": COMMUNITIES})),
    st.tuples(st.just("split"), st.fixed_dictionaries(
        {"community": COMMUNITIES, "new_community": st.sampled_from(["C1", "C2"]), "name": st.just("分出"),
         "institution": IDS, "institutions": st.lists(IDS, max_size=2)})),
    st.tuples(st.just("dissolve"), st.fixed_dictionaries({"community": COMMUNITIES})),
    st.tuples(st.just("attach"), st.fixed_dictionaries({"institution": IDS, "to_institution": IDS})),
    st.tuples(st.just("detach"), st.fixed_dictionaries({"institution": IDS})),
    st.tuples(st.just("open"), st.fixed_dictionaries(
        {"new_institution": st.just("N1"), "name": st.just("新院"), "tier": st.just("township"),
         "kind": st.just("township_health_centre")})),
    st.tuples(st.just("close"), st.fixed_dictionaries({"institution": IDS})),
)  # fmt: skip
REORGANISATIONS = st.lists(st.tuples(DAYS, st.lists(CHANGE, min_size=1, max_size=4)), min_size=1, max_size=4)


def carried_out(reorganisations):
    """The networks one after another; a reorganisation with a problem is not applied."""
    rows, results = small_network(), []
    for day, changes in reorganisations:
        result = rearrange(rows, changes, day)
        if not result.problems:
            results.append((rows, result, day))
            rows = result.after
    return rows, results


@given(REORGANISATIONS)
def test_memberships_and_attachments_never_overlap_whatever_is_applied(reorganisations):
    rows, _ = carried_out(reorganisations)
    by_role, by_general, by_lead, attached = {}, {}, {}, {}
    for m in rows.memberships.values():
        assert m.end is None or m.start < m.end
        by_role.setdefault((m.community_id, m.institution_id), []).append(m)
        if m.binds:
            by_general.setdefault(m.institution_id, []).append(m)
        if m.role == "lead":
            by_lead.setdefault(m.community_id, []).append(m)
    for a in rows.attachments.values():
        attached.setdefault(a.institution_id, []).append(a)
    for group in (by_role, by_general, by_lead, attached):
        for periods in group.values():
            ordered = sorted(periods, key=lambda row: row.start)
            for earlier, later in pairwise(ordered):
                assert earlier.end is not None
                assert earlier.end <= later.start


@given(REORGANISATIONS)
def test_applied_and_undone_gives_the_former_network(reorganisations):
    rows, results = carried_out(reorganisations)
    for before, result, _ in reversed(results):
        rows, changed = undone(rows, result.moved)
        assert changed == []
        assert before.moved_to(rows) == []


@given(REORGANISATIONS)
def test_no_day_before_the_effective_day_is_touched(reorganisations):
    for before, result, day in carried_out(reorganisations)[1]:
        eve = day - timedelta(days=1)
        for community in ("G1", "G2", "S1", "C1", "C2"):
            old = {(m.institution_id, m.role, m.community_name) for m in before.members_on(community, eve)}
            assert {
                (m.institution_id, m.role, m.community_name) for m in result.after.members_on(community, eve)
            } == old


@given(REORGANISATIONS)
def test_every_community_with_members_has_one_lead_on_every_day(reorganisations):
    rows, results = carried_out(reorganisations)
    for _, _, day in results:
        for community in rows.communities_on(day):
            assert sum(m.role == "lead" for m in rows.members_on(community, day)) == 1
