"""What the shop means: aggregates, their events, their refusals; pure."""
