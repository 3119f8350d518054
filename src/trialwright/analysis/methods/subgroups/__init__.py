"""Methods for subgroups: `specs` says what they take, `methods` computes them."""
