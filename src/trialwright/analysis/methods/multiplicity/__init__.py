"""Methods for several hypotheses at once: `specs` says what they take, `methods` computes them."""
