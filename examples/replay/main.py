"""The whole run: desk, mailbox, respondents and agents at once, then the audit and its table."""

import secrets
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import staff
from .agents import Agents
from .answers import opinions
from .audit_answers import AnswerAudit
from .audit_desk import DeskAudit
from .audit_loop import LoopAudit
from .desk import Desk
from .findings import Findings
from .ledger import Ledger, now
from .log import Act, Step, steps
from .mailbox import Mailbox
from .progress import Progress
from .respondents import Respondents
from .rest import Api, Refused
from .web import NoAnswer, Traffic

LOOK_AGAIN = 0.5  # seconds between two looks whether all is done


def arguments(argv: Sequence[str] | None = None) -> Namespace:
    parser = ArgumentParser(prog="replay_incident_log.py", description="Replay an incident log and audit the server.")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="of the server (default: %(default)s)")
    parser.add_argument("--api-key", required=True, help="with the scopes read, tickets:write and followups:write")
    parser.add_argument("--log", type=Path, required=True, help="the incident log, CSV")
    parser.add_argument("--reviews", type=Path, required=True, help="CSV with overall_rating and content")
    parser.add_argument("--smtp-port", type=int, required=True, help="to listen on; the server's EMAIL_URL names it")
    parser.add_argument("--limit", type=_above_0, metavar="N", help="only the first N incidents")
    parser.add_argument("--senders", type=_above_0, default=4, metavar="N", help="threads that play the log (4)")
    parser.add_argument("--respondents", type=_above_0, default=4, metavar="N", help="threads that answer (4)")
    parser.add_argument("--agents", type=_above_0, default=4, metavar="N", help="threads that call back (4)")
    parser.add_argument(
        "--answer-share", type=_share, default=0.8, metavar="X", help="of mails that are answered (0.8)"
    )
    parser.add_argument(
        "--change-share", type=_share, default=0.05, metavar="X", help="of answers, changed once (0.05)"
    )
    parser.add_argument("--seed", type=int, default=9, help="of all that is drawn (%(default)s)")
    parser.add_argument("--timeout", type=float, default=900.0, metavar="S", help="seconds for it all (900)")
    return parser.parse_args(argv)


def _above_0(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ArgumentTypeError(f"{text!r} is not a share from 0 to 1")
    return share


def main(argv: Sequence[str] | None = None) -> int:
    """0 when nothing differs, 1 when something does, 2 when it could not begin, 130 when it was interrupted."""
    options = arguments(argv)
    traffic = Traffic()
    try:
        script = steps(options.log, limit=options.limit)
        said = opinions(options.reviews)
        api = Api(options.url, options.api_key, traffic)
        organisation = staff.load(api)
    except (OSError, ValueError, Refused) as error:
        print(f"The replay cannot begin: {error}", file=sys.stderr)
        return 2
    ledger = Ledger()
    run = f"replay-{ledger.began_at:%y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    desk = Desk(api, organisation, ledger, run)
    shares = (options.answer_share, options.change_share)
    customers = Respondents(options.url, ledger, said, *shares, options.seed, traffic)
    agents = Agents(api, organisation, ledger, options.seed)
    print(f"Run {run}: {len(script)} steps, seed {options.seed}, {options.answer_share:.0%} answer")
    whole = Replay(options, script, ledger, desk, customers, agents)
    try:
        with Mailbox(options.smtp_port, customers.receive):
            whole.play()
    except OSError as error:
        print(f"The replay cannot listen for mail on port {options.smtp_port}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted: nothing was audited.", file=sys.stderr)
        return 130
    findings = whole.audit(api, organisation, traffic)
    print(findings.table())
    print(whole.rates(traffic))
    print(f"Differences: {findings.total}")
    return 1 if findings.total else 0


@dataclass
class Replay:
    options: Namespace
    script: list[Step]
    ledger: Ledger
    desk: Desk
    customers: Respondents
    agents: Agents
    played_seconds: float = 0.0

    def play(self) -> None:
        deadline = time.monotonic() + self.options.timeout

        def is_late() -> bool:
            return time.monotonic() > deadline

        with Progress(self.ledger, self.script):
            self.customers.start(self.options.respondents, is_late)
            self.agents.start(self.options.agents, is_late)
            started = time.monotonic()
            self.desk.play(self.script, senders=self.options.senders, should_stop=is_late)
            self.played_seconds = time.monotonic() - started
            while waiting := self._still_waiting():
                if is_late():
                    self.ledger.complain(f"not done after {self.options.timeout:g} s: {waiting}")
                    break
                time.sleep(LOOK_AGAIN)
            self.customers.finish()
            self.agents.finish()
        self.ledger.ended_at = now()

    def _still_waiting(self) -> str:
        """What is not done yet, in words; nothing when all is."""
        try:
            if unsettled := self.desk.unsettled_invitations():
                return f"{unsettled} survey mails neither delivered nor cancelled"
        except (Refused, NoAnswer) as error:
            return f"the server does not say which mails are unsent: {error}"
        with self.ledger.lock:
            busy = self.customers.busy
            expected = sum(answer.needs_call for answer in self.ledger.answers)
            closed = sum(work.closed is not None for work in self.ledger.work.values())
        if busy:
            return f"{busy} respondents have not finished"
        return f"{expected - closed} of {expected} follow-ups are not closed" if closed < expected else ""

    def audit(self, api: Api, organisation: staff.Organisation, traffic: Traffic) -> Findings:
        findings = Findings()
        try:
            desk = DeskAudit(api, self.ledger, findings)
            desk.run()
            answers = AnswerAudit(api, self.ledger, findings, desk)
            answers.run()
            LoopAudit(api, self.ledger, findings, answers, organisation).run()
        except (Refused, NoAnswer) as error:
            self.ledger.complain(f"the audit could not read the server's side: {error}")
        failures, complaints = traffic.failures, self.ledger.complaints
        findings.compare("requests without an answer, or 5xx", 0, len(failures), failures)
        findings.compare("acts that failed, and other surprises", 0, len(complaints), complaints)
        return findings

    def rates(self, traffic: Traffic) -> str:
        ledger = self.ledger
        assert ledger.ended_at is not None
        seconds = (ledger.ended_at - ledger.began_at).total_seconds()
        done, played = ledger.steps.total(), self.played_seconds
        acts = ", ".join(f"{ledger.steps[act]} {act.value}" for act in Act)
        notes = "".join(f"\n  {count} {what}" for what, count in sorted(ledger.notes.items()))
        return (
            f"Also: {ledger.silent} mails went unanswered; {ledger.other_mails} other mails came (to staff, or not of"
            f" this run){notes}\n"
            f"{done} steps of the log ({acts}) in {played:.1f} s: {done / played:.0f} steps/s\n"
            f"{len(ledger.answers)} answers and {len(ledger.work)} follow-ups in {seconds:.1f} s:"
            f" {len(ledger.answers) / seconds:.1f} answers/s\n"
            f"{traffic.requests} requests, {1000 * traffic.seconds / max(traffic.requests, 1):.0f} ms each on average,"
            f" {traffic.requests / seconds:.0f}/s"
        )
