"""The registers: after-sales cases for everybody who calls; feedback, promises, stock-outs for leaders.

Belongs here: the pages of what calls bring back. Never here: the calls themselves.
"""

from web.registers import cases, feedback, promises, shortages
from web.registers.blueprints import cases as cases_blueprint
from web.registers.blueprints import registers

__all__ = ["cases", "cases_blueprint", "feedback", "promises", "registers", "shortages"]
