"""Column maps that come with the product, installed after migrate where their names are free."""

from typing import Any

from django.apps import AppConfig
from django.utils import timezone

from nps.desk.services.mapping import install_maps

#: Zendesk writes zones by their English names; the others count as UTC.
_ZONES = {
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Mountain Time (US & Canada)": "America/Denver",
    "Central Time (US & Canada)": "America/Chicago",
    "Eastern Time (US & Canada)": "America/New_York",
    "London": "Europe/London",
    "Dublin": "Europe/Dublin",
    "Berlin": "Europe/Berlin",
    "Paris": "Europe/Paris",
    "Warsaw": "Europe/Warsaw",
    "Sydney": "Australia/Sydney",
    "*": "UTC",
}

CUSTOMERS: dict[str, tuple[str, Any]] = {
    "zendesk-organizations": (
        "Zendesk's organizations, as accounts",
        {
            "fields": {
                "account_external_id": "id",
                "account_name": "name",
                "account_since_on": "created_at",
            }
        },
    ),
    "zendesk-users": (
        "Zendesk's end users; an address that two of them have is kept with the first",
        {
            "lines": {"role": ["end-user"]},
            "options": {"email_taken": "blank"},
            "fields": {
                "external_id": "id",
                "email": "email",
                "name": "name",
                "phone": "phone",
                "language": {"column": "locale", "default": "en"},
                "time_zone": {"column": "time_zone", "values": _ZONES},
                "created_at": "created_at",
                "account_external_id": "organization_id",
            },
        },
    ),
}


_SERVICENOW_STATES = {
    "New": "open",
    "Active": "open",
    "Awaiting Problem": "open",
    "Awaiting Vendor": "open",
    "Awaiting Evidence": "open",
    "Awaiting User Info": "waiting",
    "Resolved": "resolved",
    "Closed": "closed",
}
_ZENDESK_STATES = {
    "new": "open",
    "open": "open",
    "hold": "open",
    "on-hold": "open",
    "pending": "waiting",
    "solved": "resolved",
    "closed": "closed",
    "deleted": None,
}

TICKETS: dict[str, tuple[str, Any]] = {
    "incident-log": (
        "An event log of ServiceNow: a line for every change of an incident",
        {
            "nulls": ["", "?"],
            "events": "file",
            "fields": {
                "source": {"value": "incident-log"},
                "external_id": "number",
                "subject": "number",
                "customer_external_id": {"column": "caller_id", "prefix": "caller-"},
                "customer_name": {"column": "caller_id", "prefix": "Caller "},
                "team": {"column": "assignment_group", "prefix": "Group ", "default": "Group unknown"},
                "agent": {"columns": ["assigned_to", "resolved_by"], "prefix": "resolver-"},
                "resolved_by": {"column": "resolved_by", "prefix": "resolver-"},
                "product": {"column": "category", "prefix": "Category "},
                "channel": {
                    "column": "contact_type",
                    "values": {
                        "Phone": "phone",
                        "Email": "email",
                        "Self service": "web",
                        "Direct opening": "web",
                        "IVR": "phone",
                    },
                },
                "status": {"column": "incident_state", "values": _SERVICENOW_STATES},
                "opened_at": {"column": "opened_at", "format": "%d/%m/%Y %H:%M"},
                "event_at": {"column": "sys_updated_at", "format": "%d/%m/%Y %H:%M"},
                "handovers": "reassignment_count",
            },
        },
    ),
    "zendesk-tickets": (
        "Zendesk's tickets, a line each; deleted ones are left out",
        {
            "fields": {
                "source": {"value": "zendesk"},
                "external_id": "id",
                "subject": {"column": "subject", "cut": True},
                "body": {"column": "description", "cut": True},
                "customer_external_id": "requester_id",
                "account_external_id": "organization_id",
                "team": {"column": "group_id", "prefix": "Zendesk group "},
                "agent": {"column": "assignee_id", "prefix": "zendesk-"},
                "channel": {
                    "column": "via_channel",
                    "values": {
                        "email": "email",
                        "voice": "phone",
                        "phone": "phone",
                        "chat": "chat",
                        "native_messaging": "chat",
                        "api": "api",
                        "*": "web",
                    },
                },
                "status": {"column": "status", "values": _ZENDESK_STATES, "if_null": "leave out"},
                "opened_at": "created_at",
                "updated_at": "updated_at",
            },
        },
    ),
}

#: lines that say when the status of tickets changed, beside a file of tickets
HISTORIES: dict[str, tuple[str, Any]] = {
    "zendesk-field-history": (
        "Zendesk's ticket field history: when each status was set",
        {
            "lines": {"field_name": ["status"]},
            "fields": {
                "external_id": "ticket_id",
                "event_at": "updated",
                "status": {"column": "value", "values": _ZENDESK_STATES, "if_null": "leave out"},
            },
        },
    ),
}


def install(sender: AppConfig, **kwargs: Any) -> None:
    """After migrate."""
    at = timezone.now()
    install_maps(kind="customers", presets=CUSTOMERS, at=at)
    install_maps(kind="tickets", presets=TICKETS, at=at)
    install_maps(kind="ticket history", presets=HISTORIES, at=at)
