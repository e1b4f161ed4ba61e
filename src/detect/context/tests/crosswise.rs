//! Files with several entries: no token may be given the organisation of another one's entry.

use super::*;

/// Reads each token of a file. `{1}`, `{2}` … in `template` stand for one each, written as `mark`
/// says; `expected` has what each of them must read: a name, or `-` for elsewhere.
#[track_caller]
fn check_all(template: &str, mark: &str, expected: &[&str]) {
    for (own, name) in expected.iter().enumerate() {
        let mut text = template.to_owned();
        for slot in 0..expected.len() {
            let run = if slot == own { mark } else { "{OTHER}" };
            text = text.replace(&format!("{{{}}}", slot + 1), run);
        }
        let expected = if *name == "-" {
            Reading::Elsewhere
        } else {
            entry(name)
        };
        check(&text, &expected);
    }
}

const CREDENTIALS: &str = "\
https://x:{1}@dev.azure.com/contoso
https://x:{2}@github.com
https://x:{3}@dev.azure.com/fabrikam
https://x:{4}@dev.azure.com
";

#[test]
fn git_credentials() {
    let expected = ["contoso", "-", "fabrikam", "-"];
    check_all(CREDENTIALS, TOKEN, &expected);
    check_all(&CREDENTIALS.replace('\n', "\\n"), TOKEN, &expected);
}

const NPMRC: &str = "\
//pkgs.dev.azure.com/contoso/_packaging/a/npm/registry/:username=x
//pkgs.dev.azure.com/contoso/_packaging/a/npm/registry/:_password={1}
//fabrikam.pkgs.visualstudio.com/_packaging/b/npm/registry/:_password=\"{2}\"
//registry.npmjs.org/:_authToken={3}
";

#[test]
fn npmrc() {
    let expected = ["contoso", "fabrikam", "-"];
    for mark in [ENCODED, TOKEN] {
        check_all(NPMRC, mark, &expected);
        check_all(&NPMRC.replace('\n', "\\n"), mark, &expected);
        check_all(&NPMRC.replace('\n', "\\\\r\\\\n"), mark, &expected);
    }
}

const NETRC: &str = "\
machine dev.azure.com login contoso password {1}
machine fabrikam.visualstudio.com login x password {2}
machine github.com login contoso password {3}
machine dev.azure.com login pat password {4}
";

#[test]
fn netrc() {
    let expected = ["contoso", "fabrikam", "-", "-"];
    check_all(NETRC, TOKEN, &expected);
    let tall = NETRC
        .replace(" login", "\n\tlogin")
        .replace(" password", "\n\tpassword");
    check_all(&tall, TOKEN, &expected);
}

const NUGET: &str = r#"
<packageSources>
  <add key="A" value="https://pkgs.dev.azure.com/contoso/_packaging/a/nuget/v3/index.json" />
  <add value="https://fabrikam.pkgs.visualstudio.com/_packaging/b/nuget/v3/index.json" key="B B"/>
  <add key="C" value="https://nuget.example.org/v3/index.json" />
</packageSources>
<packageSourceCredentials>
  <A>
    <add key="Username" value="x" />
    <add key="ClearTextPassword" value="{1}" />
  </A>
  <B_x0020_B><add key="Username" value="x" /><add key="ClearTextPassword" value="{2}" /></B_x0020_B>
  <!-- not ours -->
  <C>
    <add key="ClearTextPassword" value="{3}" />
  </C>
</packageSourceCredentials>
"#;

#[test]
fn nuget_config() {
    check_all(NUGET, TOKEN, &["contoso", "fabrikam", "-"]);
    check_all(
        &NUGET.replace('\n', " "),
        TOKEN,
        &["contoso", "fabrikam", "-"],
    );
}

const MAVEN: &str = "
<servers>
  <server><id>a</id><username>contoso</username><password>{1}</password></server>
  <server>
    <id>b</id>
    <username>x</username>
    <password>{2}</password>
  </server>
  <server><id>c</id><username>contoso</username><password>{3}</password></server>
</servers>
<repositories>
  <repository>
    <id>b</id>
    <url>https://pkgs.dev.azure.com/fabrikam/_packaging/b/maven/v1</url>
  </repository>
  <repository><id>c</id><url>https://maven.example.org/</url></repository>
</repositories>
";

