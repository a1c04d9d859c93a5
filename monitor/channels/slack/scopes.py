"""What the app asks of a workspace, and what for. The manifest asks for exactly this."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PURPOSES: Mapping[str, str] = MappingProxyType(
    {
        "channels:history": "to find a message whose answer was lost",
        "channels:read": "to see whether the bot is a member of its channels",
        "chat:write": "to post and change its messages",
        "commands": "for /smb-health",
        "files:read": "to find a chart whose answer was lost",
        "files:write": "to put a chart below a message",
        "groups:history": "as channels:history, where a channel is private",
        "groups:read": "as channels:read, where a channel is private",
        "im:history": "as channels:history, in direct messages",
        "im:write": "to write to the owner directly",
        "usergroups:read": "to see who may read names and amounts",
    }
)
"""Bot scopes. auth.test, blocks.validate and views.* need none, apps.connections.open the app's own token."""
SCOPES: tuple[str, ...] = tuple(PURPOSES)
