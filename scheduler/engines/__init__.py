"""Job engines: what calls `scheduler.jobs.tick` again and again.

Belongs here: the glue to one engine. Never here: what a job does, or when it is due.
"""
