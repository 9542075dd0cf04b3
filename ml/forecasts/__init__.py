"""Forecasts: how much of what will be ordered, and how much of it to keep in stock."""
