"""On PostgreSQL: whose rows have changed is written down where they change (nps/touching.py)."""

from django.db import migrations

from nps import touching

TRIGGERS = {
    "nps_response": ("r.customer_id", "r.answered_at"),
    "nps_resolution": ("r.customer_id", "r.resolved_at"),
    "nps_surveydecision": ("(SELECT of.customer_id FROM nps_resolution of WHERE of.id = r.resolution_id)",),
    "nps_invitation": ("r.customer_id",),
    "nps_ticket": ("r.customer_id",),
    "nps_ticket_tags": ("(SELECT of.customer_id FROM nps_ticket of WHERE of.id = r.ticket_id)",),
}


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(touching.TABLES)
        for table, columns in TRIGGERS.items():
            schema_editor.execute(touching.triggers(table, *columns))


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in TRIGGERS:
            schema_editor.execute(touching.no_triggers(table))
        schema_editor.execute(touching.NO_TABLES)


class Migration(migrations.Migration):
    dependencies = [("nps", "0004_figures_by_time")]

    operations = [migrations.RunPython(forwards, backwards)]
