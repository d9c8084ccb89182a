"""Offers and answers: what they say, and what the relay makes of them."""
