"""What a person should know: told at the moment of its cause, read when there is time."""
