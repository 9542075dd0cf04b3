"""What the shop does: commands in, recorded events out."""
