"""Messages on the filesystem are whole, in order and gone once read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from queue import Empty
from typing import Any

from kombu import Connection

from config import broker

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = 300


def connect(folder: Path) -> Connection:
    """Return a connection to a queue in a folder."""
    broker.install()
    options = {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "control_folder": str(folder / "c"),
    }
    return Connection("filesystem://", transport_options=options)


def test_reader_beside_a_writer_sees_only_whole_messages(tmp_path: Path) -> None:
    """Write from another process while reading; kombu's own transport gives empty messages here."""
    program = (
        "import sys; from pathlib import Path; from tests.house.test_broker import connect, MESSAGES\n"
        "queue = connect(Path(sys.argv[1])).SimpleQueue('photos')\n"
        "[queue.put({'n': n, 'pad': 'x' * 20000}) for n in range(MESSAGES)]\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT)
    seen: list[Any] = []
    try:
        with connect(tmp_path) as connection:
            channel: Any = connection.default_channel
            while len(seen) < MESSAGES:
                try:
                    seen.append(channel._get("photos"))
                except Empty:
                    assert writer.poll() in (None, 0)
    finally:
        writer.wait(30)
    assert len(seen) == MESSAGES
    assert all(message["body"] for message in seen)
    assert not list(tmp_path.glob("*.msg"))
    assert not list(tmp_path.glob("*.part"))
