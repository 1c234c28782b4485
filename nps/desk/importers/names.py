"""Teams, people and products that lines name: few, so they are found or made one by one before the lines are written.

Teams and people that an import makes are switched off: nobody logs in as them, nothing is assigned to them, and the
figures of the past have their names. A manager switches on those that go on working here."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from nps.desk.models import Product, Team, User
from nps.importing.findings import BadFile
from nps.importing.staging import Staging

TABLE = "import_names"
_USERNAME = re.compile(r"[\w.@+-]{1,150}", re.ASCII)


@dataclass(frozen=True)
class Kind:
    """`most` different names are plausible; more of them show that the map takes the wrong column."""

    noun: str
    most: int
    find: Callable[[Sequence[str]], dict[str, int]]
    make: Callable[[str], int]


def username(name: str) -> str:
    """The login under which the person of that name is known: the name itself where it can be one."""
    if _USERNAME.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{slugify(name)[:100] or 'person'}-{digest}"


def _slug(name: str, taken: Callable[[str], bool]) -> str:
    base = slugify(name)[:60] or "imported"
    if not taken(base):
        return base
    return f"{base}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _find_teams(names: Sequence[str]) -> dict[str, int]:
    return dict(Team.objects.filter(name__in=names).values_list("name", "pk"))


def _make_team(name: str) -> int:
    slug = _slug(name, lambda slug: Team.objects.filter(slug=slug).exists())
    return Team.objects.get_or_create(name=name, defaults={"slug": slug, "is_active": False})[0].pk


def _find_products(names: Sequence[str]) -> dict[str, int]:
    return dict(Product.objects.filter(name__in=names).values_list("name", "pk"))


def _make_product(name: str) -> int:
    slug = _slug(name, lambda slug: Product.objects.filter(slug=slug).exists())
    return Product.objects.get_or_create(name=name, defaults={"slug": slug})[0].pk


def _find_people(names: Sequence[str]) -> dict[str, int]:
    """By login; else by address, where the name is one."""
    logins = {username(name): name for name in names}
    people = User.objects.filter(Q(username__in=logins) | Q(email__in=[n for n in names if "@" in n]))
    found: dict[str, int] = {}
    for pk, login, email in people.order_by("-pk").values_list("pk", "username", "email"):
        if email in names:
            found[email] = pk
        if login in logins:
            found[logins[login]] = pk
    return found


def _make_person(name: str) -> int:
    defaults = {"first_name": name[:150], "is_active": False, "password": make_password(None)}
    return User.objects.get_or_create(username=username(name), defaults=defaults)[0].pk


TEAM = Kind("teams", 500, _find_teams, _make_team)
PERSON = Kind("people", 10_000, _find_people, _make_person)
PRODUCT = Kind("products", 1_000, _find_products, _make_product)


@dataclass(frozen=True)
class Named:
    """`sources`: SELECTs of a column “name” of that kind."""

    kind: Kind
    sources: tuple[str, ...]


class Directory:
    """What the lines call teams, people and products, and which rows those are."""

    def __init__(self, staging: Staging, named: Iterable[Named]) -> None:
        self._connection = staging.connection
        self._wanted: dict[str, list[str]] = {}
        self._known: dict[str, dict[str, int]] = {}
        self._kinds: dict[str, Kind] = {}
        for one in named:
            noun = one.kind.noun
            self._kinds[noun] = one.kind
            self._wanted[noun] = self._names(one)
            self._known[noun] = one.kind.find(self._wanted[noun])

    def missing(self, noun: str) -> list[str]:
        return [name for name in self._wanted[noun] if name not in self._known[noun]]

    def counts(self) -> dict[str, int]:
        return {noun: len(self.missing(noun)) for noun in self._kinds}

    def settle(self) -> dict[str, int]:
        """Make what is missing and put all of it where the statements find it; how many of what were made."""
        made = self.counts()
        with transaction.atomic():
            for noun, kind in self._kinds.items():
                for name in self.missing(noun):
                    self._known[noun][name] = kind.make(name)
        rows = [(noun, name, pk) for noun, known in self._known.items() for name, pk in known.items()]
        with self._connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
            cursor.execute(f"CREATE TEMPORARY TABLE {TABLE} (kind text, name text, id bigint)")
            cursor.executemany(f"INSERT INTO {TABLE} VALUES (%s, %s, %s)", rows)
        return made

    def _names(self, one: Named) -> list[str]:
        union = " UNION ".join(one.sources)
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT DISTINCT n.name FROM ({union}) n WHERE n.name IS NOT NULL ORDER BY n.name LIMIT %s",
                           [one.kind.most + 1])  # fmt: skip
            names = [row[0] for row in cursor.fetchall()]
        if len(names) > one.kind.most:
            raise BadFile(
                f"The lines name more than {one.kind.most:,} {one.kind.noun}, such as “{names[0]}” and “{names[-1]}”.",
                f"Take another column for them; {one.kind.most:,} {one.kind.noun} are the most.",
            )
        return names


def joined(alias: str, kind: Kind, expression: str) -> str:
    """A join that gives `alias`.id for the name that `expression` is."""
    return f" LEFT JOIN {TABLE} {alias} ON {alias}.kind = '{kind.noun}' AND {alias}.name = {expression}"
