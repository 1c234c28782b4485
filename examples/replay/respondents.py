"""The customers: they open the link out of the mail, choose a score, say why; some change it, some want no more."""

import queue
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from .answers import Opinion
from .ledger import Answer, Incident, Ledger, Span, now
from .mailbox import Mail
from .web import Browser, NoAnswer, Page, Traffic

STOPS = 0.01  # of all: never want to be asked again, and do not answer
COMMENTS = 0.9  # of those who answer
SCANNED = 0.03  # of all mails: a machine opens every link of it first
SENDS_TWICE = 0.03  # of those who answer: press the button twice
SAVED, CLOSED = 200, 409  # the page after a redirect; an answer that can no longer be changed


class Refusal(Exception):
    """The page did not do what a customer may expect of it."""


@dataclass
class Respondents:
    """`share` of the mails are answered, `change_share` of those answers changed once. What each respondent does
    follows from `seed` and the incident alone."""

    url: str
    ledger: Ledger
    opinions: list[Opinion]
    share: float
    change_share: float
    seed: int
    traffic: Traffic
    waiting: "queue.Queue[tuple[Mail, Incident, int] | None]" = field(default_factory=queue.Queue)
    busy: int = 0
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, threads: int, should_stop: Callable[[], bool]) -> None:
        self._threads = [
            threading.Thread(target=self._live, args=(should_stop,), name=f"respondent-{n}", daemon=True)
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def receive(self, mail: Mail) -> None:
        """A mail has come: put it before whoever is free. Called in the mail server's thread."""
        incident = self.ledger.took_mail(mail)
        if incident is not None:
            with self.ledger.lock:
                self.busy += 1
            self.waiting.put((mail, incident, len(incident.mails)))

    def finish(self) -> None:
        for _ in self._threads:
            self.waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _live(self, should_stop: Callable[[], bool]) -> None:
        browser = Browser(self.url, self.traffic)
        while (item := self.waiting.get()) is not None:
            mail, incident, nth = item
            try:
                if not should_stop():
                    browser.forget()
                    self._respond(browser, mail, incident, random.Random(f"{self.seed}:{incident.number}:{nth}"), nth)
            except (Refusal, NoAnswer) as error:
                self.ledger.complain(f"{incident.number}: a respondent failed: {error}")
            finally:
                with self.ledger.lock:
                    self.busy -= 1

    # ---- one respondent --------------------------------------------------------------------------------------
    def _respond(self, browser: Browser, mail: Mail, incident: Incident, dice: random.Random, nth: int) -> None:
        if dice.random() < SCANNED:
            self._scan(browser, mail)
        drawn = dice.random()
        if drawn < STOPS and mail.stop:
            self._stop(browser, mail, incident)
        elif drawn < STOPS + self.share * (1 - STOPS):
            opinion = self.opinions[(incident.place + (nth - 1) * 331) % len(self.opinions)]
            self._answer(browser, mail, incident, opinion, dice)
        else:
            with self.ledger.lock:
                self.ledger.silent += 1

    def _scan(self, browser: Browser, mail: Mail) -> None:
        """A mail scanner follows every link. None of that may count."""
        for address in mail.scores.values():
            browser.open(address)
        self.ledger.note("mails opened by a scanner first, every link of them")

    def _stop(self, browser: Browser, mail: Mail, incident: Incident) -> None:
        span = Span(now())
        with self.ledger.lock:
            incident.caller.stopped = incident.caller.stopped or span
        if browser.post(mail.stop, {"List-Unsubscribe": "One-Click"}).status != 200:
            raise Refusal(f"{mail.stop} did not stop the surveys")
        span.acked_at = now()
        self.ledger.note("customers who asked not to be asked again")

    def _answer(self, browser: Browser, mail: Mail, incident: Incident, opinion: Opinion, dice: random.Random) -> None:
        page = browser.open(mail.scores[opinion.score])
        form = page.form_with("score")
        if page.status != 200 or form is None or form.fields.get("score") != str(opinion.score):
            raise Refusal(f"{page.url} ({page.status}) does not offer {opinion.score} to send")
        span = Span(now())
        why = browser.send(page, form, {"score": str(opinion.score)})
        if why.status != SAVED or why.form_with("comment") is None:
            raise Refusal(f"sending {opinion.score} ended at {why.url} ({why.status})")
        span.acked_at = now()
        answer = Answer(incident.number, mail, [opinion.score], "", span)
        self.ledger.answered(answer)
        if dice.random() < SENDS_TWICE:
            why = browser.send(page, form, {"score": str(opinion.score)})
            if why.status != SAVED:
                raise Refusal(f"pressing Send twice ended at {why.url} ({why.status})")
            self.ledger.note("answers that were sent twice")
        if dice.random() < COMMENTS:
            why = self._say_why(browser, why, answer, opinion.comment, dice)
        if dice.random() < self.change_share:
            self._change(browser, why, answer, dice)

    def _say_why(self, browser: Browser, page: Page, answer: Answer, comment: str, dice: random.Random) -> Page:
        form = page.form_with("comment")
        if form is None:
            raise Refusal(f"{page.url} asks for no reason")
        values = {"comment": comment}
        for name in ("topic", "contact"):
            if form.choices.get(name) and dice.random() < 0.3:
                values[name] = dice.choice(form.choices[name])
        thanks = browser.send(page, form, values)
        if thanks.status != SAVED:
            raise Refusal(f"the reason was not taken: {thanks.url} ({thanks.status})")
        # A form's line ends are sent as CR LF by browsers; the reviews have none, so what was typed is what was sent.
        answer.comment = comment
        return thanks

    def _change(self, browser: Browser, page: Page, answer: Answer, dice: random.Random) -> None:
        """The explicit way: “change my answer” on the page of the answer. Closed once an agent has reached them."""
        score = dice.choice([other for other in range(11) if other != answer.score])
        asked = Span(now())
        address = page.link_to("change=1")
        if address is not None:
            page = browser.open(address)
        form = page.form_with("change")
        after = browser.send(page, form, {"score": str(score)}) if form else None
        asked.acked_at = now()
        if after is None or after.status == CLOSED:
            answer.refused_change = asked
        elif after.status == SAVED and "/why/" in after.url:
            answer.scores.append(score)
            answer.last_change = asked
        else:
            raise Refusal(f"the change to {score} ended at {after.url} ({after.status})")
