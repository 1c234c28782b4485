"""Staff. What a person may do comes from groups; what they see comes from memberships."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property

from nps.desk.zones import validate_zone


class Role(models.TextChoices):
    """The names of the groups that carry the roles of the product."""

    AGENT = "Agents", "Agent"
    LEAD = "Leads", "Lead"
    MANAGER = "Managers", "Manager"
    AUDITOR = "Auditors", "Auditor"


#: the roles that change things and can be given work
WRITING = frozenset({Role.AGENT, Role.LEAD, Role.MANAGER})


class User(AbstractUser):
    class Theme(models.TextChoices):
        SYSTEM = "", "As the system"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    time_zone = models.CharField(max_length=60, default="UTC", validators=[validate_zone])
    languages = models.JSONField(
        default=list, blank=True, help_text='Codes this person works in, such as ["en", "nb"].'
    )
    phone = models.CharField(max_length=40, blank=True, default="")
    theme = models.CharField(max_length=5, choices=Theme, blank=True, default=Theme.SYSTEM)
    uses_keys = models.BooleanField(
        "single-letter keys", default=True, help_text="J, K, 1 and so on act on the page; off, only buttons do."
    )
    stays_on_task = models.BooleanField(
        default=False, help_text="After an act the same task stays open, instead of the next."
    )
    is_qualified = models.BooleanField(
        default=True, help_text="A qualified representative: their first reply is a first contact, triage is not."
    )
    teams = models.ManyToManyField("nps.Team", through="nps.Membership", related_name="members")

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in str(self).split()[:2]).upper()

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(self.groups.values_list("name", flat=True))

    @property
    def is_manager(self) -> bool:
        return self.is_superuser or Role.MANAGER in self.roles

    @property
    def is_auditor(self) -> bool:
        return Role.AUDITOR in self.roles

    @property
    def is_lead(self) -> bool:
        return Role.LEAD in self.roles

    @property
    def sees_everything(self) -> bool:
        return self.is_manager or self.is_auditor

    @property
    def may_write(self) -> bool:
        """Auditors read all and change nothing."""
        return self.is_superuser or not self.roles.isdisjoint(WRITING)

    @property
    def has_role(self) -> bool:
        """Whether staff pages and REST are for this person at all. A login alone opens nothing."""
        return self.may_write or self.is_auditor

    @cached_property
    def _places(self) -> list[tuple[int, bool]]:
        """(team id, leads it) of each team this person is in. One statement for both questions below."""
        return list(self.memberships.values_list("team_id", "is_lead"))

    @cached_property
    def team_ids(self) -> frozenset[int]:
        return frozenset(team_id for team_id, _ in self._places)

    @cached_property
    def led_team_ids(self) -> frozenset[int]:
        return frozenset(team_id for team_id, is_lead in self._places if is_lead)
