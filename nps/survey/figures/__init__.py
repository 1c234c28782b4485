"""The survey's figures, one panel a module. Doors ask nps.survey.reports, which names them all; counters that are kept
instead of counted come behind it."""
