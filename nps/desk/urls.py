"""Addresses of the desk's staff pages."""

from django.urls import path

from nps.desk.views import acting, planning, profile, roster, shifts, tickets

urlpatterns = [
    path("tickets/", tickets.ticket_list, name="tickets"),
    path("tickets/new/", tickets.new_ticket, name="ticket-new"),
    path("tickets/<int:pk>/", tickets.ticket_page, name="ticket"),
    path("tickets/<int:pk>/reply/", acting.reply, name="ticket-reply"),
    path("tickets/<int:pk>/resolve/", acting.resolve, name="ticket-resolve"),
    path("tickets/<int:pk>/accept/", acting.accept, name="ticket-accept"),
    path("tickets/<int:pk>/reopen/", acting.reopen, name="ticket-reopen"),
    path("tickets/<int:pk>/pass/", acting.pass_on, name="ticket-pass"),
    path("shifts/", shifts.my_shifts, name="shifts"),
    path("shifts/roster/", roster.roster_page, name="roster"),
    path("shifts/people/<int:pk>/", planning.person_page, name="person-shifts"),
    path("shifts/people/<int:pk>/add/", planning.add_shift, name="shift-add"),
    path("shifts/people/<int:pk>/absences/", planning.add_absence, name="person-absence-add"),
    path(
        "shifts/people/<int:pk>/absences/<int:absence_pk>/remove/",
        planning.remove_absence,
        name="person-absence-remove",
    ),
    path("shifts/<int:pk>/change/", planning.change_shift, name="shift-change"),
    path("shifts/<int:pk>/end/", planning.end_shift, name="shift-end"),
    path("shifts/absences/", shifts.add_absence, name="absence-add"),
    path("shifts/absences/<int:pk>/remove/", shifts.remove_absence, name="absence-remove"),
    path("profile/", profile.profile, name="profile"),
    path("profile/password/", profile.NewPassword.as_view(), name="password-change"),
]
