"""Daily work on its way into the lake: what people entered becomes facts, by loads that can be repeated."""
