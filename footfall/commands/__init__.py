"""One file for each group of commands of the command line."""
