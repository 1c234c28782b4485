"""“This score was about the product”, or the price: said with one press, taken back with another."""

from django.http import HttpRequest, HttpResponse

from followups.models import FollowUp
from followups.services import attributing
from followups.services.moving import ChangedMeanwhile
from followups.views.act import Act
from nps.desk.access import staff_page


@staff_page("POST")
def say_about(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    about = request.POST.get("about", "")
    if act.follow_up.about != about or not about:
        try:
            attributing.say_about(follow_up=act.follow_up, about=about, by=act.by, at=act.at)
        except ChangedMeanwhile as error:
            return act.stopped(error)
    what = FollowUp.About(about).label.lower()
    words = f"This score was about {what}. Figures show it apart; the answer stays."
    return act.stay(words, act.address("followup-about-back"))


@staff_page("POST")
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    if act.follow_up.about:
        try:
            attributing.take_back(follow_up=act.follow_up, by=act.by, at=act.at)
        except ChangedMeanwhile as error:
            return act.stopped(error)
    return act.stay("Taken back. The root cause says what it was about, once there is one.")
