"""The methods of the Web API by name, with what Slack refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.render import slack_rules
from tests.slack_server.workspace import BOT_USER, Args, Channel, Message, RefusedCall, Workspace, true

Answer = dict[str, Any]
Method = Callable[[Workspace, Args], Answer]
METHODS: dict[str, Method] = {}
APP_LEVEL = ("apps.connections.open",)
WITHOUT_TOKEN = ("blocks.validate", "api.test")
_SCOPES = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.postEphemeral": "chat:write",
    "conversations.open": "im:write",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "usergroups.users.list": "usergroups:read",
    "users.info": "users:read",
}
_BY_CHANNEL = {"conversations.history": "history", "conversations.replies": "history", "conversations.info": "read"}
FILES = "files:read"
"""Without it, messages come without their files."""
ALL_SCOPES = {
    *_SCOPES.values(),
    *(f"{kind}:{what}" for kind in ("channels", "groups", "im") for what in ("history", "read")),
    FILES,
    "commands",
}


def needed(workspace: Workspace, method: str, args: Args) -> str | None:
    """The scope that a call needs."""
    if method in _BY_CHANNEL:
        channel = workspace.channels.get(str(args.get("channel")))
        kind = "channels" if channel is None else "im" if channel.user else "groups" if channel.private else "channels"
        return f"{kind}:{_BY_CHANNEL[method]}"
    return _SCOPES.get(method)


def method(name: str) -> Callable[[Method], Method]:
    def named(function: Method) -> Method:
        METHODS[name] = function
        return function

    return named


def argument(args: Args, name: str) -> Any:
    if name not in args:
        raise RefusedCall("invalid_arguments", response_metadata={"messages": [f"[ERROR] missing: {name}"]})
    return args[name]


@method("api.test")
def api_test(workspace: Workspace, args: Args) -> Answer:
    return {"args": args}


@method("auth.test")
def auth_test(workspace: Workspace, args: Args) -> Answer:
    return {
        "url": "https://acme.slack.com/",
        "team": "Acme",
        "user": "smb-monitor",
        "team_id": "T0ACME",
        "user_id": BOT_USER,
        "bot_id": "B0SMBBOT",
    }


@method("chat.postMessage")
def post_message(workspace: Workspace, args: Args) -> Answer:
    channel = workspace.writable(str(args.get("channel", "")))
    checked(workspace, args)
    parent = args.get("thread_ts")
    if parent and workspace.message(channel.id, parent) is None:
        raise RefusedCall("thread_not_found")
    message = Message(
        workspace.ts(),
        channel.id,
        BOT_USER,
        str(args.get("text", "")),
        args.get("blocks") or [],
        args.get("metadata"),
        parent,
        client_msg_id=args.get("client_msg_id"),
        args=args,
    )
    workspace.messages.append(message)
    return {"channel": channel.id, "ts": message.ts, "message": message.document(metadata=True)}


@method("chat.update")
def update(workspace: Workspace, args: Args) -> Answer:
    """Fields that are not given stay as they were."""
    channel = workspace.channel(str(args.get("channel", "")))
    if channel.archived:
        raise RefusedCall("is_inactive")
    message = workspace.message(channel.id, str(args.get("ts")))
    if message is None:
        raise RefusedCall("message_not_found")
    if message.user != BOT_USER:
        raise RefusedCall("cant_update_message")
    checked(workspace, args, longest=4000)
    message.text = str(args.get("text", message.text))
    message.blocks = message.blocks if args.get("blocks") is None else args["blocks"]
    message.metadata = args.get("metadata") or message.metadata
    message.edits += 1
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": message.document(metadata=True)}


@method("chat.postEphemeral")
def post_ephemeral(workspace: Workspace, args: Args) -> Answer:
    workspace.writable(str(args.get("channel", "")))
    if args.get("user") not in workspace.users:
        raise RefusedCall("user_not_in_channel")
    checked(workspace, args)
    workspace.ephemerals.append(args)
    return {"message_ts": workspace.ts()}


def checked(workspace: Workspace, args: Args, longest: int = 40_000) -> None:
    """What Slack refuses about the words and blocks of a message, by our own rules."""
    text, blocks = str(args.get("text") or ""), args.get("blocks")
    if not text.strip() and not blocks and not args.get("attachments"):
        raise RefusedCall("no_text")
    if len(text) > longest:
        raise RefusedCall("msg_too_long")
    metadata = args.get("metadata")
    if metadata is not None and not (isinstance(metadata, dict) and {"event_type", "event_payload"} <= metadata.keys()):
        raise RefusedCall("invalid_metadata_format")
    if metadata and len(json.dumps(metadata)) > 16_000:
        raise RefusedCall("metadata_too_large")
    if not blocks:
        return
    if not isinstance(blocks, list) or not all(isinstance(block, dict) and "type" in block for block in blocks):
        raise RefusedCall("invalid_blocks_format")
    if slack_rules.characters(blocks) > slack_rules.CHARACTERS:
        raise RefusedCall("msg_blocks_too_long")
    wrong = [f"[ERROR] {each}" for each in broken(workspace, blocks)]
    if wrong:
        raise RefusedCall("invalid_blocks", errors=wrong, response_metadata={"messages": wrong})


def broken(workspace: Workspace, blocks: list[dict[str, Any]]) -> Iterator[str]:
    for at, block in enumerate(blocks):
        if {"*", block["type"]} & workspace.refused_blocks:
            yield f"unsupported type: {block['type']} [json-pointer:/blocks/{at}/type]"
    yield from slack_rules.broken_blocks(blocks)


@method("conversations.open")
def conversations_open(workspace: Workspace, args: Args) -> Answer:
    channel = workspace.direct(str(argument(args, "users")))
    return {"channel": {"id": channel.id}, "no_op": True}


@method("conversations.info")
def conversations_info(workspace: Workspace, args: Args) -> Answer:
    found = workspace.channel(str(args.get("channel", "")))
    if found.private and not found.member:
        raise RefusedCall("channel_not_found")
    flags = {"is_archived": found.archived, "is_member": found.member, "is_private": found.private}
    return {"channel": {"id": found.id, "name": found.name, "is_im": found.user is not None, **flags}}


@method("conversations.history")
def history(workspace: Workspace, args: Args) -> Answer:
    """Newest first; what stands in a thread is not in it."""
    channel = _readable(workspace, args)
    found = [m for m in workspace.messages if m.channel == channel.id and m.thread_ts in (None, m.ts)]
    return _page(workspace, sorted(found, key=lambda m: -float(m.ts)), args)


@method("conversations.replies")
def replies(workspace: Workspace, args: Args) -> Answer:
    """Oldest first, the parent in front."""
    channel, ts = _readable(workspace, args), str(argument(args, "ts"))
    if workspace.message(channel.id, ts) is None:
        raise RefusedCall("thread_not_found")
    found = [m for m in workspace.messages if m.channel == channel.id and ts in (m.thread_ts, m.ts)]
    return _page(workspace, sorted(found, key=lambda m: float(m.ts)), args, parent=ts)


def _readable(workspace: Workspace, args: Args) -> Channel:
    channel = workspace.channel(str(args.get("channel", "")))
    if not channel.member:
        raise RefusedCall("not_in_channel")
    return channel


def _page(workspace: Workspace, found: list[Message], args: Args, parent: str | None = None) -> Answer:
    inclusive = true(args.get("inclusive"))
    oldest, latest = float(args.get("oldest") or 0), float(args.get("latest") or "inf")

    def within(ts: float) -> bool:
        return oldest < ts < latest or (inclusive and ts in (oldest, latest))

    kept = [message for message in found if message.ts == parent or within(float(message.ts))]
    start, limit = int(args.get("cursor") or 0), min(int(args.get("limit") or 100), 999)
    shown = kept[start : start + limit]
    more = start + limit < len(kept)
    documents = [m.document(metadata=true(args.get("include_all_metadata"))) for m in shown]
    if FILES not in workspace.scopes:
        for document in documents:
            document.pop("files", None)
    following = {"next_cursor": str(start + limit) if more else ""}
    return {"messages": documents, "has_more": more, "response_metadata": following}


@method("users.info")
def users_info(workspace: Workspace, args: Args) -> Answer:
    if args.get("user") not in workspace.users:
        raise RefusedCall("user_not_found")
    return {"user": workspace.users[args["user"]]}


@method("usergroups.users.list")
def usergroups_users_list(workspace: Workspace, args: Args) -> Answer:
    if args.get("usergroup") not in workspace.groups:
        raise RefusedCall("no_such_subteam")
    return {"users": workspace.groups[args["usergroup"]]}


@method("blocks.validate")
def blocks_validate(workspace: Workspace, args: Args) -> Answer:
    given = [name for name in ("blocks", "message", "view") if args.get(name)]
    if len(given) != 1:
        raise RefusedCall("invalid_arguments")
    blocks = args["blocks"] if given == ["blocks"] else args[given[0]].get("blocks", [])
    wrong = list(broken(workspace, blocks))
    if wrong:
        errors = [{"pointer": "/", "code": "failed_constraint", "message": each} for each in wrong]
        raise RefusedCall(f"invalid_{given[0]}", errors=errors)
    return {}
