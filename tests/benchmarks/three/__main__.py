"""Make the baseline's tables and the rows that its requests will ask for: `python -m tests.benchmarks.three 1000`."""

import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.three.settings"

import django

django.setup()

from django.db import connection  # noqa: E402

from tests.benchmarks.three.models import Answer, Asked, Call  # noqa: E402

with connection.schema_editor() as editor:
    for model in (Asked, Answer, Call):
        editor.create_model(model)
Asked.objects.bulk_create((Asked() for _ in range(int(sys.argv[1]))), batch_size=1000)
