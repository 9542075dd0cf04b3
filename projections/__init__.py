"""What the shop shows: one file for each read model, beside the engine that runs them."""
