"""Settings of the baseline: the product's database settings, no middleware, nothing installed but its own tables."""

from config.settings import DATABASES, DEFAULT_AUTO_FIELD, SECRET_KEY, USE_TZ

__all__ = ["DATABASES", "DEFAULT_AUTO_FIELD", "SECRET_KEY", "USE_TZ"]

ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["tests.benchmarks.three"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tests.benchmarks.three.pages"
LOGGING_CONFIG = None
