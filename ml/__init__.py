"""What the shop expects: models over features, with no I/O but their own artifacts."""
