"""Institutions and their dated roles in communities, as pages show them."""
