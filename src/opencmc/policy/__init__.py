"""What the rules are: policy packs, read with dates, citations and line numbers. Knows no facts."""
