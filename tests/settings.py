"""Settings of the test run: real PostgreSQL, fast password hashing, files in a temporary folder."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

if "MAEUM_VAR" not in os.environ:
    # xdist's workers inherit the variable, so only the process that made the folder removes it.
    os.environ["MAEUM_VAR"] = tempfile.mkdtemp(prefix="maeum-test-")
    atexit.register(shutil.rmtree, os.environ["MAEUM_VAR"], ignore_errors=True)
os.environ.setdefault("MAEUM_SECRET_KEY", "test only, never a real installation's key")
os.environ.setdefault("MAEUM_MASTER_KEY", "test only, never a real installation's master key")
os.environ.setdefault("MAEUM_DEMO", "1")

from tests.services import postgres

os.environ.setdefault("DATABASE_URL", postgres())

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405  WhiteNoise warns of a missing folder
