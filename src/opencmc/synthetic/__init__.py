"""Counties made up, with planted truth."""
