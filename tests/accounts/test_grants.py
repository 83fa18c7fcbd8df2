"""The consent ledger: append-only, chained, revocable."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import notices, selectors, services, withdrawals
from accounts.choices import DataClass, Decision, PhotoRetention, Purpose
from accounts.models import AccessEntry, Grant, LedgerError, Organisation, User


def last_grant(user: User) -> Grant:
    grant: Grant | None = selectors.grant_history(user).first()
    assert grant is not None
    return grant


def test_grants_are_never_saved_again_updated_or_deleted(member: User) -> None:
    grant = last_grant(member)
    grant.purpose = Purpose.RESEARCH
    for change in (
        grant.save,
        grant.delete,
        lambda: Grant.objects.update(language="en"),
        lambda: Grant.objects.all().delete(),
        lambda: Grant.objects.bulk_update([grant], ["purpose"]),
    ):
        with pytest.raises(LedgerError):
            change()


@pytest.mark.parametrize("model", [Grant, AccessEntry])
def test_the_database_itself_refuses_to_change_a_row(
    member: User, officer: User, model: type[Grant | AccessEntry]
) -> None:
    look_at(member, officer)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(model._meta.db_table, "digest = 'x'")


def test_chain_verifies_and_finds_every_kind_of_tampering(member: User) -> None:
    subject = member.subject_key.subject
    assert Grant.objects.filter(subject=subject).count() == 3
    assert selectors.chain_is_whole(Grant, subject)
    for what in ("purpose = 'research'", "sequence = 9", "previous = 'x'", "expires_at = '2030-01-01'"):
        with transaction.atomic():
            without_triggers(Grant._meta.db_table, f"{what} WHERE sequence = 2")
            assert not selectors.chain_is_whole(Grant, subject), what
            transaction.set_rollback(True)
    assert selectors.chain_is_whole(Grant, subject)


def test_chain_finds_a_row_taken_out_of_the_middle(member: User) -> None:
    table = Grant._meta.db_table
    with connection.cursor() as cursor:
        drop_triggers(cursor, table)
        cursor.execute(f"DELETE FROM {table} WHERE sequence = 2")
    assert not selectors.chain_is_whole(Grant, member.subject_key.subject)


def test_expiry_in_another_zone_verifies_after_reading_it_back(member: User) -> None:
    with timezone.override("Asia/Tokyo"):
        services.grant_give(
            user=member, purpose=Purpose.PHOTO_KEEP, expires_at=timezone.localtime() + timedelta(days=3)
        )
    assert selectors.chain_is_whole(Grant, member.subject_key.subject)


def test_grant_carries_the_hash_of_the_notice_in_its_language(member: User) -> None:
    grant = last_grant(member)
    assert grant.notice_version == notices.VERSION
    assert grant.notice_hash == notices.fingerprint(Purpose.SHARE, "ko")
    assert notices.fingerprint(Purpose.SHARE, "ko") != notices.fingerprint(Purpose.MUSIC, "ko")


def test_giving_the_same_twice_stores_one_row(member: User, organisation: Organisation) -> None:
    before = selectors.grant_history(member).count()
    services.grant_give(
        user=member, purpose=Purpose.SHARE, organisation=organisation, data_classes=[DataClass.TREND]
    )
    assert selectors.grant_history(member).count() == before


def test_sharing_without_an_organisation_is_a_mistake_of_the_caller(member: User) -> None:
    with pytest.raises(ValueError, match="organisation"):
        services.grant_give(user=member, purpose=Purpose.SHARE)


def test_withdrawing_ends_sharing_at_once_and_twice_is_once(member: User, officer: User) -> None:
    grant = last_grant(member)
    assert list(selectors.clients_of(officer)) == [member]
    services.grant_withdraw(user=member, grant=grant.grant)
    assert list(selectors.clients_of(officer)) == []
    assert services.grant_withdraw(user=member, grant=grant.grant) is not None
    assert Grant.objects.filter(grant=grant.grant, decision=Decision.WITHDRAWN).count() == 1
    assert selectors.chain_is_whole(Grant, grant.subject)


def test_nobody_withdraws_somebody_elses_grant(member: User, outsider: User) -> None:
    assert services.grant_withdraw(user=outsider, grant=last_grant(member).grant) is None
    assert services.grant_withdraw(user=member, grant=uuid.uuid4()) is None
    assert selectors.grants_of(member).count() == 3


def test_grant_that_ran_out_counts_no_more(member: User, organisation: Organisation) -> None:
    services.grant_give(
        user=member, purpose=Purpose.PHOTO_KEEP, expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert not selectors.has_grant(member, Purpose.PHOTO_KEEP)


def test_withdrawing_photo_keeping_forgets_photos_again(member: User) -> None:
    grant = services.grant_give(user=member, purpose=Purpose.PHOTO_KEEP)
    services.photo_retention_set(user=member, retention=PhotoRetention.KEEP)
    services.grant_withdraw(user=member, grant=grant.grant)
    member.refresh_from_db()
    assert member.photo_retention == PhotoRetention.FORGET


def test_rooms_end_what_was_allowed_in_the_same_transaction(
    member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withdrawals, "_EFFECTS", {})
    ended: list[str] = []
    withdrawals.register(Purpose.SHARE, "attic", lambda user, row: ended.append(user.email))
    withdrawals.register(Purpose.MUSIC, "attic", lambda user, row: ended.append("music"))
    services.grant_withdraw(user=member, grant=last_grant(member).grant)
    services.grant_withdraw(user=member, grant=last_grant(member).grant)
    assert ended == [member.email]


def test_member_withdraws_in_two_taps_with_a_preview(as_member: Client, member: User, officer: User) -> None:
    address = reverse("accounts:withdraw", args=[last_grant(member).grant])
    assert address in as_member.get(reverse("accounts:consent")).content.decode()
    assert "볼 수 없어요" in as_member.get(address).content.decode()
    assert selectors.has_grant(member, Purpose.SHARE)
    assert as_member.post(address).status_code == 302
    assert not selectors.has_grant(member, Purpose.SHARE)


def test_outsider_cannot_open_members_withdrawal(as_outsider: Client, member: User) -> None:
    address = reverse("accounts:withdraw", args=[last_grant(member).grant])
    assert as_outsider.get(address).status_code == 404
    assert as_outsider.post(address).status_code == 404
    assert selectors.has_grant(member, Purpose.SHARE)


def look_at(member: User, officer: User) -> None:
    from accounts import audit

    audit.register("test.look", "봤어요")
    audit.record(actor=officer, member=member, action="test.look", data_classes=["trend"])


def change(table: str, what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {what}")


def without_triggers(table: str, what: str) -> None:
    """Change rows as somebody could who owns the database."""
    with connection.cursor() as cursor:
        drop_triggers(cursor, table)
    change(table, what)


def drop_triggers(cursor: object, table: str) -> None:
    execute = cursor.execute  # type: ignore[attr-defined]
    if connection.vendor == "postgresql":
        # Deferred foreign keys of this transaction would hold the table back.
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
    else:
        execute(f"DROP TRIGGER IF EXISTS {table}_no_update")
