"""How this house writes dates and times, by language."""
