"""One shape for every error of the API: a stable code and one kind sentence."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler


def api_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return ``{"code", "message", "fields"}`` for whatever DRF knows how to answer."""
    response = exception_handler(error, context)
    if response is None:
        return None
    fields = response.data if isinstance(error, ValidationError) else {}
    code = error.default_code if isinstance(error, APIException) else "error"
    detail = response.data.get("detail") if isinstance(response.data, dict) else None
    message = str(detail) if detail else str(_first(fields) or error)
    response.data = {"code": code, "message": message, "fields": fields}
    return response


def _first(fields: Any) -> Any:
    """Return the first sentence in DRF's nested error lists."""
    while isinstance(fields, (dict, list)) and fields:
        fields = next(iter(fields.values())) if isinstance(fields, dict) else fields[0]
    return fields or None
