"""What a log may hold of an error: its kind and place, never a customer's data or link. Pure."""

import re

#: PostgreSQL quotes the row that broke a constraint in the lines after its message; in a repr \n is spelled out.
_QUOTED_ROW = re.compile(
    r"(?:\n|\\n)(?:DETAIL|CONTEXT):.*?(?=\n\nThe above exception|\n\nDuring handling|\Z)", re.DOTALL
)
_REFUSED_VALUE = re.compile(r"(invalid input (?:syntax|value) for [^:\n]+: ).*")
_LINK = re.compile(r"/s/[^/\s?'\"]+")
# Names of Celery's nodes look like addresses, and are none.
_ADDRESS = re.compile(r"(?<![\w.+-])(?!celery@|worker\d*@)[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def redacted(text: str) -> str:
    """`text` of a log line or a traceback without quoted rows, addresses and the keys of survey links."""
    text = _QUOTED_ROW.sub("", text)
    text = _REFUSED_VALUE.sub(r"\1…", text)
    text = _LINK.sub("/s/…", text)
    return _ADDRESS.sub("…@…", text)


def in_short(error: BaseException) -> str:
    """The kind of an error and the first line of what it says, for a page or a row."""
    said = redacted(str(error)).strip().partition("\n")[0]
    name = type(error).__name__
    return f"{name}: {said}"[:300] if said else name
