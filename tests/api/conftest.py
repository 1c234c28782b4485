"""Who asks in the tests of the REST door: Alice an agent, Anton her colleague, Lena their lead, Bob from another team,
Maya the manager, Otto the auditor, Nora without a role, and a program with a key."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.utils import timezone
from rest_framework.test import APIClient

from nps.desk.models import ApiKey, Customer, Team, User
from nps.desk.models.users import Role
from tests import factories


@dataclass
class World:
    billing: Team
    network: Team
    alice: User
    anton: User
    lena: User
    maya: User
    otto: User
    bob: User
    nora: User
    customer: Customer
    clients: dict[Any, APIClient] = field(default_factory=dict)

    def as_(self, user: User) -> APIClient:
        """A browser in which `user` is signed in."""
        client = APIClient()
        client.force_login(user)
        return client

    def with_key(self, *scopes: str) -> APIClient:
        """A program whose key has these scopes; all of them unless some are given."""
        wanted = scopes or settings.API_SCOPES
        if wanted not in self.clients:
            at = timezone.now() - timedelta(seconds=30)
            key, secret = ApiKey.issue(name="Sync", scopes=list(wanted), at=at)
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)
            client = APIClient()
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
            self.clients[wanted] = client
        return self.clients[wanted]

    @property
    def key(self) -> APIClient:
        return self.with_key()


@pytest.fixture
def world(db: None) -> World:
    billing, network = factories.team("Billing"), factories.team("Network")
    nora = factories.agent("nora")
    nora.groups.remove(Group.objects.get(name=Role.AGENT))
    return World(
        billing=billing,
        network=network,
        alice=factories.agent("alice", billing),
        anton=factories.agent("anton", billing),
        lena=factories.agent("lena", billing, role=Role.LEAD, is_lead=True),
        maya=factories.agent("maya", role=Role.MANAGER, starts=None),
        otto=factories.agent("otto", role=Role.AUDITOR, starts=None),
        bob=factories.agent("bob", network),
        nora=nora,
        customer=factories.customer(account=factories.account()),
    )
