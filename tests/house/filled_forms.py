"""The forms of a page as a browser holds them: where each goes, and what a press of its button would send."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

SILENT = {"submit", "button", "image", "reset", "file"}


@dataclass
class Form:
    """`fields` holds what is filled in; `names` all that could be, buttons too."""

    action: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


def forms_in(html: str) -> list[Form]:
    reader = _Reader()
    reader.feed(html)
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._is_inside = False
        self._textarea: tuple[str, list[str]] | None = None
        self._select, self._first, self._is_chosen = "", True, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
            self._is_inside = True
        if not self._is_inside:
            return
        name = given.get("name", "")
        if name:
            self.forms[-1].names.add(name)
        if "disabled" in given:
            return
        match tag:
            case "input" if name and given.get("type", "text") not in SILENT:
                if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                    self._fill(name, given.get("value", "on" if given.get("type") == "checkbox" else ""))
            case "textarea":
                self._textarea = name, []
            case "select":
                self._select, self._first = name, "multiple" not in given
            case "option" if self._select and ("selected" in given or self._first):
                if "selected" in given and not self._first:
                    self._fill(self._select, given.get("value", ""), is_more=self._is_chosen)
                else:
                    self._fill(self._select, given.get("value", ""), is_more=False)
                self._is_chosen, self._first = "selected" in given, False

    def _fill(self, name: str, value: str, *, is_more: bool = True) -> None:
        before = self.forms[-1].fields.get(name, []) if is_more else []
        self.forms[-1].fields[name] = [*before, value]

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._textarea[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "textarea" and self._textarea and self._is_inside:
            # A line break right after the tag is no part of the text.
            self._fill(self._textarea[0], "".join(self._textarea[1]).removeprefix("\n"))
            self._textarea = None
        elif tag == "select":
            self._select, self._is_chosen = "", False
