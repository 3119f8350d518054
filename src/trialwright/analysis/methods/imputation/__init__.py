"""Methods for missing data: `specs` says what they take, `methods` computes them."""
