"""The methods for files, views and sockets, and what a response_url takes."""

from __future__ import annotations

import secrets
from typing import Any

from tests.slack_server.methods import Answer, argument, checked, method
from tests.slack_server.workspace import BOT_USER, Args, Message, RefusedCall, ResponseUrl, Trigger, Workspace, true

TRIGGER_LIFE = 3.0
RESPONSE_LIFE = 30 * 60.0
RESPONSE_USES = 5


@method("files.getUploadURLExternal")
def get_upload_url(workspace: Workspace, args: Args) -> Answer:
    if len(str(args.get("alt_txt", ""))) > 1000:
        raise RefusedCall("alt_txt_too_large")
    if int(argument(args, "length")) < 1:
        raise RefusedCall("invalid_arguments")
    file = workspace.id("F")
    workspace.uploads[file] = {"id": file, "name": argument(args, "filename"), "alt_txt": args.get("alt_txt", "")}
    workspace.uploads[file] |= {"size": int(args["length"])}
    return {"upload_url": f"{workspace.base}/upload/{file}", "file_id": file}


def uploaded(workspace: Workspace, file: str, data: bytes) -> tuple[int, str]:
    """Takes the bytes of a file: status and body."""
    held = workspace.uploads.get(file)
    if held is None or "done" in held:
        return 404, "not found"
    if len(data) != held["size"]:
        return 400, "the length is another than announced"
    held["data"] = data
    return 200, f"OK - {len(data)}"


@method("files.completeUploadExternal")
def complete_upload(workspace: Workspace, args: Args) -> Answer:
    """Shares files once; a file whose bytes never came is not there."""
    asked = argument(args, "files")
    held = [workspace.uploads.get(str(each.get("id")), {}) for each in asked]
    if not held or any("data" not in each or "done" in each for each in held):
        raise RefusedCall("file_not_found")
    for each, wanted in zip(held, asked, strict=True):
        each["title"] = wanted.get("title", each["name"])
    if args.get("channel_id"):
        channel = workspace.writable(str(args["channel_id"]))
        parent = args.get("thread_ts")
        if parent and workspace.message(channel.id, parent) is None:
            raise RefusedCall("thread_not_found")
        shown = [{name: each[name] for name in ("id", "name", "title", "alt_txt", "size")} for each in held]
        text = str(args.get("initial_comment", ""))
        message = Message(workspace.ts(), channel.id, BOT_USER, text, thread_ts=parent, files=shown, args=args)
        (workspace.shares if workspace.late_shares else workspace.messages).append(message)
    for each in held:
        each["done"] = True
    return {"files": [{"id": each["id"], "title": each["title"]} for each in held]}


@method("views.open")
def views_open(workspace: Workspace, args: Args) -> Answer:
    _use(workspace, str(argument(args, "trigger_id")))
    view = _view(workspace, args, "modal")
    workspace.views.append(view)
    return {"view": view}


@method("views.push")
def views_push(workspace: Workspace, args: Args) -> Answer:
    return views_open(workspace, args)


@method("views.update")
def views_update(workspace: Workspace, args: Args) -> Answer:
    old = next((view for view in workspace.views if view["id"] == args.get("view_id")), None)
    if old is None:
        raise RefusedCall("not_found")
    if args.get("hash") not in (None, old["hash"]):
        raise RefusedCall("hash_conflict")
    view = _view(workspace, args, "modal") | {"id": old["id"]}
    workspace.views[workspace.views.index(old)] = view
    return {"view": view}


@method("views.publish")
def views_publish(workspace: Workspace, args: Args) -> Answer:
    user = str(argument(args, "user_id"))
    if user not in workspace.users:
        raise RefusedCall("invalid_arguments")
    old = workspace.homes.get(user)
    if old is not None and args.get("hash") not in (None, old["hash"]):
        raise RefusedCall("hash_conflict")
    workspace.homes[user] = _view(workspace, args, "home")
    return {"view": workspace.homes[user]}


def _use(workspace: Workspace, name: str) -> None:
    trigger = workspace.triggers.get(name)
    if trigger is None:
        raise RefusedCall("invalid_trigger_id")
    if trigger.used:
        raise RefusedCall("trigger_exchanged")
    if workspace.clock() - trigger.made > TRIGGER_LIFE:
        raise RefusedCall("expired_trigger_id")
    trigger.used = True


def _view(workspace: Workspace, args: Args, kind: str) -> dict[str, Any]:
    view = argument(args, "view")
    blocks = view.get("blocks", [])
    titles = (view[name]["text"] for name in ("title", "submit", "close") if name in view)
    inputs = any(block["type"] == "input" for block in blocks)
    wrong = [
        each
        for each, is_wrong in (
            ("type", view.get("type") != kind),
            ("title", any(len(text) > 24 for text in titles) or (kind == "modal" and "title" not in view)),
            ("blocks", not blocks or len(blocks) > 100),
            ("submit", inputs and "submit" not in view),
            ("private_metadata", len(view.get("private_metadata", "")) > 3000),
        )
        if is_wrong
    ]
    if wrong:
        messages = [f"[ERROR] {each} [json-pointer:/view/{each}]" for each in wrong]
        raise RefusedCall("invalid_arguments", response_metadata={"messages": messages})
    return {**view, "id": workspace.id("V"), "hash": secrets.token_hex(8), "team_id": "T0ACME"}


@method("apps.connections.open")
def connections_open(workspace: Workspace, args: Args) -> Answer:
    address = workspace.base.replace("http://", "ws://")
    return {"url": f"{address}/link/?ticket={secrets.token_hex(16)}&app_id=A0SMB"}


def new_trigger(workspace: Workspace) -> str:
    name = f"{secrets.randbits(40)}.{secrets.token_hex(8)}"
    workspace.triggers[name] = Trigger(workspace.clock())
    return name


def new_response_url(workspace: Workspace, channel: str, user: str) -> str:
    name = secrets.token_hex(12)
    workspace.response_urls[name] = ResponseUrl(channel, user, workspace.clock())
    return f"{workspace.base}/response/{name}"


def respond(workspace: Workspace, name: str, args: Args) -> tuple[int, str]:
    """An answer by response_url: status and body. `responses` keeps it with its `channel` and `user`."""
    url = workspace.response_urls.get(name)
    if url is None:
        return 404, "no_such_url"
    if workspace.clock() - url.made > RESPONSE_LIFE:
        return 404, "expired_url"
    if url.uses >= RESPONSE_USES:
        return 404, "used_url"
    if not true(args.get("delete_original")):
        try:
            checked(workspace, args)
        except RefusedCall as refused:
            return 400, str(refused)
    url.uses += 1
    workspace.responses.append({**args, "channel": url.channel, "user": url.user})
    return 200, "ok"
