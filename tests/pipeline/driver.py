"""A process of one house that does as the test says: the part of the web process, line by line.

Reads ``[name, arguments]`` as JSON from stdin and answers with JSON on stdout. It runs the real
services under the house's own settings, so a test can drive two houses from one test process.
"""

from __future__ import annotations

import json
import sys

import django


def main() -> None:
    """Answer until stdin closes."""
    django.setup()
    from tests.pipeline.duties import COMMANDS  # needs the settings that were just set up

    for line in sys.stdin:
        name, arguments = json.loads(line)
        print(json.dumps(COMMANDS[name](**arguments), default=str), flush=True)


if __name__ == "__main__":
    main()
