"""What a verb says when it cannot do as asked. Doors translate: config/errors.py for pages and REST."""


class DomainError(Exception):
    """Base of every refusal. `sentence` is for people, `code` for programs, `field` names the input if one is wrong."""

    status = 400
    code = "refused"

    def __init__(self, sentence: str, *, field: str = "", code: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
        self.code = code or type(self).code


class InvalidInput(DomainError):
    """A value that cannot be taken: says which field, what is wrong and what would be right."""

    status = 422
    code = "invalid"


class NotAllowed(DomainError):
    """The person may see this, but may not do that with it."""

    status = 403
    code = "not_allowed"


class Conflict(DomainError):
    """The row is no longer in the state this act needs (409)."""

    status = 409
    code = "conflict"
