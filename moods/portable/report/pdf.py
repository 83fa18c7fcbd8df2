"""Draw the report on two A4 pages: solid is the person's word, dashed the machine's guess."""

from __future__ import annotations

import tempfile
from datetime import date
from typing import IO, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moods.bundle_facts import card_facts
from moods.choices import Feeling, Mood, mood_of
from moods.portable.report import strip
from moods.portable.report.drawing import (
    BRAND,
    FILLS,
    HEIGHT,
    INK,
    INK_2,
    INK_3,
    INNER,
    LINE,
    LINE_STRONG,
    MARGIN,
    PAPER,
    WASH,
    WIDTH,
    Sheet,
)
from moods.portable.report.figures import Day, Report
from moods.portable.report.periods import MONTH
from moods.templatetags.moods_tags import said_full_date, said_month, said_time, short_date
from moods.words import tag_word

_RIGHT: Final = WIDTH - MARGIN


def report_write(report: Report) -> IO[bytes]:
    """Write the two pages to an unnamed temporary file; return it at its start."""
    from reportlab.pdfgen.canvas import Canvas

    file = tempfile.TemporaryFile()  # noqa: SIM115  closed once it is sent
    canvas = Canvas(file, pagesize=(WIDTH, HEIGHT), pageCompression=1)
    canvas.setTitle(_("마음 기록 보고서"))
    canvas.setAuthor(_("마음"))
    canvas.setSubject(_period_words(report))
    sheet = Sheet(canvas)
    _first_page(sheet, report)
    canvas.showPage()
    _second_page(sheet, report)
    canvas.showPage()
    canvas.save()
    file.seek(0)
    return file


def _first_page(sheet: Sheet, report: Report) -> None:
    y = _head(sheet, report)
    y = _numbers(sheet, report, y + 22)
    y = _title(
        sheet,
        y + 30,
        _("하루하루의 기분"),
        _("점은 하루의 기분, 굵은 선은 7일 평균, 띠는 그 7일이 흔들린 폭이에요."),
    )
    y = _chart(sheet, report.days, y + 8, 290 if report.period.span == MONTH else 200)
    y = _key(sheet, y + 16)
    y = _title(sheet, y + 32, _("달력"), _("그날 남긴 느낌이에요. 빈칸은 기록이 없는 날이에요."))
    strip.months(sheet, report, y + 10)
    _foot(sheet, 1)


def _second_page(sheet: Sheet, report: Report) -> None:
    y = _title(
        sheet,
        MARGIN + 14,
        _("느낌"),
        _("느낌을 고른 기록의 수예요. 본인이 고르지 않은 기록만 사진으로 짐작한 것을 따로 세요."),
    )
    y = _feelings(sheet, report, y + 14)
    y = _tags(sheet, report, y + 26)
    if report.scales:
        y = _scales(sheet, report, y + 30)
    y = _notes(sheet, report, y + 30)
    _honest(sheet, report)
    _foot(sheet, 2)


def _period_words(report: Report) -> str:
    months = report.period.months
    if len(months) == 1:
        return said_month(months[0])
    return f"{said_month(months[0])} – {said_month(months[-1])}"


def _head(sheet: Sheet, report: Report) -> float:
    sheet.box(0, 0, WIDTH, 6, BRAND, radius=0)
    sheet.text(MARGIN, 46, _("마음 기록 보고서"), 20, INK, bold=True)
    sheet.text(MARGIN, 66, _period_words(report), 12, BRAND, bold=True)
    sheet.text(_RIGHT, 44, report.name, 12, INK, bold=True, align="right")
    born = _("%d년생") % report.birth_year if report.birth_year else ""
    made = _("%s에 만듦") % said_full_date(report.made_at.date())
    sheet.text(_RIGHT, 66, " · ".join(part for part in (born, made) if part), 9, INK_3, align="right")
    sheet.rule(80)
    return 80


def _numbers(sheet: Sheet, report: Report, y: float) -> float:
    """Draw four numbers, each with the sentence that says what it counts."""
    days = report.period.days
    cells = [
        (
            _("기록한 날"),
            _("%(written)d일") % {"written": report.written},
            _("%(days)d일 가운데 · 기록 %(entries)d건") % {"days": days, "entries": report.entries},
        ),
        (_("평균 기분"), _step(report.mean), _compared(report)),
        (
            _("힘든 날"),
            ngettext("%d일", "%d일", report.hard) % report.hard,
            _("본인이 ‘조금 힘들어요’나 더 힘들다고 한 날"),
        ),
        (
            _("좋은 날"),
            ngettext("%d일", "%d일", report.good) % report.good,
            _("본인이 ‘조금 좋아요’나 더 좋다고 한 날"),
        ),
    ]
    width = (INNER - 3 * 10) / 4
    for count, (name, value, about) in enumerate(cells):
        x = MARGIN + count * (width + 10)
        sheet.box(x, y, width, 70, WASH, radius=6)
        sheet.text(x + 10, y + 18, name, 9, INK_2)
        sheet.text(x + 10, y + 40, value, _fitting(sheet, value, width - 20), INK, bold=True)
        sheet.paragraph(x + 10, y + 55, about, width - 16, 7.4, INK_3, lines=2)
    return y + 70


