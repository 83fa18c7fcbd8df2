"""What came out: numbers with their intervals, and every answer as a table."""

from __future__ import annotations

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import PersonRequest
from accounts.models import User
from moods.panel import charts, choices, services
from moods.panel.choices import Look
from moods.panel.models import Study
from moods.panel.results import results_of, table_of
from moods.panel.statistics import Part
from moods.panel.views.door import managers


@managers
@require_safe
def results(request: PersonRequest, study: Study) -> HttpResponse:
    """Show the results of a study."""
    found = results_of(study)
    parts = [_drawn(part) for part in (found.both, *found.parts[:-1])]
    context = {
        "study": study,
        "found": found,
        "parts": parts,
        "people": charts.person_rows(found.both, found.names),
        "heads": charts.heads(),
        "grid": charts.GRID,
        "seeds": {
            "people": choices.SEEDS_PEOPLE,
            "faces": choices.SEEDS_FACES,
            "human": choices.SEEDS_HUMAN,
            "model": choices.SEEDS_MODEL,
        },
    }
    return render(request, "moods/panel/results.html", context)


@managers
@require_safe
def export(request: PersonRequest, study: Study) -> HttpResponse:
    """Hand over every answer as CSV; members whose photos are in it find that in their access log."""
    members = User.objects.filter(check_ins__reading__panel_faces__study=study).distinct()
    for member in members.order_by(F("pk")):
        services.look(by=request.user, member=member, action=Look.EXPORTED)
    # The mark makes spreadsheet programs read the file as UTF-8.
    response = HttpResponse("\ufeff" + table_of(study), content_type="text/csv; charset=utf-8")
    name = f"human-versus-ai-{timezone.localdate():%Y%m%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store, private"
    return response


def _drawn(part: Part) -> dict[str, object]:
    """Return one part with its charts."""
    return {
        "part": part,
        "rows": charts.class_rows(part),
        "human": charts.mark(part.human, charts.HUMAN_Y, part.human_mean),
        "machine": charts.mark(part.machine, charts.MACHINE_Y),
        "forced": charts.mark(part.machine_forced, charts.MACHINE_Y),
        "human_confusion": charts.confusion(part.human_confusion),
        "machine_confusion": charts.confusion(part.machine_confusion),
    }
