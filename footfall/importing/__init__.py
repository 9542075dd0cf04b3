"""History from elsewhere, turned into events at their true time."""
