"""The desk's rows in Django admin."""

from nps.desk.admin import customers, keys, maps, people, teams, tickets  # noqa: F401
