//! One row for each context in which tokens are known to stand.

use super::*;

#[test]
fn git() {
    let contoso = entry("contoso");
    check(
        "[http \"https://dev.azure.com/contoso/\"]\n\textraheader = AUTHORIZATION: basic {BASIC}\n",
        &contoso,
    );
    check(
        "git -c http.https://contoso.visualstudio.com.extraheader=\"AUTHORIZATION: basic {BASIC}\" fetch",
        &contoso,
    );
    check(
        "git -c http.https://dev.azure.com/contoso/.extraheader='Authorization: Basic {BASIC}' fetch",
        &contoso,
    );
    check(
        "git -c http.extraheader=\"AUTHORIZATION: bearer {TOKEN}\" \\\n  clone git@ssh.dev.azure.com:v3/contoso/p/r",
        &contoso,
    );
    check(
        "[http]\n\textraheader = AUTHORIZATION: basic {BASIC}\n[remote \"origin\"]\n\turl = https://dev.azure.com/contoso/p",
        &nearby(&["contoso"]),
    );
    check(
        "machine dev.azure.com login contoso password {TOKEN}",
        &contoso,
    );
    check(
        "machine contoso.visualstudio.com\n  login x\n  password {TOKEN}\n",
        &contoso,
    );
    check(
        "machine pkgs.dev.azure.com password {TOKEN} login contoso",
        &contoso,
    );
}

#[test]
fn package_feeds() {
    let contoso = entry("contoso");
    check(
        "//pkgs.dev.azure.com/contoso/_packaging/f/npm/registry/:_password={ENCODED}",
        &contoso,
    );
    check(
        "npm config set //pkgs.dev.azure.com/contoso/_packaging/f/npm/registry/:_authToken {TOKEN}",
        &contoso,
    );
    check(
        "ENV VSS_NUGET_EXTERNAL_FEED_ENDPOINTS {\\\"endpointCredentials\\\": [{\\\"endpoint\\\":\\\"https://pkgs.dev.azure.com/contoso/_packaging/f/nuget/v3/index.json\\\", \\\"username\\\":\\\"x\\\", \\\"password\\\":\\\"{TOKEN}\\\"}]}",
        &contoso,
    );
    check(
        "[global]\nextra-index-url=https://x:{TOKEN}@pkgs.dev.azure.com/contoso/_packaging/f/pypi/simple/",
        &contoso,
    );
    check(
        "[repositories.f]\nurl = \"https://pkgs.dev.azure.com/contoso/_packaging/f\"\n[http-basic.f]\nusername = \"x\"\npassword = \"{TOKEN}\"",
        &nearby(&["contoso"]),
    );
    check(
        "<server>\n<id>f</id>\n<username>contoso</username>\n<password>{TOKEN}</password>\n</server>",
        &contoso,
    );
    check(
        "contosoUrl=https://pkgs.dev.azure.com/contoso/_packaging/f/maven/v1\ncontosoPassword={TOKEN}",
        &contoso,
    );
    check(
        "[registries.f]\nindex = \"sparse+https://pkgs.dev.azure.com/contoso/_packaging/f/Cargo/index/\"\ntoken = \"Basic {BASIC}\"",
        &contoso,
    );
}

#[test]
fn applications_and_infrastructure() {
    let contoso = entry("contoso");
    let near = nearby(&["contoso"]);
    check(
        "{\n\"url\": \"https://dev.azure.com/contoso/${project}/_apis\",\n\"pat\": \"{TOKEN}\"\n}",
        &contoso,
    );
    check(
        "{\"Values\": {\n\"DevOpsToken\": \"{TOKEN}\",\n\"DevOpsUrl\": \"https://dev.azure.com/contoso\"\n}}",
        &contoso,
    );
    check(
        "provider \"azuredevops\" {\n  org_service_url = \"https://dev.azure.com/contoso\"\n  personal_access_token = \"{TOKEN}\"\n}",
        &contoso,
    );
    check(
        "org_service_url = \"https://dev.azure.com/contoso\"\npersonal_access_token = \"{TOKEN}\"",
        &near,
    );
    check(
        "./config.sh --unattended --url https://dev.azure.com/contoso --auth pat --token {TOKEN}",
        &contoso,
    );
    check(
        "docker run -e AZP_URL=https://dev.azure.com/contoso \\\n -e AZP_TOKEN={TOKEN} agent",
        &contoso,
    );
    check(
        "AZP_URL=https://dev.azure.com/contoso\nAZP_TOKEN={TOKEN}\n",
        &near,
    );
    check(
        "environment:\n  - AZP_URL=https://dev.azure.com/contoso\n  - AZP_TOKEN={TOKEN}\n",
        &contoso,
    );
    check(
        "kind: Secret\ndata:\n  personalAccessToken: {ENCODED}\n  organizationURL: aHR0cHM6Ly9kZXYuYXp1cmUuY29tL2NvbnRvc28=\n",
        &contoso,
    );
    check(
        "stringData:\n  personalAccessToken: {TOKEN}\n  organizationURL: https://dev.azure.com/contoso\n",
        &contoso,
    );
    check(
        "env:\n- name: AZP_URL\n  value: https://dev.azure.com/contoso\n- name: AZP_TOKEN\n  value: {TOKEN}\n",
        &contoso,
    );
    check(
        "steps:\n- script: |\n    git clone https://dev.azure.com/contoso/p/_git/r\n  env:\n    AZURE_DEVOPS_EXT_PAT: {TOKEN}\n",
        &contoso,
    );
    check(
        "AZURE_REPOS_ORG=contoso\nAZURE_REPOS_TOKEN={TOKEN}\n",
        &near,
    );
    check(
        "env:\n  AZURE_REPOS_ORG: contoso\n  AZURE_REPOS_TOKEN: {TOKEN}\n",
        &contoso,
    );
    check(
        "{\"servers\": {\"ado\": {\"args\": [\"-y\", \"@azure-devops/mcp\", \"contoso\"],\n\"env\": {\"PERSONAL_ACCESS_TOKEN\": \"{BASIC}\"}}}}",
        &contoso,
    );
    check(
        "{\"servers\": {\"ado\": {\n\"args\": [\n\"@azure-devops/mcp@1.2-beta\",\n\"contoso\"],\n\"env\": {\n\"PERSONAL_ACCESS_TOKEN\": \"{BASIC}\"}}}}",
        &contoso,
    );
}

