"""The wiring table of the app; a system check says if a wire is missing."""

from pathlib import Path

from django.apps import AppConfig


class FollowUpsConfig(AppConfig):
    name = "followups"
    verbose_name = "Follow-ups"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from followups import (  # noqa: F401
            briefing_mails,
            checks,
            defaults,
            letter_mails,
            mails,
            policies,
            receivers,
            report_back_mails,
        )
        from followups.roles import give_permissions
        from nps import kept_days
        from nps.desk import signals as desk_signals
        from nps.survey import calling_back
        from nps.survey import signals as survey_signals

        survey_signals.response_recorded.connect(receivers.on_response_recorded, dispatch_uid="followups.open")
        survey_signals.response_changed.connect(receivers.on_response_changed, dispatch_uid="followups.note")
        desk_signals.customer_replied.connect(receivers.on_customer_replied, dispatch_uid="followups.wake")
        kept_days.register("followups_followup", "opened_at")
        kept_days.counted_in(Path(__file__).parent, "pace.py", "recovery.py", "reports.py")
        mails.register()
        letter_mails.register()
        report_back_mails.register()
        briefing_mails.register()
        calling_back.register(policies.days_to_contact)
        post_migrate.connect(give_permissions, sender=self, dispatch_uid="followups.permissions")
        post_migrate.connect(defaults.install, sender=self, dispatch_uid="followups.defaults")
