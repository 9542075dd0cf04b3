"""Further shapes of real shops, beside those of footfall/simulator/shapes.py, none in both.

benchmarks/fit_shapes.py computes them again. Sources, each of the UCI Machine Learning
Repository, licensed CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/); none of their
data is here, only what was fitted. KS is the greatest distance between the fitted and the
observed distribution function.

- D. Chen, Online Retail: ``online_retail``
- M. Lapczynski and S. Bialowas, clickstream data for online shopping: ``eshop_clothing_2008``
- C. Sakar and Y. Kastro, Online Shoppers Purchasing Intention: ``online_shoppers_intention``
"""

from __future__ import annotations

from typing import Final

# online_retail: days from a customer's order to their next, if over an hour, Weibull.
# KS 0.028 over 12,541 gaps, against 0.068 for the log-normal. The file spans a year, so longer
# gaps are missing and the scale is a low estimate.
INTER_PURCHASE_WEIBULL_SHAPE: Final[float] = 0.893
INTER_PURCHASE_WEIBULL_SCALE_DAYS: Final[float] = 42.624

# online_retail: orders that hold a product fall as (rank + offset) ** -exponent (Zipf and
# Mandelbrot). R2 0.994 over the 1,000 most popular; plain Zipf has 0.952 there.
POPULARITY_MANDELBROT_EXPONENT: Final[float] = 0.767
POPULARITY_MANDELBROT_RANK_OFFSET: Final[int] = 70

# online_retail: orders that are the first of their customer, June to November 2011. Earlier
# months count old customers as new, because the file begins in December 2010. A plain share.
NEW_CUSTOMER_ORDER_SHARE: Final[float] = 0.154

# online_retail: orders of a known customer, of each customer, in the year. A plain mean; median 2.
ORDERS_PER_CUSTOMER_MEAN: Final[float] = 4.246

# online_retail: orders without a customer. A plain share.
ANONYMOUS_ORDER_SHARE: Final[float] = 0.069

# online_retail: share of orders of known customers by month, from January; 2011, and
# December of 2010. Plain shares of one year, so growth is in them as well as season.
ORDERS_BY_MONTH: Final[tuple[float, ...]] = (
    *(0.0558, 0.0563, 0.0744, 0.0646, 0.0876, 0.0789),
    *(0.0749, 0.0719, 0.0987, 0.108, 0.1499, 0.0791),
)

# online_retail: lines that are credited, of all product lines; and credited value over sold
# value. Plain shares; two credited lines of over 70,000 pieces are half of the value.
CREDITED_LINE_SHARE: Final[float] = 0.016
CREDITED_VALUE_SHARE: Final[float] = 0.047

# eshop_clothing_2008: sessions of one click. A plain share.
ONE_CLICK_VISIT_SHARE: Final[float] = 0.21

# eshop_clothing_2008: sessions that stay in one category, one-click sessions among them.
SINGLE_CATEGORY_VISIT_SHARE: Final[float] = 0.471

# eshop_clothing_2008: category of a session's first click. Trousers, skirts, blouses, sale.
FIRST_CATEGORY_SHARES: Final[tuple[float, ...]] = (0.385, 0.269, 0.185, 0.161)

# eshop_clothing_2008: share of the next click's category (column) by this click's (row), in the
# order of FIRST_CATEGORY_SHARES. Counted, of first order: no longer memory was fitted.
CATEGORY_TRANSITIONS: Final[tuple[tuple[float, ...], ...]] = (
    (0.803, 0.073, 0.074, 0.049),
    (0.063, 0.793, 0.093, 0.052),
    (0.068, 0.052, 0.797, 0.083),
    (0.049, 0.043, 0.049, 0.859),
)

# eshop_clothing_2008: clicks by the page of the listing they are on, from the first. Plain shares.
CLICKS_BY_LISTING_PAGE: Final[tuple[float, ...]] = (0.565, 0.248, 0.117, 0.054, 0.017)

# eshop_clothing_2008: log of a model's price in US dollars, by category, in the order of
# FIRST_CATEGORY_SHARES. Moments of 33 to 82 models each; too few to judge the log-normal by.
CATEGORY_PRICE_LOG_MEANS: Final[tuple[float, ...]] = (3.784, 3.894, 3.649, 3.573)
CATEGORY_PRICE_LOG_SDS: Final[tuple[float, ...]] = (0.282, 0.21, 0.313, 0.212)

# online_shoppers_intention: sessions with a purchase, of 1,694 by new visitors and 10,551 by
# returning ones; and of those on a weekday and at the weekend. Plain shares.
NEW_VISITOR_CONVERSION_SHARE: Final[float] = 0.249
RETURNING_VISITOR_CONVERSION_SHARE: Final[float] = 0.139
WEEKDAY_CONVERSION_SHARE: Final[float] = 0.149
WEEKEND_CONVERSION_SHARE: Final[float] = 0.174
WEEKEND_VISIT_SHARE: Final[float] = 0.233

# online_shoppers_intention: sessions with a purchase by month, from January; None where the file
# has no session. 184 sessions in February, 3,364 in May.
CONVERSION_BY_MONTH: Final[tuple[float | None, ...]] = (
    *(None, 0.0163, 0.1007, None, 0.1085, 0.1007),
    *(0.1528, 0.1755, 0.192, 0.2095, 0.2535, 0.1251),
)

# online_shoppers_intention: sessions of at most one page; and the mean of the bounce rates of
# the pages seen, as the file's analytics count them.
ONE_PAGE_VISIT_SHARE: Final[float] = 0.049
PAGE_BOUNCE_RATE_MEAN: Final[float] = 0.022

# online_shoppers_intention: seconds on all pages of a session, where over zero, log-normal.
# KS 0.038 with a purchase (1,905 sessions), 0.046 without (9,705).
BUYING_VISIT_SECONDS_LOG_MEAN: Final[float] = 7.082
BUYING_VISIT_SECONDS_LOG_SD: Final[float] = 1.123
LOOKING_VISIT_SECONDS_LOG_MEAN: Final[float] = 6.354
LOOKING_VISIT_SECONDS_LOG_SD: Final[float] = 1.398
