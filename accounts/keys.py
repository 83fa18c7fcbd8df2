"""Each member's own data key: photos and free text are readable only with it.

A data key is a Fernet key (AES-128-CBC with HMAC-SHA256, github.com/fernet/spec), wrapped by the
master key of the installation. Deleting the member's ``SubjectKey`` shreds every copy at once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction

from accounts.models import SubjectKey, User


class KeyLost(RuntimeError):
    """What was encrypted can no longer be read: the member's key or the master key is gone."""

    code = "key_lost"


def subject_of(user: User) -> SubjectKey:
    """Return the person's key row, making it on first use (safe against two first uses)."""
    try:
        return user.subject_key
    except SubjectKey.DoesNotExist:
        wrapped = _master().encrypt(Fernet.generate_key())
        with transaction.atomic():
            key, _made = SubjectKey.objects.get_or_create(user=user, defaults={"wrapped": wrapped})
        return key


def encrypt_for(user: User, data: bytes) -> bytes:
    """Encrypt bytes under the person's own key."""
    return _own(user).encrypt(data)


def decrypt_for(user: User, token: bytes) -> bytes:
    """Decrypt what :func:`encrypt_for` made; raises :class:`KeyLost` if no key fits."""
    try:
        return _own(user).decrypt(bytes(token))
    except InvalidToken as error:
        raise KeyLost("The data was encrypted under another key.") from error


def keyed_digest(user: User, data: bytes) -> str:
    """Return an HMAC-SHA256 under the person's key: says 'same bytes again' and nothing else."""
    secret = _unwrap(subject_of(user))
    return hmac.new(secret, data, hashlib.sha256).hexdigest()


def seal(text: str) -> str:
    """Encrypt a secret of the installation (TOTP seeds) under the master key."""
    return _master().encrypt(text.encode()).decode("ascii")


def unseal(token: str) -> str:
    """Decrypt what :func:`seal` made; raises :class:`KeyLost` under another master key."""
    try:
        return _master().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise KeyLost("The secret was sealed under another master key.") from error


def _own(user: User) -> Fernet:
    return Fernet(_unwrap(subject_of(user)))


def _unwrap(key: SubjectKey) -> bytes:
    try:
        return _master().decrypt(bytes(key.wrapped))
    except InvalidToken as error:
        raise KeyLost("The member's key was wrapped by another master key.") from error


def _master() -> Fernet:
    secret = hashlib.sha256(b"maeum master key" + settings.MAEUM_MASTER_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(secret))
