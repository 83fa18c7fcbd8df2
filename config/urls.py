"""Every address of the product."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from config import views

admin.site.site_title = admin.site.site_header = _("마음 관리")

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.health, name="health"),
    path("help/", views.help_lines, name="help_lines"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("allauth.urls")),
    path("me/", include("accounts.urls")),
    path("", include("moods.urls")),
    path("panel/", include("moods.panel.urls")),
    path("music/", include("music.urls")),
    path("welfare/", include("welfare.urls")),
    # Staff log in where everybody does, so that throttling and the second factor hold there too.
    path("admin/login/", views.admin_login),
    path("admin/", admin.site.urls),
]

if settings.MAEUM_DEMO:
    from config import demo_mail

    urlpatterns += [
        path("demo/mail/", demo_mail.mailbox, name="demo_mailbox"),
        path("demo/mail/<str:name>/", demo_mail.message, name="demo_message"),
    ]

handler400 = "config.views.bad_request"
handler403 = "config.views.forbidden"
handler404 = "config.views.not_found"
handler500 = "config.views.server_error"
