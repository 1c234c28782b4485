"""The baseline's door: `gunicorn tests.benchmarks.three.wsgi`, with the same flags as the product's."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.three.settings"

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
