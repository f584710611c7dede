"""Who may do what, and how far: roles, actions and one table of grants. No models; every slice asks here."""
