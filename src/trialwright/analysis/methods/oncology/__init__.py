"""Methods for response of tumours and time to progression: `specs` says what they take, `methods` computes them."""
