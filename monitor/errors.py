"""Every error raised on purpose. The message is one sentence for the user, the docstring what the operator does."""


class MonitorError(Exception):
    """Base of all errors that are shown as one sentence, without a traceback. `exit_code` is the process's answer."""

    exit_code = 2


class ConfigError(MonitorError):
    """The configuration cannot be used: mend the key, on the line, that the message names."""

    exit_code = 2


class UsageError(MonitorError):
    """The command line, or what it asks for, makes no sense: the message says what is accepted."""

    exit_code = 2


class StoreError(MonitorError):
    """The database cannot be opened, read or written: check `database` or DATABASE_URL; nothing was half written."""

    exit_code = 2


class NoStore(StoreError):
    """There is no database yet, or nothing of ours in it: `smb-monitor status` makes it at its first run."""


class Conflict(StoreError):
    """Somebody else recorded first, so the decision stands on an old log: load and decide again."""


class NotAllowed(MonitorError):
    """This person may not do this: ask one of `leadership.approvers`."""

    exit_code = 1


class ActRefused(MonitorError):
    """The act makes no sense in this state (a second acknowledgement, an override while armed): look at `breaker`."""

    exit_code = 1


class DataError(MonitorError):
    """The data cannot be used at all: mend the table, file or column that the message names."""

    exit_code = 3


class DeliveryError(MonitorError):
    """Something could not be delivered: see `doctor` for the channel and the reason."""

    exit_code = 4
