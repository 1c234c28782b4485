"""People with a survey link: with scripts and without, on two devices, with a change of mind, some after a scanner has
been there. What each was told is the ledger."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.bench import Bench
from tests.faults.client import address
from tests.faults.customers import Browser
from tests.faults.ledgers import stored
from tests.faults.running import Run

KINDS = ("with scripts", "without scripts", "two devices", "change of mind")


@dataclass
class Person:
    """`score` and `comment` as they were last acknowledged."""

    number: int
    link: str
    kind: str
    score: int = -1
    comment: str = ""
    is_heard: bool = False


class People:
    def __init__(self, run: Run, bench: Bench, browser: Browser, dice: random.Random) -> None:
        self._run, self._bench, self._browser, self._dice = run, bench, browser, dice
        self.people: list[Person] = []

    def answer(self, real: Any, numbers: Sequence[int], links: Sequence[str]) -> None:
        self._run.stage("people", len(numbers))
        for n, (number, link) in enumerate(zip(numbers, links, strict=True)):
            person = Person(number, link, KINDS[n % len(KINDS)])
            self.people.append(person)
            if self._dice.random() < 0.5:  # a scanner was there first
                for score in range(0, 11, 3):
                    self._browser.get(f"{link}?score={score}")
            self._one(person, real)
            self._run.step()

    def _one(self, person: Person, real: Any) -> None:
        score = self._dice.randrange(11)
        match person.kind:
            case "two devices":
                self._two_devices(person, score)
            case "change of mind":
                self._changes(person, score)
            case _:
                self._in_browser(person, score, real, has_scripts=person.kind == "with scripts")

    # ---- the kinds -------------------------------------------------------------------------------------------
    def _in_browser(self, person: Person, score: int, real: Any, *, has_scripts: bool) -> None:
        """From the button in the mail to the reason, in a real browser."""
        comment = f"Said by {person.number}."
        context = real.new_context(java_script_enabled=has_scripts)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{self._bench.product.url}{person.link}?score={(score + 3) % 11}")
        page.locator(f"input[name=score][value='{score}']").check()
        page.locator("button[type=submit], form button").first.click()
        page.wait_for_url("**/why/**")
        person.score, person.is_heard = score, True
        page.locator("textarea[name=comment]").fill(comment)
        page.locator("form:has(textarea) button:not([name])").first.click()
        page.wait_for_url("**done=1**")
        person.comment = comment
        context.close()

    def _two_devices(self, person: Person, score: int) -> None:
        """Opened on both, sent from both: the second hears that the first stands, and then changes it on purpose."""
        other = (score + 5) % 11
        phone, laptop = (self._browser.get(f"{person.link}?score={score}").nonce for _ in range(2))
        if self._sent(person.link, score, phone):
            person.score, person.is_heard = score, True
        if self._sent(person.link, other, laptop):
            person.is_heard = False  # two answers were acknowledged
        change = self._browser.get(f"{person.link}?change=1&score={other}").nonce
        if self._sent(person.link, other, change, change="1"):
            person.score = other

    def _changes(self, person: Person, score: int) -> None:
        """9, 3, 9 and the like, with a reason in between, and the same button pressed twice."""
        person.is_heard = self._browser.answer(person.link, score)
        person.score = score
        comment = f"Said by {person.number}, and meant."
        if self._browser.give_reason(person.link, comment):
            person.comment = comment
        for step in (6, 3, 6):
            changed = (person.score + step) % 11
            nonce = self._browser.get(f"{person.link}?change=1").nonce
            for _ in range(2):
                if self._sent(person.link, changed, nonce, change="1"):
                    person.score = changed

    def _sent(self, link: str, score: int, nonce: str, **more: str) -> bool:
        return self._browser.post(link, score=str(score), nonce=nonce, **more).status == 303

    # ---- the ledger ------------------------------------------------------------------------------------------
    def judge(self) -> None:
        there = stored(self._bench, [person.number for person in self.people])
        lost: Counter[str] = Counter()
        for person in self.people:
            rows = there[address(person.number)]
            is_there = len(rows) == 1 and (rows[0].score, rows[0].comment) == (person.score, person.comment)
            lost[person.kind] += not (person.is_heard and is_there)
        counts = Counter(person.kind for person in self.people)
        for kind in KINDS:
            self._run.expect_none(f"people, {kind}: lost 0 of {counts[kind]}", lost[kind])
