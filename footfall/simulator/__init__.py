"""A made-up shop's catalogue and shoppers, shaped like real ones."""
