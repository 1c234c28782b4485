"""Rows of the desk: people, teams and their hours, customers, tickets, resolutions."""

from nps.desk.models.customers import Account, Customer, Product, Tag
from nps.desk.models.keys import ApiKey
from nps.desk.models.maps import ColumnMap
from nps.desk.models.shifts import Absence, Shift
from nps.desk.models.teams import Holiday, Membership, Team, WorkingHours
from nps.desk.models.tickets import Channel, Message, Resolution, Ticket
from nps.desk.models.users import User

__all__ = [
    "Absence",
    "Account",
    "ApiKey",
    "Channel",
    "ColumnMap",
    "Customer",
    "Holiday",
    "Membership",
    "Message",
    "Product",
    "Resolution",
    "Shift",
    "Tag",
    "Team",
    "Ticket",
    "User",
    "WorkingHours",
]
