"""What happened: logical tables, the lake that keeps them, and the sources that they come from."""
