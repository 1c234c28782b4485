"""The call guide: four short steps by score and topic, in the customer's language; managers edit it, nobody runs it."""

from collections import Counter

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from followups.guide import guide_for
from followups.models import CallGuide, FollowUp
from followups.models.guides import NAMES, SLOT
from nps.desk.models import User
from nps.remembered import Remembered
from nps.survey.models import Topic
from tests.staff import Office, to

pytestmark = pytest.mark.django_db


def made(office: Office, score: int = 3, *, language: str = "en", topic: str = "", **given) -> FollowUp:
    follow_up = office.follow_up(score, to=office.sanna, subject="Refund not received", **given)
    FollowUp.objects.filter(pk=follow_up.pk).update(language=language)
    if topic:
        follow_up.response.topics.set(Topic.objects.filter(slug=topic))
    follow_up.refresh_from_db()
    return follow_up


def test_there_is_a_whole_guide_for_every_band_and_language_after_migrate() -> None:
    kinds = Counter((guide.language, bool(guide.driver)) for guide in CallGuide.objects.all())
    assert kinds == {
        (language, is_own): 10 if is_own else 2 for language in ("en", "de", "nb", "pl") for is_own in (0, 1)
    }
    for guide in CallGuide.objects.all():
        guide.full_clean()
        if not guide.driver:
            assert {name for _, words in guide.steps for name in SLOT.findall(words)} >= {"caller", "about"}


@pytest.mark.parametrize(
    ("language", "score", "opening", "asks"),
    [
        (
            "en",
            3,
            "Hello Ingrid, this is Sanna from Tidewell. You told us about your request ‘Refund not received’.",
            "made",
        ),
        ("en", 8, "Hello Ingrid", "What one thing would have made it a 9 or 10?"),
        ("de", 6, "Guten Tag Ingrid Solheim, hier ist Sanna von Tidewell.", "Was hätte daraus eine 9 oder 10 gemacht?"),
        ("nb", 7, "Hei Ingrid, dette er Sanna fra Tidewell.", "Hvilken ene ting"),
        ("pl", 0, "Dzień dobry, mówi Sanna z Tidewell.", "Czego zabrakło"),
        ("pt-BR", 3, "Hello Ingrid", "made"),
        ("de-AT", 3, "Guten Tag", "Was hätte"),
    ],
)
def test_it_speaks_the_customers_language_with_the_names_filled_in(
    office: Office, language: str, score: int, opening: str, asks: str
) -> None:
    guide = guide_for(made(office, score, language=language), office.sanna)
    assert guide is not None
    assert len(guide.steps) == 4
    assert guide.steps[0].words.startswith(opening)
    assert asks in guide.steps[3].words
    assert not any(slot in step.words + step.title for step in guide.steps for slot in "{}")


def test_a_topic_changes_the_steps_that_are_different_there(office: Office) -> None:
    general = guide_for(made(office), office.sanna)
    about_price = guide_for(made(office), office.sanna, ["other", "price"])
    assert general is not None
    assert about_price is not None
    changed = [one != other for one, other in zip(general.steps, about_price.steps, strict=True)]
    assert changed == [False, True, True, False]
    assert (general.driver, about_price.driver) == ("", "price")
    page = office.as_(office.sanna).get(to("followup", made(office, language="de", topic="price").pk)).content.decode()
    assert "Score 0 to 6, price, in German" in page
    assert 'lang="de"' in page
    assert "Um welche Rechnung geht es" in page


def test_what_people_write_is_shown_and_never_run(office: Office) -> None:
    CallGuide.objects.filter(language="en", band="low", driver="").update(
        words_2="{name.__class__} {0} {unknown} <b>{full_name}</b> %s"
    )
    Remembered.forget_all()
    follow_up = made(office, name="{caller} <i>Solheim")
    guide = guide_for(follow_up, office.sanna)
    assert guide is not None
    assert guide.steps[1].words == "{name.__class__} {0} {unknown} <b>{caller} <i>Solheim</b> %s"
    page = office.as_(office.sanna).get(to("followup", follow_up.pk)).content.decode()
    assert "&lt;b&gt;{caller} &lt;i&gt;Solheim&lt;/b&gt; %s" in page


def test_without_any_guide_the_page_has_none(office: Office) -> None:
    CallGuide.objects.all().delete()
    Remembered.forget_all()
    page = office.as_(office.sanna).get(to("followup", made(office).pk))
    assert page.status_code == 200
    assert "Call guide" not in page.content.decode()


def test_a_mistake_in_a_guide_is_told_at_its_field() -> None:
    guide = CallGuide.objects.get(language="en", band="low", driver="price")
    guide.words_2 = "Hello {surname}"
    guide.title_4, guide.words_4 = "", "No title above me"
    with pytest.raises(ValidationError) as refused:
        guide.full_clean()
    told = refused.value.message_dict
    assert told["words_2"] == [f"{{surname}} is nothing that can be filled in; known are {_known()}."]
    assert told["title_4"] == ["Words need a title of their own above them."]
    with pytest.raises(IntegrityError), transaction.atomic():
        CallGuide.objects.filter(driver="").update(title_3="")
    with pytest.raises(IntegrityError), transaction.atomic():
        CallGuide.objects.create(band="low", language="en", driver="price")


def _known() -> str:
    return ", ".join(f"{{{name}}}" for name in NAMES)


def test_managers_edit_it_in_admin_and_agents_read_it(office: Office) -> None:
    User.objects.filter(pk__in=(office.mira.pk, office.otto.pk)).update(is_staff=True)
    guide = CallGuide.objects.get(language="en", band="low", driver="")
    address = f"/admin/followups/callguide/{guide.pk}/change/"
    manager = office.as_(office.mira)
    form = {field.name: getattr(guide, field.name) for field in CallGuide._meta.fields if field.name != "id"}
    refused = manager.post(address, {**form, "words_1": "Hello {surname}"})
    assert "is nothing that can be filled in" in refused.content.decode()
    assert manager.post(address, {**form, "words_1": "Good day {full_name}."}).status_code == 302
    Remembered.forget_all()
    page = office.as_(office.sanna).get(to("followup", made(office).pk)).content.decode()
    assert "Good day Ingrid Solheim." in page
    assert office.as_(office.otto).post(address, form).status_code == 403
