"""The gallery: one page with everything that Slipway says in Slack, made by the real code.

`make gallery` writes it to `build/gallery.html`, with pictures of it beside it.
"""
