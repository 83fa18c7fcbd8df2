"""People, their roles, their organisations and their keys."""

from __future__ import annotations

import uuid
import zoneinfo
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.choices import STAFF_ROLES, PhotoRetention, Role


def validate_time_zone(value: str) -> None:
    """Refuse a name that is not in the IANA time zone database."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("알 수 없는 시간대예요."), code="unknown_time_zone")


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Save a user with a normalised e-mail address and a hashed password."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Save an administrator (``manage.py createsuperuser``)."""
        user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
        RoleAssignment.objects.create(user=user, role=Role.ADMIN)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in with an e-mail address."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("이메일"), unique=True)
    display_name = models.CharField(_("이름"), max_length=60, blank=True)
    birth_year = models.PositiveSmallIntegerField(_("태어난 해"), null=True, blank=True)
    language = models.CharField(_("언어"), max_length=5, choices=settings.LANGUAGES, default="ko")
    time_zone = models.CharField(
        _("시간대"), max_length=64, default="Asia/Seoul", validators=[validate_time_zone]
    )
    large_type = models.BooleanField(_("큰 글씨"), default=False)
    #: Counting days in a row pushes people; the diary does it only for who asks for it.
    shows_streaks = models.BooleanField(_("며칠째 이어 쓰는지 보기"), default=False)
    photo_retention = models.CharField(
        _("사진 보관"), max_length=8, choices=PhotoRetention, default=PhotoRetention.FORGET
    )
    #: When the member answered the consent page, also by refusing everything; None asks once.
    consent_answered_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("사람")
        verbose_name_plural = _("사람들")

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Return what to call this person on a page."""
        return self.display_name or self.email.partition("@")[0]

    def get_full_name(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """Return this person's own time zone."""
        return zoneinfo.ZoneInfo(self.time_zone)

    @cached_property
    def roles(self) -> frozenset[str]:
        """Return every role this person holds (one query an instance)."""
        return frozenset(self.role_assignments.values_list("role", flat=True))

    def has_role(self, *roles: str) -> bool:
        """Say whether this person holds any of the roles."""
        return not self.roles.isdisjoint(roles)

    @property
    def needs_second_factor(self) -> bool:
        """Say whether a role of this person requires TOTP."""
        return self.is_superuser or self.is_staff or self.has_role(*STAFF_ROLES)


class RoleAssignment(models.Model):
    """One role of one person."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_assignments")
    role = models.CharField(max_length=12, choices=Role)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="one_role_once")]

    def __str__(self) -> str:
        return self.get_role_display()


class Organisation(models.Model):
    """A district office or welfare centre that members may share with."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("기관 이름"), max_length=120, unique=True)
    phone = models.CharField(_("전화"), max_length=30, blank=True)

    class Meta:
        verbose_name = _("기관")
        verbose_name_plural = _("기관들")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A staff person working in an organisation."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "organisation"], name="one_membership_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.organisation}"


class SubjectKey(models.Model):
    """The random name and the own data key of one person.

    Append-only ledgers know a person only by ``subject``; photos and free text are encrypted under
    ``wrapped`` (a Fernet key, itself encrypted under the master key). Deleting this row therefore
    shreds them all while the ledgers still verify.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="subject_key")
    subject = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    wrapped = models.BinaryField(editable=False)

    def __str__(self) -> str:
        return str(self.subject)
