"""S3 and S7: links that nobody made open nothing and tell nothing; only a POST unsubscribes."""

import http.client
import json
import random
import string
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote, urlencode

from tests.faults.bench import Bench, bench_for
from tests.faults.client import Wires, address, at_once
from tests.faults.ledgers import judge_no_failure
from tests.faults.races import asked
from tests.faults.registry import proof
from tests.faults.running import Run

DOORS = ("", "why/", "stop/", "more/")
ALPHABET = string.ascii_letters + string.digits + "-_"
#: headers that differ from one answer to the next by themselves
PASSING = {"date", "connection", "server"}
Told = tuple[int, bytes, tuple[tuple[str, str], ...]]


class Prober:
    """Asks for a link at one door and keeps all that was told: status, body, headers."""

    def __init__(self, port: int) -> None:
        self._wires = Wires(port, 20.0)

    def ask(self, method: str, token: str, door: str, data: dict[str, str] | None = None) -> Told:
        wire = self._wires.get()
        path = f"/s/{quote(token, safe='')}/{door}"
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if data is not None else {}
        try:
            wire.request(method, path, None if data is None else urlencode(data), headers)
            reply = wire.getresponse()
            body = reply.read()
            self._wires.keep(wire)
        except (OSError, http.client.HTTPException):
            self._wires.drop(wire)
            return 0, b"", ()
        told = tuple(sorted((name, value) for name, value in reply.getheaders() if name.lower() not in PASSING))
        return reply.status, body, told


def random_tokens(dice: random.Random, living: str, count: int) -> Iterator[str]:
    """A third each: of the right shape and key, of the right shape, and anything."""
    key_id, _, sealed = living.partition(".")
    for number in range(count):
        shape = number % 3
        if shape == 2:
            yield "".join(chr(dice.choice((dice.randrange(1, 128), dice.randrange(160, 0xD7FF)))) for _ in range(24))
            continue
        made = "".join(dice.choices(ALPHABET, k=len(sealed) if dice.random() < 0.5 else dice.randrange(1, 65)))
        yield f"{key_id if shape == 0 else ''.join(dice.choices(ALPHABET, k=2))}.{made}"


def flipped_tokens(dice: random.Random, living: list[str], count: int) -> Iterator[str]:
    """Living tokens with one bit changed: of the text as it is sent, or of what it stands for."""
    for _ in range(count):
        token = dice.choice(living)
        key_id, _, sealed = token.partition(".")
        if dice.random() < 0.5:
            place, bit = dice.randrange(len(token)), dice.randrange(7)
            yield token[:place] + chr(ord(token[place]) ^ 1 << bit) + token[place + 1 :]
        else:
            meant = bytearray(urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)))
            meant[dice.randrange(len(meant))] ^= 1 << dice.randrange(8)
            yield f"{key_id}.{urlsafe_b64encode(bytes(meant)).decode().rstrip('=')}"


@proof("S3")
def s3(run: Run) -> None:
    """100,000 random tokens, 10,000 bit flips: none accepted; bad, unknown and expired told alike."""
    dice = random.Random(run.seed)
    with bench_for(run) as bench:
        asked(run, bench, 20)
        signed = json.loads(bench.product.run("-m", "tests.faults.signed", "20").splitlines()[-1])
        prober = Prober(bench.product.web_port)
        dead = prober.ask("GET", "nothing", "")
        _judge_living(run, prober, signed["living"], dead)
        kinds = {
            "random tokens": list(random_tokens(dice, signed["living"][0], run.size(100_000, least=1_000))),
            "bit flips": list(flipped_tokens(dice, signed["living"], run.size(10_000, least=300))),
            "unknown": signed["unknown"],
            "expired": signed["expired"],
        }
        for kind, tokens in kinds.items():
            run.stage(kind, len(tokens))
            told = _told(run, prober, dice, tokens)
            accepted = sum(count for (status, *_), count in told.items() if status in (200, 302, 303))
            run.expect_none(f"{len(tokens):,} {kind}: accepted 0", accepted)
            other = {seen[:1] for seen in told if seen != dead}
            differing = sum(count for seen, count in told.items() if seen != dead)
            run.expect_none(f"{kind} told apart 0", differing, note=str(other) if other else "")
        taken = bench.rows("SELECT count(*) FROM nps_response WHERE nonce = 'forged'")[0][0]
        run.expect_none("answers taken by such links 0", taken)


