"""Jinja templates and the style sheet of the page; a package so that wheels carry them."""
