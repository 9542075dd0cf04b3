"""Who may do what: the roles, and what one role implies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable

Role = Literal["shopper", "analyst", "auditor", "ml", "admin"]

ROLES: frozenset[str] = frozenset(get_args(Role))
ANYONE: frozenset[Role] = frozenset()
SHOPPER: frozenset[Role] = frozenset({"shopper"})
STAFF: frozenset[Role] = frozenset({"analyst", "auditor", "ml", "admin"})
ANALYST: frozenset[Role] = frozenset({"analyst"})
AUDITOR: frozenset[Role] = frozenset({"auditor"})
ML: frozenset[Role] = frozenset({"ml"})
MACHINES: frozenset[Role] = frozenset({"ml", "analyst"})
ADMIN: frozenset[Role] = frozenset({"admin"})
SIGNED_IN: frozenset[Role] = SHOPPER | STAFF


def expand(roles: Iterable[str]) -> frozenset[str]:
    """Return the roles with those they imply: an admin is analyst, auditor and ml as well."""
    given = frozenset(roles) & ROLES
    return given | STAFF if "admin" in given else given
