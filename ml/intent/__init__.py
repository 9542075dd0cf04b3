"""What a visitor is about to do: features of a visit, and classifiers that learn from them."""
