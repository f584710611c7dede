"""The county's residents: who they are, how they are found, who may see them, and how they come from the lake."""
