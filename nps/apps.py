"""The wiring table of the app's districts: who listens to what."""

from django.apps import AppConfig


class NpsConfig(AppConfig):
    name = "nps"
    verbose_name = "Desk and survey"

    def ready(self) -> None:
        from nps.desk import signals as desk_signals
        from nps.desk.roles import make_groups
        from nps.survey import defaults, mails, receivers

        desk_signals.ticket_resolved.connect(receivers.on_ticket_resolved, dispatch_uid="survey.decide")
        desk_signals.ticket_reopened.connect(receivers.on_ticket_reopened, dispatch_uid="survey.cancel")
        mails.register()

        from django.db.models.signals import post_migrate

        post_migrate.connect(make_groups, sender=self, dispatch_uid="desk.make_groups")
        post_migrate.connect(defaults.install, sender=self, dispatch_uid="survey.defaults")
