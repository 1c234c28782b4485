"""English dates as they are read everywhere: day before month, 24 hours."""
