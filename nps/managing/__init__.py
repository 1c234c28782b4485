"""Django admin as every district uses it: acts that call the verbs, rows that nobody edits, lists out as CSV."""

from nps.managing.acts import Act, act
from nps.managing.addresses import address_of, list_of, page_of
from nps.managing.histories import in_words
from nps.managing.rows import KeptAdmin, PortalModelAdmin, ReadOnlyAdmin, ReadOnlyInline, titled
from nps.managing.widgets import BY_FIELD, BlocksInline, DayInput, RowsInline

__all__ = [
    "BY_FIELD",
    "Act",
    "BlocksInline",
    "DayInput",
    "KeptAdmin",
    "PortalModelAdmin",
    "ReadOnlyAdmin",
    "ReadOnlyInline",
    "RowsInline",
    "act",
    "address_of",
    "in_words",
    "list_of",
    "page_of",
    "titled",
]
