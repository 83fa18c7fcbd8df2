"""Settings: one file, safe by default, every difference by environment (see docs/settings.md)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(env.env_str("MAEUM_VAR", str(BASE_DIR / "var")))
VAR.mkdir(parents=True, exist_ok=True)

DEBUG = env.env_bool("MAEUM_DEBUG", False)
#: Demo people, their printed secrets and the mailbox page exist only with this switch.
MAEUM_DEMO = env.env_bool("MAEUM_DEMO", False)
SECRET_KEY = env.env_secret("MAEUM_SECRET_KEY", VAR / "secret_key")
#: Wraps every member's own data key; lose it and every stored photo is unreadable.
MAEUM_MASTER_KEY = env.env_secret("MAEUM_MASTER_KEY", VAR / "master_key")
ALLOWED_HOSTS = env.env_list("MAEUM_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.env_list("MAEUM_TRUSTED_ORIGINS")
MAEUM_HTTPS = env.env_bool("MAEUM_HTTPS", False)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "import_export",
    "rest_framework",
    "accounts",
    "inference",
    "moods",
    "music",
    "welfare",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.NoTraces",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.PersonalSettings",
    "accounts.middleware.StaffSecondFactor",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.frame",
            ],
        },
    }
]

_url = env.env_str("DATABASE_URL")
DATABASES = {"default": env.database(_url) if _url else env.sqlite(VAR / "maeum.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"signup": "accounts.forms.SignUpForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional" if MAEUM_DEMO else "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/m/key",
}
#: Proxies in front of the web server: how many entries of X-Forwarded-For, from its end, are true.
ALLAUTH_TRUSTED_PROXY_COUNT = env.env_int("MAEUM_TRUSTED_PROXIES", 0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Maeum"
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
# Last-seen times would cost five queries on every page; the session list shows log-in times.
USERSESSIONS_TRACK_ACTIVITY = False

# --- language and time --------------------------------------------------------------------------
LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", _("한국어")), ("en", _("영어"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Seoul"

# --- files --------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [BASE_DIR / "static"]
_vendor = BASE_DIR / "var" / "vendor"
if _vendor.is_dir():
    STATICFILES_DIRS.append(("vendor", _vendor))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "photos": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(VAR / "photos"), "file_permissions_mode": 0o600},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = VAR / "media"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# No file of a form goes to /tmp, where a stranger could fill the disk; larger ones are left out.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

# --- queue --------------------------------------------------------------------------------------
REDIS_URL = env.env_str("REDIS_URL")
_queue = VAR / "queue"
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "visibility_timeout": 3600,
        "socket_timeout": 5,
        "socket_connect_timeout": 1,
        "retry_policy": {"timeout": 1.0},
        "max_retries": 0,
    }
    CACHES = {
        "default": {
            "BACKEND": "config.cache.PatientRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }
    }
else:
    for _name in ("messages", "processed", "control"):
        (_queue / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "filesystem://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue / "messages"),
        "data_folder_out": str(_queue / "messages"),
        "control_folder": str(_queue / "control"),
        "store_processed": False,
        "polling_interval": 0.2,
    }
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = bool(REDIS_URL)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"moods.tasks.read_photos": {"queue": "inference"}}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "moods.tasks.sweep",
        "schedule": timedelta(seconds=env.env_int("MAEUM_SWEEP_SECONDS", 10, least=1)),
        "options": {"expires": 30},
    },
    "purge": {"task": "moods.tasks.purge", "schedule": timedelta(minutes=10)},
    "sessions": {"task": "accounts.tasks.clear_sessions", "schedule": crontab(hour=4, minute=10)},
}
#: Seconds a worker may hold a claimed reading before the sweep takes it back.
MAEUM_LEASE_SECONDS = env.env_int("MAEUM_LEASE_SECONDS", 90, least=1)
#: Times a reading is tried before it ends as FAILED.
MAEUM_READING_ATTEMPTS = env.env_int("MAEUM_READING_ATTEMPTS", 4, least=1)
MAEUM_READING_BATCH = env.env_int("MAEUM_READING_BATCH", 8, least=1)
#: First pause before a failed reading is tried again; doubles each time, with jitter.
MAEUM_BACKOFF_SECONDS = env.env_int("MAEUM_BACKOFF_SECONDS", 5, least=0)
MAEUM_INFERENCE_THREADS = env.env_int("MAEUM_INFERENCE_THREADS", 2, least=1)
MAEUM_BUNDLE = env.env_str("MAEUM_BUNDLE")
#: One more folder in which bundles lie side by side.
MAEUM_BUNDLES = env.env_str("MAEUM_BUNDLES")
#: What runs the networks: auto, onnx-int8, onnx-float or keras (docs/engine.md).
MAEUM_ENGINE = env.env_str("MAEUM_ENGINE", "auto")
#: Short scales that members may take (docs/scales.md); empty: none.
MAEUM_SCALES = env.env_list("MAEUM_SCALES", "who5,phq2,phq9")
MAEUM_YOUTUBE_API_KEY = env.env_str("MAEUM_YOUTUBE_API_KEY")

# --- mail ---------------------------------------------------------------------------------------
EMAIL_HOST = env.env_str("MAEUM_EMAIL_HOST")
EMAIL_PORT = env.env_int("MAEUM_EMAIL_PORT", 587)
EMAIL_HOST_USER = env.env_str("MAEUM_EMAIL_USER")
EMAIL_HOST_PASSWORD = env.env_str("MAEUM_EMAIL_PASSWORD")
EMAIL_USE_TLS = env.env_bool("MAEUM_EMAIL_TLS", True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.env_str("MAEUM_EMAIL_FROM", "Maeum <maeum@localhost>")
EMAIL_FILE_PATH = str(VAR / "mail")
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if EMAIL_HOST
    else "django.core.mail.backends.filebased.EmailBackend"
)

# --- safety -------------------------------------------------------------------------------------
# YouTube's player answers error 153 to pages that send no referrer (Django's default policy).
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "config.views.csrf_failure"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = MAEUM_HTTPS
SECURE_SSL_REDIRECT = MAEUM_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if MAEUM_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = MAEUM_HTTPS
SECURE_HSTS_PRELOAD = MAEUM_HTTPS
if MAEUM_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "config.errors.api_error",
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.env_str("MAEUM_LOG_LEVEL", "INFO")},
}
