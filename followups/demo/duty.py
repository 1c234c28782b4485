"""Who is at work when, asked of the same pure rules that the product asks."""

from bisect import bisect_right
from collections import defaultdict
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from followups.demo.staff import Staff
from nps.desk.hours import Away, ShiftPattern, current_window, next_start, occurrences
from nps.desk.models import Absence, Customer, Shift, User

FIRST_HOUR, LAST_HOUR = 8, 18  # a customer's own day


class Duty:
    """`shift_ends` holds every moment from `since` to `until` at which some agent's shift ends, once each."""

    def __init__(self, staff: Staff, rng: Random, *, since: datetime, until: datetime) -> None:
        self._staff, self._rng = staff, rng
        self._patterns: dict[int, list[ShiftPattern]] = defaultdict(list)
        self._aways: dict[int, list[Away]] = defaultdict(list)
        for shift in Shift.objects.order_by("pk"):
            self._patterns[shift.user_id].append(shift.pattern())
        for absence in Absence.objects.order_by("pk"):
            self._aways[absence.user_id].append(absence.away())
        self.shift_ends = self._all_shift_ends(since, until)

    def is_on(self, user: User, at: datetime) -> bool:
        return current_window(self._patterns[user.pk], self._aways[user.pk], user.pk, at) is not None

    def moment(self, user: User, at: datetime) -> datetime:
        """`at` if this person is at work then, else a little after their next shift begins."""
        if self.is_on(user, at):
            return at
        starts_at = next_start(self._patterns[user.pk], self._aways[user.pk], user.pk, at, horizon_days=30)
        return (starts_at or at + timedelta(days=30)) + timedelta(minutes=self._rng.randint(3, 45))

    def on_shift(self, team: str, at: datetime) -> list[User]:
        """The agents of `team` (of all teams, where it is empty) who are at work."""
        agents = self._staff.agents.values()
        return [one for one in agents if team in ("", self._staff.team_of[one.pk]) and self.is_on(one, at)]

    def pick(self, team: str, at: datetime, *, language: str = "", is_qualified: bool = False) -> User:
        """Somebody on shift, of `team` if possible, speaking the language if possible; else whoever begins first."""
        agents = list(self._staff.agents.values())
        if is_qualified:
            agents = [one for one in agents if one.is_qualified]
        here = [one for one in agents if self.is_on(one, at)]
        if not here:
            return min(agents, key=lambda one: self.moment(one, at))
        own = [one for one in here if self._staff.team_of[one.pk] == team]
        # Whoever is awake helps; specialists of a sleeping team are waited for now and then.
        pool = own or here
        speaking = [one for one in pool if language in one.languages]
        return self._rng.choice(speaking or pool)

    def latest_window(self, user: User, at: datetime) -> tuple[datetime, datetime]:
        """The shift that runs at `at`, else the last one before it, less nothing for absences."""
        since = at - timedelta(days=8)
        windows = [w for pattern in self._patterns[user.pk] for w in occurrences(pattern, since, at)]
        return max((w for w in windows if w[0] < at - timedelta(minutes=30)), key=lambda w: w[0])

    def next_look(self, at: datetime) -> datetime:
        """Soon after the next end of a shift: by then somebody else may have been given what was waiting."""
        ends = self.shift_ends
        place = bisect_right(ends, at)
        end = ends[place] if place < len(ends) else at + timedelta(days=1)
        return end + timedelta(minutes=self._rng.randint(6, 40))

    def _all_shift_ends(self, since: datetime, until: datetime) -> list[datetime]:
        ends = {
            end
            for user in self._staff.agents.values()
            for pattern in self._patterns[user.pk]
            for _, end in occurrences(pattern, since, until)
        }
        return sorted(end for end in ends if since < end < until)

    def awake(self, customer: Customer, at: datetime) -> datetime:
        """`at` if it is day where the customer lives, else some time in their next morning."""
        local = at.astimezone(ZoneInfo(customer.time_zone))
        if FIRST_HOUR <= local.hour < LAST_HOUR:
            return at
        morning = local.replace(hour=FIRST_HOUR, minute=self._rng.randint(0, 59), second=self._rng.randint(0, 59))
        if local.hour >= LAST_HOUR:
            morning += timedelta(days=1)
        return max(at, morning.astimezone(at.tzinfo) + timedelta(minutes=self._rng.randint(0, 180)))

    def is_awake(self, customer: Customer, at: datetime) -> bool:
        return FIRST_HOUR <= at.astimezone(ZoneInfo(customer.time_zone)).hour < 20
