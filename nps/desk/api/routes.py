"""The desk's REST door: its addresses under /api/v1/."""

from nps.desk.api.customers import AccountViewSet, CustomerViewSet
from nps.desk.api.people import AbsenceViewSet, ProductViewSet, ShiftViewSet, TeamViewSet, UserViewSet
from nps.desk.api.roster import RosterViewSet
from nps.desk.api.tickets import TicketViewSet

#: prefix, viewset, basename
ROUTES = [
    ("tickets", TicketViewSet, "tickets"),
    ("customers", CustomerViewSet, "customers"),
    ("accounts", AccountViewSet, "accounts"),
    ("teams", TeamViewSet, "teams"),
    ("users", UserViewSet, "users"),
    ("products", ProductViewSet, "products"),
    ("shifts", ShiftViewSet, "shifts"),
    ("roster", RosterViewSet, "roster"),
    ("absences", AbsenceViewSet, "absences"),
]
