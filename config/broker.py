"""Kombu's filesystem transport with whole messages only.

Kombu 5.7 opens a message's file and then writes it, while a reader may move and read it in between: an empty message
ends the worker's loop. Writing beside and renaming closes that gap. ``install`` puts it behind ``filesystem://``.
"""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport.filesystem import Channel as KombuChannel
from kombu.transport.filesystem import Transport as KombuTransport
from kombu.utils.json import dumps


class Channel(KombuChannel):
    """Put a message down in one step."""

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]  # as kombu's own
        """Write the message under a name no reader looks for, then rename it; kombu reads in order of names."""
        folder = Path(self.data_folder_out)
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}"
        part = folder / f"{name}.part"
        try:
            part.write_text(dumps(payload))
            os.replace(part, folder / f"{name}.{queue}.msg")
        except OSError as error:
            raise ChannelError(f"Cannot write a message into {folder}") from error


class Transport(KombuTransport):
    """The transport with the channel above."""

    Channel = Channel


def install() -> None:
    """Answer ``filesystem://`` with this transport, in every process that loads the Celery app."""
    TRANSPORT_ALIASES["filesystem"] = "config.broker:Transport"
