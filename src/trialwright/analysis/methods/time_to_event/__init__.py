"""Methods for time to an event: `specs` says what they take, `methods` computes them."""
