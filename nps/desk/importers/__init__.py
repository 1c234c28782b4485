"""History in: customers and tickets of another system, in bulk. Importers are verbs for many rows at once: they keep
what the verbs of one row keep, in SQL, and say nothing to the rooms after them but `history_imported`."""
