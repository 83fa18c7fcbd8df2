"""The roads through the scales and the crisis card, as a browser without scripts walks them."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.choices import Role
from accounts.models import Organisation, User
from moods.scales import selectors
from moods.scales.choices import Scale
from moods.scales.models import Sitting
from tests.conftest import logged_in
from tests.moods.test_scales import take
from tests.people import make_staff

TEMPLATES = Path(settings.BASE_DIR) / "templates"


def begin(client: Client, scale: str) -> str:
    """Start a scale; return the address of the first question without an answer."""
    response = client.post(reverse("moods:scales_start", args=[scale]))
    assert response.status_code == 302
    return str(response["Location"])


def walk(client: Client, scale: str, answers: list[int]) -> HttpResponse:
    """Answer question after question by following redirects; return the last redirect."""
    path = begin(client, scale)
    for value in answers:
        page = client.get(path)
        assert page.status_code == 200, path
        assert f'value="{value}"' in page.content.decode()
        response = client.post(path, {"value": str(value)})
        assert response.status_code == 302
        path = str(response["Location"])
    return response  # type: ignore[return-value]


# --- one question a screen ----------------------------------------------------------------------
def test_who5_is_answered_in_five_taps_and_ends_with_words(member: User, as_member: Client) -> None:
    end = walk(as_member, "who5", [4, 4, 3, 3, 4])
    page = as_member.get(end["Location"]).content.decode()
    assert "대체로 괜찮으셨네요" in page
    assert "100점 가운데 72점" in page
    assert "우울증" not in page


@pytest.mark.parametrize("scale", list(Scale))
def test_every_question_has_one_heading_and_a_button_for_every_answer(
    as_member: Client, scale: Scale
) -> None:
    path = begin(as_member, scale)
    page = as_member.get(path).content.decode()
    assert page.count("<h1") == 1
    assert page.count('name="value"') == {"who5": 6, "phq2": 4, "phq9": 4}[scale]
    assert "required" not in page


def test_a_half_filled_scale_survives_a_closed_tab(member: User, as_member: Client) -> None:
    path = begin(as_member, "phq9")
    for value in ("1", "0", "2"):
        path = as_member.post(path, {"value": value})["Location"]
    again = logged_in(member)
    assert "하시던 답이 그대로 있어요" in again.get(reverse("moods:scales")).content.decode()
    assert begin(again, "phq9") == path
    assert path.endswith("/4/")


def test_going_back_shows_the_chosen_answer_and_lets_it_change(member: User, as_member: Client) -> None:
    end = walk(as_member, "phq2", [0, 1])
    sitting = Sitting.objects.get()
    first = reverse("moods:scales_question", args=[sitting.uuid, 1])
    assert 'value="0" aria-current="true"' in as_member.get(first).content.decode()
    as_member.post(first, {"value": "3"})
    assert selectors.answers_of(member, Sitting.objects.get()) == [3, 1]
    assert "조금 더 살펴볼게요" in as_member.get(end["Location"]).content.decode()


def test_the_answers_of_another_day_stay_as_they_are(member: User, as_member: Client) -> None:
    sitting = take(member, Scale.PHQ2, [0, 1])
    path = reverse("moods:scales_question", args=[sitting.uuid, 1])
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        client = logged_in(member)
        assert client.get(path).status_code == 302
        client.post(path, {"value": "3"})
        assert selectors.answers_of(member, Sitting.objects.get()) == [0, 1]


def test_a_tap_that_says_nothing_is_answered_kindly_and_loses_nothing(
    member: User, as_member: Client
) -> None:
    path = begin(as_member, "who5")
    path = as_member.post(path, {"value": "5"})["Location"]
    for value in ("", "9", "<script>"):
        response = as_member.post(path, {"value": value})
        assert response.status_code == 422
        assert 'data-code="scale_bad_answer"' in response.content.decode()
    assert selectors.answers_of(member, Sitting.objects.get()) == [5, None, None, None, None]


def test_double_taps_and_two_tabs_make_one_sitting(member: User, as_member: Client) -> None:
    first, second = begin(as_member, "who5"), begin(logged_in(member), "who5")
    assert first == second
    for _ in range(2):
        assert as_member.post(first, {"value": "3"}).status_code == 302
    assert Sitting.objects.count() == 1
    assert selectors.answers_of(member, Sitting.objects.get()) == [3, None, None, None, None]


def test_a_draft_of_last_week_does_not_speak_of_the_same_two_weeks(member: User, as_member: Client) -> None:
    as_member.post(begin(as_member, "who5"), {"value": "3"})
    with time_machine.travel(timezone.now() + timedelta(days=7)):
        assert begin(logged_in(member), "who5").endswith("/1/")
        assert selectors.answers_of(member, Sitting.objects.get()) == [None] * 5


def test_addresses_that_do_not_exist_are_404(member: User, as_member: Client) -> None:
    sitting = take(member, Scale.PHQ2, [0, 0])
    for number in (0, 3, 99):
        assert as_member.get(reverse("moods:scales_question", args=[sitting.uuid, number])).status_code == 404
    assert as_member.get(reverse("moods:scales_result", args=[uuid4()])).status_code == 404
    assert as_member.get("/scales/gds/start/").status_code == 404
    assert as_member.get("/crisis/fr/").status_code == 404


def test_deleting_asks_once_and_removes_one_sitting(member: User, as_member: Client) -> None:
    gone, stays = take(member, Scale.PHQ2, [0, 0]), take(member, Scale.WHO5, [3] * 5)
    path = reverse("moods:scales_delete", args=[gone.uuid])
    assert as_member.get(path).status_code == 200
    assert Sitting.objects.count() == 2
    as_member.post(path)
    assert list(Sitting.objects.values_list("pk", flat=True)) == [stays.pk]


def test_english_pages_ask_in_english(member: User) -> None:
    member.language = "en"
    member.save()
    client = logged_in(member)
    assert "I have felt cheerful" in client.get(begin(client, "who5")).content.decode()
    assert Sitting.objects.get().language == "en"


# --- PHQ-2 to PHQ-9 -----------------------------------------------------------------------------
def test_three_or_more_offers_the_long_form_and_leaves_the_choice(member: User, as_member: Client) -> None:
    end = walk(as_member, "phq2", [2, 1])
    page = as_member.get(end["Location"]).content.decode()
    assert reverse("moods:scales_start", args=["phq9"]) in page
    assert "여기까지 할게요" in page
    assert not Sitting.objects.filter(scale="phq9").exists()
    assert begin(as_member, "phq9").endswith("/3/")  # the two answers are taken along
    assert selectors.answers_of(member, Sitting.objects.get(scale="phq9"))[:2] == [2, 1]


def test_less_than_three_offers_nothing_more(as_member: Client) -> None:
    end = walk(as_member, "phq2", [1, 1])
    page = as_member.get(end["Location"]).content.decode()
    assert reverse("moods:scales_start", args=["phq9"]) not in page


# --- item 9 -------------------------------------------------------------------------------------
@pytest.mark.parametrize("value", [1, 2, 3])
def test_any_answer_but_never_to_item_nine_opens_the_crisis_card_at_once(
    member: User, as_member: Client, value: int
) -> None:
    end = walk(as_member, "phq9", [0, 0, 0, 0, 0, 0, 0, 0, value])
    sitting = Sitting.objects.get()
    assert end["Location"] == reverse("moods:scales_care", args=[sitting.uuid])
    assert selectors.answers_of(member, sitting)[8] == value  # stored before the card opens
    assert sitting.finished_at is not None
    page = as_member.get(end["Location"]).content.decode()
    for number in ("tel:109", "sms:109", "tel:119", "tel:112"):
        assert f'href="{number}"' in page
    assert page.index("tel:109") < page.index("결과 보기")
    shown = as_member.get(reverse("moods:scales_result", args=[sitting.uuid])).content.decode()
    assert 'href="tel:109"' in shown
    assert shown.index('id="h-crisis"') < shown.index("점 가운데")


def test_never_to_item_nine_leads_to_the_result(as_member: Client) -> None:
    end = walk(as_member, "phq9", [3, 3, 3, 3, 3, 3, 3, 3, 0])
    assert end["Location"] == reverse("moods:scales_result", args=[Sitting.objects.get().uuid])


def test_item_nine_answered_first_opens_the_card_and_leads_back_to_the_rest(
    member: User, as_member: Client
) -> None:
    begin(as_member, "phq9")
    sitting = Sitting.objects.get()
    end = as_member.post(reverse("moods:scales_question", args=[sitting.uuid, 9]), {"value": "1"})
    assert end["Location"] == reverse("moods:scales_care", args=[sitting.uuid])
    page = as_member.get(end["Location"]).content.decode()
    assert reverse("moods:scales_question", args=[sitting.uuid, 1]) in page
    assert selectors.answers_of(member, Sitting.objects.get()) == [None] * 8 + [1]


def test_next_time_begins_with_a_kind_line_until_two_weeks_have_passed(member: User) -> None:
    line = "지난번에 많이 힘들다고 하셨지요"
    home = reverse("moods:scales")
    assert line not in logged_in(member).get(home).content.decode()
    take(member, Scale.PHQ9, [0] * 8 + [1])
    assert line in logged_in(member).get(home).content.decode()
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        assert line not in logged_in(member).get(home).content.decode()


# --- the crisis card ----------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/crisis/", "/crisis/ko/", "/crisis/en/"])
def test_the_crisis_card_opens_without_log_in_and_holds_nothing_of_a_person(
    member: User, as_member: Client, path: str
) -> None:
    stranger, own = Client().get(path), as_member.get(path)
    assert stranger.status_code == own.status_code == 200
    assert stranger.content == own.content
    assert not stranger.cookies
    assert not own.cookies
    page = stranger.content.decode()
    assert page.count("<h1") == 1
    for number in ("tel:109", "sms:109", "tel:119", "tel:112"):
        assert f'href="{number}"' in page
    assert "csrfmiddlewaretoken" not in page
    assert not re.findall(r'(?:src|href)="https?://', page)
    assert "no-store" not in str(own["Cache-Control"])


def test_the_crisis_card_says_that_nobody_is_watching_here() -> None:
    for path in ("/crisis/ko/", "/crisis/en/"):
        page = Client().get(path).content.decode()
        assert "응급 서비스가 아니에요" in page
        assert "not an emergency service" in page


def test_opening_the_crisis_card_is_recorded_nowhere(member: User, as_member: Client) -> None:
    take(member, Scale.PHQ9, [0] * 8 + [3])

    def rows() -> dict[str, list[object]]:
        tables = [model for model in apps.get_models() if model._meta.managed]
        return {table._meta.label: list(table._default_manager.order_by("pk").values()) for table in tables}

    before = rows()
    as_member.get(reverse("moods:crisis"))
    as_member.get(reverse("moods:scales_care", args=[Sitting.objects.get().uuid]))
    assert rows() == before


def test_every_screen_leads_to_the_crisis_card(
    member: User, as_member: Client, as_officer: Client, organisation: Organisation
) -> None:
    curator = logged_in(make_staff(organisation, "curator@example.org", Role.CURATOR))
    for client, path in (
        (Client(), "/"),
        (Client(), reverse("account_login")),
        (Client(), reverse("account_signup")),
        (Client(), "/no/such/page/"),
        (as_member, reverse("moods:today")),
        (as_member, reverse("moods:check_in")),
        (as_member, reverse("moods:diary")),
        (as_member, reverse("moods:scales")),
        (as_member, reverse("accounts:me")),
        (as_member, reverse("music:home")),
        (as_member, reverse("welfare:clients")),
        (as_officer, reverse("welfare:clients")),
        (curator, reverse("admin:index")),
    ):
        page = client.get(path).content.decode()
        assert f'href="{reverse("moods:crisis")}"' in page, path


def test_no_template_takes_both_header_and_footer_away() -> None:
    taken = re.compile(r"{% block (header|footer) %}(.*?){% endblock", re.S)
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        emptied = {
            name for name, body in taken.findall(text) if "include" not in body and "moods:crisis" not in body
        }
        card = "_crisis_card.html" in text
        assert emptied != {"header", "footer"} or card, path


def test_staff_without_a_second_factor_reach_the_card_too(db: None, officer: User) -> None:
    Authenticator.objects.filter(user=officer).delete()
    assert logged_in(officer).get(reverse("moods:crisis")).status_code == 200
