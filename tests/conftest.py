"""Fixtures that every room's tests share."""

from __future__ import annotations

import os

import pytest
from django.test import Client
from hypothesis import settings

from accounts.models import Organisation, User
from tests import people

# Property tests meet the same examples in every run; `make test-long` looks at many more.
settings.register_profile("suite", derandomize=True, max_examples=40, deadline=None)
settings.register_profile("long", derandomize=True, max_examples=1000, deadline=None)
settings.load_profile("long" if os.environ.get("MAEUM_TEST_LONG") else "suite")


@pytest.fixture
def organisation(db: None) -> Organisation:
    """Return the welfare centre."""
    return people.make_organisation()


@pytest.fixture
def member(db: None, organisation: Organisation) -> User:
    """Return Sunja, who shares her trend with the welfare centre."""
    user = people.make_member()
    people.share_with(user, organisation)
    return user


@pytest.fixture
def officer(db: None, organisation: Organisation) -> User:
    """Return Sujin, an officer of the welfare centre."""
    return people.make_staff(organisation)


@pytest.fixture
def outsider(db: None) -> User:
    """Return Charlie, a member with no right to anybody's page."""
    return people.make_member("charlie@example.org", display_name="찰리")


@pytest.fixture
def as_member(member: User) -> Client:
    """Return a browser in which Sunja is logged in."""
    return logged_in(member)


@pytest.fixture
def as_officer(officer: User) -> Client:
    """Return a browser in which Sujin is logged in."""
    return logged_in(officer)


@pytest.fixture
def as_outsider(outsider: User) -> Client:
    """Return a browser in which Charlie is logged in."""
    return logged_in(outsider)


def logged_in(user: User) -> Client:
    """Return a client with a session of the user."""
    client = Client()
    client.force_login(user)
    return client
