"""The shape of one language: every word a customer reads, in pages and in mails. Pure.

Braces name what is filled in: {organisation}, {score}, {date}, {agent}, {subject}, {number}, {phone}, {address} …
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True, eq=False)
class Words:
    """One language. A text that ends in `_one` is for the number 1, its twin in `_many` for every other."""

    code: str  # BCP 47, as in <html lang>
    own_name: str
    months: tuple[str, ...]  # as they stand in a date
    date_form: str  # {day} and {month}

    # ---- every page ----
    skip: str
    language: str
    page_title: str  # {thing}, {organisation}
    error_title: str  # {title}
    sent_by: str
    legal: str
    stop_link: str
    privacy: str
    help: str

    # ---- the question ----
    question: str
    about_by: str
    about: str
    low: str
    high: str
    low_cell: str
    high_cell: str
    means: str
    send: str
    picked_in_mail: str
    picked: str
    not_saved: str
    pick_one: str
    stale: str

    # ---- an answer that stands ----
    answered: str
    unchanged: str
    change: str
    change_until: str
    changing: str
    save_change: str
    keep: str
    closed: str
    write_to_us: str

    # ---- why ----
    saved: str
    optional: str
    why_low: str
    why_high: str
    why_low_lead: str
    why_high_lead: str
    your_answer: str
    topics: str
    topics_hint: str
    contact: str
    contact_phone: str
    number_ending: str
    contact_email: str
    contact_no: str
    send_reason: str
    skip_reason: str
    next_within_one: str
    next_within_many: str
    next_low: str
    text_too_long: str
    text_unfit: str
    choose_again: str

    # ---- thanks ----
    thanks: str
    thanks_reason: str
    thanks_score: str
    nobody_calls: str
    you_wrote: str
    edit_reason: str
    add_reason: str
    may_close: str

    # ---- stop ----
    stop_title: str
    stop_lead: str
    stop_confirm: str
    stop_back: str
    stopped_title: str
    stopped_lead: str
    stopped_undo: str
    undo: str
    stopped_by_us: str

    # ---- what went wrong ----
    dead_title: str
    dead_lead: str
    trouble_title: str
    trouble_kept: str
    trouble_open: str
    trouble_by_hand: str
    trouble_waiting: str
    trouble_stopped: str
    try_again: str
    too_big_title: str
    too_big_lead: str

    # ---- mail ----
    subject_ticket: str
    subject: str
    subject_reminder_ticket: str
    subject_reminder: str
    preheader: str
    hello: str
    hello_nobody: str
    mail_about_by: str
    mail_about: str
    mail_about_nothing: str
    mail_reminder: str
    mail_low: str
    mail_high: str
    cell_title: str
    confirm_hint: str
    in_browser: str
    because_ticket: str
    because: str
    quiet_one: str
    quiet_many: str
    in_this_language: str
    text_scale: str
    text_link: str

    def day(self, moment: date) -> str:
        """“18 November”: a date (or an aware datetime, already in the reader's zone) without its year."""
        return self.date_form.format(day=moment.day, month=self.months[moment.month - 1])

    def counted(self, name: str, number: int) -> str:
        """The text `name`_one or `name`_many for a whole number, filled in with {number}."""
        text: str = getattr(self, f"{name}_one" if number == 1 else f"{name}_many")
        return text.format(number=number)
