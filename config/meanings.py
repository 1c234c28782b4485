"""What each line of /readyz means and what to do about it; docs/operating.md says the same at length."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """`is_well` is said while all is well, `advice` while it is not."""

    title: str
    is_well: str
    advice: str


MEANINGS: dict[str, Meaning] = {
    "database": Meaning(
        "Database",
        "It answers.",
        "See whether PostgreSQL runs and is reached from here. Customers’ pages keep what was typed and try again by"
        " themselves.",
    ),
    "broker": Meaning(
        "Broker",
        "It answers.",
        "Start Redis (or make the queue’s folder writable). Until then worker and beat do nothing by themselves:"
        " “manage.py sweep --loop” does their work without it. Nothing is lost.",
    ),
    "worker": Meaning(
        "Worker",
        "Alive.",
        "Start the worker, or kill it and start it again if it hangs: nothing is sent or assigned without one.",
    ),
    "beat": Meaning(
        "Beat",
        "Its tasks come through the broker to a worker.",
        "Look at worker and broker first; if both are well, start beat again. Until then nothing is swept up.",
    ),
    "oldest_due_delivery": Meaning(
        "Oldest mail that is due",
        "Nothing waits for long.",
        "If worker and beat are well, the mail server refuses: the last errors stand with the mails that wait.",
    ),
    "stuck_leases": Meaning(
        "Mails in flight that nobody holds",
        "None.",
        "A sender was lost and no sweep took over: start worker and beat. Each leaves once more with the same"
        " Message-ID.",
    ),
    "dead_deliveries": Meaning(
        "Mails not sent",
        "None.",
        "Read why, mend the cause, then send them again, or leave each at that with a reason.",
    ),
    "held_deliveries": Meaning(
        "Mails held back after a restore",
        "None.",
        "They may have left before the backup was restored: settle them with “manage.py release_deliveries”, or one by"
        " one in their list.",
    ),
    "unassigned_follow_ups": Meaning(
        "Follow-ups that nobody has",
        "None.",
        "A sweep assigns them within seconds. Where nobody is eligible, a lead plans a shift or gives it to somebody"
        " by hand.",
    ),
    "low_scores_without_follow_up": Meaning(
        "Scores of 8 or below without a follow-up",
        "None.",
        "A sweep opens them within a minute. One that stays cannot be opened: the log says why, by its number.",
    ),
    "undecided_resolutions": Meaning(
        "Resolutions nobody decided to ask about",
        "None.",
        "A sweep decides within a minute. One that stays cannot be decided: the log says why, by its number.",
    ),
    "failed_receivers": Meaning(
        "Failed receivers",
        "None since somebody looked.",
        "Something that follows an answer or a resolution broke; sweeps make good what it left undone. Mend the cause,"
        " then mark it as seen.",
    ),
}
