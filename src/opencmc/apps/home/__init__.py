"""Where a day begins: what is to be done, how we are doing, and the search of everything."""
