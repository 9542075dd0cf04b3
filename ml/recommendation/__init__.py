"""What to show next: recommenders, their blend, what is made of a list, and how well it did."""
