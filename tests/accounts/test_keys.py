"""Each member's own key, and what its loss means."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.test import override_settings

from accounts import audit, exports, keys, selectors
from accounts.models import AccessEntry, Grant, SubjectKey, User


def test_what_is_encrypted_comes_back_and_shows_nothing(member: User) -> None:
    token = keys.encrypt_for(member, "속마음".encode())
    assert "속마음".encode() not in token
    assert keys.decrypt_for(member, token).decode() == "속마음"


def test_another_persons_key_does_not_fit(member: User, outsider: User) -> None:
    with pytest.raises(keys.KeyLost):
        keys.decrypt_for(outsider, keys.encrypt_for(member, b"photo"))


def test_another_master_key_opens_nothing(member: User) -> None:
    token, sealed = keys.encrypt_for(member, b"photo"), keys.seal("secret")
    with override_settings(MAEUM_MASTER_KEY="somebody else's"):
        with pytest.raises(keys.KeyLost):
            keys.decrypt_for(member, token)
        with pytest.raises(keys.KeyLost):
            keys.unseal(sealed)
    assert keys.unseal(sealed) == "secret"


def test_destroying_the_key_shreds_photos_and_reasons_while_chains_verify(
    member: User, officer: User
) -> None:
    audit.register("test.look", "봤어요")
    entry = audit.record(
        actor=officer, member=member, action="test.look", data_classes=["trend"], reason="안부 전화"
    )
    subject, token = entry.subject, keys.encrypt_for(member, b"photo")
    SubjectKey.objects.filter(user=member).delete()
    fresh = User.objects.get(pk=member.pk)
    with pytest.raises(keys.KeyLost):
        keys.decrypt_for(fresh, token)
    assert audit.reason_for(entry, fresh) == ""
    assert selectors.chain_is_whole(Grant, subject)
    assert selectors.chain_is_whole(AccessEntry, subject)


def test_erasing_a_member_leaves_chains_and_nothing_that_names_them(member: User, officer: User) -> None:
    subject, pk = member.subject_key.subject, member.pk
    exports.erase_all(member)
    assert not User.objects.filter(pk=pk).exists()
    assert not SubjectKey.objects.filter(subject=subject).exists()
    assert Grant.objects.filter(subject=subject).count() == 3
    assert selectors.chain_is_whole(Grant, subject)
    assert list(selectors.clients_of(officer)) == []


def test_erasing_someone_who_looked_at_others_keeps_them_named_but_shut_out(
    member: User, officer: User
) -> None:
    audit.register("test.look", "봤어요")
    audit.record(actor=officer, member=member, action="test.look", data_classes=[])
    exports.erase_all(officer)
    officer.refresh_from_db()
    assert not officer.is_active
    entry = selectors.access_entries_of(member).get()
    assert entry.actor == officer


def test_totp_secret_rests_encrypted(officer: User) -> None:
    stored = Authenticator.objects.get(user=officer, type=Authenticator.Type.TOTP).data["secret"]
    secret = keys.unseal(stored)
    assert len(secret) == 32
    assert secret not in stored
