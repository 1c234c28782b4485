"""Customers and accounts by CSV: once however often, whole or not at all, and what a person is told of it."""

import csv
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nps.desk.models import Account, ColumnMap, Customer
from nps.outbox.models import Delivery
from tests import factories

pytestmark = pytest.mark.django_db

LINES = """id,mail,name,org,org name,tz
u1,ingrid@fjordvik.example,Ingrid Solheim,o1,Fjordvik Freight,Europe/Oslo
u2,kari@fjordvik.example,Kari Nes,o1,Fjordvik Freight,
u3,,Ola uten post,,,Europe/Warsaw
"""
FIELDS = {
    "external_id": "id",
    "email": "mail",
    "name": "name",
    "account_external_id": "org",
    "account_name": "org name",
    "time_zone": {"column": "tz", "default": "UTC"},
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    ColumnMap.objects.create(name="ours", kind="customers", spec={"fields": FIELDS}, changed_at=factories.AT)
    return tmp_path


def load(text: str = LINES, **options: Any) -> str:
    Path("people.csv").write_text(text)
    out = StringIO()
    call_command("import_customers", "people.csv", **{"map": "ours", "stdout": out, "stderr": StringIO(), **options})
    return out.getvalue()


def refused(text: str = LINES, **options: Any) -> CommandError:
    with pytest.raises(CommandError) as refusal:
        load(text, **options)
    return refusal.value


def errors() -> list[dict[str, str]]:
    return list(csv.DictReader(Path("people.csv.errors.csv").open()))


def test_lines_become_customers_with_their_accounts() -> None:
    said = load()
    assert "3 lines read" in said
    assert "new: 1 accounts, 3 customers" in said
    ingrid = Customer.objects.select_related("account").get(external_id="u1")
    assert (ingrid.email, ingrid.time_zone, ingrid.language) == ("ingrid@fjordvik.example", "Europe/Oslo", "en")
    assert ingrid.account is not None
    assert (ingrid.account.name, ingrid.account.external_id) == ("Fjordvik Freight", "o1")
    assert Customer.objects.get(external_id="u3").email == ""
    assert Delivery.objects.count() == 0


def test_twice_makes_everybody_once() -> None:
    load()
    assert "known already: 3 customers" in load()
    assert (Customer.objects.count(), Account.objects.count()) == (3, 1)


def test_a_known_customer_stays_as_they_stand() -> None:
    factories.customer("Ingrid S.", email="other@fjordvik.example", external_id="u1")
    load()
    assert Customer.objects.get(external_id="u1").name == "Ingrid S."


def test_who_is_known_by_address_is_given_the_external_id() -> None:
    known = factories.customer("Ingrid S.", email="INGRID@fjordvik.example")
    load()
    known.refresh_from_db()
    assert (known.external_id, known.name) == ("u1", "Ingrid S.")
    assert Customer.objects.count() == 3


def test_an_address_of_somebody_else_is_refused_or_left_blank() -> None:
    factories.customer("Somebody", email="kari@fjordvik.example", external_id="theirs")
    text = LINES + "u4,INGRID@fjordvik.example,Twin,,,\n"
    refusal = refused(text)
    assert refusal.returncode == 1
    assert Customer.objects.count() == 1
    assert [(row["line"], row["column"]) for row in errors()] == [("5", "email"), ("3", "email")]
    ColumnMap.objects.update(spec={"fields": FIELDS, "options": {"email_taken": "blank"}})
    load(text)
    assert [Customer.objects.get(external_id=name).email for name in ("u2", "u4")] == ["", ""]
    assert {row["what became of it"] for row in errors()} == {"taken, changed"}


def test_one_wrong_line_stops_everything_and_is_told_with_its_place() -> None:
    refusal = refused(LINES + "u5,not an address,Per,,,Oslo/Europe\nu6,per@x.example,Per\n")
    assert Customer.objects.count() == 0
    assert Account.objects.count() == 0
    assert "line 6, the whole line: 3 cells where the first line has 6." in str(refusal)
    assert "Nothing was imported" in str(refusal)
    assert [(row["line"], row["column"]) for row in errors()] == [("6", ""), ("5", "mail"), ("5", "tz")]
    assert "Such as ingrid@example.org" in errors()[1]["what would be right"]
    assert stat.S_IMODE(Path("people.csv.errors.csv").stat().st_mode) == 0o600


def test_wrong_lines_are_listed_beside_the_file_and_the_place_is_said(folder: Path) -> None:
    beside = folder / "elsewhere"
    beside.mkdir()
    (beside / "people.2026.csv").write_text(LINES + "u5,not an address,Per,,,\n")
    err = StringIO()
    with pytest.raises(CommandError):
        call_command("import_customers", str(beside / "people.2026.csv"), map="ours", stdout=StringIO(), stderr=err)
    listed = beside / "people.2026.csv.errors.csv"
    assert listed.exists()
    assert str(listed) in err.getvalue()
    assert [path.name for path in folder.iterdir()] == ["elsewhere"]


def test_they_are_listed_here_where_nobody_may_write_beside_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = folder / "elsewhere"
    beside.mkdir()
    (beside / "people.csv").write_text(LINES + "u5,not an address,Per,,,\n")
    monkeypatch.setattr("nps.importing.findings.os.access", lambda path, _: Path(path) != beside)
    err = StringIO()
    with pytest.raises(CommandError):
        call_command("import_customers", str(beside / "people.csv"), map="ours", stdout=StringIO(), stderr=err)
    assert "each of them: people.csv.errors.csv" in err.getvalue()
    assert len(errors()) == 1


def test_the_right_lines_are_taken_where_that_is_wanted() -> None:
    refusal = refused(LINES + "u5,not an address,Per,,,\n", skip_bad_lines=True)
    assert refusal.returncode == 3
    assert Customer.objects.count() == 3


def test_a_list_of_an_earlier_run_does_not_outlive_it() -> None:
    refused(LINES + "u5,not an address,Per,,,\n")
    assert Path("people.csv.errors.csv").exists()
    load()
    assert not Path("people.csv.errors.csv").exists()
    Path("people.csv.errors.csv").write_text("my own notes\n")
    load()
    assert Path("people.csv.errors.csv").read_text() == "my own notes\n"


def test_a_dry_run_says_what_would_be_and_writes_nothing() -> None:
    factories.customer("Kari", email="kari@fjordvik.example")
    said = load(dry_run=True)
    assert "would be new: 2 customers, 1 accounts" in said
    assert "known already: 1 customers" in said
    assert (Customer.objects.count(), Account.objects.count()) == (1, 0)


def test_repeated_lines_are_left_out_and_listed() -> None:
    said = load(LINES + "u1,ingrid2@fjordvik.example,Ingrid again,,,\n")
    assert "repeated: 1" in said
    assert errors()[0]["what is wrong"] == "The same as in line 2."
    assert Customer.objects.get(external_id="u1").name == "Ingrid Solheim"


def test_lines_without_a_name_for_anybody_are_refused() -> None:
    assert "Nothing says who this is" in str(refused(LINES + ",,Nobody,,,\n"))


def test_columns_can_be_named_at_the_command_and_kept() -> None:
    columns = ["external_id=id", "email=mail"]
    said = load(map=None, column=columns, value=["language=nb"], save_map="mine")
    assert "kept as mine" in said
    assert ColumnMap.objects.get(name="mine").spec == {
        "fields": {"external_id": {"column": "id"}, "email": {"column": "mail"}, "language": {"value": "nb"}}
    }
    assert set(Customer.objects.values_list("language", flat=True)) == {"nb"}


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ({}, "map is wrong at fields"),
        ({"fields": {"external_id": "id", "shoe": "x"}}, "fields.shoe"),
        ({"fields": {"external_id": {"column": "id", "value": "x"}}}, "exactly one of"),
        ({"fields": {"external_id": {"column": "id", "if_null": "shrug"}}}, "if_null"),
        ({"fields": {"external_id": "id"}, "zone": "Oslo"}, "zone"),
        ({"fields": {"external_id": "id", "created_at": {"column": "at", "format": "%Q"}}}, "format"),
        ({"fields": {"name": "name"}}, "everybody twice"),
        ({"fields": {"external_id": "id", "account_name": "org"}}, "account_external_id"),
        ({"fields": {"external_id": "id"}, "options": {"email_taken": "merge"}}, "options.email_taken"),
        ({"fields": {"external_id": "id"}, "delimiter": "x"}, "delimiter"),
        ([], "map is wrong at map"),
    ],
)
def test_a_wrong_map_is_refused_with_the_place_in_it(spec: Any, place: str) -> None:
    ColumnMap.objects.update(spec=spec)
    assert place in str(refused())


