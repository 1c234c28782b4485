"""One settings file. Everything that differs between set-ups is an environment variable; with none set, the
embedded default runs: SQLite, the filesystem broker, a local mail catcher. Secure whenever DEBUG is off."""

from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF, UNSAFE_INLINE

from config.env import env, link_keys, public_url, rate, secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("NINES_VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

# ---- who and where -------------------------------------------------------------------------------------------
PUBLIC_URL = public_url()
IS_HTTPS = PUBLIC_URL.startswith("https://")
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = secret_key(VAR_DIR, is_public=IS_HTTPS)
SURVEY_LINK_KEYS = link_keys(SECRET_KEY)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[]) or [
    str(urlsplit(PUBLIC_URL).hostname),
    *([] if IS_HTTPS else ["127.0.0.1", "localhost", "[::1]"]),
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
ORGANISATION = {
    "name": env.str("ORGANISATION_NAME", default="Tidewell"),
    "legal_name": env.str("ORGANISATION_LEGAL_NAME", default="Tidewell AS"),
    "address": env.str("ORGANISATION_ADDRESS", default="Strandgata 1, 5004 Bergen, Norway"),
    "privacy_url": env.str("ORGANISATION_PRIVACY_URL", default=""),
    "help_url": env.str("ORGANISATION_HELP_URL", default=""),
}

# ---- apps ----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config.admin.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "django_htmx",
    "nps",
    "followups",
]
MIDDLEWARE = [
    "config.middleware.BodilessHeadMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.deadline.DatabaseDeadlineMiddleware",
    "config.middleware.UnreadableTextMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.errors.DomainErrorMiddleware",
    "config.middleware.ReaderTimeZoneMiddleware",
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
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.organisation",
            ]
        },
    }
]
AUTH_USER_MODEL = "nps.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# ---- data ----------------------------------------------------------------------------------------------------
SQLITE_QUEUE_SECONDS = 20
if env.str("DATABASE_URL", default=""):
    DATABASES = {"default": env.db("DATABASE_URL")}
    DATABASES["default"]["CONN_MAX_AGE"] = 600
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 3)
    # Off behind a pooler that lends one connection to many and knows nothing of prepared statements, nor of options.
    if env.bool("DATABASE_PREPARES", default=True):
        DATABASES["default"]["OPTIONS"].setdefault("prepare_threshold", 5)
        # A report takes a quarter of a second; to compile its statements first took one and more.
        DATABASES["default"]["OPTIONS"].setdefault("options", "-c jit=off -c work_mem=16MB")
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR_DIR / "nines.sqlite3",
            # Writers queue instead of failing: with Django's own defaults most simultaneous posts end
            # in "database is locked".
            "OPTIONS": {
                "timeout": SQLITE_QUEUE_SECONDS,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
            "TEST": {"NAME": VAR_DIR / "test.sqlite3"},
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# How long a customer's page or a program waits for the database before it is told to try again; 0 is for ever. A file
# cannot freeze, its one writer only has a queue: there the deadline is longer than that queue's own, so that what is
# answered with 503 was not written, instead of being written a moment later.
DATABASE_DEADLINE_SECONDS = env.float(
    "DATABASE_DEADLINE_SECONDS", default=3.0 if env.str("DATABASE_URL", default="") else SQLITE_QUEUE_SECONDS + 2.0
)
# The same for staff, whose reports and acts on many rows may take a while.
STAFF_DEADLINE_SECONDS = env.float("STAFF_DEADLINE_SECONDS", default=30.0)
SILENCED_SYSTEM_CHECKS = ["models.W040"]  # SQLite keeps an index without the columns that PostgreSQL adds to it
REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": VAR_DIR / "cache"}
    )
}

# ---- Celery: the clock and the hands; what runs when is in config/celery.py ----------------------------------
BROKER_DIR = VAR_DIR / "broker"
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "socket_timeout": 2,
        "socket_connect_timeout": 1,
        "visibility_timeout": 60,
        # With kombu's own 10 and 10, what a killed worker had fetched comes back after 100 s at the earliest.
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    }
    if REDIS_URL
    else {
        "data_folder_in": str(BROKER_DIR / "queue"),
        "data_folder_out": str(BROKER_DIR / "queue"),
        "control_folder": str(BROKER_DIR / "control"),
        "store_processed": False,
        "polling_interval": 0.1,
    }
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Not without retry: with retry=False a refused broker takes 6 s to fail, so 0.06 s.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0}
# `celery inspect` and the like. The filesystem transport would leave a reply queue behind for each start.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = bool(REDIS_URL)
CELERY_TIMEZONE = "UTC"
# Off in tests of verbs: hints are hints, and no worker listens there.
NUDGES_ENABLED = env.bool("NINES_NUDGES", default=True)
# A failing receiver of a domain signal raises instead of being logged and made good by a sweep. For tests.
STRICT_WIRES = env.bool("NINES_STRICT_WIRES", default=False)
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat")

