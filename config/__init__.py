"""Composition root: the only place that knows both apps."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
