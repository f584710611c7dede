"""Daily work, one slice an area. A slice is entered through its ``api`` and the frozen values of its ``contracts``."""
