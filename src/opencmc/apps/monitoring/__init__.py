"""Published figures and the pages that show them: cockpit, indicators, data."""
