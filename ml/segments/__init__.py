"""Segments: who the shop's customers are, by rules, by likeness and by what they are worth."""
