"""The wiring table of the app's districts: who listens to what."""

from pathlib import Path

from django.apps import AppConfig


class NpsConfig(AppConfig):
    name = "nps"
    verbose_name = "Desk and survey"

    def ready(self) -> None:
        from nps import kept_days
        from nps.desk import signals as desk_signals
        from nps.desk.importers import presets as desk_maps
        from nps.desk.importers.customers import CustomerImporter
        from nps.desk.importers.history import HistoryLines
        from nps.desk.importers.tickets import TicketImporter
        from nps.desk.roles import make_groups
        from nps.importing import registry
        from nps.survey import defaults, mails, receivers
        from nps.survey.importers import presets as survey_maps
        from nps.survey.importers.answers import AnswerImporter

        desk_signals.ticket_resolved.connect(receivers.on_ticket_resolved, dispatch_uid="survey.decide")
        desk_signals.ticket_reopened.connect(receivers.on_ticket_reopened, dispatch_uid="survey.cancel")
        desk_signals.history_imported.connect(receivers.on_history_imported, dispatch_uid="survey.decide_history")
        mails.register()
        kept_days.register("nps_response", "answered_at")
        kept_days.register("nps_resolution", "resolved_at")
        figures = Path(__file__).parent / "survey" / "figures"
        kept_days.counted_in(figures, *(path.name for path in figures.glob("*.py")))
        registry.register(CustomerImporter)
        registry.register(TicketImporter)
        registry.register(HistoryLines)
        registry.register(AnswerImporter)

        from django.db.models.signals import post_migrate

        post_migrate.connect(make_groups, sender=self, dispatch_uid="desk.make_groups")
        post_migrate.connect(defaults.install, sender=self, dispatch_uid="survey.defaults")
        post_migrate.connect(survey_maps.install, sender=self, dispatch_uid="survey.maps")
        post_migrate.connect(desk_maps.install, sender=self, dispatch_uid="desk.maps")
