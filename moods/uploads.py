"""Take a photo in without writing it to disk unencrypted, and without holding more than the limit."""

from __future__ import annotations

import io
from typing import Any, Final

from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

#: As in ``inference``: the largest file that is taken, in bytes.
MOST_BYTES: Final = 20_000_000
#: A body larger than this is refused unheard: nobody sends it by accident.
MOST_HEARD: Final = 100_000_000


class PhotoUpload(FileUploadHandler):
    """Gather one photo in memory; let the rest of one that is too large run past unheard.

    The other fields of the form still arrive, so nothing that was typed is lost. Django's own
    handlers would put photos above 2.5 MB into /tmp, where a crash leaves them readable.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.too_large = False
        self.taken = 0
        self.buffer = io.BytesIO()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin with an empty buffer."""
        super().new_file(*args, **kwargs)
        self.buffer = io.BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep a piece, or drop all of the file once it, with the files before it, is over the limit."""
        self.taken += len(raw_data)
        if self.taken > MOST_BYTES:
            self.too_large = True
            self.buffer = io.BytesIO()
            raise SkipFile
        self.buffer.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        """Hand the file over."""
        if self.too_large:
            return None
        self.buffer.seek(0)
        return InMemoryUploadedFile(
            file=self.buffer,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
