"""SMB Monitor: watches the SMB engine while a company moves up-market, and trips a breaker when it breaks."""

__version__ = "0.1.0"
