"""Addresses of studies, under /panel/."""

from __future__ import annotations

from django.urls import path

from moods.panel.views import manage, results, take

app_name = "panel"
urlpatterns = [
    path("", manage.home, name="home"),
    path("new/", manage.new, name="new"),
    path("in/<str:token>/", take.link, name="link"),
    path("<uuid:study>/", take.go, name="go"),
    path("<uuid:study>/join/", take.join, name="join"),
    path("<uuid:study>/faces/<uuid:face>/", take.face, name="face"),
    path("<uuid:study>/faces/<uuid:face>/picture/", take.picture, name="picture"),
    path("<uuid:study>/done/", take.done, name="done"),
    path("<uuid:study>/device/", take.device, name="device"),
    path("<uuid:study>/erase/", take.erase, name="erase"),
    path("<uuid:study>/manage/", manage.study, name="study"),
    path("<uuid:study>/manage/draw/", manage.draw, name="draw"),
    path("<uuid:study>/manage/open/", manage.open_study, name="open"),
    path("<uuid:study>/manage/close/", manage.close, name="close"),
    path("<uuid:study>/manage/again/", manage.again, name="again"),
    path("<uuid:study>/manage/links/", manage.links, name="links"),
    path("<uuid:study>/manage/links/<uuid:link>/revoke/", manage.link_revoke, name="link_revoke"),
    path("<uuid:study>/manage/people/<uuid:person>/remove/", manage.person_remove, name="person_remove"),
    path("<uuid:study>/manage/delete/", manage.delete, name="delete"),
    path("<uuid:study>/results/", results.results, name="results"),
    path("<uuid:study>/results/table.csv", results.export, name="export"),
]
