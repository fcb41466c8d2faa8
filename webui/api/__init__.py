"""The addresses for programs: what pages show as JSON, whole result sets as files, feeds, and a description of all that."""
