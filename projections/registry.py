"""Every read model there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.baskets import Baskets
from projections.catalogue import Catalogue
from projections.interactions import Interactions
from projections.live_kpis import LiveKpis
from projections.models import Models
from projections.orders import Orders
from projections.product_sales import ProductSales
from projections.purchases import Purchases
from projections.recommendation_outcomes import RecommendationOutcomes
from projections.reviews import Reviews
from projections.rules import Rules
from projections.searches import Searches
from projections.segment_members import SegmentMembers
from projections.segments import Segments
from projections.shopper_directory import ShopperDirectory
from projections.visits import Visits

if TYPE_CHECKING:
    from projections.projection import Projection

PROJECTIONS: tuple[Projection, ...] = (
    Catalogue(),
    ShopperDirectory(),
    Baskets(),
    Orders(),
    Reviews(),
    Interactions(),
    ProductSales(),
    LiveKpis(),
    Visits(),
    Searches(),
    Models(),
    RecommendationOutcomes(),
    Rules(),
    Purchases(),
    Segments(),
    SegmentMembers(),
)

BY_NAME: dict[str, Projection] = {projection.name: projection for projection in PROJECTIONS}
