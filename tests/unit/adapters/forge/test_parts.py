"""The forge adapters without a network: waits, errors, remotes, and the own comment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.adapters.forge.detect import Remote, connect, forge_of, remote_of
from mlgit.adapters.forge.failure import ForgeFailed, Words, error_text, refusal
from mlgit.adapters.forge.github import GitHub
from mlgit.adapters.forge.gitlab import GitLab
from mlgit.adapters.forge.limits import commit, repository, sendable, shortened, web_address
from mlgit.adapters.forge.waiting import fault_pause_s, limit_pause_s, limited
from mlgit.core.ci.event import CiEvent
from mlgit.core.forge.comments import marked, ours, same_text
from mlgit.core.forge.protocol import Comment
from mlgit.errors import Exit

WORDS = Words(name="GitHub", token="GITHUB_TOKEN", right="the right is missing")  # noqa: S106 (a name)
MARKER = "<!-- mlgit-report:acme/tumor/gates -->"
DATE = "Thu, 01 Jan 2026 00:00:00 GMT"
DATE_EPOCH_S = 1767225600


@pytest.mark.parametrize(
    ("status", "headers", "text", "expected"),
    [
        (429, {}, "", True),
        (403, {}, "Resource not accessible by integration", False),
        (403, {"retry-after": "60"}, "", True),
        (403, {"x-ratelimit-remaining": "0"}, "", True),
        (403, {"x-ratelimit-remaining": "17"}, "", False),
        (403, {}, "You have exceeded a secondary rate limit", True),
        (500, {"retry-after": "60"}, "", False),
    ],
)
def test_a_rate_limit_is_distinguished_from_a_missing_right(
    status: int, headers: dict[str, str], text: str, *, expected: bool
) -> None:
    assert limited(status, headers, text) is expected


@pytest.mark.parametrize(
    ("headers", "attempt", "expected"),
    [
        ({"retry-after": "7"}, 0, 7),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:30 GMT", "date": DATE}, 0, 31),
        ({"retry-after": "Wed, 31 Dec 2025 23:59:00 GMT", "date": DATE}, 0, 0),
        ({"x-ratelimit-reset": str(DATE_EPOCH_S + 90), "date": DATE}, 0, 91),
        ({"retry-after": "5", "x-ratelimit-reset": str(DATE_EPOCH_S + 90), "date": DATE}, 0, 5),
        ({"ratelimit-reset": str(DATE_EPOCH_S + 20), "date": DATE}, 0, 21),
        ({}, 0, 60),
        ({}, 1, 120),
        ({"retry-after": "soon", "date": "yesterday"}, 0, 60),
        ({"retry-after": "-1"}, 0, 60),
        # Without the response's own date there is no clock to compare with.
        ({"x-ratelimit-reset": str(DATE_EPOCH_S)}, 0, 60),
    ],
)
def test_the_wait_follows_from_the_headers(headers: dict[str, str], attempt: int, expected: float) -> None:
    assert limit_pause_s(headers, attempt) == expected


def test_the_wait_after_faults_doubles() -> None:
    assert [fault_pause_s(attempt) for attempt in range(3)] == [1, 2, 4]


@given(st.dictionaries(st.sampled_from(["retry-after", "date", "x-ratelimit-reset"]), st.text()))
def test_no_header_makes_a_wait_negative_or_a_crash(headers: dict[str, str]) -> None:
    assert limit_pause_s(headers, 0) >= 0


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"message": "Not Found."}, "Not Found"),
        (
            {"message": "Validation Failed", "errors": [{"field": "body", "code": "missing_field"}]},
            "Validation Failed: body missing_field",
        ),
        (
            {"message": "Validation Failed", "errors": [{"message": "too long"}]},
            "Validation Failed: too long",
        ),
        ({"message": "No", "errors": ["plain"]}, "No: plain"),
        ({"message": {"note": ["is too long"]}}, "note is too long"),
        ({"error": "insufficient_scope", "error_description": "more"}, "insufficient_scope: more"),
        ({"message": "red\x1b[31m\r\nnext\u202eline"}, "red [31m next line"),
        (["no", "object"], ""),
        (None, ""),
        ({"message": None}, ""),
    ],
)
def test_the_forges_message_becomes_one_clean_line(content: object, expected: str) -> None:
    assert error_text(content) == expected


def test_a_long_message_is_cut() -> None:
    assert len(error_text({"message": "x" * 10_000})) < 500


@pytest.mark.parametrize(
    ("status", "message", "hint"),
    [
        (401, "GitHub does not accept the token (401): why", "check `GITHUB_TOKEN`"),
        (403, "GitHub does not allow this token to write a comment (403): why", "the right is missing"),
        (404, "GitHub has nothing there to write a comment (404): why", "`GITHUB_TOKEN` may not see it"),
        (422, "GitHub refuses to write a comment (422): why", ""),
        (500, "GitHub fails to write a comment (500): why", "later"),
    ],
)
def test_each_refusal_says_what_to_change(status: int, message: str, hint: str) -> None:
    failure = refusal(status, words=WORDS, what="write a comment", text="why", headers={}, asked="POST x")
    assert failure.message == message
    assert hint in (failure.hint or "")
    assert failure.status == status
    assert failure.exit_code == Exit.TOOL


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("issues=write; pull_requests=write", "`issues: write` or `pull-requests: write`"),
        ("checks=write", "`checks: write`"),
        ("`rm -rf`=write", "the right is missing"),
    ],
)
def test_a_missing_permission_is_named_as_a_workflow_writes_it(header: str, expected: str) -> None:
    headers = {"x-accepted-github-permissions": header}
    failure = refusal(403, words=WORDS, what="x", text="", headers=headers, asked="POST x")
    assert expected in (failure.hint or "")


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://github.com/acme/tumor.git", "github.com", "acme/tumor"),
        ("https://user:secret@GitHub.com/acme/tumor", "github.com", "acme/tumor"),
        ("git@github.com:acme/tumor.git", "github.com", "acme/tumor"),
        ("ssh://git@ssh.github.com:443/acme/tumor.git", "github.com", "acme/tumor"),
        ("ssh://git@gitlab.corp:2222/group/sub/tumor.git/", "gitlab.corp", "group/sub/tumor"),
        ("gitlab.corp:group/tumor", "gitlab.corp", "group/tumor"),
        ("http://127.0.0.1:8080/acme/tumor", "127.0.0.1", "acme/tumor"),
    ],
)
def test_a_remote_is_read_in_every_form_that_git_accepts(url: str, host: str, path: str) -> None:
    assert remote_of(url) == Remote(host=host, path=path)


@pytest.mark.parametrize(
    "url",
    [
        "/srv/git/tumor.git",
        "../tumor",
        "file:///srv/git/tumor.git",
        "",
        "https://",
        "https://[bad/x",
        "C:\\git",
    ],
)
def test_a_folder_has_no_forge(url: str) -> None:
    assert remote_of(url) is None
    assert forge_of(url, {"GITHUB_TOKEN": "t", "GITLAB_TOKEN": "t"}) is None


@pytest.mark.parametrize(
    ("url", "variables", "host"),
    [
        ("git@github.com:a/b.git", {"GITHUB_TOKEN": "t"}, "github"),
        ("https://github.com/a/b", {"GH_TOKEN": "t"}, "github"),
        ("https://acme.ghe.com/a/b", {"GH_TOKEN": "t"}, "github"),
        ("https://github.com/a/b", {"GITLAB_TOKEN": "t"}, None),
        ("https://gitlab.com/a/b", {"GITLAB_TOKEN": "t"}, "gitlab"),
        ("https://gitlab.com/a/b", {"GH_TOKEN": "t"}, None),
        ("https://git.corp/a/b", {"GITLAB_TOKEN": "t", "GITLAB_HOST": "git.corp"}, "gitlab"),
        ("git@git.corp:a/b", {"MLGIT_GITLAB_TOKEN": "t", "GITLAB_HOST": "https://git.corp:8443"}, "gitlab"),
        ("https://git.corp/a/b", {"GH_ENTERPRISE_TOKEN": "t", "GH_HOST": "git.corp"}, "github"),
        # No token for a host that no variable names: a clone can carry any URL.
        ("https://evil.example/a/b", {"GITHUB_TOKEN": "t", "GITLAB_TOKEN": "t"}, None),
        ("https://github.com.evil.example/a/b", {"GITHUB_TOKEN": "t", "GITLAB_TOKEN": "t"}, None),
        ("https://evilghe.com/a/b", {"GITHUB_TOKEN": "t"}, None),
        # A token for a company's server is not for the public one, nor the reverse.
        ("https://gitlab.com/a/b", {"GITLAB_TOKEN": "t", "GITLAB_HOST": "git.corp"}, None),
        ("https://git.corp/a/b", {"GITHUB_TOKEN": "t", "GH_HOST": "git.corp"}, None),
        ("https://github.com/a/b", {}, None),
    ],
)
def test_a_token_goes_only_to_the_host_that_it_is_for(
    url: str, variables: dict[str, str], host: str | None
) -> None:
    found = forge_of(url, variables)
    assert (found and found.host) == host


def test_in_actions_of_a_company_its_own_token_goes_to_its_own_server() -> None:
    variables = {
        "GITHUB_TOKEN": "t",
        "GITHUB_SERVER_URL": "https://git.corp",
        "GITHUB_API_URL": "https://api.git.corp/",
    }
    found = forge_of("https://git.corp/a/b", variables)
    assert isinstance(found, GitHub)
    assert found._client._wire._api == "https://api.git.corp"
    assert forge_of("https://other.corp/a/b", variables | {"GH_HOST": "other.corp"}) is None


def event(host: str, repository: str = "acme/tumor", project: str | None = None) -> CiEvent:
    return CiEvent(
        host="github" if host == "github" else "gitlab",
        kind="pull_request",
        repository=repository,
        api="https://forge.example/api/v4",
        server="https://forge.example",
        sha="a" * 40,
        project=project,
    )


@pytest.mark.parametrize(
    ("host", "variables"),
    [
        ("github", {}),
        ("github", {"GITHUB_TOKEN": "", "GITLAB_TOKEN": "t"}),
        ("gitlab", {}),
        # It may not write notes, so it does not count.
        ("gitlab", {"CI_JOB_TOKEN": "t", "GITHUB_TOKEN": "t"}),
    ],
)
def test_a_run_without_a_token_has_no_forge(host: str, variables: dict[str, str]) -> None:
    assert connect(event(host), variables) is None


@pytest.mark.parametrize(
    ("host", "variables"),
    [
        ("github", {"GITHUB_TOKEN": "t"}),
        ("github", {"GH_TOKEN": "t"}),
        ("gitlab", {"MLGIT_GITLAB_TOKEN": "t"}),
        ("gitlab", {"GITLAB_TOKEN": "t", "CI_JOB_ID": "1", "CI_PIPELINE_ID": "2"}),
    ],
)
def test_a_run_with_a_token_has_its_forge(host: str, variables: dict[str, str]) -> None:
    found = connect(event(host), variables)
    assert found is not None
    assert found.host == host


@pytest.mark.parametrize("remote", ["https://git.corp/gitlab/a/b.git", "git@git.corp:a/b.git"])
def test_a_gitlab_below_a_path_has_its_projects_below_it(remote: str) -> None:
    found = forge_of(remote, {"GITLAB_TOKEN": "t", "GITLAB_HOST": "https://git.corp/gitlab/"})
    assert isinstance(found, GitLab)
    assert found._path == "/projects/a%2Fb"
    assert found._page == "https://git.corp/gitlab/a/b"


def test_a_note_of_gitlab_is_linked_to_its_projects_page() -> None:
    pages = [
        connect(event("gitlab", name, project="7"), {"GITLAB_TOKEN": "t"}) for name in ("acme/tumor", "")
    ]
    assert [isinstance(found, GitLab) and found._page for found in pages] == [
        "https://forge.example/acme/tumor",
        None,
    ]


@pytest.mark.parametrize(
    "name", ["acme", "../../etc", "acme/..", "acme/tu mor", "acme/tumor?x=1", "a//b", "/a"]
)
def test_an_invalid_repository_name_causes_no_request(name: str) -> None:
    with pytest.raises(ForgeFailed, match="not the name of a repository"):
        connect(event("github", name), {"GITHUB_TOKEN": "t"})


@pytest.mark.parametrize("token", ["line\nbreak", "bl ank", "tab\t", "käse", "nul\0"])
def test_an_invalid_token_is_refused_and_not_quoted(token: str) -> None:
    with pytest.raises(ForgeFailed) as caught:
        connect(event("github"), {"GITHUB_TOKEN": token})
    assert token not in f"{caught.value}{caught.value.hint}{caught.value.details}"
    assert "`GITHUB_TOKEN`" in caught.value.message


@pytest.mark.parametrize("sha", ["a" * 39, "A" * 40, "../" + "a" * 37, "", "a" * 40 + "\n", "HEAD"])
def test_only_a_full_commit_id_is_accepted_in_a_path(sha: str) -> None:
    with pytest.raises(ForgeFailed):
        commit(sha)


def test_valid_names_and_addresses_are_accepted() -> None:
    assert repository("group/sub.group/tumor-2") == "group/sub.group/tumor-2"
    assert commit("a" * 64) == "a" * 64
    assert web_address("https://a.example/x", 100) == "https://a.example/x"
    assert web_address("https://a.example/x", 19) == "https://a.example/x"
    assert [
        web_address(url, 20) for url in (None, "javascript:alert(1)", "https://a.example/" + "x" * 20)
    ] == [None] * 3


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_a_shortened_text_fits_and_begins_like_the_whole(text: str, characters: int) -> None:
    short = shortened(text, characters)
    assert len(short) <= characters
    if len(sendable(text)) <= characters:
        assert short == sendable(text)
    assert "\0" not in short
    assert "\x1b" not in short


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"text\n\n{MARKER}\n", True),
        (f"text\r\n{MARKER}\r\n", True),
        (f"text\n  {MARKER}  \n\n", True),
        (MARKER, True),
        (f"> {MARKER}", False),
        (f"text {MARKER}", False),
        (f"{MARKER}\nand more", False),
        ("", False),
        (f"{MARKER[:-4]}-other -->", False),
    ],
)
def test_a_report_is_recognized_by_the_marker_on_its_last_line(body: str, *, expected: bool) -> None:
    assert marked(body, MARKER) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a\nb", "a\r\nb\r\n", True),
        ("a\nb", "\na\nb  ", True),
        ("a\nb", "a\rb", True),
        ("a\nb", "a b", False),
        ("a  b", "a b", False),
    ],
)
def test_line_ends_and_outer_blanks_do_not_make_a_text_different(
    one: str, other: str, *, expected: bool
) -> None:
    assert same_text(one, other) is expected


def test_only_own_marked_comments_count_oldest_first() -> None:
    comments = [
        Comment(id=number, body=body, url=None, mine=mine)
        for number, body, mine in (
            (3, MARKER, True),
            (1, MARKER, False),
            (2, f"hello\n{MARKER}", True),
            (4, "hello", True),
        )
    ]
    assert [each.id for each in ours(comments, MARKER)] == [2, 3]
