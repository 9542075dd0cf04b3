"""The shop in the background: followers of the log."""
