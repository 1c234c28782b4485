"""Addresses of the desk's staff pages."""

from django.urls import path

from nps.desk.views import acting, profile, shifts, tickets

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
    path("shifts/absences/", shifts.add_absence, name="absence-add"),
    path("shifts/absences/<int:pk>/remove/", shifts.remove_absence, name="absence-remove"),
    path("profile/", profile.profile, name="profile"),
    path("profile/password/", profile.NewPassword.as_view(), name="password-change"),
]
