"""Settings. Everything that differs between installations comes from ``OPENCMC_*`` in the environment."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

#: The home directory: lake, runs, database and secret key of one county.
OPENCMC_HOME = Path(os.environ.get("OPENCMC_HOME", "home")).resolve()

#: Demonstration accounts may sign in with one press. Never on for a real county.
DEMO = os.environ.get("OPENCMC_DEMO", "") == "1"

WEB = Path(__file__).resolve().parent


def secret_key(home: Path) -> str:
    """The key in ``HOME/secret.key``, made at the first start. Without a home there is nothing to protect yet."""
    path = home / "secret.key"
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    key = secrets.token_urlsafe(50)
    if home.is_dir():
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # another worker was first
            return path.read_text(encoding="ascii").strip()
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key)
    return key


SECRET_KEY = secret_key(OPENCMC_HOME)
#: Where the slices find the keys of the home: ``key(home, name)`` and ``key_ring(home, name)``.
KEY, KEY_RING = "opencmc.web.keys.key", "opencmc.web.keys.key_ring"
DEBUG = False
ALLOWED_HOSTS = os.environ.get("OPENCMC_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
ROOT_URLCONF = "opencmc.web.urls"
WSGI_APPLICATION = "opencmc.web.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_tasks",
    "django_ox",
    "opencmc.apps.audit",
    "opencmc.apps.accounts",
    "opencmc.apps.network",
    "opencmc.apps.residents",
    "opencmc.apps.rules",
    "opencmc.apps.monitoring",
    "opencmc.apps.notices",
    "opencmc.apps.jobs",
    "opencmc.apps.tasks",
    "opencmc.apps.exports",
    "opencmc.apps.home",
    "opencmc.web",
    "opencmc.web.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "opencmc.web.middleware.RequestTimeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "opencmc.web.middleware.HolderMiddleware",
    "opencmc.apps.accounts.middleware.BoundSessionMiddleware",
    "opencmc.web.middleware.RefusalMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [WEB / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "opencmc.web.context.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "opencmc.web.templatetags.components",
            ],
        },
    }
]


def database(address: str, home: Path) -> dict[str, object]:
    """``OPENCMC_DATABASE`` as ``postgresql://user:password@host:port/name``; without it SQLite in the home."""
    if address:
        parts = urlsplit(address)
        if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
            raise ValueError("OPENCMC_DATABASE should read postgresql://user:password@host:port/name")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.strip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
        }
    return SQLITE | {"NAME": home / "web.sqlite3"}


# IMMEDIATE takes the write lock when a transaction begins; with WAL alone a read that turns into a write fails.
SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "CONN_MAX_AGE": None,
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=134217728;"
        " PRAGMA journal_size_limit=27103364; PRAGMA cache_size=-20000; PRAGMA temp_store=MEMORY;",
    },
}
DATABASES = {"default": database(os.environ.get("OPENCMC_DATABASE", ""), OPENCMC_HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Rendered figures of a run never change, so each worker keeps what it has drawn.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 600},
    }
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
# The first counts wrong passwords and knows no user; the second looks.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# Memory-hard; passwords hashed before are hashed anew when their owner signs in.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# Wrong passwords within a quarter of an hour: 6 for a name from one address, 30 for a name from anywhere, 200 from one
# address over all names (a hospital stands behind one). The page itself says so, with the time (apps/accounts/lockout.py).
AXES_FAILURE_LIMIT = int(os.environ.get("OPENCMC_SIGN_IN_FAILURES", "6"))
SIGN_IN_FAILURES_OF_A_NAME = 30
SIGN_IN_FAILURES_OF_AN_ADDRESS = int(os.environ.get("OPENCMC_SIGN_IN_FAILURES_OF_AN_ADDRESS", "200"))
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # sign-ins are lines of the audit
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# The sign-in page answers a lock itself, so the middleware that would has nothing to do.
SILENCED_SYSTEM_CHECKS = ["axes.W002"]
#: A session unused for so long, or older than so long, is over.
SESSION_IDLE = timedelta(minutes=int(os.environ.get("OPENCMC_IDLE_MINUTES", "30")))
SESSION_LONGEST = timedelta(hours=12)
CSRF_FAILURE_VIEW = "opencmc.apps.accounts.views.stale_form"
#: Where the slices below the rules find the pack in use.
PACK_IN_USE = "opencmc.apps.rules.api.pack_in_use"
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "home:home"

# The queue of background jobs is a table of the same database. A worker that stops reporting loses its job to another.
TASKS = {
    "default": {
        "BACKEND": "django_ox.backend.OxBackend",
        "OPTIONS": {"MAX_ATTEMPTS": 5, "LOCK_TIMEOUT": 60, "BACKOFF_INITIAL": 5},
    }
}

#: The interface for machines: requests a second of one caller in one worker, how many at once, wrong tokens a minute from
#: one address, and for how many days the answers to writes are kept (web/api/limits.py, web/api/once.py).
API_RATE = float(os.environ.get("OPENCMC_API_RATE", "50"))
API_BURST = max(2 * API_RATE, 10)
API_FAILURES_A_MINUTE = int(os.environ.get("OPENCMC_API_FAILURES", "120"))
API_KEPT_DAYS = 7

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [WEB / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [WEB / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
WHITENOISE_USE_FINDERS = True
# Pages name each file with its content's hash, so a browser may keep it for long.
WHITENOISE_MAX_AGE = 30 * 24 * 3600

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
#: A reverse proxy with HTTPS stands in front and writes X-Forwarded-Proto and X-Forwarded-For itself (deploy/nginx.conf).
BEHIND_TLS = os.environ.get("OPENCMC_BEHIND_TLS", "") == "1"
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    MIDDLEWARE.insert(0, "opencmc.web.middleware.ProxyMiddleware")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