def _fitting(sheet: Sheet, text: str, width: float) -> float:
    size = 16.0
    while size > 9 and sheet.width(text, size, bold=True) > width:
        size -= 0.5
    return size


def _step(valence: float | None) -> str:
    return str(mood_of(valence).label) if valence is not None else "–"


def _compared(report: Report) -> str:
    if report.mean is None:
        return _("본인 말이 없어요")
    number = f"{report.mean:+.2f}"
    if report.mean_before is None:
        return _("%(mean)s (−1에서 1 사이) · 본인 말 %(days)d일") % {"mean": number, "days": report.own_days}
    return _("%(mean)s (−1에서 1) · 앞 기간 %(before)s") % {
        "mean": number,
        "before": f"{report.mean_before:+.2f}",
    }


def _title(sheet: Sheet, y: float, title: str, about: str = "") -> float:
    sheet.text(MARGIN, y, title, 12.5, INK, bold=True)
    if about:
        return sheet.paragraph(MARGIN, y + 15, about, INNER, 8.5, INK_3) - 8
    return y + 4


def _chart(sheet: Sheet, days: list[Day], y: float, height: float) -> float:
    """Draw band, 7-day mean and days; gaps in the mean stay gaps."""
    left, width = MARGIN + 74, INNER - 74
    last = max(1, len(days) - 1)

    def x(at: int) -> float:
        return left + 6 + (width - 12) * at / last

    def up(valence: float) -> float:
        return y + height / 2 - (height / 2 - 8) * valence

    for mood in Mood:
        sheet.rule(up(mood / 3), left, width, LINE_STRONG if mood == 0 else LINE)
        sheet.text(left - 8, up(mood / 3) + 3, str(mood.label), 7.6, INK_3, align="right")
    for run in _runs(days):
        band = [(x(at), up(day.high or 0.0)) for at, day in run]
        band += [(x(at), up(day.low or 0.0)) for at, day in reversed(run)]
        sheet.area(band, WASH)
    for mood in Mood:  # again, over the band
        sheet.rule(up(mood / 3), left, width, LINE_STRONG if mood == 0 else LINE)
    for run in _runs(days):
        sheet.line_through([(x(at), up(day.mean or 0.0)) for at, day in run], BRAND, 1.8)
    size = 2.7 if len(days) <= 31 else 1.9
    for at, day in enumerate(days):
        if day.valence is not None:
            sheet.dot(x(at), up(day.valence), size, INK if day.own else PAPER, INK, dashed=not day.own)
    for at, day in enumerate(days):
        if _is_told(at, len(days), day.date):
            sheet.text(x(at), y + height + 11, short_date(day.date), 7.6, INK_3, align="centre")
    return y + height + 12


def _runs(days: list[Day]) -> list[list[tuple[int, Day]]]:
    """Part the days into stretches that have a mean."""
    runs: list[list[tuple[int, Day]]] = []
    before = None
    for at, day in enumerate(days):
        if day.mean is None:
            continue
        if before is None or at - before > 1:
            runs.append([])
        runs[-1].append((at, day))
        before = at
    return [run for run in runs if len(run) > 1]


def _is_told(at: int, count: int, day: date) -> bool:
    return at % 5 == 0 if count <= 31 else day.day in (1, 15)


def _key(sheet: Sheet, y: float) -> float:
    x = MARGIN + 74
    sheet.dot(x + 4, y - 3, 2.7, INK, INK)
    sheet.text(x + 12, y, _("본인의 말"), 8.5, INK_2)
    x += 26 + sheet.width(_("본인의 말"), 8.5)
    sheet.dot(x + 4, y - 3, 2.7, PAPER, INK, dashed=True)
    sheet.text(x + 12, y, _("사진으로 한 기계의 짐작 (말이 없는 날만)"), 8.5, INK_2)
    return y


def _feelings(sheet: Sheet, report: Report, y: float) -> float:
    most = max([said + guessed for _name, said, guessed in report.feelings] + [1])
    left, room = MARGIN + 74, INNER - 74 - 108
    for count, (name, said, guessed) in enumerate(report.feelings):
        top = y + count * 22
        sheet.feeling(MARGIN, top, 13, name)
        sheet.text(MARGIN + 20, top + 10, str(Feeling(name).label), 9.5, INK)
        own, guess = room * said / most, room * guessed / most
        if said:
            sheet.box(left, top, max(own, 2), 13, FILLS[name][0], INK_2, radius=1.5, line=0.6)
        if guessed:
            sheet.box(
                left + own + 2 * bool(said), top, max(guess, 2), 13, PAPER, INK_2, radius=1.5, dashed=True
            )
        told = _("본인 %(said)d · 짐작 %(guessed)d") % {"said": said, "guessed": guessed}
        sheet.text(_RIGHT, top + 10, told, 9, INK_2, align="right")
    return y + len(report.feelings) * 22


