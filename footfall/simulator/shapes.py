"""The shapes of real shops, as fitted by benchmarks/fit_shapes.py.

All three sources are of the UCI Machine Learning Repository, licensed CC BY 4.0
(https://creativecommons.org/licenses/by/4.0/); none of their data is here, only what was fitted:

- D. Chen, Online Retail: ``online_retail``
- M. Lapczynski and S. Bialowas, clickstream data for online shopping: ``eshop_clothing_2008``
- C. Sakar and Y. Kastro, Online Shoppers Purchasing Intention: ``online_shoppers_intention``

``LOG_MEAN`` and ``LOG_SD`` are the parameters of a log-normal.
"""

from __future__ import annotations

from typing import Final

# online_retail: distinct products of an invoice of a known customer; median 15.
LINES_PER_ORDER_LOG_MEAN: Final = 2.518
LINES_PER_ORDER_LOG_SD: Final = 1.135

# online_retail: pieces of a line of a known customer; median 6.
QUANTITY_LOG_MEAN: Final = 1.651
QUANTITY_LOG_SD: Final = 1.209

# online_retail: the median price of each product, in pounds; taken as euros here.
PRICE_LOG_MEAN: Final = 0.718
PRICE_LOG_SD: Final = 1.027

# online_retail: Zipf's exponent of the orders that hold a product, over the 200 most popular.
POPULARITY_EXPONENT: Final = 0.333

# online_retail: customers with more than one order in the year.
REPEAT_SHARE: Final = 0.653

# online_retail: days from a customer's order to their next, if over an hour; median 27.8.
INTER_PURCHASE_DAYS_LOG_MEAN: Final = 3.121
INTER_PURCHASE_DAYS_LOG_SD: Final = 1.393

# online_retail: share of orders by hour of the day, from midnight.
ORDERS_BY_HOUR: Final = (
    *(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0001, 0.0016, 0.0301, 0.0752, 0.1198, 0.1229),
    *(0.1694, 0.1425, 0.1223, 0.1098, 0.0591, 0.0293, 0.0092, 0.0078, 0.001, 0.0, 0.0, 0.0),
)

# online_retail: share of orders by day of the week, from Monday; that shop rests on Saturday.
ORDERS_BY_WEEKDAY: Final = (0.1538, 0.1715, 0.1867, 0.2175, 0.1526, 0.0, 0.1178)

# online_retail: invoices that are cancellations.
CANCELLED_SHARE: Final = 0.135

# eshop_clothing_2008: product pages of a session; median 4.
PAGES_PER_VISIT_LOG_MEAN: Final = 1.396
PAGES_PER_VISIT_LOG_SD: Final = 1.018

# eshop_clothing_2008: clicks that stay in the category of the click before, of its four.
CATEGORY_STICKINESS: Final = 0.812

# online_shoppers_intention: sessions with a purchase.
CONVERSION_SHARE: Final = 0.155

# online_shoppers_intention: sessions of a visitor who was there before.
RETURNING_VISITOR_SHARE: Final = 0.856

# online_shoppers_intention: seconds on a product page, each session's mean.
DWELL_SECONDS_LOG_MEAN: Final = 3.409
DWELL_SECONDS_LOG_SD: Final = 0.732