#[test]
fn maven_settings() {
    check_all(MAVEN, TOKEN, &["contoso", "fabrikam", "-"]);
}

const ENDPOINTS: &str = r#"{"endpointCredentials": [
{"endpoint": "https://pkgs.dev.azure.com/contoso/_packaging/a/nuget/v3/index.json", "password": "{1}"},
{"endpoint": "https://fabrikam.pkgs.visualstudio.com/_packaging/b/", "username": "x", "password": "{2}"},
{"endpoint": "https://nuget.example.org/", "username": "x", "password": "{3}"}]}"#;

#[test]
fn endpoint_credentials() {
    let expected = ["contoso", "fabrikam", "-"];
    check_all(ENDPOINTS, TOKEN, &expected);
    let line = ENDPOINTS.replace('\n', "");
    check_all(&line, TOKEN, &expected);
    check_all(&line.replace('"', "\\\""), TOKEN, &expected);
    check_all(
        &line.replace('"', "\\\\\\\"").replace('/', "\\/"),
        TOKEN,
        &expected,
    );
}

const DOCUMENTS: &str = "\
url: https://dev.azure.com/contoso
pat: {1}
---
url: https://dev.azure.com/fabrikam
data:
  pat: {2}
";

const ITEMS: &str = r#"
feeds:
  - url: https://dev.azure.com/contoso
    pat: {1}
  # another
  - pat: {2}
    url: https://dev.azure.com/fabrikam
  - url: https://nuget.example.org/

    pat: "{3}"
"#;

#[test]
fn yaml() {
    for mark in [TOKEN, ENCODED] {
        check_all(DOCUMENTS, mark, &["contoso", "fabrikam"]);
        check_all(ITEMS, mark, &["contoso", "fabrikam", "-"]);
    }
    check_all(
        &ITEMS.replace("\n  ", "\n"),
        TOKEN,
        &["contoso", "fabrikam", "-"],
    );
}

const AZ_DEVOPS: &str = "\
[azdevops-cli:https://dev.azure.com/contoso]
personal access token = {1}

