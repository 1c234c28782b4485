"""The numbers that a database gives to its rows."""

from django.db import connection, models


def leave_gap(model: type[models.Model], gap: int) -> None:
    """Let the next row of `model` have a number that lies `gap` beyond those given so far.

    A restored backup would give the numbers of lost rows to new ones; where a number went out of the house, such as in
    a customer's link, that would let one person into another's row."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [connection.ops.quote_name(table)])
            (sequence,) = cursor.fetchone()
            cursor.execute("SELECT setval(%s, nextval(%s) + %s)", [sequence, sequence, gap])
            return
        cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s", [gap, table])
        if not cursor.rowcount:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, gap])
