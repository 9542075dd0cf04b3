"""Every route there is."""

from __future__ import annotations

from api import (
    admin_access,
    admin_projections,
    audit,
    baskets,
    categories,
    feeds,
    health,
    insights,
    interactions,
    live,
    orders,
    pages,
    products,
    reviews,
    sessions,
    shoppers,
)

ROUTES = (
    *shoppers.ROUTES,
    *sessions.ROUTES,
    *categories.ROUTES,
    *products.ROUTES,
    *reviews.ROUTES,
    *baskets.ROUTES,
    *orders.ROUTES,
    *insights.ROUTES,
    *live.ROUTES,
    *feeds.ROUTES,
    *interactions.ROUTES,
    *audit.ROUTES,
    *admin_projections.ROUTES,
    *admin_access.ROUTES,
    *health.ROUTES,
    *pages.ROUTES,
)
