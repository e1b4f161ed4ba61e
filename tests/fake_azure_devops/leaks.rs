//! Writes a folder in which every token of the service has leaked, as tokens do.

use std::fs;
use std::io;
use std::path::Path;

use data_encoding::BASE64;

use crate::service::Issued;

/// How a token leaks: the file, and what stands in it.
type Leak = (&'static str, fn(&str, &str) -> String);

/// One after the other, and again from the first. Each names the organisation.
const LEAKS: [Leak; 9] = [
    (".npmrc", npmrc),
    (".gitmodules", gitmodules),
    ("azure-pipelines.yml", pipeline),
    ("main.tf", terraform),
    ("NuGet.config", nuget),
    ("Dockerfile", dockerfile),
    ("pip.conf", pip),
    ("agent.sh", agent),
    ("NOTES.md", notes),
];

/// Writes one file per token into `folder`, which must be new or empty.
///
/// # Errors
///
/// If the folder has something in it, or a file cannot be written.
pub(crate) fn write(folder: &Path, tokens: &[Issued]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    if fs::read_dir(folder)?.next().is_some() {
        return Err(io::ErrorKind::DirectoryNotEmpty.into());
    }
    for (number, issued) in tokens.iter().enumerate() {
        let (name, leak) = LEAKS[number % LEAKS.len()];
        let project = folder.join(format!("project-{:02}", number + 1));
        fs::create_dir_all(&project)?;
        let text = leak(&issued.organization, &issued.token);
        fs::write(project.join(name), text)?;
    }
    Ok(())
}

fn npmrc(organization: &str, token: &str) -> String {
    let password = BASE64.encode(token.as_bytes());
    let feed = format!("//pkgs.dev.azure.com/{organization}/_packaging/main/npm/registry/");
    format!(
        "registry=https:{feed}\nalways-auth=true\n{feed}:username={organization}\n\
         {feed}:_password={password}\n{feed}:email=build@contoso.example\n"
    )
}

fn gitmodules(organization: &str, token: &str) -> String {
    format!(
        "[submodule \"shared\"]\n\tpath = shared\n\
         \turl = https://build:{token}@dev.azure.com/{organization}/Payments/_git/shared\n"
    )
}

fn pipeline(organization: &str, token: &str) -> String {
    format!(
        "steps:\n  - script: az repos list --organization https://dev.azure.com/{organization}\n\
         \x20   env:\n      AZURE_DEVOPS_EXT_PAT: {token}\n"
    )
}

fn terraform(organization: &str, token: &str) -> String {
    format!(
        "provider \"azuredevops\" {{\n  org_service_url       = \"https://dev.azure.com/{organization}\"\n\
         \x20 personal_access_token = \"{token}\"\n}}\n"
    )
}

fn nuget(organization: &str, token: &str) -> String {
    format!(
        "<configuration>\n  <packageSources>\n    <add key=\"main\" \
         value=\"https://pkgs.dev.azure.com/{organization}/_packaging/main/nuget/v3/index.json\" />\n\
         \x20 </packageSources>\n  <packageSourceCredentials>\n    <main>\n\
         \x20     <add key=\"Username\" value=\"build\" />\n\
         \x20     <add key=\"ClearTextPassword\" value=\"{token}\" />\n\
         \x20   </main>\n  </packageSourceCredentials>\n</configuration>\n"
    )
}

fn dockerfile(organization: &str, token: &str) -> String {
    let endpoint =
        format!("https://pkgs.dev.azure.com/{organization}/_packaging/main/nuget/v3/index.json");
    format!(
        "FROM mcr.microsoft.com/dotnet/sdk:9.0\n\
         ENV VSS_NUGET_EXTERNAL_FEED_ENDPOINTS=\"{{\\\"endpointCredentials\\\": \
         [{{\\\"endpoint\\\":\\\"{endpoint}\\\", \\\"username\\\":\\\"build\\\", \
         \\\"password\\\":\\\"{token}\\\"}}]}}\"\nRUN dotnet restore\n"
    )
}

fn pip(organization: &str, token: &str) -> String {
    format!(
        "[global]\nindex-url=https://build:{token}@pkgs.dev.azure.com/{organization}/_packaging/main/pypi/simple/\n"
    )
}

fn agent(organization: &str, token: &str) -> String {
    format!(
        "#!/bin/sh\n./config.sh --unattended --url https://dev.azure.com/{organization} \
         --auth pat --token {token} --pool default\n"
    )
}

fn notes(organization: &str, token: &str) -> String {
    format!(
        "# How to clone\n\n    git clone https://{token}@dev.azure.com/{organization}/Website/_git/Website\n"
    )
}
