"""Addresses of the follow-ups' staff pages."""

from django.urls import path

from followups.views import acting, closing, customers, lessons, queue

urlpatterns = [
    path("followups/", queue.queue_page, name="queue"),
    path("followups/<int:pk>/", queue.follow_up_page, name="followup"),
    path("followups/<int:pk>/attempt/", acting.attempt, name="followup-attempt"),
    path("followups/<int:pk>/attempt/<int:attempt_pk>/undo/", acting.undo, name="followup-undo"),
    path("followups/<int:pk>/snooze/", acting.snooze, name="followup-snooze"),
    path("followups/<int:pk>/wake/", acting.wake, name="followup-wake"),
    path("followups/<int:pk>/assign/", acting.assign, name="followup-assign"),
    path("followups/<int:pk>/claim/", acting.claim, name="followup-claim"),
    path("followups/<int:pk>/release/", acting.release, name="followup-release"),
    path("followups/<int:pk>/acknowledge/", acting.acknowledge, name="followup-acknowledge"),
    path("followups/<int:pk>/note/", acting.note, name="followup-note"),
    path("followups/<int:pk>/close/", closing.close, name="followup-close"),
    path("followups/<int:pk>/reopen/", acting.reopen, name="followup-reopen"),
    path("followups/<int:pk>/cancel/", acting.cancel, name="followup-cancel"),
    path("followups/<int:pk>/promises/<int:promise_pk>/", acting.promise, name="followup-promise"),
    path("lessons/", lessons.lesson_list, name="lessons"),
    path("lessons/<int:pk>/", lessons.lesson_page, name="lesson"),
    path("customers/", customers.customer_list, name="customers"),
    path("customers/<int:pk>/", customers.customer_page, name="customer"),
]
