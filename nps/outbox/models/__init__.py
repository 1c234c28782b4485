"""Rows of the outbox: what must leave the house, and who is alive to send it."""

from nps.outbox.models.deliveries import Delivery
from nps.outbox.models.heartbeats import Heartbeat

__all__ = ["Delivery", "Heartbeat"]
