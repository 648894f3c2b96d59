"""Before anything is changed: what runs now, what would change, every reason to refuse, and the approval.

Phases WAITING, PLANNING, AWAITING_APPROVAL and REGISTERING. The plan is made again before the new revision is
registered; an approval counts only for the plan that was shown.
"""
