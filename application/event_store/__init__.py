"""The log: appends that are atomic, conditional and ordered; reads by position; subscriptions."""
