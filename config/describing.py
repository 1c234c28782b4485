"""What every operation of the API can answer besides success, said once for all of them in the description."""

from typing import Any

PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is for programs; `errors` points at each wrong field.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "Into the body, or /name of a parameter.",
                    },
                    "detail": {"type": "string"},
                },
            },
        },
        "response": {"type": "integer", "description": "With `already_answered`: the answer that stands."},
        "version": {"type": "integer", "description": "With `changed_meanwhile`: the present version."},
    },
}
#: component -> (status, what it means)
REFUSALS = {
    "NotJson": ("400", "The body is not JSON."),
    "InvalidCursor": ("400", "The cursor is not one that was given out for this list."),
    "NotAuthenticated": ("401", "No key, or one that is not known, over or revoked."),
    "NotAllowed": ("403", "The key lacks the scope, or the person may not do this."),
    "NotFound": ("404", "There is no such thing, or none that you may see."),
    "Conflict": ("409", "Not possible in its present state; nothing was changed."),
    "TooLarge": ("413", "The body is too large."),
    "NotSupported": ("415", "The body is not application/json."),
    "Invalid": ("422", "A value is wrong; `errors` says which, and what would be right."),
    "TooMany": ("429", "Too many requests; see Retry-After."),
    "Unavailable": ("503", "The database does not answer; see Retry-After."),
}
ALWAYS = ("NotAuthenticated", "NotAllowed", "Invalid", "TooMany", "Unavailable")
OF_ONE = ("NotFound",)
OF_READING = ("InvalidCursor",)
OF_WRITING = ("NotJson", "Conflict", "TooLarge", "NotSupported")


def add_refusals(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {
        name: {"description": description, "content": content} for name, (_, description) in REFUSALS.items()
    }
    for path, item in result["paths"].items():
        for method, operation in item.items():
            of_method = OF_READING if method == "get" else OF_WRITING
            for name in (*ALWAYS, *of_method, *(OF_ONE if "{id}" in path else ())):
                operation["responses"].setdefault(REFUSALS[name][0], {"$ref": f"#/components/responses/{name}"})
            operation["responses"] = dict(sorted(operation["responses"].items()))
    return result
