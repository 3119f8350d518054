"""Methods for numbers compared between groups: `specs` says what they take, `methods` computes them."""
