"""Answers that were given elsewhere, in bulk, as history: nobody is mailed, and nothing follows from them by itself."""
