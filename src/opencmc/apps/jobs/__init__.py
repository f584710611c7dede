"""Long work in the background: started by a person, done by a worker, seen at /jobs/; it survives a killed worker."""
