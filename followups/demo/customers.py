"""The demonstration's customers: 20 companies and a colleague's own desk, 60 people in four languages."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from nps.desk.models import Account, Customer, Product, Tag

#: name, slug of the team that knows it best
PRODUCTS = (("Ledger", "billing"), ("Customs", "connect"), ("Portal", "platform"), ("Pocket", "platform"))
TAGS = (
    "invoice", "vat", "refund", "contract", "payment", "integration", "export", "customs", "webhook", "onboarding",
    "login", "performance", "mobile", "outage", "how-to",
)  # fmt: skip

# What is special about a person, beside the defaults: has an address, may be asked, is no colleague.
NO_EMAIL, OPTED_OUT, BOUNCES, PREFERS_PHONE, PREFERS_EMAIL, NO_PHONE = (
    "no e-mail", "opted out", "bounces", "prefers phone", "prefers e-mail", "no phone",
)  # fmt: skip


@dataclass(frozen=True)
class Company:
    name: str
    domain: str
    language: str
    zone: str
    phone: str  # with one place for a number of two digits
    plan: str
    people: tuple[str, ...]  # “Name” or “Name: what is special, and that”
    is_key: bool = False
    is_ours: bool = False


COMPANIES = (
    Company("Fjordvik Freight AS", "fjordvik", "nb", "Europe/Oslo", "+47 900 04 1{:02}", "Business, 42 users",
            (f"Ingrid Solheim: {PREFERS_PHONE}", "Lars Hauge", f"Berit Moen: {NO_EMAIL}", "Henrik Aas"), is_key=True),
    Company("Nordlys Bygg AS", "nordlysbygg", "nb", "Europe/Oslo", "+47 900 05 2{:02}", "Team, 12 users",
            ("Silje Brekke", f"Ola Tveit: {PREFERS_EMAIL}", "Marte Lund")),
    Company("Havbris Sjømat", "havbris", "nb", "Europe/Oslo", "+47 900 06 3{:02}", "Business, 28 users",
            ("Eirik Strand", f"Kari Nygård: {OPTED_OUT}", "Jon Fossum")),
    Company("Adler & Sohn GmbH", "adlersohn", "de", "Europe/Berlin", "+49 30 2312 5{:02}", "Business, 35 users",
            ("Hanna Weber", f"Uwe Kranz: {PREFERS_PHONE}", "Jutta Reimann", "Felix Brandt"), is_key=True),
    Company("Seebach Logistik", "seebach", "de", "Europe/Berlin", "+49 40 6696 9{:02}", "Team, 18 users",
            ("Markus Seebach", "Anja Vogt", f"Dieter Lohmann: {NO_EMAIL}")),
    Company("Rosenthal Medizintechnik", "rosenthal-med", "de", "Europe/Berlin", "+49 89 9901 4{:02}",
            "Business, 51 users", ("Claudia Rosenthal", f"Timo Hartwig: {PREFERS_EMAIL}", "Nina Falk")),
    Company("Zielony Targ", "zielonytarg", "pl", "Europe/Warsaw", "+48 22 555 01{:02}", "Team, 9 users",
            ("Marta Nowak", f"Piotr Lis: {BOUNCES}", "Ewa Kubiak")),
    Company("Bałtyk Spedycja", "baltykspedycja", "pl", "Europe/Warsaw", "+48 58 555 02{:02}", "Business, 33 users",
            ("Andrzej Wilk", f"Joanna Sikora: {PREFERS_PHONE}", "Tomasz Gajda"), is_key=True),
    Company("Harbour Light Hotels", "harbourlight", "en", "Europe/London", "+44 20 7946 0{:02}0", "Business, 60 users",
            ("Liam O’Connor", "Fiona Marsh", f"Rhys Bevan: {NO_EMAIL}", "Esther Lowe")),
    Company("Northgate Dental", "northgate-dental", "en", "Europe/London", "+44 161 496 0{:02}0", "Team, 7 users",
            ("Aisha Rahman", f"Colin Birch: {PREFERS_EMAIL}", "Maeve Doyle")),
    Company("Conti Vini", "contivini", "en", "Europe/Rome", "+39 06 5555 01{:02}", "Team, 11 users",
            ("Chiara Conti", "Paolo Greco")),
    Company("Kaya Tekstil", "kayatekstil", "en", "Europe/Istanbul", "+90 212 555 01{:02}", "Business, 24 users",
            ("Elif Kaya", "Baris Demir", f"Deniz Acar: {NO_EMAIL}")),
    Company("Lakeshore Outfitters", "lakeshore", "en", "America/Chicago", "+1 312 555 01{:02}", "Business, 38 users",
            ("Rachel Kim", "Marcus Hale", f"Theo Novak: {PREFERS_PHONE}", "June Albright"), is_key=True),
    Company("Abara Logistics", "abara", "en", "America/New_York", "+1 212 555 01{:02}", "Business, 45 users",
            ("Ben Abara", "Nadia Frost", "Victor Lane")),
    Company("Sierra Clinic Group", "sierraclinic", "en", "America/Los_Angeles", "+1 415 555 01{:02}",
            "Team, 16 users", ("Noor Haddad", f"Gwen Parrish: {NO_PHONE}", "Isaac Bell")),
    Company("Prairie Seed Co-op", "prairieseed", "en", "America/Denver", "+1 303 555 01{:02}", "Team, 8 users",
            ("Wade Larkin", f"Tess Morrow: {NO_EMAIL}")),
    Company("Southern Cross Freight", "southerncross", "en", "Australia/Sydney", "+61 2 5550 01{:02}",
            "Business, 57 users", ("Olivia Grant", f"Jack Turner: {PREFERS_PHONE}", "Mei Lin", "Harry Boyd"),
            is_key=True),
    Company("Aozora Trading", "aozora", "en", "Asia/Tokyo", "+81 3 5550 01{:02}", "Team, 13 users",
            ("Yuki Tanaka", "Haruto Ono", f"Kenji Mori: {PREFERS_EMAIL}")),
    Company("Kauri Timber", "kauritimber", "en", "Pacific/Auckland", "+64 9 555 01{:02}", "Team, 10 users",
            ("Aroha Ngata", "Simon Clarke")),
    Company("Tidewell (our own desks)", "tidewell", "en", "Europe/Oslo", "+47 900 01 0{:02}", "Internal",
            ("Nora Lie",), is_ours=True),
)  # fmt: skip


@dataclass
class Customers:
    """Everybody who is helped here. `weights` says how often each writes, beside `people`."""

    people: list[Customer] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    products: dict[str, Product] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    bouncing: set[str] = field(default_factory=set)  # addresses
    opting_out: list[str] = field(default_factory=list)  # addresses
    first_day: dict[int, datetime] = field(default_factory=dict)

    def pick(self, rng: Random, *, zones: tuple[str, ...] | None = None) -> Customer:
        """One of them by weight; from `zones` only (prefixes of time zone names), if given."""
        while True:
            found = rng.choices(self.people, self.weights)[0]
            if zones is None or found.time_zone.startswith(zones):
                return found


def welcome(rng: Random, *, since: datetime, until: datetime) -> Customers:
    """Make companies, people, products and tags, as they were at `since`; contracts renew after `until`."""
    known = Customers()
    known.products = {name: Product.objects.create(name=name, slug=name.lower()) for name, _ in PRODUCTS}
    known.tags = {name: Tag.objects.create(name=name) for name in TAGS}
    for number, company in enumerate(COMPANIES, start=1):
        joined = since - timedelta(days=rng.randint(90, 2200))
        account = Account.objects.create(
            name=company.name,
            external_id=f"A-{1000 + number}",
            is_key=company.is_key,
            plan=company.plan,
            since_on=joined.date(),
            renewal_on=None if company.is_ours else until.date() + timedelta(days=rng.randint(12, 360)),
            created_at=joined,
        )
        for place, line in enumerate(company.people):
            customer, special = _person(company, account, line, place, number, joined)
            known.people.append(customer)
            known.weights.append(_weight(rng, company, special))
            if BOUNCES in special:
                known.bouncing.add(customer.email)
            if OPTED_OUT in special:
                known.opting_out.append(customer.email)
    return known


def _person(
    company: Company, account: Account, line: str, place: int, number: int, joined: datetime
) -> tuple[Customer, str]:
    name, _, special = line.partition(": ")
    first = name.split()[0].lower().translate(str.maketrans("łøåäö", "loaao"))
    preferred = {PREFERS_PHONE: Customer.Contact.PHONE, PREFERS_EMAIL: Customer.Contact.EMAIL}
    customer = Customer.objects.create(
        account=account,
        name=name,
        email="" if NO_EMAIL in special else f"{first}@{company.domain}.example",
        phone="" if NO_PHONE in special else company.phone.format(20 + place),
        language=company.language,
        time_zone=company.zone,
        preferred_contact=preferred.get(special, Customer.Contact.ANY),
        external_id=f"C-{10000 + number * 100 + place}",
        is_internal=company.is_ours,
        created_at=joined + timedelta(days=place),
    )
    return customer, special


def _weight(rng: Random, company: Company, special: str) -> float:
    if company.is_ours:
        return 0.5
    return (1.6 if company.is_key else 1.0) * rng.uniform(0.6, 1.5) * (0.6 if NO_EMAIL in special else 1.0)