[azdevops-cli:https://fabrikam.visualstudio.com]
personal access token = {2}

[azdevops-cli:https://tfs.example.org/tfs]
personal access token = {3}
";

const PYPIRC: &str = "\
[distutils]
index-servers =
  a
  b

[a]
repository = https://pkgs.dev.azure.com/contoso/_packaging/a/pypi/upload/
password = {1}
[b]
password: {2}
repository: https://pkgs.dev.azure.com/fabrikam/_packaging/b/pypi/upload/
[pypi]
repository = https://upload.pypi.org/legacy/
password = {3}
";

const GIT_CONFIG: &str = r#"
[http "https://dev.azure.com/contoso/"]
	extraheader = AUTHORIZATION: basic {1}
[http "https://dev.azure.com/fabrikam/"]
	extraheader = AUTHORIZATION: basic {2}
[http "https://github.com/"]
	extraheader = AUTHORIZATION: basic {3}
"#;

#[test]
fn sections() {
    check_all(AZ_DEVOPS, TOKEN, &["contoso", "fabrikam", "-"]);
    check_all(PYPIRC, TOKEN, &["contoso", "fabrikam", "-"]);
    check_all(GIT_CONFIG, BASIC, &["contoso", "fabrikam", "-"]);
}

const COMMANDS: &str = "\
curl -u :{1} https://dev.azure.com/contoso/_apis/projects
curl -u :{2} https://tfs.example.org/c/_apis/projects
curl -u :{3} \\
  https://dev.azure.com/fabrikam/_apis/projects
";

const REQUESTS: &str = "\
### first
GET https://dev.azure.com/contoso/_apis/projects
Authorization: Basic {1}

###
POST https://dev.azure.com/fabrikam/_apis/projects HTTP/1.1
Content-Type: application/json
Authorization: Basic {2}

{\"url\": \"https://dev.azure.com/contoso\"}

###
GET https://api.example.org/
Authorization: Basic {3}

> GET /_apis/projects HTTP/1.1
> Authorization: Basic {4}
> Host: contoso.visualstudio.com
";

#[test]
fn commands_and_requests() {
    check_all(COMMANDS, TOKEN, &["contoso", "-", "fabrikam"]);
    check_all(REQUESTS, BASIC, &["contoso", "fabrikam", "-", "contoso"]);
}

#[test]
fn objects_that_span_lines_end_on_the_line() {
    let alpha = entry("alpha");
    check(
        "{\n\"a\":{\"url\":\"https://dev.azure.com/alpha\",\n\"pat\":\"{TOKEN}\"},\"b\":{\"url\":\"https://dev.azure.com/beta\"}}",
        &alpha,
    );
    check(
        "{\"Values\":{\"A\":\"https://dev.azure.com/alpha\",\n\"T\":\"{TOKEN}\"},\"H\":{\"U\":\"https://dev.azure.com/beta\"}}",
        &alpha,
    );
    check(
        "creds = {\n \"pat\": \"{TOKEN}\" }; other = { \"url\": \"https://dev.azure.com/beta\" }",
        &nearby(&["beta"]),
    );
}

#[test]
fn commands_on_one_line() {
    let alpha = nearby(&["alpha"]);
    check(
        "curl https://dev.azure.com/alpha/_apis && curl -u :{TOKEN} $GITHUB/x",
        &alpha,
    );
    check(
        "git remote add o https://dev.azure.com/alpha/p/_git/r && gh auth login -t {TOKEN}",
        &alpha,
    );
    check(
        "cd x && curl -u :{TOKEN} https://dev.azure.com/alpha/_apis; true",
        &entry("alpha"),
    );
}

/// Whatever is read, it must be no entry.
#[track_caller]
fn check_no_entry(template: &str) {
    let (text, span) = fill(template, &mint::pat(1));
    let reading = read(text.as_bytes(), span);
    assert!(!matches!(reading, Reading::Entry(_)), "{reading:?}: {text}");
}

#[test]
fn keys_belong_to_their_own_values() {
    let elsewhere = Reading::Elsewhere;
    for text in [
        r#"{"auths": {"ghcr.io": {"auth": "{BASIC}"}, "pkgs.dev.azure.com/beta": {"auth": "eA=="}}}"#,
        r#"{"https://ghcr.io": {"auth": "{BASIC}"}, "https://pkgs.dev.azure.com/beta": {"auth": "x"}}"#,
        "auths:\n  ghcr.io:\n    auth: {BASIC}\n  pkgs.dev.azure.com/beta:\n    auth: eA==\n",
        "auths: {ghcr.io: {auth: {TOKEN}}, pkgs.dev.azure.com/beta: {auth: x}}\n",
        "https://gitlab.com:\n  pat: {TOKEN}\nhttps://dev.azure.com/beta:\n  pat: x\n",
        r#"{"https://dev.azure.com/alpha": "x", "https://gitlab.com": "{TOKEN}"}"#,
        "{\n\"dev.azure.com/alpha\": \"{OTHER}\",\n\"github.com\": \"{TOKEN}\"\n}",
        "creds:\n  https://dev.azure.com/alpha: x\n  https://gitlab.com: {TOKEN}\n",
        "creds:\n  dev.azure.com/alpha: x\n  github.com: \"{TOKEN}\"\n",
        "[creds]\n\"https://dev.azure.com/alpha\" = \"x\"\n\"https://gitlab.com\" = \"{TOKEN}\"\n",
    ] {
        check(text, &elsewhere);
        check(&text.replace('"', "\\\""), &elsewhere);
    }
    check_all(
        "{\n\"dev.azure.com/alpha\": \"{1}\",\n\"dev.azure.com/beta\": \"{2}\", \"alpha.visualstudio.com\": {\"x\": \"{3}\"}}",
        TOKEN,
        &["alpha", "beta", "alpha"],
    );
    check_no_entry("x:\n  pat: {TOKEN}\n  https://dev.azure.com/beta: x\n");
    check_no_entry(r#"{"pat": "{TOKEN}", "https://dev.azure.com/beta": "x"}"#);
}

#[test]
fn gradle_properties() {
    check_all(
        "alphaUsername=contoso\nalphaPassword={1}\nbetaUrl = https://pkgs.dev.azure.com/fabrikam/_packaging/b/maven/v1\nbetaUsername = x\nbetaPassword = {2}\ngammaUser=contoso\ngammaUrl=https://maven.example.org\ngammaPassword={3}\n",
        TOKEN,
        &["contoso", "fabrikam", "-"],
    );
    check("azureUsername=build\nazurePassword={TOKEN}\n", &nearby(&[]));
}

#[test]
fn settings_of_other_services() {
    for text in [
        "{\n\"remote\": \"https://dev.azure.com/alpha\",\n\"gitlab\": {\"host\": \"gitlab.com\", \"pat\": \"{TOKEN}\"}\n}",
        "{\"remote\": \"https://dev.azure.com/alpha\",\n\"mirror\": {\n\"host\": \"git.example.org\",\n\"pat\": \"{TOKEN}\"}\n}",
        "source: https://dev.azure.com/alpha/p/_git/r\ntarget: https://github.com/x/y\ntarget_token: {TOKEN}\n",
        "{\n\"source\": \"https://dev.azure.com/alpha\",\n\"targetUrl\": \"https://github.com/x/y\",\n\"targetToken\": \"{TOKEN}\"\n}",
        "remote: https://dev.azure.com/alpha\nmirror:\n  host: gitlab.com\n  pat: {TOKEN}\n",
        "export ADO=https://dev.azure.com/alpha; export GITLAB_PAT={TOKEN}",
        "{\"url\": \"https://dev.azure.com/alpha\", \"githubToken\": \"{TOKEN}\"}",
    ] {
        check_no_entry(text);
    }
    // One word in common tells the two ends of a migration apart.
    check_all(
        "source_url: https://dev.azure.com/alpha\nsource_pat: {1}\ntarget_url: https://dev.azure.com/beta\ntarget_pat: {2}\n",
        TOKEN,
        &["alpha", "beta"],
    );
    check(
        "url: https://dev.azure.com/alpha\nsonar_url: https://sonar.example.org\nado_pat: {TOKEN}\n",
        &entry("alpha"),
    );
}

/// What a pipe feeds is that command's, whatever another on the line names.
#[test]
fn statements_on_one_line() {
    check_all(
        "echo {1} | az devops login --organization https://dev.azure.com/contoso; echo {2} | az devops login --organization https://dev.azure.com/fabrikam\n",
        TOKEN,
        &["contoso", "fabrikam"],
    );
    check_all(
        "export PAT={1}; az devops login --org https://dev.azure.com/contoso\nexport PAT={2}; az devops login --org https://dev.azure.com/fabrikam\n",
        TOKEN,
        &["contoso", "fabrikam"],
    );
    check_no_entry(
        "echo {TOKEN} | gh auth login --with-token; az devops login --organization https://dev.azure.com/fabrikam\n",
    );
    check_no_entry(
        "az devops login --organization https://dev.azure.com/fabrikam; curl -u :{TOKEN} $URL; cd x",
    );
    check(
        "curl -H 'Accept: application/json; api-version=7.1' -u :{TOKEN} https://dev.azure.com/alpha/_apis",
        &entry("alpha"),
    );
}

/// An encoded slash before the last `@` of a URL's authority is part of the user or password.
#[test]
fn encoded_hosts_of_users() {
    for text in [
        "https://dev.azure.com%2Falpha:{TOKEN}@evil.example/x",
        "https://dev.azure.com%2Falpha%3A{TOKEN}@evil.example",
        "https://x%40dev.azure.com%2Falpha%2F:{TOKEN}@evil.example",
    ] {
        check(text, &Reading::Elsewhere);
    }
    check("https://x:{TOKEN}@dev.azure.com%2Falpha", &entry("alpha"));
    check(
        "https%3A%2F%2Fx%3A{TOKEN}%40dev.azure.com%2Falpha",
        &entry("alpha"),
    );
}

/// The first line of a file with a byte order mark, and of a string.
#[test]
fn first_lines() {
    const REQUEST: &str = "GET /alpha/_apis HTTP/1.1\nHost: dev.azure.com\nAuthorization: Basic {BASIC}\n\nGET /beta/_apis HTTP/1.1\nHost: dev.azure.com\n";
    let login = "machine dev.azure.com login alpha password {TOKEN}\nmachine beta.visualstudio.com";
    for text in [REQUEST, login] {
        for before in ["", "\u{feff}", "?"] {
            check(&format!("{before}{text}"), &entry("alpha"));
        }
    }
    check(
        &format!("\"{}\"", REQUEST.replace('\n', "\\r\\n")),
        &entry("alpha"),
    );
}
