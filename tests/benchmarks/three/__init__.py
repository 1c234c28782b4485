"""The baseline beside the intake of answers: what plain Django costs for one SELECT and two INSERTs."""
