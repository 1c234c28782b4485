"""The door of every CSV import: options, progress, and what is told at the end."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from tqdm import tqdm

from nps.desk.models import ColumnMap
from nps.desk.services import mapping as mapping_service
from nps.errors import DomainError
from nps.importing import registry
from nps.importing.findings import BadFile, Findings, place_for
from nps.importing.reading import DELIMITERS, ENCODINGS
from nps.importing.running import Order, Outcome, run
from nps.importing.staging import Staging

REFUSED, PARTLY = 1, 3


class ImportCommand(BaseCommand):
    """`importer`: the class that says what the lines are."""

    importer: ClassVar[Any]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="The CSV; its first line names the columns.")
        where = parser.add_argument_group("what the columns are")
        where.add_argument("--map", metavar="NAME", help="A saved column map. --maps lists them.")
        where.add_argument("--map-file", type=Path, metavar="FILE", help="A column map as JSON.")
        where.add_argument("--column", action="append", default=[], metavar="FIELD=COLUMN", help="One field's column.")
        where.add_argument("--value", action="append", default=[], metavar="FIELD=VALUE", help="The same on each line.")
        where.add_argument("--delimiter", metavar="SIGN", help="comma (default), semicolon, tab or bar.")
        where.add_argument("--encoding", choices=ENCODINGS, help="Of the file. Default: utf-8.")
        where.add_argument("--save-map", metavar="NAME", help="Keep the map that results under this name.")
        where.add_argument("--maps", action="store_true", help="List the saved maps and the fields; import nothing.")
        parser.add_argument("--dry-run", action="store_true", help="Read and check everything; write nothing.")
        parser.add_argument(
            "--skip-bad-lines", action="store_true",
            help="Import the right lines although others are wrong. The exit status is then 3.",
        )  # fmt: skip
        parser.add_argument(
            "--errors", type=Path, metavar="PLACE",
            help="Where wrong lines are listed. Default: FILE.errors.csv, beside the file or else here.",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        if options["maps"]:
            self._list()
            return
        path: Path | None = options["file"]
        if path is None and not options["save_map"]:
            raise CommandError("Name the CSV file to import.")
        spec = self._spec(options)
        try:
            checked = registry.checked(self.importer.kind, spec)
            if options["save_map"]:
                mapping_service.save_map(
                    name=options["save_map"], kind=self.importer.kind, spec=spec, at=timezone.now()
                )
                self.stdout.write(f"The map is kept as {options['save_map']}.")
        except DomainError as error:
            raise CommandError(error.sentence) from None
        if path is not None:
            self._import(path, checked, options)

    # ---- the import ------------------------------------------------------------------------------------------
    def _import(self, path: Path, checked: Any, options: dict[str, Any]) -> None:
        at = timezone.now()
        listed = options["errors"] or place_for(path)
        order = Order(path, checked, at, is_dry=options["dry_run"], is_lenient=options["skip_bad_lines"])
        try:
            with (
                Findings(listed) as findings,
                _progress() as progress,
                self.making(order, options, progress) as importer,
            ):
                outcome = run(importer, order, connection, findings, progress, lambda s: self.after(s, options))
        except BadFile as problem:
            raise CommandError(f"{path}: {problem} Nothing was imported.", returncode=REFUSED) from None
        except KeyboardInterrupt:
            raise CommandError("Interrupted. What was written stays; run it again to go on.", returncode=130) from None
        self._tell(path, outcome, findings, order, importer.noun)

    @contextmanager
    def making(self, order: Order, options: dict[str, Any], progress: Any) -> Iterator[Any]:
        """The importer of this run."""
        yield self.importer(order.mapping, order.at)

    def after(self, staging: Staging, options: dict[str, Any]) -> None:
        """Once all is written, the staging still there."""

    def _tell(self, path: Path, outcome: Outcome, findings: Findings, order: Order, noun: str) -> None:
        is_stopped = outcome.refused and not order.is_lenient
        say = self.stderr.write if is_stopped else self.stdout.write
        say(f"{path.name}: {outcome.read:,} lines read.")
        if not is_stopped:
            known = outcome.staged - outcome.made[noun]
            would = "would be new" if order.is_dry else "new"
            parts = [f"{count:,} {what}" for what, count in outcome.made.items() if count]
            say(f"  {would}: {', '.join(parts) or 'nothing'}")
            say(f"  known already: {known:,} {noun}")
        for count, what in (
            (outcome.passed_over, "passed over, as the map says under “lines”"),
            (outcome.left_out, "left out: without a value the map can do without, or repeated"),
            (outcome.refused, "refused"),
        ):
            if count:
                say(f"  {what}: {count:,}")
        if findings.is_written:
            say(f"  each of them: {findings.path}")
        if is_stopped:
            raise CommandError(
                f"{path}: {findings.first} Nothing was imported. Correct the lines, or say --skip-bad-lines.",
                returncode=REFUSED,
            )
        if outcome.refused:
            raise CommandError("Imported without the refused lines.", returncode=PARTLY)

    # ---- the map ---------------------------------------------------------------------------------------------
    def _spec(self, options: dict[str, Any]) -> dict[str, Any]:
        """The map that was asked for, with what the options say on top."""
        spec = self._chosen(options)
        if not isinstance(spec, dict) or not isinstance(spec.setdefault("fields", {}), dict):
            return spec  # said properly where it is checked
        for option, key in (("column", "column"), ("value", "value")):
            for pair in options[option]:
                field, equals, said = pair.partition("=")
                if not (field and equals):
                    raise CommandError(f"--{option} wants FIELD={option.upper()}, such as --{option} external_id=id.")
                before = spec["fields"].get(field) if option == "column" else None
                kept = {k: v for k, v in before.items() if k not in ("columns", "value", "digest")} if isinstance(
                    before, dict) else {}  # fmt: skip
                spec["fields"][field] = {**kept, key: said}
        if options["delimiter"]:
            signs = {name: sign for sign, name in DELIMITERS.items()}
            spec["delimiter"] = signs.get(options["delimiter"], options["delimiter"])
        if options["encoding"]:
            spec["encoding"] = options["encoding"]
        return spec

    def _chosen(self, options: dict[str, Any]) -> Any:
        if options["map"] and options["map_file"]:
            raise CommandError("Either --map or --map-file.")
        if options["map_file"]:
            try:
                return json.loads(options["map_file"].read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise CommandError(f"{options['map_file']}: no column map can be read from it ({error}).") from None
        return saved_spec(options["map"], self.importer.kind) if options["map"] else {}

    def _list(self) -> None:
        for saved in ColumnMap.objects.filter(kind=self.importer.kind).order_by("name"):
            self.stdout.write(f"{saved.name:<24} {saved.note}")
        self.stdout.write("\nFields:")
        for field in self.importer.fields:
            self.stdout.write(f"  {field.name:<24} {field.help}{' (required)' if field.is_required else ''}")


def saved_spec(name: str, kind: str) -> Any:
    """The saved map of that kind; CommandError says which there are."""
    saved = ColumnMap.objects.filter(name=name).first()
    if saved is None or saved.kind != kind:
        names = ColumnMap.objects.filter(kind=kind).order_by("name").values_list("name", flat=True)
        raise CommandError(f"There is no map {name} of {kind}; there are: {', '.join(names) or 'none'}.")
    return saved.spec


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar for each thing that is done, on a terminal only."""
    bars: dict[str, Any] = {}

    def progress(what: str, done: int, out_of: int) -> None:
        if what not in bars:
            close()
            unit = {"unit": "B", "unit_scale": True} if what == "Reading" else {"unit": " lines"}
            bars[what] = tqdm(total=out_of, desc=what, disable=None, **unit)
        bars[what].update(done - bars[what].n)

    def close() -> None:
        for bar in bars.values():
            bar.close()

    try:
        yield progress
    finally:
        close()
