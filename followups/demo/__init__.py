"""A demonstration organisation: its people, their words, and twelve weeks of support, lived through the verbs."""
