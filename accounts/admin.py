"""People, roles and organisations for administrators; the ledgers can only be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from accounts import policies, services
from accounts.models import AccessEntry, Grant, Membership, Organisation, RoleAssignment, User

# Django's classes take type parameters only in the stubs, not when they run.
if TYPE_CHECKING:
    RoleInlineBase = admin.TabularInline[RoleAssignment, User]
    MembershipInlineBase = admin.TabularInline[Membership, User]
    UserAdminBase = admin.ModelAdmin[User]
    OrganisationAdminBase = admin.ModelAdmin[Organisation]
    LedgerAdminBase = admin.ModelAdmin[Any]
else:
    RoleInlineBase = MembershipInlineBase = admin.TabularInline
    UserAdminBase = OrganisationAdminBase = LedgerAdminBase = admin.ModelAdmin

#: Permissions follow from roles, in `accounts.policies`; Django's groups would be a second truth.
admin.site.unregister(Group)


class ForAdministrators:
    """Open a model to whoever may administer, and to nobody else."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return policies.may_administer(request.user)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return policies.may_administer(request.user)

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return policies.may_administer(request.user)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return policies.may_administer(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return policies.may_administer(request.user)


class RoleInline(ForAdministrators, RoleInlineBase):
    """Roles of a person."""

    model = RoleAssignment
    extra = 0


class MembershipInline(ForAdministrators, MembershipInlineBase):
    """Where a person works."""

    model = Membership
    extra = 0


@admin.register(User)
class UserAdmin(ForAdministrators, UserAdminBase):
    """People; never their key, password or anything they wrote."""

    list_display = ["email", "display_name", "role_names", "is_active", "date_joined"]
    list_filter = ["role_assignments__role", "is_active", "memberships__organisation"]
    search_fields = ["email", "display_name"]
    fields = ["email", "display_name", "language", "time_zone", "is_active", "last_login"]
    readonly_fields = ["last_login"]
    inlines = [RoleInline, MembershipInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("role_assignments")

    def role_names(self, user: User) -> str:
        """Return the roles in words."""
        return ", ".join(str(row) for row in user.role_assignments.all())

    def save_related(self, request: HttpRequest, form: ModelForm[User], formsets: Any, change: bool) -> None:
        """Save roles, then open or close the admin site to match."""
        super().save_related(request, form, formsets, change)
        services.roles_changed(user=form.instance)

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Refuse: people sign up themselves, an account without consent would be nobody's."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Refuse: erasing is the person's own act and must reach every room."""
        return False


@admin.register(Organisation)
class OrganisationAdmin(ForAdministrators, OrganisationAdminBase):
    """District offices and welfare centres."""

    list_display = ["name", "phone"]
    search_fields = ["name"]

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Refuse: consents name the organisation for as long as the ledger lives."""
        return False


class LedgerAdmin(ForAdministrators, LedgerAdminBase):
    """Reading only."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


@admin.register(Grant)
class GrantAdmin(LedgerAdmin):
    """Consents, by random subject: the ledger does not say whose."""

    list_display = ["at", "subject", "purpose", "decision", "organisation", "expires_at"]
    list_filter = ["purpose", "decision", "organisation"]


@admin.register(AccessEntry)
class AccessEntryAdmin(LedgerAdmin):
    """Who looked; the reason stays encrypted, it belongs to the person looked at."""

    list_display = ["at", "actor", "action", "organisation", "subject"]
    list_filter = ["action", "organisation"]
    list_select_related = ["actor", "organisation"]
    exclude = ["reason"]
