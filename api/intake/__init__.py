"""The doors through which behaviour comes in."""
