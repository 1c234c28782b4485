"""On PostgreSQL: whose follow-ups have changed is written down where they change (nps/touching.py)."""

from django.db import migrations

from nps import touching

TABLE = "followups_followup"


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(touching.triggers(TABLE, "r.customer_id", "r.opened_at"))


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(touching.no_triggers(TABLE))


class Migration(migrations.Migration):
    dependencies = [("followups", "0007_figures_by_time"), ("nps", "0005_touched")]

    operations = [migrations.RunPython(forwards, backwards)]
