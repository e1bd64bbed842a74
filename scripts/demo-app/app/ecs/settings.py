# SPDX-License-Identifier: MIT
"""Settings, all of them from the environment, by the conventions of django-environ."""

from pathlib import Path
from urllib.parse import urlsplit

import environ

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = env("ECS_SECRET_KEY")
DEBUG = False
DOMAIN = env("ECS_DOMAIN", default=None) or env("APPLIANCE_DOMAIN", default="localhost")
ALLOWED_HOSTS = env.list("ECS_ALLOWED_HOSTS", default=[]) or [DOMAIN]
REVISION = env("GIT_REV", default="")

DATABASES = {"default": env.db_url("DATABASE_URL", default="sqlite://:memory:")}
DATABASES["default"].update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    DATABASES["default"].setdefault("OPTIONS", {})["connect_timeout"] = 5
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MEMCACHED_URL = env("MEMCACHED_URL", default="")
if MEMCACHED_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
            "LOCATION": urlsplit(MEMCACHED_URL).netloc or MEMCACHED_URL,
            # a cache that is away is an empty cache
            "OPTIONS": {"ignore_exc": True, "connect_timeout": 1, "timeout": 1},
        }
    }
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
REDIS_URL = env("REDIS_URL", default="")

# A copy for trials must never write to real people.
DISABLE_EMAIL_DELIVERY = env.bool("ECS_DISABLE_EMAIL_DELIVERY", default=False)
SMTP_URL = env("SMTP_URL", default="")
if SMTP_URL and not DISABLE_EMAIL_DELIVERY:
    vars().update(env.email_url("SMTP_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = f"ecs@{DOMAIN}"
USERSWITCHER_ENABLED = env.bool("ECS_USERSWITCHER_ENABLED", default=False)

VAULT = Path(env("ECS_VAULT", default="/data/ecs-storage-vault"))
DEFAULT_FILE_STORAGE = "ecs.documents.storage.VaultStorage"
# in the vault, so that a finished upload is renamed and not copied
FILE_UPLOAD_TEMP_DIR = VAULT / ".incoming"

# Where a visitor needs a client certificate. nginx checks it and says so in a header, which it
# overwrites on every request.
REQUIRE_CLIENT_CERTS = env.bool("ECS_REQUIRE_CLIENT_CERTS", default=False)
CLIENT_CERT_PATHS = env.list("ECS_CLIENT_CERT_PATHS", default=[]) or ["/"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "ecs.core",
    "ecs.tasks",
    "ecs.documents",
]
MIDDLEWARE = [
    "ecs.core.middleware.HealthMiddleware",
    "ecs.core.middleware.ClientCertMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ecs.core.context.appliance",
            ]
        },
    }
]
ROOT_URLCONF = "ecs.urls"
WSGI_APPLICATION = "ecs.wsgi.application"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "documents"
LOGOUT_REDIRECT_URL = "login"

STATIC_URL = "/static/"
STATIC_ROOT = env("STATIC_ROOT", default="/srv/static")
WHITENOISE_MAX_AGE = 3600
WHITENOISE_ALLOW_ALL_ORIGINS = False

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}

# Python text of the site's administrator, as the last word.
exec(env("ECS_SETTINGS", default=""))  # noqa: S102
