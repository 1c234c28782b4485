"""Commands of the app, and what they share."""