def test_a_map_that_does_not_fit_the_file_names_the_column() -> None:
    said = str(refused("id,name\n1,x\n"))
    assert "people.csv: line 1: column mail: There is no column mail." in said
    assert "Nothing was imported." in said
    assert "There is no map theirs of customers; there are: ours" in str(refused(map="theirs"))


@pytest.mark.parametrize("content", [b"", b"\xff\xfei\x00d\x00", b"id;mail\n1;2\n", b'id,mail\n"1,2\n', b"PK\x03\x04"])
def test_bad_files_write_nothing(content: bytes) -> None:
    Path("bad.csv").write_bytes(content)
    with pytest.raises(CommandError) as refusal:
        call_command("import_customers", "bad.csv", map="ours")
    assert refusal.value.returncode == 1
    assert "bad.csv" in str(refusal.value)
    assert Customer.objects.count() == 0


def test_texts_arrive_as_they_were_written() -> None:
    """What COPY escapes, what SQL quotes, and formulas: nothing is changed on the way in."""
    names = ["back\\slash", "tab\there", "two\nlines", "\\N", "it's", "%s %(x)s", "=1+1", "Ærlig — 🦊", '"quoted"']
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "mail", "name", "org", "org name", "tz"])
    writer.writerows([f"n{number}", "", name, "", "", ""] for number, name in enumerate(names))
    load(out.getvalue())
    assert [Customer.objects.get(external_id=f"n{number}").name for number in range(len(names))] == names


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite plans by its indexes alone")
def test_the_planner_learns_of_a_table_that_grew_while_it_is_filled() -> None:
    lines = "".join(f"g{n},g{n}@fjordvik.example,G {n},f{n % 1200},,\n" for n in range(2_500))
    with CaptureQueriesContext(connection) as captured:
        load(f"id,mail,name,org,org name,tz\n{lines}")
    asked = [one["sql"] for one in captured.captured_queries]
    looked_at = [n for n, sql in enumerate(asked) if sql.startswith("ANALYZE")]
    assert [asked[n] for n in looked_at][-2:] == ['ANALYZE "nps_account"', 'ANALYZE "nps_customer"']
    assert any('INSERT INTO "nps_customer"' in sql for sql in asked[looked_at[-2] :])
