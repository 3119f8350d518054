"""Methods for counts and recurrent events: `specs` says what they take, `methods` computes them."""
