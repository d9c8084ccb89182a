"""Session descriptions, and the negotiation of offers and answers."""
