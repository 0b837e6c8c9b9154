"""How people, programs and the clock reach us: command line, HTTP, pages, scheduler."""
