"""The shop over HTTP: one file for each door."""