def _judge_living(run: Run, prober: Prober, living: list[str], dead: Told) -> None:
    """The comparison could not fail if dead and living looked alike, so it is shown that they do not."""
    opened = sum(prober.ask("GET", token, "")[0] == 200 for token in living)
    run.expect(f"a dead link is a 404, {len(living)} living ones open", f"{dead[0]}, {opened}",
               (dead[0], opened) == (404, len(living)))  # fmt: skip


def _told(run: Run, prober: Prober, dice: random.Random, tokens: list[str]) -> Counter[Told]:
    plan = [(token, dice.choice(DOORS), dice.random() < 0.25) for token in tokens]

    def ask(one: tuple[str, str, bool]) -> Told:
        token, door, is_post = one
        run.step()
        if is_post and door != "more/":
            return prober.ask("POST", token, door, {"score": "3", "nonce": "forged", "comment": "forged"})
        return prober.ask("GET", token, door)

    return Counter(at_once(ask, plan))


@proof("S7")
def s7(run: Run) -> None:
    """1,000 GETs unsubscribe nobody, 100 POSTs unsubscribe 100, and they are not asked again."""
    gets, posts = run.size(1_000, least=40), run.size(100, least=4)
    with bench_for(run) as bench:
        numbers, links, tickets = asked(run, bench, posts * 2)
        browser = bench.browser()
        run.stage("GET", gets)

        def look(n: int) -> int:
            run.step()
            path = f"{links[n % len(links)]}stop/"
            return (browser.head if n % 10 == 9 else browser.get)(path).status

        looked = Counter(at_once(look, range(gets)))
        run.expect(f"{gets:,} GET: 0 unsubscribed", _stopped(bench, numbers), looked == {200: gets}
                   and not _stopped(bench, numbers))  # fmt: skip
        stopping, staying = numbers[:posts], numbers[posts:]
        run.stage("POST", posts)
        one_click = {"List-Unsubscribe": "One-Click"}
        told = Counter(at_once(lambda link: browser.post(f"{link}stop/", **one_click).status, links[:posts]))
        stopped = _stopped(bench, stopping)
        run.expect(f"{posts} POST: {posts} unsubscribed", stopped, stopped == posts and told == {200: posts})
        run.expect_none("others unsubscribed 0", _stopped(bench, staying))
        run.stage("resolved again", 2 * posts)
        client = bench.client()
        for number in numbers:
            client.reopen(tickets.ids[number])
            client.resolve(tickets.ids[number], 2)
            run.step()
        asked_again = _asked_again(bench)
        wrong = sum(address(n) in asked_again for n in stopping) + sum(address(n) not in asked_again for n in staying)
        run.expect_none("asked again although unsubscribed, or not asked although not: 0", wrong)
        judge_no_failure(run, [*browser.seen, *client.seen])


def _stopped(bench: Bench, numbers: range) -> int:
    standing = {row[0] for row in bench.rows("SELECT address FROM nps_suppression WHERE lifted_at IS NULL")}
    return sum(address(number) in standing for number in numbers)


def _asked_again(bench: Bench) -> set[str]:
    """The addresses whose second resolution was decided with an invitation."""
    rows = bench.rows(
        "SELECT customer.email, decision.outcome FROM nps_resolution resolution"
        " JOIN nps_customer customer ON customer.id = resolution.customer_id"
        " JOIN nps_surveydecision decision ON decision.resolution_id = resolution.id WHERE resolution.number = 2"
    )
    return {email for email, outcome in rows if outcome == "invited"}
