"""Methods for safety: `specs` says what they take, `methods` computes them."""