def _tags(sheet: Sheet, report: Report, y: float) -> float:
    """Draw the most frequent tags in one or two lines."""
    y = _title(sheet, y, _("자주 붙인 꼬리표"))
    if not report.tags:
        sheet.text(MARGIN, y + 14, _("붙인 꼬리표가 없어요."), 9.5, INK_3)
        return y + 14
    x, top = MARGIN, y + 8
    for tag, count in report.tags:
        told = f"{tag_word(tag)} {count}"
        width = sheet.width(told, 9) + 16
        if x + width > _RIGHT:
            x, top = MARGIN, top + 24
        sheet.box(x, top, width, 18, "#EEECE5", radius=9)
        sheet.text(x + 8, top + 12.4, told, 9, INK_2)
        x += width + 6
    return top + 18


def _scales(sheet: Sheet, report: Report, y: float) -> float:
    """List finished scales, the newest five, with the score as it is published."""
    y = _title(sheet, y, _("짧은 설문")) + 12
    for taken in report.scales[-5:]:
        sheet.text(MARGIN, y, short_date(taken.local_date), 9, INK_3)
        sheet.text(MARGIN + 50, y, str(taken.scale.label), 9.5, INK)
        score = _("%(score)s점 (%(top)s점 만점)") % {"score": taken.score, "top": taken.score_top}
        sheet.text(_RIGHT, y, score, 9.5, INK, bold=True, align="right")
        y += 17
    return y - 8


def _notes(sheet: Sheet, report: Report, y: float) -> float:
    """Write the notes that the member chose, as many as the page holds."""
    y = _title(sheet, y, _("본인이 골라 넣은 글")) + 14
    end = HEIGHT - 190
    if not report.notes:
        return sheet.paragraph(MARGIN, y, _("보여 주기로 고른 글이 없어요."), INNER, 9.5, INK_3)
    share = max(1, int((end - y) / len(report.notes) / 15) - 1)
    for note in report.notes:
        sheet.text(MARGIN, y, f"{short_date(note.date)}", 9, INK_3)
        sheet.text(MARGIN, y + 12, said_time(note.time), 7.4, INK_3)
        after = sheet.paragraph(MARGIN + 92, y, note.text, INNER - 92, 9.5, INK, lines=share)
        y = max(after, y + 20) + 6
    return y


def _honest(sheet: Sheet, report: Report) -> None:
    """Say what the pages are and are not, and how good the guesses are, by the model card."""
    y = HEIGHT - 158
    sheet.rule(y - 16)
    y = _title(sheet, y + 2, _("이 보고서를 읽을 때"))
    said = [
        _("이 보고서는 본인이 일상에서 적은 기록을 그대로 모은 것이에요. 진단이나 의학적 판단이 아니에요."),
        _(
            "채운 모양은 본인의 말, 점선 모양은 얼굴 사진을 본 기계의 짐작이에요. 숫자는 본인의 말로만 셌어요."
        ),
        _card_words(report),
    ]
    y += 14
    for sentence in said:
        sheet.dot(MARGIN + 2, y - 3, 1.3, INK_3, INK_3)
        y = sheet.paragraph(MARGIN + 10, y, sentence, INNER - 10, 8.6, INK_2) + 4


def _card_words(report: Report) -> str:
    facts = card_facts(report.card)
    version = str(report.card.get("version", "")) if report.card else ""
    if facts.accuracy_percent is None:
        return _("짐작이 얼마나 맞는지는 아직 말할 수 없어요.")
    said = _("짐작하는 장치 %(version)s는 공개된 시험 사진 백 장 가운데 %(n)d장쯤 맞혔어요.") % {
        "version": version,
        "n": int(facts.accuracy_percent),
    }
    if facts.weakest_name:
        said += " " + _("가장 자주 틀리는 감정: %s.") % facts.weakest_name
    return said + " " + _("나이 든 얼굴에서는 더 자주 틀릴 수 있어요.")


def _foot(sheet: Sheet, page: int) -> None:
    sheet.rule(HEIGHT - 40)
    sheet.text(MARGIN, HEIGHT - 26, _("마음 · 본인이 직접 만들어 건넨 문서예요."), 8, INK_3)
    sheet.text(_RIGHT, HEIGHT - 26, f"{page} / 2", 8, INK_3, align="right")
