"""The HTTP API: every act and every question, for programs in any language (OpenAPI 3.1)."""
