//! What the documented variables of each service say.

use super::*;

fn run(variables: &[(&str, &str)]) -> Run {
    let variables = Variables::read(|name| {
        let found = variables.iter().find(|(given, _)| *given == name);
        found.map(|(_, value)| (*value).to_owned())
    });
    let service = variables.service().unwrap().unwrap();
    variables.run(service).unwrap()
}

fn sha(digit: char) -> String {
    digit.to_string().repeat(40)
}

#[test]
fn azure_pipelines() {
    let (merge, head) = (sha('a'), sha('b'));
    let request = [
        ("TF_BUILD", "True"),
        ("BUILD_REASON", "PullRequest"),
        ("BUILD_SOURCEBRANCH", "refs/pull/7/merge"),
        ("BUILD_SOURCEVERSION", &merge),
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/release/1"),
        ("SYSTEM_PULLREQUEST_SOURCECOMMITID", &head),
    ];
    let expected = Run {
        service: Service::AzurePipelines,
        cause: Cause::Request(Request {
            target: "release/1".to_owned(),
            merge: Some(merge.clone()),
            head: Some(head.clone()),
            ..Request::default()
        }),
        default: None,
    };
    assert_eq!(run(&request), expected);
    let build = |reference| {
        run(&[
            ("TF_BUILD", "True"),
            ("BUILD_REASON", "Manual"),
            ("BUILD_SOURCEBRANCH", reference),
            ("BUILD_SOURCEVERSION", &merge),
        ])
        .cause
    };
    let look = |branch: Option<&str>| Cause::Look {
        branch: branch.map(str::to_owned),
        tip: merge.clone(),
    };
    assert_eq!(build("refs/heads/a/b"), look(Some("a/b")));
    assert_eq!(build("refs/other"), look(None));
    let tag = Cause::Tag {
        name: "v1".to_owned(),
        tip: merge.clone(),
    };
    assert_eq!(build("refs/tags/v1"), tag);
}

#[test]
fn gitlab() {
    let (tip, base, zero) = (sha('a'), sha('b'), sha('0'));
    let check = |more: &[(&str, &str)], expected: Cause| {
        let own = [
            ("GITLAB_CI", "true"),
            ("CI_COMMIT_SHA", &*tip),
            ("CI_COMMIT_BRANCH", "topic"),
            ("CI_DEFAULT_BRANCH", "main"),
        ];
        let run = run(&[more, &own].concat());
        assert_eq!(run.cause, expected, "{more:?}");
        assert_eq!(run.default.as_deref(), Some("main"));
    };
    let push = |before| {
        Cause::Push(Push {
            branch: "topic".to_owned(),
            tip: tip.clone(),
            before,
            forced: false,
        })
    };
    let source = ("CI_PIPELINE_SOURCE", "push");
    check(&[source, ("CI_COMMIT_BEFORE_SHA", &zero)], push(None));
    let before = ("CI_COMMIT_BEFORE_SHA", &*base);
    check(&[source, before], push(Some(base.clone())));
    let look = Cause::Look {
        branch: Some("topic".to_owned()),
        tip: tip.clone(),
    };
    check(&[("CI_PIPELINE_SOURCE", "web"), before], look);
    let external = [
        ("CI_PIPELINE_SOURCE", "external_pull_request_event"),
        ("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA", &base),
    ];
    let request = Request {
        target: "main".to_owned(),
        head: Some(tip.clone()),
        bases: vec![base.clone()],
        ..Request::default()
    };
    check(&external, Cause::Request(request.clone()));
    // Of the result of the merge, and of the branch alone.
    let target = ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main");
    let source = ("CI_PIPELINE_SOURCE", "merge_request_event");
    let merged = [
        source,
        target,
        ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", &base),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", &zero),
    ];
    let of_merge = Request {
        merge: Some(tip.clone()),
        ..request.clone()
    };
    check(&merged, Cause::Request(of_merge));
    let alone = [source, target, ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &base)];
    let of_branch = Request {
        bases: Vec::new(),
        parted: Some(base.clone()),
        ..request
    };
    check(&alone, Cause::Request(of_branch));
}

#[test]
fn the_address_of_a_repository_ends_with_its_name() {
    for (url, name) in [
        ("https://github.com/o/up", Some("o/up")),
        ("https://github.com/o/up.git", Some("o/up")),
        ("https://x@github.example:8443/o/up/", Some("o/up")),
        ("git@github.com:o/up.git", Some("o/up")),
        ("ssh://git@github.com/o/up", Some("o/up")),
        ("../far", Some("../far")),
        ("far", None),
    ] {
        assert_eq!(repository_of(url), name, "{url}");
    }
}