# ---- mail ----------------------------------------------------------------------------------------------------
vars().update(env.email_url("EMAIL_URL", default="smtp://127.0.0.1:8025"))
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=10)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"{ORGANISATION['name']} Support <support@tidewell.example>")
# The folder of caught mails. Set by the supervisor of the embedded default only; the mailbox page exists only then.
MAILBOX_DIR = env.str("NINES_MAILBOX_DIR", default="")

# ---- the queue -----------------------------------------------------------------------------------------------
# How old the counts beside the saved views may be, in seconds; 0 counts for every page.
QUEUE_COUNTS_SECONDS = env.float("QUEUE_COUNTS_SECONDS", default=5.0)

# ---- figures -------------------------------------------------------------------------------------------------
# On PostgreSQL with Redis what was counted of a day is kept until something of that day changes; off, every page counts
# all. Not in the files that stand in for Redis: those are read one by one.
KEEPS_DAYS = env.bool("KEEPS_DAYS", default=bool(REDIS_URL))

# ---- language and time: rows hold UTC, pages show the reader's zone -------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("nb", "Norsk"), ("pl", "Polski")]
USE_I18N = True
FORMAT_MODULE_PATH = ["config.formats"]
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")

# ---- static --------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        # Compressing takes two seconds of the first start, for nothing on this machine's own loopback.
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_HTTPS
        else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    },
}

# ---- security ------------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = IS_HTTPS and env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]  # asked from beside this server, behind the proxy
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "img-src": [SELF, "data:"],
    }
}
# Swagger's own page sets inline styles; nothing else may.
API_DOCS_CSP = {"style-src": [SELF, UNSAFE_INLINE]}

API_SCOPES = ("read", "tickets:write", "responses:write", "followups:write")

# ---- REST ----------------------------------------------------------------------------------------------------
# (requests, seconds) for each key or person, or None: a replay of a year of tickets must not be slowed by default.
API_THROTTLE = rate("API_THROTTLE")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "nps.desk.api.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["nps.desk.api.permissions.ScopePermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["nps.desk.api.parsing.ObjectParser"],
    "DEFAULT_FILTER_BACKENDS": ["nps.desk.api.filters.StrictFilterBackend"],
    "DEFAULT_THROTTLE_CLASSES": ["nps.desk.api.throttles.KeyThrottle"],
    "DEFAULT_PAGINATION_CLASS": "config.pagination.CreatedCursorPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.errors.problem_handler",
    "PAGE_SIZE": 50,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Nines API",
    "DESCRIPTION": "Tickets in, scores and follow-ups out. Times are ISO 8601 with an offset; ids are integers.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.describing.add_refusals",
    ],
    "ENUM_NAME_OVERRIDES": {
        "TicketStatusEnum": "nps.desk.models.tickets.Ticket.Status",
        "FollowUpStatusEnum": "followups.models.followups.FollowUp.Status",
        "LessonStatusEnum": "followups.models.lessons.Lesson.Status",
        "EffectEnum": "followups.models.effects.Measurement.Verdict",
        "OutcomeEnum": "followups.models.followups.Outcome",
        "DecisionOutcomeEnum": "nps.survey.models.invitations.SurveyDecision.Outcome",
        "AttemptViaEnum": "followups.models.attempts.Attempt.Via",
        "AboutEnum": "nps.survey.models.responses.Response.About",
        "SaidAboutEnum": "followups.models.followups.FollowUp.About",
        "ReasonEnum": "nps.survey.models.invitations.SurveyDecision.Reason",
        "InvitationViaEnum": "nps.survey.models.invitations.Invitation.Via",
    },
}

# ---- logs ----------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "config.logs.DiscreetFormatter", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "mail.log": {"level": "WARNING"},
        # Ticks of the clock: three lines each, every few seconds, all day.
        **{f"celery.{name}": {"level": "WARNING"} for name in ("app.trace", "beat", "worker", "redirected")},
    },
}
