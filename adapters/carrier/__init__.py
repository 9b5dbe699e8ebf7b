"""A telephone carrier that does not exist: the training shop's line, and the tests' opponent.

Belongs here: a server, a process of its own, that speaks the telephone provider's REST interface and
sends its signed callbacks over real HTTP; the people it rings, and the faults it is told to have.
Never here: the database, the rules, a real line, or an address outside the ones it was given.
"""
