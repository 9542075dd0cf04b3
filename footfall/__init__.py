"""The program: everything wired, started and supervised."""