#[test]
fn environments_of_containers() {
    let contoso = entry("contoso");
    check(
        "containers:\n  - name: a\n    env:\n      - name: AZP_URL\n        value: \"https://dev.azure.com/contoso\"\n      - name: AZP_TOKEN\n        value: \"{TOKEN}\"\n  - name: b\n    env:\n      - name: AZP_URL\n        value: https://dev.azure.com/fabrikam\n      - name: AZP_TOKEN\n        value: {OTHER}\n",
        &contoso,
    );
    check(
        "env: [{name: AZP_URL, value: https://dev.azure.com/contoso}, {name: AZP_TOKEN, value: {TOKEN}}]\n",
        &contoso,
    );
    check(
        r#"{"env": [{"name": "AZP_TOKEN", "value": "{TOKEN}"},
{"name": "AZP_POOL", "value": "x"},
{"name": "AZP_URL", "value": "https://dev.azure.com/contoso"}], "env2": [{"name": "AZP_URL", "value": "https://dev.azure.com/fabrikam"}]}"#,
        &contoso,
    );
    check(
        r#"[{"name": "AZP_TOKEN", "slotSetting": false, "value": "{TOKEN}"}, {"name": "AZP_URL", "slotSetting": false, "value": "https://dev.azure.com/contoso"}]"#,
        &contoso,
    );
    // Headers are listed likewise, and say where one comes from.
    check(
        r#"[{"name": "Authorization", "value": "Basic {BASIC}"}, {"name": "Referer", "value": "https://dev.azure.com/contoso"}]"#,
        &nearby(&["contoso"]),
    );
}

#[test]
fn keys_that_are_hosts() {
    let contoso = entry("contoso");
    check(
        "npmRegistries:\n  \"https://pkgs.dev.azure.com/contoso/_packaging/f/npm/registry\":\n    npmAlwaysAuth: true\n    npmAuthToken: {TOKEN}\n  \"https://npm.example.org\":\n    npmAuthToken: x\n",
        &contoso,
    );
    check(
        r#"{"auths": {"pkgs.dev.azure.com/contoso": {"auth": "{BASIC}"}, "ghcr.io": {"auth": "x"}}}"#,
        &contoso,
    );
    check(
        r#"{"http-basic": {"pkgs.dev.azure.com/contoso": "{TOKEN}"}, "x": "https://dev.azure.com/fabrikam"}"#,
        &contoso,
    );
}

#[test]
fn toml() {
    let contoso = entry("contoso");
    for args in [
        "args = [\"-y\", \"@azure-devops/mcp\", \"contoso\"]",
        "args = [\n  \"-y\", \"@azure-devops/mcp\",\n\"contoso\",\n]",
    ] {
        check(
            &format!(
                "[mcp_servers.x]\ncommand = \"npx\"\n{args}\nenv = {{ PERSONAL_ACCESS_TOKEN = \"{BASIC}\" }}\n\n[y]\nurl = \"https://dev.azure.com/fabrikam\"\n"
            ),
            &contoso,
        );
        check(
            &format!(
                "[mcp_servers.x]\n{args}\n\n[mcp_servers.x.env]\nPERSONAL_ACCESS_TOKEN = \"{BASIC}\"\n"
            ),
            &contoso,
        );
    }
}

#[test]
fn scripts_and_requests() {
    let contoso = entry("contoso");
    let near = nearby(&["contoso"]);
    check(
        "$url = 'https://dev.azure.com/contoso'\n$MyPat = '{TOKEN}'\n",
        &near,
    );
    check(
        "curl -u :{TOKEN} https://dev.azure.com/contoso/_apis/projects",
        &contoso,
    );
    check(
        "new VssConnection(new Uri(\"https://dev.azure.com/contoso\"), new VssBasicCredential(\"\", \"{TOKEN}\"));",
        &contoso,
    );
    check(
        "{\"request\": {\"method\": \"GET\", \"url\": \"https://dev.azure.com/contoso/_apis\", \"headers\": [\n{\"name\": \"Authorization\", \"value\": \"Basic {BASIC}\"}\n]}}",
        &contoso,
    );
    check(
        "\"pat = '{TOKEN}'\\n\", \"see https:\\/\\/dev.azure.com\\/contoso\\n\"",
        &near,
    );
    check("vsce publish -p {TOKEN}", &nearby(&[]));
}
