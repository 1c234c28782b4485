"""What is known of a ticket before it is opened, and how one is made up."""

from dataclasses import dataclass, field
from datetime import datetime

from followups.demo.library import Story
from followups.demo.world import World
from nps.desk.models import Channel, Customer, User

DIRECT = (Channel.PHONE, Channel.CHAT)
CHANNELS = (
    (Channel.EMAIL, 44), (Channel.WEB, 20), (Channel.PHONE, 16), (Channel.CHAT, 14), (Channel.API, 6),
)  # fmt: skip


@dataclass
class Brief:
    """What is known of a ticket before it is opened."""

    customer: Customer
    story: Story
    channel: str
    slots: dict[str, str]
    agent: User | None = None  # who gets it, whoever is on shift
    ending: str = "resolved"  # “resolved at once”, or how it is found today: new, answered, waiting
    resolved_at: datetime | None = None
    is_duplicate: bool = False
    troubles: set[str] = field(default_factory=set)

    def text(self, name: str) -> str:
        return str(getattr(self.story, name)).format(**self.slots)

    @property
    def is_direct(self) -> bool:
        return self.channel in DIRECT


def make_up(world: World, customer: Customer, *, is_incident: bool = False, **fields: object) -> Brief:
    """A story in the customer's language, with its particulars and a channel they would choose."""
    story = world.library.story(customer.language, is_incident=is_incident)
    channels = [(channel, weight) for channel, weight in CHANNELS if _can_use(customer, channel)]
    channel = world.rng.choices([one for one, _ in channels], [weight for _, weight in channels])[0]
    brief = Brief(customer, story, channel, world.library.slots(customer.language))
    for name, value in fields.items():
        setattr(brief, name, value)
    return brief


def _can_use(customer: Customer, channel: str) -> bool:
    return bool(customer.phone) if channel == Channel.PHONE else bool(customer.email) or channel != Channel.EMAIL
