"""The form that `/deploy` alone and the shortcuts open: how it looks, what it offers, what it does.

What is submitted passes the same checks as a typed command. Slack keeps where a form was opened
(`private_metadata`) and sends it along, signed like all of the payload; access is checked all the same.
"""
