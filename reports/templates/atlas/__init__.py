"""Jinja templates of the atlas; a package so that wheels carry them."""
