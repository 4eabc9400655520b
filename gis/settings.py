"""Django settings: safe by default, everything that differs between machines comes from the environment.

Names and meanings stand in docs/settings.md; `gis.shared.checks` says what is missing or unsafe.
"""

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from gis.environment import BASE_DIR, Environment

env = Environment()

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY")
PLACE = env.place()
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
DATABASES = {"default": env.database()}
DATABASE_POOLER = env.flag("DATABASE_POOLER")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "csp",
    "leaflet",
    "procrastinate.contrib.django",
    "gis.apps.GisConfig",
    "gis.audit",
    "gis.accounts",
    "gis.catalogue",
    "gis.jobs",
    "gis.files",
    "grids",
    "layers.streets",
    "layers.tickets",
    "layers.sites",
    "layers.coverage",
    "layers.hotspots",
    "layers.atlas",
    "gis.town",
]

MIDDLEWARE = [
    "gis.shared.outage.OutageMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "layers.atlas.quick.TileMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "gis.accounts.sessions.SessionRulesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "gis.catalogue.clock.PlaceClockMiddleware",
    "csp.middleware.CSPMiddleware",
]

ROOT_URLCONF = "gis.urls"
WSGI_APPLICATION = "gis.wsgi.application"
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
                "csp.context_processors.nonce",
                "gis.catalogue.context.place",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People
AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
ACCOUNT_ADAPTER = "gis.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
# A service centre's 200 people sit behind one address: `gis.accounts.lockout` counts by account and device instead.
ACCOUNT_RATE_LIMITS = False
SIGN_IN_TRIES = env.number("SIGN_IN_TRIES", 10)
SIGN_IN_WINDOW_MINUTES = env.number("SIGN_IN_WINDOW_MINUTES", 15)
SIGN_INS_KEPT_DAYS = env.number("SIGN_INS_KEPT_DAYS", 200)
ONE_TIME_PASSWORD_DAYS = env.number("ONE_TIME_PASSWORD_DAYS", 7)
LOGIN_REDIRECT_URL = "/?room=today"
LOGIN_URL = "account_login"
CSRF_FAILURE_VIEW = "gis.shared.responses.form_expired"
SESSION_COOKIE_HTTPONLY = True
SESSION_HOURS = env.number("SESSION_HOURS", 12)
SESSION_IDLE_MINUTES = env.number("SESSION_IDLE_MINUTES", 120)
SESSION_COOKIE_AGE = SESSION_HOURS * 3600

# Languages and time
LANGUAGE_CODE = env.text("LANGUAGE_CODE", "zh-hans")
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "gis" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "Asia/Shanghai")

# Files that the browser reads
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ".local" / "static" / "collected"
# The browser's libraries, fetched by lock file at set-up; `gis/static` is found as that of the app `gis`.
STATICFILES_DIRS = [path for path in [BASE_DIR / ".local" / "static" / "lib"] if path.exists()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "gis.shared.staticfiles.ModuleStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
LEAFLET_CONFIG: dict[str, object] = {
    "RESET_VIEW": False,
    "SCALE": "metric",
    "TILES": [],
    "MAX_ZOOM": 22,
    "ATTRIBUTION_PREFIX": "",
    # Loaded only for those who may draw: {% leaflet_js plugins="geoman" %}.
    "PLUGINS": {"geoman": {"js": "lib/leaflet-geoman.js", "css": "lib/leaflet-geoman.css", "auto-include": False}},
}

# The page talks to its own host and to nobody else.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# The system GDAL is never used to open files (pyogrio brings its own), so its open network access does not matter.
SILENCED_SYSTEM_CHECKS = ["gis.W001"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# HTTPS: an intranet server behind TLS sets HTTPS=1; `make run` on a loop-back address does not.
HTTPS = env.flag("HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY") else None

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# Jobs: long work in processes of its own, and the private folder of their files
GROUND_DIR = env.text("GROUND_DIR", str(BASE_DIR / ".local" / "ground"))
SPOOL_DIR = env.text("SPOOL_DIR", str(BASE_DIR / ".local" / "spool"))
SPOOL_FILE_MAX_MB = env.number("SPOOL_FILE_MAX_MB", 500)
JOBS_AT_ONCE = env.number("JOBS_AT_ONCE", 2)

# Pictures that people add: the private folder, what is taken, and how many are drawn anew side by side
FILES_DIR = env.text("FILES_DIR", str(BASE_DIR / ".local" / "files"))
FILES_MAX_MB = env.number("FILES_MAX_MB", 30)
FILES_MAX_MEGAPIXELS = env.number("FILES_MAX_MEGAPIXELS", 110)
FILES_AT_ONCE = env.number("FILES_AT_ONCE", 2)

# The audit chain: its key (never in the database), keys it was signed with before, and where the last head is kept
AUDIT_KEY = env.text("AUDIT_KEY")
AUDIT_OLD_KEYS = env.words("AUDIT_OLD_KEYS")
AUDIT_HEADS = env.text("AUDIT_HEADS", str(BASE_DIR / ".local" / "audit"))

# Personal data: the keys that seal it (name:algorithm:key, the first one seals), the key of its look-up, how long
# a reporter stays after the matter has ended
FIELD_KEYS = env.words("FIELD_KEYS")
HASH_KEY = env.text("HASH_KEY")
HASH_OLD_KEYS = env.words("HASH_OLD_KEYS")
REPORTERS_KEPT_DAYS = env.number("REPORTERS_KEPT_DAYS", 180)

# What the map says about itself, and how much of it is kept
TILE_CACHE_MB = env.number("TILE_CACHE_MB", 512)
MAP_APPROVAL_NUMBER = env.text("MAP_APPROVAL_NUMBER")
# Reading GCJ-02 and BD-09 needs permission under the surveying law (docs/import.md): somebody must answer for it.
ALLOW_OFFSET_DATUMS = env.flag("ALLOW_OFFSET_DATUMS")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING")},
}
