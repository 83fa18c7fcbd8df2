"""Take a file in on an unnamed part of the disk: gone when the request ends or the process dies."""

from __future__ import annotations

import tempfile
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

#: Bytes of a file that is taken.
MOST_BYTES: Final = 100_000_000
#: Bytes of a body that is listened to at all.
MOST_HEARD: Final = 110_000_000


class ImportUpload(FileUploadHandler):
    """Gather one file in an anonymous temporary file; let one that is too large run past unheard."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.too_large = False
        self.taken = 0
        self.file = tempfile.TemporaryFile()  # noqa: SIM115  closed with the request's files

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Write a piece down, or drop the file once it is over the limit."""
        self.taken += len(raw_data)
        if self.taken > MOST_BYTES:
            self.too_large = True
            self.file.seek(0)
            self.file.truncate()
            raise SkipFile
        self.file.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        """Hand the file over."""
        if self.too_large:
            return None
        self.file.seek(0)
        return UploadedFile(self.file, self.file_name, self.content_type, file_size, self.charset)
