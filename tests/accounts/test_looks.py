"""Who may look, and how the person looked at gets to know."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import audit, policies, selectors, services
from accounts.choices import DataClass, Purpose, Role
from accounts.models import AccessEntry, Organisation, User
from tests.people import make_member, make_organisation, make_staff, share_with


@pytest.fixture(autouse=True)
def _action() -> None:
    audit.register("test.look", "마음의 흐름을 봤어요")


def test_policy_and_list_agree_for_everybody(member: User, officer: User, outsider: User) -> None:
    elsewhere = make_staff(make_organisation("다른복지관"), "other@example.org")
    supervisor = make_staff(None, "boss@example.org", Role.SUPERVISOR)
    everybody = [member, officer, outsider, elsewhere, supervisor]
    for staff in everybody:
        listed = set(policies.clients_visible_to(staff))
        asked = {person for person in everybody if policies.may_see_client(staff, person)}
        assert listed == asked
    assert set(policies.clients_visible_to(officer)) == {member}
    assert not policies.clients_visible_to(outsider).exists()


def test_working_there_without_a_welfare_role_shows_nobody(member: User, organisation: Organisation) -> None:
    curator = make_staff(organisation, "curator@example.org", Role.CURATOR)
    assert not policies.clients_visible_to(curator).exists()


def test_closed_accounts_see_nobody_and_are_seen_by_nobody(member: User, officer: User) -> None:
    member.is_active = False
    member.save()
    assert not policies.may_see_client(officer, member)


def test_share_grant_names_the_grant_by_which_the_officer_sees(member: User, officer: User) -> None:
    grant = selectors.share_grant(member, officer)
    assert grant is not None
    assert grant.purpose == Purpose.SHARE
    services.grant_withdraw(user=member, grant=grant.grant)
    assert selectors.share_grant(member, officer) is None


def test_member_reads_who_looked_when_what_and_why(
    member: User, officer: User, as_member: Client, organisation: Organisation
) -> None:
    audit.record(
        actor=officer,
        member=member,
        action="test.look",
        data_classes=[DataClass.TREND],
        reason="이틀째 소식이 없어서",
        grant=selectors.share_grant(member, officer),
    )
    page = as_member.get(reverse("accounts:access_log")).content.decode()
    for words in ("이수진", organisation.name, "마음의 흐름을 봤어요", "이틀째 소식이 없어서"):
        assert words in page
    stored = AccessEntry.objects.get()
    assert "소식".encode() not in bytes(stored.reason)


def test_outsider_does_not_see_members_log(member: User, officer: User, as_outsider: Client) -> None:
    audit.record(actor=officer, member=member, action="test.look", data_classes=[])
    assert "이수진" not in as_outsider.get(reverse("accounts:access_log")).content.decode()


def test_unregistered_action_is_refused(member: User, officer: User) -> None:
    with pytest.raises(audit.UnknownAction):
        audit.record(actor=officer, member=member, action="test.unheard", data_classes=[])
    assert not AccessEntry.objects.exists()


def test_a_list_is_written_down_in_few_queries_and_keeps_every_chain(
    member: User, officer: User, organisation: Organisation, django_assert_max_num_queries: object
) -> None:
    others = [make_member(f"m{place}@example.org") for place in range(5)]
    for other in others:
        share_with(other, organisation)
    audit.record(actor=officer, member=member, action="test.look", data_classes=[])
    grants = {grant.subject: grant for grant in selectors.share_grants_to(officer)}
    pairs = [(client, grants[client.subject_key.subject]) for client in selectors.clients_of(officer)]
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        audit.record_many(
            actor=officer, members_with_grants=pairs, action="test.look", data_classes=["trend"]
        )
    assert AccessEntry.objects.count() == 7
    for person in (member, *others):
        assert selectors.chain_is_whole(AccessEntry, person.subject_key.subject)
        newest = selectors.access_entries_of(person).first()
        assert newest is not None
        assert newest.organisation == organisation


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite in memory has one writer")
def test_simultaneous_looks_stand_one_after_the_other_in_the_chain(member: User, officer: User) -> None:
    start = Barrier(6)

    def look() -> None:
        start.wait()
        audit.record(actor=officer, member=member, action="test.look", data_classes=[])
        connection.close()

    threads = [Thread(target=look) for _turn in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    subject = member.subject_key.subject
    assert AccessEntry.objects.filter(subject=subject).count() == 6
    assert selectors.chain_is_whole(AccessEntry, subject)
