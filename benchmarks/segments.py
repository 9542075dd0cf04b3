"""How often customers order again, foreseen at a cut of the calendar; how stable clusters are.

    footfall bench segments FILE

FILE is UCI's Online Retail, 53 weeks of one shop. Customers who ordered in the first 39 weeks are
asked about the rest: on how many days they order, and for how much. What came back counts as it was
known at the cut; what was ordered after it, as it is known in the end. Beside BG/NBD stand "same
rate as before" and the rule of thumb of a hiatus: who has not ordered for so many days is gone, all
others go on at their rate; the days are chosen on what was known at the cut, cut once more. The
same again from 26 weeks to the 39th: the last weeks of the year are unlike the others.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.online_retail import events_of
from benchmarks.report import Report
from domain.order import Order
from domain.segmentation import Worth
from ml.segments.bg_nbd import expected_orders, fit_buying
from ml.segments.clusters import fit_clusters
from ml.segments.customer_value import customer_values
from ml.segments.fitting import fit_segmentation
from ml.segments.gamma_gamma import fit_spending
from ml.segments.moves import PastOrder
from ml.segments.shopper_numbers import ShopperNumbers, whole_days

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from domain.events import Event

    Numbers = NDArray[np.float64]

WEEKS, INNER_WEEKS = 39, 26
HIATUS_DAYS = (14, 21, 30, 45, 60, 75, 90, 120, 150, 180)


class _Customers(NamedTuple):
    """By customer, as known at a cut: days with orders, and what comes after."""

    repeats: Numbers
    last: Numbers
    known: Numbers
    mean_minor: Numbers
    later_days: Numbers
    later_minor: Numbers
    ahead: float

    @property
    def since(self) -> Numbers:
        """Days from the last order to the cut."""
        return self.known - self.last

    @property
    def same_rate(self) -> Numbers:
        return self.repeats / np.maximum(self.known, 1) * self.ahead


class SegmentsReport(Report, kw_only=True):
    """A line for each way of foreseeing; ``metrics`` holds all numbers."""

    lines: list[str]

    def as_table(self) -> str:
        return "\n".join(self.lines)


def run(path: Path) -> SegmentsReport:
    """Measure foreseeing and clusters."""
    events = list(events_of(path))
    started = time.monotonic()
    first = min(event.timestamp for event in events if isinstance(event, Order.Placed))
    end = max(event.timestamp for event in events)
    cut, earlier = first + timedelta(weeks=WEEKS), first + timedelta(weeks=INNER_WEEKS)
    lines: list[str] = []
    metrics = _asked(events, first, cut, end, INNER_WEEKS, lines)
    summer = _asked(events, first, earlier, cut, INNER_WEEKS // 2, lines)
    metrics |= {f"{key}_{INNER_WEEKS}_weeks": value for key, value in summer.items()}
    metrics |= _grouped(events, end, lines)
    metrics["seconds"] = time.monotonic() - started
    lines.append(
        f"BG/NBD fitted in {metrics['fit_seconds']:.2f} s; all in {metrics['seconds']:.1f} s"
    )
    return SegmentsReport(
        name="segments",
        metrics=metrics,
        ratios={
            f"{measure}_vs_{rival}": metrics[f"{measure}_bg_nbd"] / metrics[f"{measure}_{rival}"]
            for measure in ("mae", "rmse", "top_decile")
            for rival in ("same_rate", "hiatus")
        },
        lines=lines,
    )


def _asked(
    events: list[Event],
    first: datetime,
    cut: datetime,
    end: datetime,
    inner_weeks: int,
    lines: list[str],
) -> dict[str, float]:
    """Ask about the time from a cut to an end; return the numbers, and add lines for people."""
    customers = _customers(events, cut, end)
    hiatus = _hiatus(events, first + timedelta(weeks=inner_weeks), cut)
    foreseen, fit_seconds = _foresee(customers, hiatus)
    metrics: dict[str, float] = {
        "customers": len(customers.repeats),
        "holdout_days": customers.ahead,
        "fit_seconds": fit_seconds,
    }
    weeks = (cut - first) // timedelta(weeks=1)
    lines += [
        f"{len(customers.repeats)} customers of {weeks} weeks, {customers.ahead:.0f} days ahead",
        f"{'':<24}{'MAE':>10}{'RMSE':>10}{'bias':>10}{'top tenth':>10}",
    ]
    for name, counts in foreseen.items():
        error = counts - customers.later_days
        row = {
            "mae": float(np.abs(error).mean()),
            "rmse": float(np.sqrt((error**2).mean())),
            "bias": float(error.mean()),
            "top_decile": _captured(counts, customers.later_days),
        }
        metrics |= {f"{key}_{name}": value for key, value in row.items()}
        numbers = "".join(f"{value:>10.3f}" for value in row.values())
        lines.append(f"{name.replace('_', ' '):<24}{numbers}")
    return metrics | _money(customers, lines)


def _foresee(customers: _Customers, hiatus: int) -> tuple[dict[str, Numbers], float]:
    history = (customers.repeats, customers.last, customers.known)
    started = time.monotonic()
    model = fit_buying(*history)
    seconds = time.monotonic() - started
    print(f"BG/NBD a day: {model}", file=sys.stderr)
    print(f"hiatus chosen before the cut: {hiatus} days", file=sys.stderr, flush=True)
    return {
        "nobody_returns": np.zeros_like(customers.repeats),
        "same_rate": customers.same_rate,
        "hiatus": np.where(customers.since <= hiatus, customers.same_rate, 0.0),
        "bg_nbd": expected_orders(model, *history, customers.ahead),
    }, seconds


def _hiatus(events: list[Event], inner: datetime, cut: datetime) -> int:
    """Return the days of silence that tell best, on what was known at the cut."""
    known = _customers(events, inner, cut)
    errors = {
        days: float(
            np.abs(np.where(known.since <= days, known.same_rate, 0) - known.later_days).mean()
        )
        for days in HIATUS_DAYS
    }
    return min(errors, key=errors.__getitem__)


def _captured(counts: Numbers, later: Numbers) -> float:
    """Return the share of what came later that the tenth foreseen to do most brought."""
    top = np.argsort(-counts, kind="stable")[: len(counts) // 10]
    return float(later[top].sum() / later.sum())


def _money(customers: _Customers, lines: list[str]) -> dict[str, float]:
    days = customers.repeats + 1
    values = customer_values(
        fit_buying(customers.repeats, customers.last, customers.known),
        fit_spending(days, customers.mean_minor),
        Worth(horizon_days=round(customers.ahead), yearly_discount=0.0),
        order_days=days,
        last_days=customers.last,
        known_days=customers.known,
        mean_minor=customers.mean_minor,
    )
    past = days * customers.mean_minor
    total = float(customers.later_minor.sum())
    found = {
        "revenue_foreseen_share": float(values.value_minor.sum()) / total,
        "revenue_top_decile_value": _captured(values.value_minor, customers.later_minor),
        "revenue_top_decile_past": _captured(past, customers.later_minor),
    }
    lines.append(
        f"revenue ahead: {found['revenue_foreseen_share']:.2f} of it foreseen in sum; the tenth of"
        f" highest value brought {found['revenue_top_decile_value']:.3f} of it,"
        f" the tenth of highest past revenue {found['revenue_top_decile_past']:.3f}"
    )
    return found


def _grouped(events: list[Event], end: datetime, lines: list[str]) -> dict[str, float]:
    """Group all customers at the end of the file; then time a whole fit as the worker does it."""
    orders = _orders(events, end, end)
    shoppers = [_numbers(person, of) for person, of in orders.items()]
    started = time.monotonic()
    clusters, tried = fit_clusters(shoppers, end)
    seconds = time.monotonic() - started
    lines.append(f"{len(shoppers)} customers in k clusters: stability (Rand index), silhouette")
    lines += [f"  k = {t.clusters}   {t.rand_index:.3f}   {t.silhouette:.3f}" for t in tried]
    lines += [f"  chosen {n}: {words}" for n, words in enumerate(clusters.words)]
    past = [order for of in orders.values() for order in of]
    began = time.monotonic()
    fit_segmentation(shoppers, past, until=0, as_of=end, worth=Worth())
    return {
        "clusters": len(clusters.centroids),
        "cluster_stability": clusters.stability,
        "cluster_silhouette": clusters.silhouette,
        "cluster_seconds": seconds,
        "whole_fit_seconds": time.monotonic() - began,
    }


def _customers(events: list[Event], cut: datetime, end: datetime) -> _Customers:
    ahead = (end - cut).total_seconds() / 86_400
    later = _orders([e for e in events if cut < _placed_at(e) <= end], end, end)
    rows = []
    for person, orders in _orders(events, cut, cut).items():
        kept = [order for order in orders if order.is_kept]
        if not kept:
            continue
        days = sorted({order.placed_at.astimezone(UTC).date() for order in kept})
        known = whole_days(kept[0].placed_at, cut)
        net = sum(order.net_minor for order in orders)
        after = [order for order in later.get(person, []) if order.is_kept]
        rows.append(
            (
                len(days) - 1,
                (days[-1] - days[0]).days,
                known,
                max(net, 0) / len(days),
                len({order.placed_at.astimezone(UTC).date() for order in after}),
                sum(order.net_minor for order in after),
            )
        )
    return _Customers(*np.array(rows, np.float64).T, ahead)


def _placed_at(event: Event) -> datetime:
    """Return when what an event is about was ordered."""
    placed: datetime = getattr(event, "placed_at", event.timestamp)
    return placed


def _orders(
    events: list[Event], before: datetime, known_at: datetime
) -> dict[str, list[PastOrder]]:
    """Return the orders of known customers placed before a time, as they were known at one."""
    placed: dict[str, Order.Placed] = {}
    refunds: dict[str, int] = defaultdict(int)
    for event in events:
        if isinstance(event, Order.Placed) and event.shopper_id and event.timestamp <= before:
            placed[event.originator_id] = event
        elif isinstance(event, Order.Returned) and event.timestamp <= known_at:
            refunds[event.originator_id] += event.refund_minor
    found: dict[str, list[PastOrder]] = defaultdict(list)
    for order_id, order in sorted(placed.items(), key=lambda pair: pair[1].timestamp):
        net = order.goods_minor - refunds[order_id]
        found[order.shopper_id].append(
            PastOrder(
                person=order.shopper_id,
                placed_at=order.timestamp,
                currency=order.currency,
                is_sale=True,
                is_kept=net > 0 or not refunds[order_id],
                goods_minor=order.goods_minor,
                discount_minor=0,
                net_minor=net,
            )
        )
    return found


def _numbers(person: str, orders: list[PastOrder]) -> ShopperNumbers:
    kept = [order for order in orders if order.is_kept]
    return ShopperNumbers(
        person=person,
        is_known=True,
        first_at=orders[0].placed_at,
        last_at=orders[-1].placed_at,
        orders=len(kept),
        order_days=len({order.placed_at.astimezone(UTC).date() for order in kept}),
        undone=len(orders) - len(kept),
        currency=orders[-1].currency,
        revenue_minor=sum(order.net_minor for order in orders),
        goods_minor=sum(order.goods_minor for order in kept),
        first_order_at=kept[0].placed_at if kept else None,
        last_order_at=kept[-1].placed_at if kept else None,
    )
