"""What the shop means: pure aggregates, their events and their refusals."""
