"""Methods for proportions and tables of counts: `specs` says what they take, `methods` computes them."""
