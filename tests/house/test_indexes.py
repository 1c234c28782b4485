"""Indexes are paid for by whoever writes: none that another one makes useless."""

from django.apps import apps
from django.db import models


def led_by(model: type[models.Model]) -> list[str]:
    """The first column of every index over all rows of this table, as often as there are such indexes."""
    columns = [index.fields_orders[0][0] for index in model._meta.indexes if index.fields and index.condition is None]
    columns += [
        one.fields[0]
        for one in model._meta.constraints
        if isinstance(one, models.UniqueConstraint) and one.fields and one.condition is None
    ]
    columns += [field.name for field in model._meta.local_fields if field.db_index and not field.unique]
    return columns


def test_no_index_is_the_beginning_of_another() -> None:
    ours = [model for model in apps.get_models() if model._meta.app_label in ("nps", "followups")]
    twice = {
        (model.__name__, field.name)
        for model in ours
        for field in model._meta.local_fields
        if field.db_index and not field.unique and led_by(model).count(field.name) > 1
    }
    assert len(ours) > 40
    assert twice == set()


def test_every_foreign_key_is_found_by_an_index() -> None:
    """Of the house's own tables; an index over the rows that have it at all is enough."""
    bare = {
        (model.__name__, field.name)
        for model in apps.get_models()
        if model._meta.app_label in ("nps", "followups")
        for field in model._meta.local_fields
        if field.is_relation and not field.db_index and field.name not in led_by(model)
        if f"{field.name}__isnull"
        not in {
            name for index in model._meta.indexes if index.condition is not None for name, _ in index.condition.children
        }
    }
    assert bare == set()
