"""What waits to be done for whom, until when, by which institution: the worklists of daily work."""
