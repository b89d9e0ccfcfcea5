"""A small Hugging Face Hub on the loopback address, for the real client: repositories, commits, LFS, downloads."""

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from tests.running_server import running

TOKEN = "hf_test"
LICENSES = ("mit", "cc0-1.0", "other")


@dataclass
class Repository:
    """A git repository, as far as anybody asks: each commit is all its files."""

    private: bool = False
    gated: bool = False
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)  # the newest last
    messages: list[str] = field(default_factory=list)

    def at(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """The commit that a revision means, and its files."""
        commit = next(reversed(self.commits)) if revision == "main" else revision
        return (commit, self.commits[commit]) if commit in self.commits else None

    def commit(self, files: dict[str, bytes], message: str) -> str:
        """Add a commit, and name it."""
        name = hashlib.sha1(repr((len(self.commits), sorted(files.items()))).encode()).hexdigest()
        self.commits[name] = files
        self.messages.append(message)
        return name


class Hub(ThreadingHTTPServer):
    """What the Hub holds, what it was asked, and how it fails."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories: dict[str, Repository] = {}
        self.objects: dict[str, bytes] = {}  # of LFS, by their SHA-256
        self.asked: Counter[str] = Counter()
        self.failing: dict[str, int] = {}  # the status that requests whose path has some text are answered with

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def storage(self) -> str:
        """Where large files are: on another host, as far as a client can tell."""
        return f"http://localhost:{self.server_port}"

    def create(self, name: str, *, private: bool = False, gated: bool = False) -> Repository:
        """Make an empty repository."""
        repository = self.repositories[name] = Repository(private, gated)
        repository.commit({".gitattributes": b"*.safetensors filter=lfs\n"}, "initial commit")
        return repository


class _Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.route()

    do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815  # the names that the server calls

    def route(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked[f"{self.command} {path}"] += 1
        with suppress(ConnectionError):
            for text, status in self.server.failing.items():
                if text in path:
                    self.answer({"error": "not today"}, status)
                    return
            for pattern, act in _ROUTES:
                if found := re.fullmatch(pattern, f"{self.command} {path}"):
                    act(self, *found.groups())
                    return
            self.answer({"error": "no such page"}, 404)

    @property
    def may_write(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def answer(self, content: object, status: int = 200, **headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def found(self, name: str) -> Repository | None:
        """The repository, if it may be seen; else the answer that the Hub gives."""
        repository = self.server.repositories.get(name)
        if repository is None or (repository.private and not self.may_write):
            self.answer({"error": "Repository not found"}, 404 if self.may_write else 401, X_Error_Code="RepoNotFound")
            return None
        return repository

    def info(self, name: str) -> None:
        repository = self.found(name)
        if repository:
            (commit, files) = repository.at("main") or ("", {})
            siblings = [{"rfilename": file} for file in files]
            self.answer({"id": name, "sha": commit, "private": repository.private, "siblings": siblings})

    def create(self) -> None:
        wanted = json.loads(self.body)
        name = f"{wanted['organization']}/{wanted['name']}"
        if not self.may_write or not name.startswith("me/"):
            self.answer({"error": "forbidden"}, 403 if self.may_write else 401)
        else:
            self.server.create(name, private=wanted.get("visibility") == "private")
            self.answer({"url": f"{self.server.url}/{name}"})

    def validate(self) -> None:
        metadata = json.loads(self.body)["content"].split("---")[1]
        license_ = re.search(r'^license: "(.*)"$', metadata, re.MULTILINE)
        known = license_ is None or license_[1] in LICENSES
        errors = [] if known else [{"message": '"license" must be one of [mit, cc0-1.0, other]'}]
        self.answer({"errors": errors, "warnings": []}, 400 if errors else 200)

    def preupload(self, name: str) -> None:
        repository = self.found(name)
        if repository:
            _, there = repository.at("main") or ("", {})
            files = [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if file["path"].endswith(".safetensors") else "regular",
                    "shouldIgnore": False,
                    "oid": None if file["path"] not in there else _git_oid(there[file["path"]]),
                }
                for file in json.loads(self.body)["files"]
            ]
            self.answer({"files": files})

    def batch(self, name: str) -> None:
        if self.found(name):
            objects = []
            for wanted in json.loads(self.body)["objects"]:
                actions = {
                    "upload": {"href": f"{self.server.url}/lfs/{wanted['oid']}"},
                    "verify": {"href": f"{self.server.url}/lfs/verify"},
                }
                is_new = wanted["oid"] not in self.server.objects
                objects.append({**wanted, **({"actions": actions} if is_new else {})})
            self.answer({"transfer": "basic", "objects": objects})

    def upload(self, oid: str) -> None:
        whole = hashlib.sha256(self.body).hexdigest() == oid
        if whole:
            self.server.objects[oid] = self.body
        self.answer({}, 200 if whole else 400)

    def verify(self) -> None:
        wanted = json.loads(self.body)
        self.answer({}, 200 if len(self.server.objects.get(wanted["oid"], b"")) == wanted["size"] else 404)

    def commit(self, name: str) -> None:
        repository = self.found(name)
        if repository is None:
            return
        if not self.may_write:
            self.answer({"error": "forbidden"}, 403)
            return
        files, message = dict((repository.at("main") or ("", {}))[1]), ""
        for line in self.body.splitlines():
            entry = json.loads(line)
            key, value = entry["key"], entry["value"]
            if key == "header":
                message = value["summary"]
            elif key == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif key == "lfsFile":
                files[value["path"]] = self.server.objects[value["oid"]]
            elif key == "deletedFile":
                del files[value["path"]]
        commit = repository.commit(files, message)
        self.answer({"commitUrl": f"{self.server.url}/{name}/commit/{commit}", "commitOid": commit})

    def resolve(self, name: str, revision: str, file: str) -> None:
        repository = self.found(name)
        if repository is None:
            return
        if repository.gated:
            self.answer({"error": "gated"}, 403, X_Error_Code="GatedRepo")
            return
        found = repository.at(revision)
        if found is None:
            self.answer({"error": "no such revision"}, 404, X_Error_Code="RevisionNotFound")
            return
        commit, files = found
        if file not in files:
            self.answer({"error": "no such file"}, 404, X_Error_Code="EntryNotFound", X_Repo_Commit=commit)
        elif file.endswith(".safetensors"):
            oid = hashlib.sha256(files[file]).hexdigest()
            linked = {"X_Linked_Etag": f'"{oid}"', "X_Linked_Size": str(len(files[file]))}
            self.answer(b"", 302, Location=f"{self.server.storage}/lfs/{oid}", X_Repo_Commit=commit, **linked)
        else:
            self.answer(files[file], X_Repo_Commit=commit, ETag=f'"{_git_oid(files[file])}"')

    def lfs_object(self, oid: str) -> None:
        self.answer(self.server.objects[oid])


_NAME = r"(\w+/[\w.-]+)"
_ROUTES = (
    (rf"GET /api/models/{_NAME}", _Handler.info),
    (r"POST /api/repos/create", _Handler.create),
    (r"POST /api/validate-yaml", _Handler.validate),
    (rf"POST /api/models/{_NAME}/preupload/main", _Handler.preupload),
    (rf"POST /{_NAME}\.git/info/lfs/objects/batch", _Handler.batch),
    (r"PUT /lfs/(\w+)", _Handler.upload),
    (r"POST /lfs/verify", _Handler.verify),
    (r"(?:GET|HEAD) /lfs/(\w+)", _Handler.lfs_object),
    (rf"POST /api/models/{_NAME}/commit/main", _Handler.commit),
    (rf"(?:GET|HEAD) /{_NAME}/resolve/([^/]+)/(.+)", _Handler.resolve),
)


def _git_oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@contextmanager
def hub_server() -> Iterator[Hub]:
    """Yield a Hub that runs."""
    server = Hub()
    with running(server):
        yield server
