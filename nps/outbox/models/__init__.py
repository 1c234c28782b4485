"""Rows of the outbox: what must leave the house, who is alive to send it, and what failed on the way."""

from nps.outbox.models.deliveries import Delivery
from nps.outbox.models.failures import ReceiverFailure
from nps.outbox.models.heartbeats import Heartbeat

__all__ = ["Delivery", "Heartbeat", "ReceiverFailure"]
