"""What each address of the API does, by what it is about; ``api.routes`` binds them."""
